//! Which operation a method and a path mean: reading.

use super::Organisation;
use super::cell::Cell;
use super::changes;
use super::condition::Condition;
use super::data::Data;
use super::envelope;
use super::functions;
use super::json;
use super::list::List;
use super::messages;
use super::metadata;
use super::payload::{self, Key};
use super::project::{Projection, linked, points_at};
use super::reply::{Answer, Fault, Reply};
use super::request::Call;
use super::resource::{Segment, segments};
use super::rows::Row;
use super::schema::Table;

/// Days that deletions are kept when the organisation does not say.
const TRACKING_DAYS: i64 = 7;

/// Answers a GET.
pub fn read(org: &Organisation, data: &Data, call: &Call) -> Answer {
    let path = segments(&call.path)?;
    let Some((first, rest)) = path.split_first() else {
        return Ok(metadata::service(data, call));
    };
    match first.name.as_str() {
        "$metadata" => return Ok(super::csdl::document(data)),
        "EntityDefinitions" | "GlobalOptionSetDefinitions" | "RelationshipDefinitions" => {
            return metadata::answer(data, call, first, rest);
        }
        _ => {}
    }
    if let Some(answer) = functions::read(data, call, first) {
        return answer;
    }
    if let Some(answer) = messages::answer(data, call, first) {
        return answer;
    }
    let table = data
        .schema
        .by_set(&first.name)
        .ok_or_else(|| Fault::segment(&first.name))?;
    if first.inside.is_none() {
        return match rest {
            [] if changes::concerns(call) => {
                changes::answer(data, call, table, tracking_days(data))
            }
            [] => list(org, data, call, table, None).answer(),
            [count] if count.name == "$count" => {
                if call.option("$deltatoken").is_some() {
                    return changes::count(data, call, table, tracking_days(data));
                }
                let number = list(org, data, call, table, None).count()?;
                Ok(Reply::text(
                    number.min(super::request::PAGE_MAX).to_string(),
                ))
            }
            [next, ..] => Err(Fault::segment(&next.name)),
        };
    }
    let row = find(data, table, first)?;
    match rest {
        [] => single(data, call, table, row),
        [part] => member(org, data, call, (table, row), part),
        [part, tail] => tail_of(org, data, call, (table, row), part, &tail.name),
        [_, _, next, ..] => Err(Fault::segment(&next.name)),
    }
}

/// The row a segment's key names, or 404.
pub fn find<'a>(data: &'a Data, table: &Table, segment: &Segment) -> Result<&'a Row, Fault> {
    let key = payload::key(table, segment)?;
    let slot = payload::locate(data, table, &key);
    slot.and_then(|slot| data.rows(table.number).get(slot))
        .ok_or_else(|| match key {
            Key::Id(id) => Fault::missing(&table.name, &id),
            Key::Alternate(_) => payload::no_such_key(table),
        })
}

fn list<'a>(
    org: &'a Organisation,
    data: &'a Data,
    call: &'a Call,
    table: &'a Table,
    within: Option<Condition>,
) -> List<'a> {
    List {
        data,
        call,
        table,
        within,
        orders: &org.orders,
    }
}

/// One row, with `If-None-Match` obeyed where the answer is plain.
pub fn single(data: &Data, call: &Call, table: &Table, row: &Row) -> Answer {
    let prefer = call.prefer();
    let scope = super::bind::Scope {
        schema: &data.schema,
        now: call.now,
        user: call.caller.user,
    };
    let (select, expand) = (call.option("$select"), call.option("$expand"));
    let projection = Projection::new(&scope, table, select, expand, &prefer)?;
    let etag = format!("W/\"{}\"", row.version);
    let known = call.header("if-none-match").is_some_and(|tag| tag == etag);
    if known && call.method == http::Method::GET && projection.is_plain() {
        return Ok(Reply {
            status: 304,
            ..Reply::default()
        });
    }
    let mut out = Vec::with_capacity(2048);
    out.extend(b"{\"@odata.context\":");
    json::string(
        &mut out,
        &format!("{}/$entity", envelope::context(call, table)),
    );
    out.push(b',');
    projection.members(&mut out, data, table, row);
    out.push(b'}');
    Ok(envelope::applied(
        Reply::json(200, out).with("ETag", etag),
        &prefer,
    ))
}

