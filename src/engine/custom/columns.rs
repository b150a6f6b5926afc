//! Which columns of a table travel, and as what.

use std::collections::HashSet;

use super::paths::is_system_lookup;
use super::steps::{COMPANY_LINK, FIELDS_MAX, PERSON_LINK};
use crate::connectors::dynamics::Table;
use crate::engine::objects::ROW_ID;
use crate::engine::stamp;
use crate::model::{CustomField, FieldInfo, FieldKind, ParentPath};

/// Characters a text field of a custom object holds.
pub(super) const TEXT_CHARS: u32 = 255;
/// Characters a text area of a custom object holds.
pub(super) const AREA_CHARS: u32 = 2000;

/// Names that every custom object has already, or that we give; without regard to case.
const RESERVED: [&str; 8] = [
    "id",
    "marketoGUID",
    "createdAt",
    "updatedAt",
    ROW_ID,
    stamp::DELETED,
    PERSON_LINK,
    COMPANY_LINK,
];

/// Columns Dynamics keeps for itself; they travel only when they are named.
const HOUSEKEEPING: [&str; 9] = [
    "modifiedon",
    "versionnumber",
    "importsequencenumber",
    "overriddencreatedon",
    "timezoneruleversionnumber",
    "utcconversiontimezonecode",
    "exchangerate",
    "traversedpath",
    "entityimage_url",
];

/// What was chosen.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub(super) fields: Vec<CustomField>,
    /// Columns that cannot be carried, and why.
    pub(super) left: Vec<(String, String)>,
    pub(super) problems: Vec<String>,
}

/// Chooses the columns that travel: those that are named, else all that can.
pub(super) fn choose(table: &Table, path: Option<&ParentPath>, named: &[String]) -> Chosen {
    let mut chosen = Chosen::default();
    let columns: Vec<&FieldInfo> = if named.is_empty() {
        let link = path.and_then(|path| path.steps.first());
        let ours = |column: &&FieldInfo| {
            !is_housekeeping(table, &column.name)
                && link.is_none_or(|step| step.column != column.name)
        };
        table.columns.iter().filter(ours).collect()
    } else {
        named
            .iter()
            .filter_map(|name| {
                let found = table.column(name);
                if found.is_none() {
                    let text = format!("{} has no column '{name}'", table.logical);
                    chosen.problems.push(text);
                }
                found
            })
            .collect()
    };
    let mut labels = HashSet::new();
    for column in columns {
        match carried(column) {
            Ok(kind) => {
                let label = if labels.insert(column.label.to_lowercase()) {
                    column.label.clone()
                } else {
                    format!("{} ({})", column.label, column.name)
                };
                chosen.fields.push(CustomField {
                    dynamics: column.name.clone(),
                    marketo: column.name.clone(),
                    label,
                    kind,
                });
            }
            Err(why) if named.is_empty() => chosen.left.push((column.name.clone(), why)),
            Err(why) => {
                let text = format!("column {} cannot be carried: {why}", column.name);
                chosen.problems.push(text);
            }
        }
    }
    let room = FIELDS_MAX - 2 - usize::from(path.is_some());
    if chosen.fields.len() > room {
        chosen.problems.push(format!(
            "{} columns are more than the {room} fields a custom object has room for beside its key, its link and our mark: choose \
             some with --fields",
            chosen.fields.len()
        ));
    }
    chosen
}

fn is_housekeeping(table: &Table, name: &str) -> bool {
    name == table.key
        || HOUSEKEEPING.contains(&name)
        || is_system_lookup(name)
        || name.ends_with("_base")
}

/// The type a column has in Marketo, or why it cannot travel.
fn carried(column: &FieldInfo) -> Result<FieldKind, String> {
    if RESERVED
        .iter()
        .any(|name| name.eq_ignore_ascii_case(&column.name))
    {
        return Err("a custom object has a field of that name already".to_owned());
    }
    let long = column.max_length.is_some_and(|max| max > TEXT_CHARS);
    Ok(match column.kind {
        FieldKind::Text | FieldKind::Url if long => FieldKind::Memo,
        FieldKind::Text
        | FieldKind::Url
        | FieldKind::Option
        | FieldKind::State
        | FieldKind::Status
        | FieldKind::Lookup
        | FieldKind::Id => FieldKind::Text,
        FieldKind::Memo | FieldKind::Options => FieldKind::Memo,
        FieldKind::DateTime | FieldKind::WallClock => FieldKind::DateTime,
        same @ (FieldKind::Email
        | FieldKind::Phone
        | FieldKind::Integer
        | FieldKind::Decimal
        | FieldKind::Boolean
        | FieldKind::Date) => same,
        FieldKind::Other => return Err("its type has no counterpart in Marketo".to_owned()),
    })
}

/// Marketo's word for the type, and how much a text of it holds.
pub(super) fn word(kind: FieldKind) -> (&'static str, Option<u32>) {
    match kind {
        FieldKind::Memo => ("text", Some(AREA_CHARS)),
        FieldKind::Email => ("email", Some(TEXT_CHARS)),
        FieldKind::Phone => ("phone", Some(TEXT_CHARS)),
        FieldKind::Integer => ("integer", None),
        FieldKind::Decimal => ("float", None),
        FieldKind::Boolean => ("boolean", None),
        FieldKind::Date => ("date", None),
        FieldKind::DateTime => ("datetime", None),
        _ => ("string", Some(TEXT_CHARS)),
    }
}
