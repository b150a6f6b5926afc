//! Definitions as JSON: service document, `EntityDefinitions`, attributes, option sets, keys.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::data::Data;
use super::describe;
use super::filter::{self, Expr, Literal, Operator};
use super::reply::{Answer, Fault, Reply};
use super::request::Call;
use super::resource::{Segment, split};
use super::schema::{Schema, Table};

/// The list of entity sets.
pub fn service(data: &Data, call: &Call) -> Reply {
    let mut sets: Vec<&str> = visible(data).map(|t| t.set.as_str()).collect();
    sets.sort_unstable();
    let sets: Vec<Value> = sets
        .iter()
        .map(|set| json!({"name": set, "kind": "EntitySet", "url": set}))
        .collect();
    Reply::value(&json!({
        "@odata.context": format!("{}$metadata", call.caller.root()),
        "value": sets,
    }))
}

/// Answers anything below `EntityDefinitions` or `GlobalOptionSetDefinitions`.
pub fn answer(data: &Data, call: &Call, first: &Segment, rest: &[Segment]) -> Answer {
    let context = format!("{}$metadata#{}", call.caller.root(), first.name);
    if first.name == "GlobalOptionSetDefinitions" {
        let sets = data.schema.option_sets.iter();
        let all = sets
            .map(|(name, choices)| describe::option_set(name, choices))
            .collect();
        return pick(call, &context, all, first, "Name");
    }
    if first.name == "RelationshipDefinitions" {
        return relationships(data, call, &context, first, rest);
    }
    if first.inside.is_none() {
        let all = visible(data)
            .map(|table| describe::table(data, table))
            .collect();
        return shaped(call, &context, all);
    }
    let table = named(&data.schema, first)?;
    match rest.split_first() {
        None => Ok(one(call, &context, describe::table(data, table))),
        Some((part, deeper)) => {
            let here = format!("{context}('{}')/{}", table.name, part.name);
            below(data, call, &here, (table, part, deeper))
        }
    }
}

/// Every relationship once, by name or all, of one kind or of any.
fn relationships(
    data: &Data,
    call: &Call,
    context: &str,
    first: &Segment,
    rest: &[Segment],
) -> Answer {
    let lookups = visible(data).flat_map(|table| describe::many_to_one(data, table));
    let through = visible(data).flat_map(|table| describe::many_to_many(data, table));
    let mut all: Vec<Value> = lookups.chain(through).collect();
    all.sort_by(|a, b| a["SchemaName"].as_str().cmp(&b["SchemaName"].as_str()));
    all.dedup_by(|a, b| a["SchemaName"] == b["SchemaName"]);
    if let Some(cast) = rest.first() {
        let kind = format!("#{}", cast.name);
        all.retain(|item| item["@odata.type"] == kind.as_str());
    }
    pick(call, context, all, first, "SchemaName")
}

/// `EntityDefinitions(…)/part/deeper`.
fn below(
    data: &Data,
    call: &Call,
    here: &str,
    (table, part, deeper): (&Table, &Segment, &[Segment]),
) -> Answer {
    let mut all: Vec<Value> = match part.name.as_str() {
        "Attributes" => table
            .places()
            .map(|at| describe::column(data, table, at))
            .collect(),
        "Keys" => table
            .keys
            .iter()
            .map(|key| describe::key(table, key))
            .collect(),
        "ManyToOneRelationships" => describe::many_to_one(data, table),
        "OneToManyRelationships" => describe::one_to_many(data, table),
        "ManyToManyRelationships" => describe::many_to_many(data, table),
        other => {
            let value = describe::table(data, table);
            let found = value
                .get(other)
                .cloned()
                .ok_or_else(|| Fault::segment(other))?;
            return Ok(Reply::value(
                &json!({"@odata.context": here, "value": found}),
            ));
        }
    };
    let is_cast = |segment: &&Segment| segment.name.starts_with("Microsoft.Dynamics.CRM.");
    if let Some(cast) = deeper.iter().find(is_cast) {
        if cast.name.ends_with(".EnumAttributeMetadata") {
            return Err(Fault::odata(format!(
                "The cast to '{}' is not supported.",
                cast.name
            )));
        }
        let kind = format!("#{}", cast.name);
        all.retain(|item| item["@odata.type"] == kind.as_str());
    }
    if part.inside.is_none() {
        return shaped(call, here, all);
    }
    let key = if part.name == "Attributes" {
        "LogicalName"
    } else {
        "SchemaName"
    };
    let Some(member) = deeper.iter().find(|segment| !is_cast(segment)) else {
        return pick(call, here, all, part, key);
    };
    let found = chosen(&all, part, key)?.get(&member.name).cloned();
    let found = found.ok_or_else(|| Fault::segment(&member.name))?;
    Ok(one(call, &format!("{here}/{}", member.name), found))
}

