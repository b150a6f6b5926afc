//! Leads that became contacts: who came of whom, so that one person stays one person in Marketo.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};
use uuid::Uuid;

use super::columns::{At, Guid};
use super::{Reader, StoreError, Tx};
use crate::model::MarketoId;

/// A lead that became a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// The lead's row.
    pub lead: Uuid,
    /// The contact's row.
    pub contact: Uuid,
    /// The person both are in Marketo, as far as it was known then.
    pub marketo: Option<MarketoId>,
    /// Whether the contact took the person over from the lead's link; else it was linked first.
    pub taken: bool,
    /// When it was recognised.
    pub at: DateTime<Utc>,
    /// When Dynamics reported that the contact's row was deleted.
    pub gone: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "lead, contact, marketo, taken, at, gone";

fn read(row: &Row<'_>) -> rusqlite::Result<Conversion> {
    Ok(Conversion {
        lead: row.get::<_, Guid>(0)?.0,
        contact: row.get::<_, Guid>(1)?.0,
        marketo: row.get(2)?,
        taken: row.get(3)?,
        at: row.get::<_, At>(4)?.0,
        gone: row.get::<_, Option<At>>(5)?.map(|at| at.0),
    })
}

impl Reader<'_> {
    /// What became of these leads; those that became nothing are absent.
    pub fn conversions(&self, leads: &[Uuid]) -> Result<HashMap<Uuid, Conversion>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM conversion WHERE lead = ?1");
        let mut found = HashMap::new();
        for &lead in leads {
            if let Some(one) = self.first(&sql, [Guid(lead)], read)? {
                found.insert(lead, one);
            }
        }
        Ok(found)
    }

    /// The leads this contact came of, the latest first.
    pub fn conversions_into(&self, contact: Uuid) -> Result<Vec<Conversion>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM conversion WHERE contact = ?1 ORDER BY at DESC");
        self.all(&sql, [Guid(contact)], read)
    }

    /// The last `limit` conversions, the latest first.
    pub fn latest_conversions(&self, limit: usize) -> Result<Vec<Conversion>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM conversion ORDER BY at DESC, lead LIMIT ?1");
        self.all(&sql, [limit as i64], read)
    }
}

impl Tx<'_> {
    /// Notes that a lead became a contact, in place of what was noted of the lead before.
    pub fn set_conversion(&self, one: &Conversion) -> Result<(), StoreError> {
        self.run(
            "INSERT OR REPLACE INTO conversion(lead, contact, marketo, taken, at, gone)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                Guid(one.lead),
                Guid(one.contact),
                one.marketo,
                one.taken,
                At(one.at),
                one.gone.map(At),
            ],
        )
        .map(drop)
    }

    /// Forgets what became of a lead: it stands for itself again.
    pub fn clear_conversion(&self, lead: Uuid) -> Result<(), StoreError> {
        let sql = "DELETE FROM conversion WHERE lead = ?1";
        self.run(sql, [Guid(lead)]).map(drop)
    }

    /// Notes that a contact's row was reported as deleted.
    pub fn contact_gone(&self, contact: Uuid, at: DateTime<Utc>) -> Result<(), StoreError> {
        let sql = "UPDATE conversion SET gone = coalesce(gone, ?2) WHERE contact = ?1";
        self.run(sql, (Guid(contact), At(at))).map(drop)
    }
}
