//! Whom a custom entity's rows belong to: the way of lookups is walked to its end, and the end is given as Marketo knows
//! it. A row whose parent is not in Marketo waits for it; one that has none belongs to nobody.

use std::collections::HashMap;

use uuid::Uuid;

use super::end::ObjectEnd;
use super::gone::without_the_gone;
use super::references::{Missing, is_there};
use crate::connectors::marketo::Object;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::slice::{Item, Seen};
use crate::model::{Entity, ParentPath, RecordKey, Value};
use crate::store::Link;

/// The field companies are known by.
const COMPANY_KEY: &str = "externalCompanyId";

/// The column, worked out, that holds the end of a way as Marketo knows it.
pub(in crate::engine) fn parent_column(path: &ParentPath) -> String {
    let first = path.steps.first().map_or("", |step| step.column.as_str());
    format!("{first}:parent")
}

/// Adds to each row whom it belongs to, and notes what has to be there first.
pub(super) async fn parents(
    context: &Context,
    end: &ObjectEnd,
    items: &mut [Item],
) -> Result<(), EngineError> {
    if let Some(path) = &end.path {
        belongs(context, end, path, items).await?;
    }
    for (column, to) in &end.needs {
        let ids: Vec<Option<Uuid>> = items.iter().map(|item| named(item, column)).collect();
        let links = links(context, &ids).await?;
        for (item, id) in items.iter_mut().zip(ids) {
            let absent = id.filter(|id| !there(&links, *id));
            item.missing
                .extend(absent.map(|id| missing(column, id, to)));
        }
    }
    Ok(())
}

async fn belongs(
    context: &Context,
    end: &ObjectEnd,
    path: &ParentPath,
    items: &mut [Item],
) -> Result<(), EngineError> {
    let mut ids = walk(context, end, path, items).await?;
    if path.to == Entity::LEAD {
        heirs(context, &mut ids).await?;
    }
    let links = links(context, &ids).await?;
    let known = if path.to == Entity::ACCOUNT {
        companies(context, &ids, &links).await?
    } else {
        let people = links.iter().filter(|(_, link)| is_there(link));
        people
            .filter_map(|(key, link)| Some((key.dynamics()?, Value::Integer(link.marketo?))))
            .collect()
    };
    let column = parent_column(path);
    for (item, id) in items.iter_mut().zip(ids) {
        let value = id.and_then(|id| known.get(&id));
        if let (Some(id), None) = (id, value) {
            item.missing.push(missing(&column, id, &path.to));
        }
        // A person may become another one in Marketo, where nothing follows by itself.
        item.follows.extend(id.filter(|_| path.to.is_person()));
        if let Seen::Here(row) = &mut item.row {
            let value = value.cloned().unwrap_or_default();
            row.fields.insert(column.clone(), value);
        }
    }
    Ok(())
}

/// The rows at the end of the way, one an item. Those between are followed: they may lead elsewhere one day.
async fn walk(
    context: &Context,
    end: &ObjectEnd,
    path: &ParentPath,
    items: &mut [Item],
) -> Result<Vec<Option<Uuid>>, EngineError> {
    let Some((first, rest)) = path.steps.split_first() else {
        return Ok(vec![None; items.len()]);
    };
    let mut at: Vec<Option<Uuid>> = items
        .iter()
        .map(|item| named(item, &first.member))
        .collect();
    let mut table = &first.table;
    for step in rest {
        let between = distinct(&at);
        let mut next: HashMap<Uuid, Option<Uuid>> = HashMap::new();
        if let (Some(table), false) = (end.tables.get(table), between.is_empty()) {
            let columns = [step.column.clone()];
            for row in context.dynamics.read(table, &columns, &between).await? {
                if let Some(id) = row.key.dynamics() {
                    next.insert(id, id_in(row.get(&step.member)));
                }
            }
        }
        for (item, at) in items.iter_mut().zip(&mut at) {
            item.follows.extend(*at);
            *at = at.and_then(|id| next.get(&id).copied().flatten());
        }
        table = &step.table;
    }
    Ok(at)
}

/// A lead that became a contact is the contact's person: what belonged to it belongs to him.
async fn heirs(context: &Context, ids: &mut [Option<Uuid>]) -> Result<(), EngineError> {
    let leads = distinct(ids);
    let became = context
        .store
        .read(move |reader| reader.conversions(&leads))
        .await?;
    for id in ids.iter_mut().flatten() {
        if let Some(conversion) = became.get(id).filter(|one| one.gone.is_none()) {
            *id = conversion.contact;
        }
    }
    Ok(())
}

/// Marketo's ids of the companies of accounts that are there: links to companies go by nothing else.
async fn companies(
    context: &Context,
    ids: &[Option<Uuid>],
    links: &HashMap<RecordKey, Link>,
) -> Result<HashMap<Uuid, Value>, EngineError> {
    let there = distinct(ids).into_iter().filter(|id| there(links, *id));
    let keys: Vec<String> = there.map(|id| id.to_string()).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let fields = [COMPANY_KEY.to_owned()];
    let found = context
        .marketo
        .objects(&Object::Company, COMPANY_KEY, &keys, &fields, &[])
        .await?;
    let known = found.into_iter().filter_map(|company| {
        let account = company.fields.get(COMPANY_KEY)?.as_text()?.parse().ok()?;
        Some((account, Value::Integer(company.id.parse().ok()?)))
    });
    Ok(known.collect())
}

async fn links(
    context: &Context,
    ids: &[Option<Uuid>],
) -> Result<HashMap<RecordKey, Link>, EngineError> {
    let keys = distinct(ids).into_iter().map(RecordKey::Dynamics);
    let keys: Vec<RecordKey> = keys.collect();
    Ok(context
        .store
        .read(move |reader| {
            let mut links = reader.links_by_key(&keys)?;
            without_the_gone(reader, &mut links)?;
            Ok(links)
        })
        .await?)
}

fn there(links: &HashMap<RecordKey, Link>, id: Uuid) -> bool {
    links.get(&RecordKey::Dynamics(id)).is_some_and(is_there)
}

fn distinct(ids: &[Option<Uuid>]) -> Vec<Uuid> {
    let mut all: Vec<Uuid> = ids.iter().copied().flatten().collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn named(item: &Item, column: &str) -> Option<Uuid> {
    id_in(item.row.record()?.get(column))
}

fn id_in(value: &Value) -> Option<Uuid> {
    match value {
        Value::Id(id) => Some(*id),
        _ => None,
    }
}

fn missing(field: &str, id: Uuid, to: &Entity) -> Missing {
    Missing {
        fallback: false,
        field: field.to_owned(),
        parent: Some((id, to.name().to_owned())),
        required: true,
    }
}