/// The tables there are.
pub fn visible(data: &Data) -> impl Iterator<Item = &Table> {
    data.schema.tables.iter().filter(|table| !table.hidden)
}

/// The table a key such as `LogicalName='lead'` or a metadata id names.
pub fn named<'a>(schema: &'a Schema, segment: &Segment) -> Result<&'a Table, Fault> {
    let arguments = segment.arguments();
    let (name, value) = arguments.first().cloned().unwrap_or_default();
    let found = match name.as_str() {
        "LogicalName" => schema.by_name(&value),
        "" | "MetadataId" => {
            let id = Uuid::parse_str(&value).ok();
            schema
                .tables
                .iter()
                .find(|t| !t.hidden && Some(describe::table_id(t)) == id)
        }
        _ => None,
    };
    found.ok_or_else(|| {
        Fault::new(404, "0x80060888", "", format!("Could not find an entity with name {value} and with sequence number 0 in the metadata cache."))
    })
}

fn chosen<'a>(all: &'a [Value], segment: &Segment, key: &str) -> Result<&'a Value, Fault> {
    let arguments = segment.arguments();
    let (_, value) = arguments.first().cloned().unwrap_or_default();
    let same = |item: &&Value| item[key] == value.as_str() || item["MetadataId"] == value.as_str();
    all.iter().find(same).ok_or_else(|| {
        Fault::new(
            404,
            "0x80060888",
            "",
            format!("Could not find '{value}' in the metadata cache."),
        )
    })
}

/// A list of definitions, or the one whose `key` stands in parentheses.
pub fn pick(call: &Call, context: &str, all: Vec<Value>, segment: &Segment, key: &str) -> Answer {
    if segment.inside.is_none() {
        return shaped(call, context, all);
    }
    Ok(one(call, context, chosen(&all, segment, key)?.clone()))
}

fn one(call: &Call, context: &str, value: Value) -> Reply {
    let shown = show(value, call.option("$select"), call.option("$expand"));
    let mut answer = Map::new();
    answer.insert("@odata.context".into(), format!("{context}/$entity").into());
    if let Value::Object(members) = shown {
        answer.extend(members);
    }
    Reply::value(&Value::Object(answer))
}

fn shaped(call: &Call, context: &str, mut all: Vec<Value>) -> Answer {
    if let Some(text) = call.option("$filter") {
        let expr = filter::parse(&call.resolve(text)).map_err(Fault::odata)?;
        all.retain(|item| holds(item, &expr));
    }
    let (select, expand) = (call.option("$select"), call.option("$expand"));
    let count = all.len();
    let shown: Vec<Value> = all
        .into_iter()
        .map(|item| show(item, select, expand))
        .collect();
    let mut answer = json!({"@odata.context": context, "value": shown});
    if call.option("$count") == Some("true") {
        answer["@odata.count"] = count.into();
    }
    Ok(Reply::value(&answer))
}

/// Members that are navigation properties: shown only when expanded.
const NAVIGATIONS: [&str; 8] = [
    "sdkmessageid",
    "Attributes",
    "Keys",
    "ManyToOneRelationships",
    "OneToManyRelationships",
    "ManyToManyRelationships",
    "OptionSet",
    "GlobalOptionSet",
];

