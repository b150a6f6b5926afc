//! How things stand, as one document: from the store alone, whether or not an engine runs.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::alike;
use super::backfill;
use super::checking::age_days;
use super::custom;
use super::filtering::filter_plan;
use super::objects;
use super::publish::facts;
use super::quarantine::quarantined;
use super::snapshot::Snapshot;
use super::trend;
use crate::model::{EngineState, Entity, EntitySettings, Quota, Side};
use crate::store::{DirtyReason, FailureFilter, Reader, StoreError};

/// A lease that was not renewed for this long belongs to an engine that has ended.
const STALE_SECONDS: i64 = 20;

/// What a running engine leaves in the store for others to read: its next cycle, rates and quotas.
pub(super) fn engine_facts(snapshot: &Snapshot) -> Value {
    let rates: serde_json::Map<String, Value> = snapshot
        .entities
        .iter()
        .map(|row| (row.entity.name().to_owned(), json!(row.rate_per_minute)))
        .collect();
    json!({
        "next_cycle": snapshot.next_cycle,
        "reason": snapshot.reason,
        "waiting_until": snapshot.waiting_until,
        "plan": snapshot.plan,
        "rates": rates,
        "quotas": snapshot.quotas,
        "marketo_errors": snapshot.marketo_errors,
    })
}

/// The document `syncdeck status --json` prints.
pub fn status(reader: &Reader<'_>, profile: &str, now: DateTime<Utc>) -> Result<Value, StoreError> {
    let lease = reader.lease()?;
    let running = lease.filter(|holder| (now - holder.beat).num_seconds() < STALE_SECONDS);
    let known = running
        .as_ref()
        .and_then(|holder| holder.snapshot.clone())
        .unwrap_or_default();
    let engine = running.as_ref().map_or_else(
        || json!({"state": EngineState::Stopped.word(), "holder": null, "since": null}),
        |holder| {
            let who = format!("{}:{}", holder.host, holder.pid);
            json!({"state": holder.state, "holder": who, "since": holder.since,
                   "reason": known["reason"], "waiting_until": known["waiting_until"], "plan": known["plan"]})
        },
    );
    Ok(json!({
        "profile": profile,
        "engine": engine,
        "next_cycle": known["next_cycle"],
        "entities": entities(reader, &known, now)?,
        "quotas": quotas(&known, now),
        "cursors": cursors(reader, now)?,
        "marketo_only": reader.marketo_only_count()?,
        "pauses": reader.pauses()?,
    }))
}

fn entities(
    reader: &Reader<'_>,
    known: &Value,
    now: DateTime<Utc>,
) -> Result<Vec<Value>, StoreError> {
    let facts = facts(reader, custom::all_settings(reader)?, now)?;
    let groups = reader.failure_groups(&FailureFilter::default())?;
    let row = |(settings, facts): (EntitySettings, super::progress::Facts)| {
        let flag = objects::unflagged(reader, &settings).unwrap_or_default();
        let entity = settings.entity;
        let name = entity.name().to_owned();
        json!({
            "entity": entity,
            "direction": settings.direction.word(),
            "policy": settings.policy.word(),
            "links": facts.links,
            "backlog": facts.backlog,
            "oldest_pending": facts.oldest_pending,
            "rate_per_minute": known["rates"][name].as_f64().unwrap_or_default(),
            "conflicts": facts.conflicts,
            "failures": facts.failures,
            "notes": alike::notes_of(&groups, &entity).into_iter().chain(flag).collect::<Vec<_>>(),
            "trend": trend::document(reader, &entity, facts.backlog, now).unwrap_or_default(),
            "waiting": waiting(reader, &entity).unwrap_or_default(),
            "failed": failed(reader, &entity).unwrap_or_default(),
            "filter_plan": filter_plan(reader, &entity).unwrap_or_default(),
            "rules": settings.rules,
            "backfill": backfill::document(reader, &entity).unwrap_or_default(),
            "quarantined": quarantined(reader, &entity).unwrap_or_default(),
        })
    };
    Ok(facts.into_iter().map(row).collect())
}

/// What waits, by reason: how many, since when, until when.
fn waiting(reader: &Reader<'_>, entity: &Entity) -> Result<Vec<Value>, StoreError> {
    let rows = reader.waiting(entity)?.into_iter();
    Ok(rows
        .map(|row| {
            json!({"reason": reason(row.reason), "records": row.records, "oldest": row.oldest, "due": row.due})
        })
        .collect())
}

/// Why a record waits, in a word.
fn reason(reason: DirtyReason) -> &'static str {
    match reason {
        DirtyReason::Feed => "changed",
        DirtyReason::Copy => "first_copy",
        DirtyReason::Conflict => "asked",
        DirtyReason::Settle => "settling",
        DirtyReason::Retry => "retry",
        DirtyReason::Backfill => "backfill",
        DirtyReason::Stale => "moved",
        DirtyReason::Delete => "deleted",
        DirtyReason::Held => "paused",
        DirtyReason::Compare => "compare",
    }
}

/// What failed, by class and state; a missing parent is waited for, the rest is tried again or parked.
fn failed(reader: &Reader<'_>, entity: &Entity) -> Result<Vec<Value>, StoreError> {
    let rows = reader.failed(entity)?.into_iter();
    Ok(rows
        .map(|row| {
            json!({"class": row.class.word(), "status": row.status.word(), "records": row.records,
                   "oldest": row.oldest, "next_try": row.next_try})
        })
        .collect())
}

/// A side's gauges by name; Marketo's day, which the contract names, beside them.
fn quotas(known: &Value, now: DateTime<Utc>) -> Value {
    let gauges = known["quotas"].as_array().cloned().unwrap_or_default();
    let of = |side: Side| -> Vec<&Value> {
        gauges
            .iter()
            .filter(|gauge| gauge["side"] == side.word())
            .collect()
    };
    let first = |side: Side| {
        let gauges = of(side);
        let day = gauges
            .iter()
            .find(|gauge| !gauge["resets"].is_null())
            .or(gauges.first());
        let day = day.map_or(&Value::Null, |gauge| *gauge);
        json!({"used": day["used"], "limit": day["limit"], "budget": day["budget"], "reserve": day["reserve"],
               "resets": day["resets"], "forecast": forecast(day, now), "gauges": gauges})
    };
    let mut marketo = first(Side::Marketo);
    marketo["errors"] = known["marketo_errors"].clone();
    json!({"dynamics": first(Side::Dynamics), "marketo": marketo})
}

/// How old the token of each change feed is.
fn cursors(reader: &Reader<'_>, now: DateTime<Utc>) -> Result<Vec<Value>, StoreError> {
    let cursors = reader.cursors()?.into_iter();
    Ok(cursors
        .map(|cursor| {
            json!({"feed": cursor.feed, "obtained": cursor.obtained, "age_days": age_days(&cursor, now)})
        })
        .collect())
}

/// What will be used by the reset, at the day's pace.
fn forecast(gauge: &Value, now: DateTime<Utc>) -> Option<u64> {
    let quota: Quota = serde_json::from_value(gauge.clone()).ok()?;
    quota.forecast(now)
}
