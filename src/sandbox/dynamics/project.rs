//! Which columns of a row are shown and how: `$select`, `$expand`, annotations.

use uuid::Uuid;

use super::bind::{Scope, unknown};
use super::cell::Cell;
use super::condition::Condition;
use super::data::Data;
use super::expand::Expand;
use super::filter;
use super::formatted;
use super::json;
use super::reply::Fault;
use super::request::Prefer;
use super::resource::split;
use super::rows::Row;
use super::schema::{Kind, Schema, Table};

/// Deepest `$expand`.
const DEPTH_MAX: usize = 4;

/// The annotation with what a person reads.
pub const FORMATTED: &str = "OData.Community.Display.V1.FormattedValue";
const NAVIGATION: &str = "Microsoft.Dynamics.CRM.associatednavigationproperty";
/// The annotation with the table a lookup points at.
pub const LOGICAL: &str = "Microsoft.Dynamics.CRM.lookuplogicalname";

/// What is shown of a row.
#[derive(Clone, Debug)]
pub struct Projection {
    columns: Vec<u16>,
    expand: Vec<Expand>,
    formatted: bool,
    navigation: bool,
    logical: bool,
}

impl Projection {
    /// What `$select` and `$expand` ask of `table`; neither means every column.
    pub fn new(
        scope: &Scope,
        table: &Table,
        select: Option<&str>,
        expand: Option<&str>,
        prefer: &Prefer,
    ) -> Result<Self, Fault> {
        Self::nested(scope, table, (select, expand), prefer, 0)
    }

    /// The same, so deep in `$expand`.
    pub fn nested(
        scope: &Scope,
        table: &Table,
        (select, expand): (Option<&str>, Option<&str>),
        prefer: &Prefer,
        depth: usize,
    ) -> Result<Self, Fault> {
        let expand = match expand {
            Some(_) if depth >= DEPTH_MAX => {
                return Err(Fault::odata("The $expand query option is nested too deep."));
            }
            Some(text) => split(text, ',')
                .into_iter()
                .filter(|part| !part.trim().is_empty())
                .map(|part| Expand::new(scope, table, part.trim(), prefer, depth))
                .collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        Ok(Self {
            columns: columns(table, select)?,
            expand,
            formatted: prefer.wants(FORMATTED),
            navigation: prefer.wants(NAVIGATION),
            logical: prefer.wants(LOGICAL),
        })
    }

    /// Whether it follows relationships or annotates, either of which rules out 304.
    pub fn is_plain(&self) -> bool {
        self.expand.is_empty() && !self.formatted && !self.navigation && !self.logical
    }

    /// Writes `"@odata.etag":…` and the columns, without the braces.
    pub fn members(&self, out: &mut Vec<u8>, data: &Data, table: &Table, row: &Row) {
        out.extend(b"\"@odata.etag\":\"W/\\\"");
        out.extend(row.version.to_string().as_bytes());
        out.extend(b"\\\"\"");
        let mut stored = row.cells.iter();
        let mut next = stored.next();
        for at in &self.columns {
            let column = table.column(*at);
            while next.as_ref().is_some_and(|(place, _)| place < at) {
                next = stored.next();
            }
            let kept = next
                .as_ref()
                .filter(|(place, _)| place == at)
                .map(|(_, cell)| cell);
            let computed;
            let cell = if let Some(cell) = kept {
                cell
            } else {
                computed = table.value(row, *at);
                &computed
            };
            self.annotate(out, data, (table, *at), cell);
            out.push(b',');
            out.extend(column.fragment.as_bytes());
            json::write(out, column.kind, cell);
        }
        for expand in &self.expand {
            expand.write(out, data, table, row);
        }
    }

    /// Writes the whole object.
    pub fn object(&self, out: &mut Vec<u8>, data: &Data, table: &Table, row: &Row) {
        out.push(b'{');
        self.members(out, data, table, row);
        out.push(b'}');
    }

    fn annotate(&self, out: &mut Vec<u8>, data: &Data, (table, at): (&Table, u16), cell: &Cell) {
        if cell.is_null() {
            return;
        }
        let column = table.column(at);
        let mut put = |name: &str, value: &str| {
            out.extend(b",\"");
            out.extend(column.wire.as_bytes());
            out.push(b'@');
            out.extend(name.as_bytes());
            out.extend(b"\":");
            json::string(out, value);
        };
        if self.formatted
            && let Some(text) = formatted::value(data, column, cell)
        {
            put(FORMATTED, &text);
        }
        let Cell::Link(target, _) = cell else { return };
        if self.navigation {
            let place = column
                .targets
                .iter()
                .position(|t| t == target)
                .unwrap_or_default();
            let name = column.navigations.get(place).or(column.navigations.first());
            put(NAVIGATION, name.map_or("", String::as_str));
        }
        if self.logical {
            put(LOGICAL, &data.schema.table(*target).name);
        }
    }
}

/// The columns `$select` names, with the key and the currency beside money.
fn columns(table: &Table, select: Option<&str>) -> Result<Vec<u16>, Fault> {
    let names: Vec<&str> = select
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|n| !n.is_empty())
        .collect();
    if names.is_empty() || names.contains(&"*") {
        return Ok(table.places().collect());
    }
    let mut columns = vec![table.id_column];
    for name in names {
        let at = table
            .find(name)
            .or_else(|| table.navigation(name).map(|(column, _)| column))
            .ok_or_else(|| unknown(table, name))?;
        columns.push(at);
        if table.column(at).kind == Kind::Money {
            columns.extend(table.find("transactioncurrencyid"));
        }
    }
    columns.sort_unstable();
    columns.dedup();
    Ok(columns)
}

/// The condition that a lookup points at `id`.
pub fn points_at(column: u16, id: Uuid) -> Condition {
    Condition::Compare(
        super::condition::Path::own(column),
        filter::Operator::Eq,
        Cell::Guid(id),
    )
}

/// Rows of a table that meet a condition, by index where there is one.
pub fn matching<'a>(
    data: &'a Data,
    table: &'a Table,
    condition: &'a Condition,
) -> impl Iterator<Item = &'a Row> {
    let rows = data.rows(table.number);
    let slots = condition.candidates(data, table);
    let scanned = slots.is_none().then(|| rows.from(0).map(|(_, row)| row));
    let picked = slots
        .unwrap_or_default()
        .into_iter()
        .filter_map(|slot| rows.get(slot));
    picked
        .chain(scanned.into_iter().flatten())
        .filter(|row| condition.holds(data, table, row))
}

/// The many-to-many relationship `name` of a table: whom, through, column here, column there.
pub fn linked(schema: &Schema, table: u16, name: &str) -> Option<(u16, u16, u16, u16)> {
    schema.tables.iter().find_map(|through| {
        let link = through
            .intersect
            .as_ref()
            .filter(|link| link.relationship == name)?;
        if link.first == table {
            Some((
                link.second,
                through.number,
                link.first_column,
                link.second_column,
            ))
        } else if link.second == table {
            Some((
                link.first,
                through.number,
                link.second_column,
                link.first_column,
            ))
        } else {
            None
        }
    })
}
