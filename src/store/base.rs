//! The base: the last values both sides agreed on, valid field by field.

use std::collections::{BTreeMap, HashMap};

use rusqlite::OptionalExtension;

use super::{Reader, StoreError, Tx, compact};
use crate::model::{LinkId, Value};

/// Agreed values by logical field. A field that is absent is unknown; [`Value::Null`] is known to be empty.
pub type Base = BTreeMap<String, Value>;

impl Reader<'_> {
    /// The bases of these links; a link none was ever stored for is absent.
    pub fn bases(&self, links: &[LinkId]) -> Result<HashMap<LinkId, Base>, StoreError> {
        let mut statement = self
            .conn()
            .prepare_cached("SELECT fields FROM base WHERE link = ?1")?;
        let mut found = HashMap::with_capacity(links.len());
        for &link in links {
            let stored: Option<Vec<u8>> =
                statement.query_row([link], |row| row.get(0)).optional()?;
            if let Some(json) = stored {
                let base = compact::fields_in(&json).map_err(|_| StoreError::Damaged("a base"))?;
                found.insert(link, base);
            }
        }
        Ok(found)
    }
}

impl Tx<'_> {
    /// Stores a whole base, in place of the one before.
    pub fn set_base(&self, link: LinkId, base: &Base) -> Result<(), StoreError> {
        let json = compact::fields_out(base).map_err(|_| StoreError::Damaged("a base"))?;
        self.run(
            "INSERT INTO base(link, fields) VALUES(?1, ?2)
             ON CONFLICT DO UPDATE SET fields = excluded.fields",
            (link, json),
        )
        .map(drop)
    }

    /// Sets some fields of a base and leaves the others as they are, known or unknown.
    pub fn update_base(&self, link: LinkId, fields: &[(String, Value)]) -> Result<(), StoreError> {
        let mut base = self.bases(&[link])?.remove(&link).unwrap_or_default();
        base.extend(fields.iter().cloned());
        self.set_base(link, &base)
    }

    /// Makes some fields of a base unknown again.
    pub fn forget_base(&self, link: LinkId, fields: &[String]) -> Result<(), StoreError> {
        let Some(mut base) = self.bases(&[link])?.remove(&link) else {
            return Ok(());
        };
        base.retain(|name, _| !fields.contains(name));
        self.set_base(link, &base)
    }
}
