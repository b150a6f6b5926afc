//! `?fetchXml=`: the older query language, with its own paging; what it asks of one table alone.

use super::bind::{Scope, constant, unknown};
use super::cell::Cell;
use super::condition::{Condition, Path, Pattern};
use super::cursor::strict;
use super::envelope::{applied, context};
use super::filter::{Expr, Literal, Operator};
use super::json;
use super::list::List;
use super::project::Projection;
use super::reply::{Answer, Fault, Reply};
use super::request::PAGE_MAX;
use super::rows::Row;
use super::schema::{Column, Table};
use super::xml::{self, Element};

/// What a FetchXML document asks for.
#[derive(Debug)]
struct Fetch {
    /// Columns, comma separated; none means all.
    select: Option<String>,
    /// Which rows.
    condition: Condition,
    /// Sort keys; true is descending.
    keys: Vec<(Path, bool)>,
    /// Rows a page.
    count: Option<usize>,
    /// At most so many rows in all.
    top: Option<usize>,
    /// The page asked for, from 1.
    page: usize,
    /// Count all rows too.
    total: bool,
}

/// Answers a list asked for by FetchXML.
pub fn answer(list: &List, text: &str) -> Answer {
    let (data, table, prefer) = (list.data, list.table, list.call.prefer());
    let (document, entity) = read(table, text)?;
    if super::query::concerns(&document) {
        return super::query::fetch(list, &document, &entity);
    }
    let fetch = parse(&list.scope(), table, &document, &entity)?;
    let select = fetch.select.as_deref();
    let projection = Projection::new(&list.scope(), table, select, None, &prefer)?;
    let size = fetch
        .count
        .or(prefer.page)
        .unwrap_or(PAGE_MAX)
        .min(PAGE_MAX);
    let size = fetch.top.map_or(size, |top| top.min(size));
    let skip = (fetch.page - 1) * size;
    let wanted = if fetch.total {
        usize::MAX
    } else {
        skip + size + 1
    };
    let order = list.order(&fetch.condition, &fetch.keys, wanted);
    let rows = data.rows(table.number);
    let page: Vec<&Row> = order
        .iter()
        .skip(skip)
        .take(size)
        .filter_map(|slot| rows.get(*slot))
        .collect();
    let more = fetch.top.is_none() && order.len() > skip + size;
    let mut out = Vec::with_capacity(256 + page.len() * 512);
    out.extend(b"{\"@odata.context\":");
    json::string(&mut out, &context(list.call, table));
    if fetch.total {
        let total = format!(
            ",\"@Microsoft.Dynamics.CRM.totalrecordcount\":{}",
            order.len()
        );
        out.extend(total.as_bytes());
    }
    if prefer.wants("Microsoft.Dynamics.CRM.morerecords") {
        out.extend(format!(",\"@Microsoft.Dynamics.CRM.morerecords\":{more}").as_bytes());
    }
    // The cookie comes even unasked, as pages fetched from a browser show.
    if more {
        let last = page
            .last()
            .map(|row| row.id.to_string())
            .unwrap_or_default();
        let key = &table.column(table.id_column).name;
        out.extend(b",\"@Microsoft.Dynamics.CRM.fetchxmlpagingcookie\":");
        json::string(&mut out, &cookie(fetch.page, key, &last));
    }
    out.extend(b",\"value\":[");
    for (at, row) in page.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        projection.object(&mut out, data, table, row);
    }
    out.extend(b"]}");
    Ok(applied(Reply::json(200, out), &prefer))
}

/// Reads a document and checks that it asks for rows of `table`.
fn read(table: &Table, text: &str) -> Result<(Element, Element), Fault> {
    let malformed = || {
        Fault::new(
            400,
            "0x80041102",
            "InvalidQuery",
            "Malformed FetchXml.".into(),
        )
    };
    let document = xml::parse(text)
        .filter(|root| root.name == "fetch")
        .ok_or_else(malformed)?;
    let entity = document
        .all("entity")
        .next()
        .cloned()
        .ok_or_else(malformed)?;
    if entity.get("name") != Some(table.name.as_str()) {
        return Err(Fault::argument(format!(
            "The entity of the query does not match the entity set '{}'.",
            table.set
        )));
    }
    if let Some(top) = document.get("top")
        && ["page", "count", "paging-cookie"]
            .iter()
            .any(|name| document.get(name).is_some())
    {
        let text = format!("The Top.Count = {top} can't be specified with pagingInfo");
        return Err(Fault::argument(text));
    }
    Ok((document, entity))
}

/// A Boolean attribute of an element.
pub fn flag(element: &Element, name: &str) -> bool {
    matches!(element.get(name), Some("true" | "1"))
}

/// What the vendor's language has and this server does not.
pub fn unsupported(what: &str) -> Fault {
    let text = format!("{what} is not supported by this server.");
    Fault::new(501, "0x80041103", "QueryNotSupported", text)
}

