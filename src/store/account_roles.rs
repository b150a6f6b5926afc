//! Which opportunities and which contacts belong to the same account, and so which of them make a role.
//!
//! Feeds note whose a row is; the opportunities that concerns are stale until their roles are worked out anew, some at
//! a time. A crash in between leaves them stale.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

use super::columns::{At, Count, Guid};
use super::{Reader, StoreError, Tx};
use crate::model::Entity;

/// Contacts of an account that get a role in each of its opportunities: those with the smallest GUIDs.
pub const MOST_MEMBERS: usize = 100;

/// Which half of a role a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// An opportunity.
    Deal = 0,
    /// A contact.
    Member = 1,
}

/// Whose a row is, as a feed tells it.
#[derive(Debug, Clone, Copy)]
pub struct Belonging {
    /// Which half of a role it is.
    pub half: Half,
    /// The row.
    pub row: Uuid,
    /// The account it belongs to.
    pub account: Option<Uuid>,
    /// A digest of all else that matters of it.
    pub mark: i64,
}

/// A contact of the account an opportunity belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountRole {
    /// The opportunity.
    pub opportunity: Uuid,
    /// The contact.
    pub contact: Uuid,
    /// Whether they still belong to the same account.
    pub stands: bool,
}

/// What working roles out anew came to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Paired {
    /// The keys of the roles that are to be looked at.
    pub keys: Vec<Uuid>,
    /// The opportunities whose account has more contacts beyond those that get roles, or fewer.
    pub moved: Vec<Uuid>,
}

/// The GUID the role of these two is known by.
fn key_of(opportunity: Uuid, contact: Uuid) -> Uuid {
    let both = [opportunity.into_bytes(), contact.into_bytes()].concat();
    Uuid::from_u128(xxh3_128(&both))
}

/// Each of a role's opportunity is to be looked at, or only those that begin or end.
const ALL_OF_IT: i64 = 2;
const MEMBERS: i64 = 1;

impl Reader<'_> {
    /// What the roles with these keys are made of.
    pub fn account_roles(&self, keys: &[Uuid]) -> Result<HashMap<Uuid, AccountRole>, StoreError> {
        let mut found = HashMap::new();
        for key in keys {
            let role = self.first(
                "SELECT opportunity, contact, stands FROM account_role WHERE key = ?1",
                [Guid(*key)],
                |row| {
                    Ok(AccountRole {
                        opportunity: row.get::<_, Guid>(0)?.0,
                        contact: row.get::<_, Guid>(1)?.0,
                        stands: row.get(2)?,
                    })
                },
            )?;
            found.extend(role.map(|role| (*key, role)));
        }
        Ok(found)
    }

    /// Contacts of an opportunity's account that get no role because they are too many.
    pub fn members_beyond(&self, opportunity: Uuid) -> Result<u64, StoreError> {
        let found = self.first(
            "SELECT excess FROM belonging WHERE kind = 0 AND row = ?1",
            [Guid(opportunity)],
            |row| row.get::<_, Count>(0),
        )?;
        Ok(found.map_or(0, |found| found.0))
    }

    /// Whether anything is kept, or is still to be done, for roles of accounts' contacts.
    pub fn has_account_roles(&self) -> Result<bool, StoreError> {
        let any = self.first(
            "SELECT EXISTS(SELECT 1 FROM account_role) OR EXISTS(SELECT 1 FROM belonging)
               OR EXISTS(SELECT 1 FROM dirty WHERE entity = ?1)",
            [Entity::ACCOUNT_ROLE],
            |row| row.get(0),
        )?;
        Ok(any.unwrap_or_default())
    }

    /// Rows behind `after` that nothing has named since `began`.
    pub fn belonging_unseen(
        &self,
        half: Half,
        began: DateTime<Utc>,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Uuid>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(
            "SELECT row FROM belonging WHERE kind = ?1 AND account IS NOT NULL AND seen < ?2
               AND (?3 IS NULL OR row > ?3) ORDER BY row LIMIT ?4",
            (half as i64, At(began), after.map(Guid), limit),
            |row| Ok(row.get::<_, Guid>(0)?.0),
        )
    }

    /// The contacts that are to have a role in an opportunity, and how many more its account has.
    fn members(&self, opportunity: Uuid) -> Result<(BTreeSet<Uuid>, u64), StoreError> {
        let account = self.first(
            "SELECT account FROM belonging WHERE kind = 0 AND row = ?1",
            [Guid(opportunity)],
            |row| row.get::<_, Option<Guid>>(0),
        )?;
        let Some(account) = account.flatten() else {
            return Ok((BTreeSet::new(), 0));
        };
        let most = i64::try_from(MOST_MEMBERS).unwrap_or(i64::MAX);
        let first = self.all(
            "SELECT row FROM belonging WHERE account = ?1 AND kind = 1 ORDER BY row LIMIT ?2",
            (Guid(account.0), most),
            |row| Ok(row.get::<_, Guid>(0)?.0),
        )?;
        let known = first.len() as u64;
        let mut all = known;
        if first.len() == MOST_MEMBERS {
            let count = self.first(
                "SELECT count(*) FROM belonging WHERE account = ?1 AND kind = 1",
                [account],
                |row| row.get::<_, Count>(0),
            )?;
            all = count.map_or(all, |count| count.0);
        }
        Ok((first.into_iter().collect(), all.saturating_sub(known)))
    }
}

