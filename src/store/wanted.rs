//! What was asked for along with a row that is still to be created.

use uuid::Uuid;

use super::columns::Guid;
use super::{Reader, StoreError, Tx};
use crate::model::LinkId;

impl Reader<'_> {
    /// The account the new row of this link is to belong to.
    pub fn wanted_account(&self, link: LinkId) -> Result<Option<Uuid>, StoreError> {
        let account = self.first(
            "SELECT account FROM wanted WHERE link = ?1",
            [link],
            |row| row.get::<_, Guid>(0),
        )?;
        Ok(account.map(|account| account.0))
    }
}

impl Tx<'_> {
    /// Notes the account the new row of this link is to belong to.
    pub fn set_wanted_account(&self, link: LinkId, account: Uuid) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO wanted(link, account) VALUES(?1, ?2)";
        self.run(sql, (link, Guid(account))).map(drop)
    }
}