/// Reads what is asked of one table alone.
fn parse(scope: &Scope, table: &Table, fetch: &Element, entity: &Element) -> Result<Fetch, Fault> {
    let names: Vec<&str> = entity
        .all("attribute")
        .filter_map(|a| a.get("name"))
        .collect();
    let all = names.is_empty() || entity.all("all-attributes").next().is_some();
    for name in &names {
        column(table, name)?;
    }
    let filters = entity.all("filter").map(|f| filter(scope, table, f));
    let number = |name: &str| fetch.get(name).and_then(|n| n.parse::<usize>().ok());
    Ok(Fetch {
        select: (!all).then(|| names.join(",")),
        condition: Condition::And(filters.collect::<Result<_, _>>()?),
        keys: entity
            .all("order")
            .map(|o| order(table, o))
            .collect::<Result<_, _>>()?,
        count: number("count").filter(|n| *n > 0),
        top: number("top"),
        page: number("page").unwrap_or(1).max(1),
        total: flag(fetch, "returntotalrecordcount"),
    })
}

/// A column by its logical name.
pub fn column<'a>(table: &'a Table, name: &str) -> Result<(u16, &'a Column), Fault> {
    let at = table.find(name).ok_or_else(|| {
        let text = format!(
            "'{}' entity doesn't contain attribute with Name = '{name}' and NameMapping = 'Logical'.",
            table.name
        );
        Fault::new(400, "0x80041103", "QueryBuilderNoAttribute", text)
    })?;
    Ok((at, table.column(at)))
}

fn order(table: &Table, order: &Element) -> Result<(Path, bool), Fault> {
    let (at, _) = column(table, order.get("attribute").unwrap_or_default())?;
    let down = matches!(order.get("descending"), Some("true" | "1"));
    Ok((Path::own(at), down))
}

/// A filter about one table.
pub fn filter(scope: &Scope, table: &Table, element: &Element) -> Result<Condition, Fault> {
    let mut parts = Vec::new();
    for child in &element.children {
        match child.name.as_str() {
            "condition" => parts.push(condition(scope, table, child)?),
            "filter" => parts.push(filter(scope, table, child)?),
            _ => {}
        }
    }
    Ok(match element.get("type") {
        Some("or") => Condition::Or(parts),
        _ => Condition::And(parts),
    })
}

/// A condition about one table.
pub fn condition(scope: &Scope, table: &Table, element: &Element) -> Result<Condition, Fault> {
    let name = element.get("attribute").unwrap_or_default();
    let (at, column) = column(table, name)?;
    let path = Path::own(at);
    let listed: Vec<String> = element
        .all("value")
        .map(|v| v.text.trim().to_owned())
        .collect();
    let value = element
        .get("value")
        .map(str::to_owned)
        .or(listed.first().cloned());
    let value = value.unwrap_or_default();
    let cell = |text: &str| constant(column, &Literal::Text(text.to_owned()));
    let compare = |path: Path, operator| -> Result<Condition, Fault> {
        Ok(Condition::Compare(path, operator, cell(&value)?))
    };
    let within = |path: Path| -> Result<Condition, Fault> {
        Ok(Condition::In(
            path,
            listed.iter().map(|v| cell(v)).collect::<Result<_, _>>()?,
        ))
    };
    let not = |inner: Condition| Condition::Not(Box::new(inner));
    let like = |path: Path, before: &str, after: &str| {
        Condition::Like(path, Pattern::new(before, &value, after))
    };
    Ok(match element.get("operator").unwrap_or_default() {
        "eq" => compare(path, Operator::Eq)?,
        "ne" | "neq" => compare(path, Operator::Ne)?,
        "gt" => compare(path, Operator::Gt)?,
        "ge" | "on-or-after" => compare(path, Operator::Ge)?,
        "lt" => compare(path, Operator::Lt)?,
        "le" | "on-or-before" => compare(path, Operator::Le)?,
        "null" => Condition::Compare(path, Operator::Eq, Cell::Null),
        "not-null" => Condition::Compare(path, Operator::Ne, Cell::Null),
        "like" => like(path, "", ""),
        "not-like" => not(like(path, "", "")),
        "begins-with" => like(path, "", "%"),
        "ends-with" => like(path, "%", ""),
        "in" => within(path)?,
        "not-in" => not(within(path)?),
        "between" => Condition::And(vec![
            Condition::Compare(path.clone(), Operator::Ge, cell(&value)?),
            Condition::Compare(path, Operator::Le, cell(listed.get(1).unwrap_or(&value))?),
        ]),
        "eq-userid" => Condition::Compare(path, Operator::Eq, Cell::Guid(scope.user)),
        other => named(scope, table, (name, other, &value))?,
    })
}

/// Operators that the newer language has as functions too.
fn named(
    scope: &Scope,
    table: &Table,
    (name, operator, value): (&str, &str, &str),
) -> Result<Condition, Fault> {
    let function = match operator {
        "today" => "Today",
        "yesterday" => "Yesterday",
        "last-x-days" => "LastXDays",
        "last-x-hours" => "LastXHours",
        "next-x-days" => "NextXDays",
        _ => return Err(unknown(table, operator)),
    };
    let argument = |value: &str| super::filter::Argument {
        name: String::new(),
        value: Literal::Bare(value.to_owned()),
    };
    let call = Expr::Call(function.into(), vec![argument(name), argument(value)]);
    scope.bind(table, &call, "")
}

/// The paging cookie of a page, as its annotation carries it.
pub fn cookie(page: usize, key: &str, last: &str) -> String {
    let inner = format!("<cookie page=\"{page}\"><{key} last=\"{{{last}}}\" /></cookie>");
    format!(
        "<cookie pagenumber=\"{}\" pagingcookie=\"{}\" istracking=\"False\" />",
        page + 1,
        strict(&strict(&inner))
    )
}
