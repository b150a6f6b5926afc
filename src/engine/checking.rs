//! The check list: everything a sync needs, asked one by one, each with what to do where it is not so.
//!
//! The first ones are those Marketo's own connector asks at set-up; the others are what it never says. Nothing is
//! changed: writing is tried on a row that does not exist.

use chrono::TimeDelta;
use serde::Serialize;
use uuid::Uuid;

use super::context::{Context, Parts};
use super::error::EngineError;
use super::prepare::settings;
use super::{objects, parents, stamp, tables};
use crate::connectors::WriteOutcome;
use crate::connectors::dynamics::{DynamicsAction, DynamicsIdentity, DynamicsWrite, Table};
use crate::mapping::EntityMap;
use crate::model::{Direction, EntitySettings, FailureClass, FieldInfo, FieldKind, Side, Value};
use crate::store::Cursor;

/// Days a delta link lives where the organisation does not say.
const TRACKING_DAYS: u32 = 7;
/// Days Marketo remembers deletes, and everything else we follow.
const DELETES_DAYS: i64 = 14;
const ACTIVITIES_DAYS: i64 = 90;

/// One line of the check list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What is asked.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// What to do about it; empty where nothing is to be done.
    pub remedy: String,
}

impl Check {
    /// A line of the list; the remedy is kept only where it is needed.
    pub fn new(name: impl Into<String>, ok: bool, found: impl Into<String>, remedy: &str) -> Self {
        Self {
            name: name.into(),
            ok,
            found: found.into(),
            remedy: if ok { String::new() } else { remedy.to_owned() },
        }
    }
}

/// Asks both ends and the state everything; what cannot be asked is a line that failed.
pub async fn check(parts: Parts) -> Result<Vec<Check>, EngineError> {
    let context = Context::new(parts);
    let mut list = state(&context).await?;
    let identity = dynamics(&context, &mut list).await;
    if let Some(identity) = &identity {
        organisation(&context, identity, &mut list).await?;
        for settings in settings(&context).await? {
            if settings.direction != Direction::Off {
                table(&context, identity, &settings, &mut list).await;
            }
        }
    }
    marketo(&context, &mut list).await;
    for settings in settings(&context).await? {
        list.extend(objects::check_flag(&context, &settings).await);
    }
    let days = identity.and_then(|identity| identity.tracking_days);
    cursors(&context, days.unwrap_or(TRACKING_DAYS), &mut list).await?;
    Ok(list)
}

async fn state(context: &Context) -> Result<Vec<Check>, EngineError> {
    let found = context.store.read(|reader| reader.quick_check()).await?;
    let mut list = vec![Check::new(
        "state file is whole",
        found == "ok",
        found,
        "restore it from a copy, or start with a new one: the links are rebuilt from the stamps in Marketo",
    )];
    if let Some(path) = context.store.path() {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(path).map(|meta| meta.permissions().mode() & 0o777);
            let found = mode.as_ref().map_or_else(
                |error| error.to_string(),
                |mode| format!("{} has mode {mode:04o}", path.display()),
            );
            list.push(Check::new(
                "state file is ours alone",
                mode.is_ok_and(|mode| mode.trailing_zeros() >= 6),
                found,
                "chmod 600 the file: it holds personal data",
            ));
        }
    }
    Ok(list)
}

async fn dynamics(context: &Context, list: &mut Vec<Check>) -> Option<DynamicsIdentity> {
    match context.dynamics.identity().await {
        Ok(identity) => {
            list.push(Check::new("Dynamics token", true, "signed in", ""));
            let found = format!(
                "user {} of {} ({}), version {}",
                identity.user,
                identity.name.as_deref().unwrap_or("organisation"),
                identity.organization,
                identity.version
            );
            list.push(Check::new("Dynamics WhoAmI", true, found, ""));
            Some(identity)
        }
        Err(error) => {
            let token = error.code.contains("AADSTS") || error.code.contains("invalid");
            list.push(Check::new(
                "Dynamics token",
                !token,
                error.to_string(),
                "correct tenant, client_id and the secret; the app registration needs an application user",
            ));
            list.push(Check::new(
                "Dynamics WhoAmI",
                false,
                error.to_string(),
                "correct the profile's url, and give the application user a security role",
            ));
            None
        }
    }
}

async fn organisation(
    context: &Context,
    identity: &DynamicsIdentity,
    list: &mut Vec<Check>,
) -> Result<(), EngineError> {
    let bound = context.store.read(|reader| reader.binding()).await?;
    let (organization, marketo) = (
        identity.organization.to_string(),
        context.marketo.instance(),
    );
    let (ok, found) = match bound {
        None => (true, "bound to none yet".to_owned()),
        Some(bound) => (
            bound.organization == organization && bound.marketo == marketo,
            format!(
                "bound to {} and Marketo {}",
                bound.organization, bound.marketo
            ),
        ),
    };
    list.push(Check::new(
        "state belongs to these two ends",
        ok,
        found,
        "use the state file of these ends (--state), or correct the profile",
    ));
    Ok(())
}