/// `set(key)/x`: a column, a row pointed at, or a collection.
fn member(
    org: &Organisation,
    data: &Data,
    call: &Call,
    (table, row): (&Table, &Row),
    part: &Segment,
) -> Answer {
    if let Some((column, target)) = table.navigation(&part.name) {
        return match pointed(data, table, row, column) {
            Some(found) => single(data, call, data.schema.table(target), found),
            None => Ok(Reply::empty()),
        };
    }
    if let Some((target, condition)) = collection(data, table, row, &part.name) {
        return list(org, data, call, data.schema.table(target), Some(condition)).answer();
    }
    let at = table
        .find(&part.name)
        .ok_or_else(|| Fault::segment(&part.name))?;
    let cell = table.value(row, at);
    if cell.is_null() {
        return Ok(Reply::empty());
    }
    let mut out = b"{\"@odata.context\":".to_vec();
    let root = call.caller.root();
    json::string(
        &mut out,
        &format!("{root}$metadata#{}({})/{}", table.set, row.id, part.name),
    );
    out.extend(b",\"value\":");
    json::write(&mut out, table.column(at).kind, &cell);
    out.push(b'}');
    Ok(Reply::json(200, out))
}

fn tail_of(
    org: &Organisation,
    data: &Data,
    call: &Call,
    (table, row): (&Table, &Row),
    part: &Segment,
    tail: &str,
) -> Answer {
    let root = call.caller.root();
    let reference = |table: &Table, row: &Row| format!("{root}{}({})", table.set, row.id);
    match tail {
        "$value" => {
            let at = table
                .find(&part.name)
                .ok_or_else(|| Fault::segment(&part.name))?;
            let cell = table.value(row, at);
            if cell.is_null() {
                return Ok(Reply::empty());
            }
            let mut out = Vec::new();
            json::write(&mut out, table.column(at).kind, &cell);
            let text = match cell {
                Cell::Text(text) => text.into_owned(),
                _ => String::from_utf8_lossy(&out).trim_matches('"').to_owned(),
            };
            Ok(Reply::text(text))
        }
        "$ref" => {
            if let Some((column, target)) = table.navigation(&part.name) {
                let Some(found) = pointed(data, table, row, column) else {
                    return Ok(Reply::empty());
                };
                let id = reference(data.schema.table(target), found);
                return Ok(Reply::value(&serde_json::json!({
                    "@odata.context": format!("{root}$metadata#$ref"), "@odata.id": id
                })));
            }
            let (target, condition) = collection(data, table, row, &part.name)
                .ok_or_else(|| Fault::segment(&part.name))?;
            let target = data.schema.table(target);
            let ids: Vec<_> = super::project::matching(data, target, &condition)
                .map(|row| serde_json::json!({"@odata.id": reference(target, row)}))
                .collect();
            Ok(Reply::value(&serde_json::json!({
                "@odata.context": format!("{root}$metadata#Collection($ref)"), "value": ids
            })))
        }
        "$count" => {
            let (target, condition) = collection(data, table, row, &part.name)
                .ok_or_else(|| Fault::segment(&part.name))?;
            let target = data.schema.table(target);
            let number = list(org, data, call, target, Some(condition)).count()?;
            Ok(Reply::text(number.to_string()))
        }
        other => Err(Fault::segment(other)),
    }
}

fn pointed<'a>(data: &'a Data, table: &Table, row: &Row, column: u16) -> Option<&'a Row> {
    match table.value(row, column) {
        Cell::Link(to, id) => data.rows(to).find(&id),
        _ => None,
    }
}

/// The rows a collection-valued navigation property holds.
pub fn collection(data: &Data, table: &Table, row: &Row, name: &str) -> Option<(u16, Condition)> {
    if let Some(incoming) = data.schema.collection(table.number, name) {
        return Some((incoming.table, points_at(incoming.column, row.id)));
    }
    let (target, through, here, there) = linked(&data.schema, table.number, name)?;
    Some((target, Condition::Linked(through, there, here, row.id)))
}

/// For how many days deletions are kept: the organisation's own setting.
fn tracking_days(data: &Data) -> i64 {
    let setting = || {
        let table = data.schema.by_name("organization")?;
        let (_, row) = data.rows(table.number).from(0).next()?;
        row.cells
            .get(table.find("expirechangetrackingindays")?)
            .int()
    };
    setting().map_or(TRACKING_DAYS, i64::from)
}
