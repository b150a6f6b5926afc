//! Failures: records that could not be written, one row each until they heal.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Row, params, params_from_iter, types::ToSql};
use uuid::Uuid;

use super::columns::{At, Guid};
use super::conflict_list::like;
use super::{Reader, StoreError, Tx};
use crate::model::{
    Entity, Failure, FailureClass, FailureId, FailureStatus, MarketoId, RecordKey, Refusal, Side,
};

/// Failures tried again by one call at most; the next call takes the next ones.
const RETRIED_AT_ONCE: usize = 100_000;

/// A refused write to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFailure {
    /// Its entity.
    pub entity: Entity,
    /// The side the write was meant for.
    pub direction: Side,
    /// What was refused, and why.
    pub refusal: Refusal,
    /// The Dynamics row, when known.
    pub dynamics_id: Option<Uuid>,
    /// The Marketo person, when known.
    pub marketo_id: Option<MarketoId>,
    /// The record it is about; one failure a record and direction.
    pub key: RecordKey,
    /// The logical field that was refused, where that is known.
    pub field: Option<String>,
    /// Whether the refused write carried out a delete.
    pub gone: bool,
    /// When it was refused.
    pub at: DateTime<Utc>,
    /// When it is tried again; none parks it.
    pub next_try: Option<DateTime<Utc>>,
}

/// Which failures are meant; everything that is none does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FailureFilter {
    /// Only this one.
    pub id: Option<FailureId>,
    /// Only this entity's.
    pub entity: Option<Entity>,
    /// Only writes meant for this side.
    pub direction: Option<Side>,
    /// Only of this class.
    pub class: Option<FailureClass>,
    /// Only with this code.
    pub code: Option<String>,
    /// Only about this logical field.
    pub field: Option<String>,
    /// Only in one of these states; none means those that have not healed.
    pub status: Option<Vec<FailureStatus>>,
    /// Only where the vendor's message contains this, in any case (ASCII).
    pub text: Option<String>,
}

pub(super) const COLUMNS: &str = "id, entity, direction, class, code, message, dynamics_id, marketo_id, attempts, next_try, status, field, request";

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Failure> {
    Ok(Failure {
        id: row.get(0)?,
        entity: row.get(1)?,
        direction: row.get(2)?,
        refusal: Refusal {
            class: row.get(3)?,
            code: row.get(4)?,
            message: row.get(5)?,
            request: row.get(12)?,
        },
        dynamics_id: row.get::<_, Option<Guid>>(6)?.map(|id| id.0),
        marketo_id: row.get(7)?,
        attempts: row.get(8)?,
        next_try: row.get::<_, Option<At>>(9)?.map(|at| at.0),
        status: row.get(10)?,
        field: row.get(11)?,
    })
}

/// The conditions of a filter, and the values they name from `?1` on.
pub(super) fn conditions<'a>(
    filter: &'a FailureFilter,
    text: Option<&'a String>,
) -> (String, Vec<&'a dyn ToSql>) {
    let mut sql = match &filter.status {
        None => String::from("status <> 'healed'"),
        Some(statuses) => {
            let words: Vec<_> = statuses.iter().map(|s| format!("'{}'", s.word())).collect();
            format!("status IN ({})", words.join(", "))
        }
    };
    let mut values: Vec<&dyn ToSql> = Vec::new();
    let mut and = |condition: &str, value: Option<&'a dyn ToSql>| {
        if let Some(value) = value {
            values.push(value);
            sql += &condition.replace('#', &format!("?{}", values.len()));
        }
    };
    and(" AND id = #", filter.id.as_ref().map(|v| v as _));
    // The plus keeps SQLite on the index in order of ids, so that a page is read without sorting them all.
    and(" AND +entity = #", filter.entity.as_ref().map(|v| v as _));
    and(
        " AND direction = #",
        filter.direction.as_ref().map(|v| v as _),
    );
    and(" AND class = #", filter.class.as_ref().map(|v| v as _));
    and(" AND code = #", filter.code.as_ref().map(|v| v as _));
    and(" AND field = #", filter.field.as_ref().map(|v| v as _));
    and(r" AND message LIKE # ESCAPE '\'", text.map(|v| v as _));
    (sql, values)
}