/// Metadata, tracking, reading and writing of one entity's table.
async fn table(
    context: &Context,
    identity: &DynamicsIdentity,
    settings: &EntitySettings,
    list: &mut Vec<Check>,
) {
    let entity = &settings.entity;
    let map = EntityMap::standard(entity).and_then(Result::ok);
    let logical = map.map_or_else(|| entity.name().to_owned(), |map| map.table);
    let table = tables::table(context, entity, &logical, identity.schema.as_deref()).await;
    let table = match table {
        Ok(table) => table,
        Err(error) => {
            list.push(Check::new(
                format!("{entity}: table can be read"),
                false,
                error.to_string(),
                "give the application user's role Read on the table",
            ));
            return;
        }
    };
    list.push(Check::new(
        format!("{entity}: change tracking"),
        table.change_tracking,
        if table.change_tracking { "on" } else { "off" },
        "switch on 'Track changes' in the table's properties and publish",
    ));
    let page = context
        .dynamics
        .first_page(&table, std::slice::from_ref(&table.key), 1)
        .await;
    list.push(Check::new(
        format!("{entity}: read privilege"),
        page.is_ok(),
        page.map_or_else(|error| error.to_string(), |_| "rows can be read".to_owned()),
        "give the application user's role Read on the table, organisation-wide",
    ));
    list.push(parents::check(context, settings, &table).await);
    if settings.direction.writes(Side::Dynamics) {
        list.push(write(context, entity.name(), &table).await);
    }
}

/// Tries to change a row that does not exist: without the privilege the refusal says so first.
async fn write(context: &Context, entity: &str, table: &Table) -> Check {
    let name = format!("{entity}: write privilege");
    let remedy = "give the application user's role Create, Write, Append and Assign on the table";
    let text = table
        .columns
        .iter()
        .find(|column| column.kind == FieldKind::Text && column.updatable);
    let Some(column) = text else {
        return Check::new(name, true, "no column to try it on", remedy);
    };
    let nobody = DynamicsWrite {
        table,
        id: Uuid::new_v4(),
        action: DynamicsAction::Update { version: None },
        fields: vec![(column.name.clone(), Value::text("syncdeck"))],
    };
    match context.dynamics.write(&[nobody]).await {
        Ok(outcomes) => match outcomes.first() {
            Some(WriteOutcome::Refused(why)) if why.class == FailureClass::Privilege => {
                Check::new(name, false, why.message.clone(), remedy)
            }
            _ => Check::new(name, true, "rows can be written", remedy),
        },
        Err(error) => Check::new(name, false, error.to_string(), remedy),
    }
}

async fn marketo(context: &Context, list: &mut Vec<Check>) {
    let fields = match context.marketo.person_fields().await {
        Ok(fields) => {
            list.push(Check::new("Marketo token", true, "signed in", ""));
            let found = format!(
                "{}: {} person fields",
                context.marketo.instance(),
                fields.len()
            );
            list.push(Check::new("Marketo API", true, found, ""));
            fields
        }
        Err(error) => {
            let token = matches!(error.code.as_str(), "600" | "601" | "602")
                || error.code.contains("invalid");
            list.push(Check::new(
                "Marketo token",
                !token,
                error.to_string(),
                "correct identity, client_id and the secret of the LaunchPoint service",
            ));
            list.push(Check::new(
                "Marketo API",
                false,
                error.to_string(),
                "correct the endpoint; the API user's role needs Read-Write Person, Company and Schema",
            ));
            return;
        }
    };
    list.push(key_fields(&fields));
    let native = context.marketo.native_sync().await;
    list.push(Check::new(
        "Marketo's own CRM sync is off",
        matches!(native, Ok(false)),
        match &native {
            Ok(true) => "on (error 1018)".to_owned(),
            Ok(false) => "off".to_owned(),
            Err(error) => error.to_string(),
        },
        "switch it off in Marketo under Admin: both cannot keep the same people in step",
    ));
    list.push(calls_left(context).await);
}

fn key_fields(fields: &[FieldInfo]) -> Check {
    let missing: Vec<&str> = stamp::ALL
        .into_iter()
        .filter(|name| !fields.iter().any(|field| field.name == *name))
        .collect();
    Check::new(
        "Marketo key fields",
        missing.is_empty(),
        if missing.is_empty() {
            "present".to_owned()
        } else {
            format!("missing: {}", missing.join(", "))
        },
        "run `syncdeck sync --approve create-fields`, or create them in Marketo by hand",
    )
}

async fn calls_left(context: &Context) -> Check {
    let usage = context.marketo.usage().await;
    let day = context
        .marketo
        .quotas()
        .into_iter()
        .find(|quota| quota.resets.is_some());
    let (ok, found) = match (usage, day) {
        (Err(error), _) => (false, error.to_string()),
        (Ok(_), None) => (true, "not told".to_owned()),
        (Ok(_), Some(day)) => (
            day.used < day.budget,
            format!(
                "{} of {} calls used today, our budget is {}",
                day.used, day.limit, day.budget
            ),
        ),
    };
    Check::new(
        "Marketo calls are left today",
        ok,
        found,
        "wait for the reset at midnight US Central, raise the share, or buy calls",
    )
}

/// How old the tokens of the change feeds are.
async fn cursors(context: &Context, days: u32, list: &mut Vec<Check>) -> Result<(), EngineError> {
    let cursors = context.store.read(|reader| reader.cursors()).await?;
    for cursor in cursors {
        let limit = match cursor.feed.as_str() {
            "marketo/deletes" => DELETES_DAYS,
            feed if feed.starts_with("marketo/") => ACTIVITIES_DAYS,
            _ => i64::from(days),
        };
        let age = age_days(&cursor, context.clock.now());
        list.push(Check::new(
            format!("token of {}", cursor.feed),
            age < limit as f64,
            format!("{age:.1} days old, good for {limit}"),
            "let a cycle run: everything is read and compared once",
        ));
    }
    Ok(())
}

/// A cursor's age in days.
pub(super) fn age_days(cursor: &Cursor, now: chrono::DateTime<chrono::Utc>) -> f64 {
    let age: TimeDelta = now - cursor.obtained;
    let days = age.num_seconds().max(0) as f64 / 86_400.0;
    (days * 100.0).round() / 100.0
}
