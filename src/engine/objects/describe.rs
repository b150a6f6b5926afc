//! What the instance says about an object, remembered for a while: an idle cycle must stay cheap.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::end::ObjectEnd;
use crate::connectors::marketo::Object;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::model::FieldInfo;
use crate::store::{Reader, StoreError};

/// An object's description is asked for anew after this long.
const KEPT_MINUTES: i64 = 60;

#[derive(Serialize, Deserialize)]
struct Remembered {
    at: DateTime<Utc>,
    fields: Vec<FieldInfo>,
}

/// The fields of an object.
pub(super) async fn fields(
    context: &Context,
    object: &Object,
) -> Result<Vec<FieldInfo>, EngineError> {
    let name = key(object);
    let stored = context
        .store
        .read(move |reader| reader.setting(&name))
        .await?;
    let now = context.clock.now();
    // Written by an older version, it is simply asked for again.
    let known: Option<Remembered> = stored.and_then(|text| serde_json::from_str(&text).ok());
    if let Some(known) = known
        && now - known.at < TimeDelta::minutes(KEPT_MINUTES)
    {
        return Ok(known.fields);
    }
    afresh(context, object).await
}

/// The fields of an object as far as they are remembered, however old that is.
pub(super) fn remembered(
    reader: &Reader<'_>,
    object: &Object,
) -> Result<Option<Vec<FieldInfo>>, StoreError> {
    let stored = reader.setting(&key(object))?;
    let known = stored.and_then(|text| serde_json::from_str::<Remembered>(&text).ok());
    Ok(known.map(|known| known.fields))
}

/// The fields of an object as they are now.
pub(super) async fn afresh(
    context: &Context,
    object: &Object,
) -> Result<Vec<FieldInfo>, EngineError> {
    let (key, now) = (key(object), context.clock.now());
    let fields = context.marketo.describe_object(object).await?.fields;
    let remembered = Remembered { at: now, fields };
    let text = serde_json::to_string(&remembered).unwrap_or_default();
    context
        .store
        .transaction(move |tx| tx.set_setting(&key, &text))
        .await?;
    Ok(remembered.fields)
}

/// Has an object described anew when it is next asked about: something of it was refused.
pub(super) async fn forget(context: &Context, object: &Object) -> Result<(), EngineError> {
    let key = key(object);
    context
        .store
        .transaction(move |tx| tx.set_setting(&key, ""))
        .await?;
    Ok(())
}

/// The setting under which a custom object's description is remembered.
pub(in crate::engine) fn remembered_key(object: &str) -> String {
    key(&ObjectEnd::named(object).object)
}

fn key(object: &Object) -> String {
    let name = match object {
        Object::SalesPerson => "salesperson",
        Object::Company => "company",
        Object::Opportunity => "opportunity",
        Object::Role => "role",
        Object::NamedAccount => "namedaccount",
        Object::Custom(name) => return format!("object/custom/{name}"),
    };
    format!("object/{name}")
}