impl Reader<'_> {
    /// The next `limit` failures before `after`, newest first.
    pub fn failures(
        &self,
        filter: &FailureFilter,
        after: Option<FailureId>,
        limit: usize,
    ) -> Result<Vec<Failure>, StoreError> {
        let text = filter.text.as_deref().map(like);
        let (sql, values) = conditions(filter, text.as_ref());
        let after = after.map_or(i64::MAX, |id| id.0);
        let sql = format!(
            "SELECT {COLUMNS} FROM failure WHERE {sql} AND id < {after} ORDER BY id DESC LIMIT {limit}"
        );
        self.all(&sql, params_from_iter(values), read)
    }

    /// How many failures have not healed, by entity; kept counts.
    pub fn failure_counts(&self) -> Result<BTreeMap<Entity, u64>, StoreError> {
        self.tallies("failure")
    }

    /// One failure, and the record it is about.
    pub fn failure(&self, id: FailureId) -> Result<Option<(Failure, RecordKey)>, StoreError> {
        let sql = format!("SELECT {COLUMNS}, key FROM failure WHERE id = ?1");
        self.first(&sql, [id], |row| Ok((read(row)?, row.get(13)?)))
    }

    /// How often this record's write was refused since it last went well; 0 when nothing is wrong.
    pub fn failure_attempts(
        &self,
        entity: &Entity,
        side: Side,
        key: RecordKey,
    ) -> Result<u32, StoreError> {
        let attempts = self.first(
            "SELECT attempts FROM failure
             WHERE entity = ?1 AND direction = ?2 AND key = ?3 AND status <> 'healed'",
            (entity, side, key),
            |row| row.get(0),
        )?;
        Ok(attempts.unwrap_or(0))
    }
}

impl Tx<'_> {
    /// Records a refusal: a new failure, or one more attempt of the one that has not healed.
    pub fn record_failure(&self, new: &NewFailure) -> Result<FailureId, StoreError> {
        let status = match new.next_try {
            Some(_) => FailureStatus::Waiting,
            None => FailureStatus::Parked,
        };
        let id = self.first(
            "INSERT INTO failure(entity, direction, key, class, code, message, dynamics_id, marketo_id,
                                 attempts, next_try, status, first, last, field, gone, request)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9, ?10, ?11, ?11, ?12, ?13, ?14)
             ON CONFLICT(entity, direction, key) WHERE status <> 'healed' DO UPDATE SET
               class = excluded.class, code = excluded.code, message = excluded.message,
               dynamics_id = coalesce(excluded.dynamics_id, dynamics_id),
               marketo_id = coalesce(excluded.marketo_id, marketo_id),
               attempts = attempts + 1, next_try = excluded.next_try, status = excluded.status,
               last = excluded.last, field = excluded.field, gone = excluded.gone,
               request = excluded.request
             RETURNING id",
            params![
                new.entity,
                new.direction,
                new.key,
                new.refusal.class,
                new.refusal.code,
                new.refusal.message,
                new.dynamics_id.map(Guid),
                new.marketo_id,
                new.next_try.map(At),
                status,
                At(new.at),
                new.field,
                new.gone,
                new.refusal.request,
            ],
            |row| row.get(0),
        )?;
        id.ok_or(StoreError::Damaged("a failure was not kept"))
    }

    /// These records were written, or need no write any more.
    pub fn heal_failures(
        &self,
        records: &[(Entity, Side, RecordKey)],
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut statement = self.conn().prepare_cached(
            "UPDATE failure SET status = 'healed', next_try = NULL, last = ?4
             WHERE entity = ?1 AND direction = ?2 AND key = ?3 AND status <> 'healed'",
        )?;
        for (entity, side, key) in records {
            statement.execute((entity, side, key, At(at)))?;
        }
        Ok(())
    }

    /// A write sent at `sent` went well: what had failed before it has healed. A field that was left out of that very
    /// write, because its value was refused, has not.
    pub fn heal_failures_before(
        &self,
        (entity, side, key): (&Entity, Side, RecordKey),
        sent: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE failure SET status = 'healed', next_try = NULL, last = ?5
             WHERE entity = ?1 AND direction = ?2 AND key = ?3 AND status <> 'healed' AND last < ?4";
        self.run(sql, (entity, side, key, At(sent), At(at)))
            .map(drop)
    }

    /// Makes failures due at `now`, parked ones too; the records to be marked, at most 100,000 a call, and whether each
    /// one's refused write carried out a delete.
    pub fn retry_failures(
        &self,
        filter: &FailureFilter,
        now: DateTime<Utc>,
    ) -> Result<Vec<(Entity, RecordKey, bool)>, StoreError> {
        let text = filter.text.as_deref().map(like);
        let (conditions, mut values) = conditions(filter, text.as_ref());
        let now = At(now);
        values.push(&now);
        let place = values.len();
        let sql = format!(
            "UPDATE failure SET status = 'waiting', next_try = ?{place} WHERE id IN (
               SELECT id FROM failure WHERE {conditions} AND status <> 'healed'
                 AND next_try IS NOT ?{place} ORDER BY id LIMIT {RETRIED_AT_ONCE})
             RETURNING entity, key, gone"
        );
        self.all(&sql, params_from_iter(values), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
    }
}