/// Keeps what is selected or expanded; `MetadataId` and the type always come along.
fn show(item: Value, select: Option<&str>, expand: Option<&str>) -> Value {
    let Value::Object(members) = item else {
        return item;
    };
    let selected: Option<Vec<&str>> = select.map(|text| text.split(',').map(str::trim).collect());
    let expanded: Vec<(&str, &str)> = expand
        .map(|text| split(text, ','))
        .unwrap_or_default()
        .into_iter()
        .map(|part| part.trim().split_once('(').unwrap_or((part.trim(), "")))
        .collect();
    let mut kept = Map::new();
    for (name, value) in members {
        if NAVIGATIONS.contains(&name.as_str()) {
            if let Some((_, inner)) = expanded.iter().find(|(wanted, _)| *wanted == name) {
                kept.insert(
                    name,
                    nested(value, inner.strip_suffix(')').unwrap_or(inner)),
                );
            }
            continue;
        }
        let always = matches!(name.as_str(), "MetadataId" | "@odata.type");
        if always
            || selected
                .as_ref()
                .is_none_or(|names| names.contains(&name.as_str()))
        {
            kept.insert(name, value);
        }
    }
    Value::Object(kept)
}

fn nested(value: Value, options: &str) -> Value {
    let option = |wanted: &str| {
        split(options, ';')
            .into_iter()
            .find_map(|pair| pair.trim().strip_prefix(wanted))
    };
    let (select, expand) = (option("$select="), option("$expand="));
    let keep = option("$filter=").and_then(|text| filter::parse(text).ok());
    match value {
        Value::Array(items) => items
            .into_iter()
            .filter(|item| keep.as_ref().is_none_or(|expr| holds(item, expr)))
            .map(|item| show(item, select, expand))
            .collect(),
        other => show(other, select, expand),
    }
}

/// Whether a definition meets a filter such as `CanChangeTrackingBeEnabled/Value eq true`.
fn holds(item: &Value, expr: &Expr) -> bool {
    match expr {
        Expr::And(a, b) => holds(item, a) && holds(item, b),
        Expr::Or(a, b) => holds(item, a) || holds(item, b),
        Expr::Not(inner) => !holds(item, inner),
        Expr::Compare(path, operator, literal) => {
            let pointer = format!("/{path}");
            let value = item.pointer(&pointer).unwrap_or(&Value::Null);
            let same = matches_literal(value, literal);
            match operator {
                Operator::Eq => same,
                Operator::Ne => !same,
                _ => false,
            }
        }
        Expr::Call(name, arguments) => {
            let text = |at: usize| match arguments.get(at).map(|a| &a.value) {
                Some(Literal::Text(text) | Literal::Bare(text)) => text.to_lowercase(),
                _ => String::new(),
            };
            let path = match arguments.first().map(|a| &a.value) {
                Some(Literal::Bare(path)) => path.as_str(),
                _ => "",
            };
            let value = item.pointer(&format!("/{path}")).and_then(Value::as_str);
            let (value, needle) = (value.unwrap_or_default().to_lowercase(), text(1));
            match name.as_str() {
                "contains" => value.contains(&needle),
                "startswith" => value.starts_with(&needle),
                "endswith" => value.ends_with(&needle),
                _ => false,
            }
        }
        Expr::Lambda(..) => false,
    }
}

fn matches_literal(value: &Value, literal: &Literal) -> bool {
    match literal {
        Literal::Null => value.is_null(),
        Literal::Bool(wanted) => value.as_bool() == Some(*wanted),
        Literal::Text(text) => value.as_str() == Some(text),
        Literal::Bare(text) => {
            value.as_str() == Some(text)
                || text.parse::<f64>().is_ok_and(|n| value.as_f64() == Some(n))
        }
        Literal::List(_) => false,
    }
}