impl Tx<'_> {
    /// Notes whose a row is now. The opportunities whose roles that changes are stale; `again`: so is this one anyway.
    pub fn belongs(
        &self,
        one: &Belonging,
        again: bool,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (kind, row) = (one.half as i64, Guid(one.row));
        let before = self.first(
            "SELECT account, mark FROM belonging WHERE kind = ?1 AND row = ?2",
            (kind, &row),
            |row| Ok((row.get::<_, Option<Guid>>(0)?, row.get::<_, i64>(1)?)),
        )?;
        if before.is_none() && one.account.is_none() {
            return Ok(());
        }
        let (was, mark) = before.map_or((None, None), |(was, mark)| (was, Some(mark)));
        let was = was.map(|was| was.0);
        let stale = match one.half {
            Half::Deal if again || was != one.account || mark != Some(one.mark) => ALL_OF_IT,
            _ => 0,
        };
        self.run(
            "INSERT INTO belonging(kind, row, account, mark, seen, stale, excess) VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0)
             ON CONFLICT DO UPDATE SET account = excluded.account, mark = excluded.mark, seen = excluded.seen,
               stale = max(stale, excluded.stale)",
            (kind, &row, one.account.map(Guid), one.mark, At(now), stale),
        )?;
        if one.half == Half::Deal || was == one.account {
            return Ok(());
        }
        for account in [was, one.account].into_iter().flatten() {
            self.run(
                "UPDATE belonging SET stale = max(stale, ?2) WHERE account = ?1 AND kind = 0",
                (Guid(account), MEMBERS),
            )?;
        }
        if one.account.is_none() {
            let gone = "DELETE FROM belonging WHERE kind = ?1 AND row = ?2";
            self.run(gone, (kind, &row))?;
        }
        Ok(())
    }

    /// Has some more rows belong to nobody; whether there were any.
    pub fn belongs_to_nobody(&self, some: usize) -> Result<bool, StoreError> {
        let some = i64::try_from(some).unwrap_or(i64::MAX);
        let members = self.run(
            "DELETE FROM belonging WHERE kind = 1 AND row IN (SELECT row FROM belonging WHERE kind = 1 LIMIT ?1)",
            [some],
        )?;
        let deals = self.run(
            "UPDATE belonging SET account = NULL, stale = ?2 WHERE kind = 0 AND row IN
               (SELECT row FROM belonging WHERE kind = 0 AND account IS NOT NULL LIMIT ?1)",
            (some, ALL_OF_IT),
        )?;
        Ok(members + deals > 0)
    }

    /// Works the roles of some stale opportunities out anew. None where there is none any more.
    pub fn pair_up(&self, some: usize) -> Result<Option<Paired>, StoreError> {
        let some = i64::try_from(some).unwrap_or(i64::MAX);
        let stale: Vec<(Guid, i64)> = self.all(
            "SELECT row, stale FROM belonging WHERE kind = 0 AND stale > 0 ORDER BY row LIMIT ?1",
            [some],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if stale.is_empty() {
            return Ok(None);
        }
        let mut paired = Paired::default();
        for (Guid(deal), how) in stale {
            let before = self.members_beyond(deal)?;
            let beyond = self.pair(deal, how == ALL_OF_IT, &mut paired.keys)?;
            paired.moved.extend((before != beyond).then_some(deal));
        }
        Ok(Some(paired))
    }

    fn pair(&self, deal: Uuid, all: bool, keys: &mut Vec<Uuid>) -> Result<u64, StoreError> {
        let (members, beyond) = self.members(deal)?;
        let standing = self.all(
            "SELECT contact FROM account_role WHERE opportunity = ?1 AND stands = 1",
            [Guid(deal)],
            |row| Ok(row.get::<_, Guid>(0)?.0),
        )?;
        let standing: BTreeSet<Uuid> = standing.into_iter().collect();
        for contact in standing.difference(&members) {
            let key = key_of(deal, *contact);
            let end = "UPDATE account_role SET stands = 0 WHERE key = ?1";
            self.run(end, [Guid(key)])?;
            keys.push(key);
        }
        for contact in &members {
            let key = key_of(deal, *contact);
            let new = !standing.contains(contact);
            if new {
                self.run(
                    "INSERT INTO account_role(key, opportunity, contact, stands) VALUES(?1, ?2, ?3, 1)
                     ON CONFLICT(key) DO UPDATE SET stands = 1",
                    (Guid(key), Guid(deal), Guid(*contact)),
                )?;
            }
            if new || all {
                keys.push(key);
            }
        }
        self.run(
            "UPDATE belonging SET stale = 0, excess = ?2 WHERE kind = 0 AND row = ?1",
            (Guid(deal), Count(beyond)),
        )?;
        self.run(
            "DELETE FROM belonging WHERE kind = 0 AND row = ?1 AND account IS NULL",
            [Guid(deal)],
        )?;
        Ok(beyond)
    }

    /// Forgets some of the roles that are none any more and of which nothing is left to be done.
    pub fn forget_account_roles(&self, some: usize) -> Result<(), StoreError> {
        let some = i64::try_from(some).unwrap_or(i64::MAX);
        self.run(
            "DELETE FROM account_role WHERE key IN (SELECT key FROM account_role AS one WHERE stands = 0
               AND NOT EXISTS(SELECT 1 FROM link WHERE dynamics = one.key AND state <> 2)
               AND NOT EXISTS(SELECT 1 FROM dirty WHERE entity = ?1 AND dirty.key = one.key) LIMIT ?2)",
            (Entity::ACCOUNT_ROLE, some),
        )
        .map(drop)
    }
}
