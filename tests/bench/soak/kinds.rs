//! When a Dynamics value and a Marketo value mean the same, from the vendors' pages and the documented default maps.

use serde_json::Value as Json;

/// How a column is compared with its field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Text,
    Phone,
    Flag,
    Number,
    Day,
    Moment,
    /// A code; Marketo holds its label.
    Label,
    /// A lookup; Marketo holds the GUID.
    Row,
    /// A lookup that a person or company can be moved along, never taken out of.
    Parent,
}

/// Column, field, kind.
pub type Pair<'a> = (&'a str, &'a str, Kind);

const LABEL: &str = "@OData.Community.Display.V1.FormattedValue";
const TARGET: &str = "@Microsoft.Dynamics.CRM.lookuplogicalname";

/// A lookup's GUID; of a lookup to several tables only where it points to `of`.
pub fn lookup(row: &Json, column: &str, of: Option<&str>) -> String {
    let name = format!("_{column}_value");
    let target = row[format!("{name}{TARGET}")].as_str();
    match (target, of) {
        (Some(target), Some(of)) if target != of => String::new(),
        _ => row[&name].as_str().unwrap_or_default().to_owned(),
    }
}

/// A row's value as it would be compared.
pub fn ours(row: &Json, column: &str, kind: Kind) -> String {
    match kind {
        Kind::Label => {
            let label = row[format!("{column}{LABEL}")].as_str();
            label.unwrap_or_default().trim().to_owned()
        }
        Kind::Row | Kind::Parent => {
            let (name, of) = column.split_once(':').unwrap_or((column, ""));
            let id = lookup(row, name, (!of.is_empty()).then_some(of));
            // A key column that is no lookup holds the GUID itself.
            if id.is_empty() && of.is_empty() {
                text(&row[name])
            } else {
                id
            }
        }
        _ => plain(kind, &text(&row[column])),
    }
}

/// A record's value as it would be compared.
pub fn theirs(record: &Json, field: &str, kind: Kind) -> String {
    plain(kind, &text(&record[field]))
}

fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

fn plain(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Text | Kind::Label => text.replace("\r\n", "\n"),
        Kind::Phone => text.chars().filter(|c| !" -./()".contains(*c)).collect(),
        Kind::Flag => (text == "true").to_string(),
        Kind::Number => text
            .parse::<f64>()
            .map_or_else(|_| text.to_owned(), |number| format!("{number:.4}")),
        Kind::Day => text.chars().take(10).collect(),
        Kind::Moment => chrono::DateTime::parse_from_rfc3339(text)
            .map_or_else(|_| text.to_owned(), |at| at.timestamp().to_string()),
        Kind::Row | Kind::Parent => text.to_lowercase(),
    }
}
