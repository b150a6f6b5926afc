//! Which columns of a row are shown and how: `$select`, `$expand`, annotations.

use uuid::Uuid;

use super::bind::{Scope, unknown};
use super::cell::Cell;
use super::condition::Condition;
use super::data::Data;
use super::filter;
use super::formatted;
use super::json;
use super::reply::Fault;
use super::request::Prefer;
use super::resource::split;
use super::rows::Row;
use super::schema::{Kind, Schema, Table};

/// Most rows of an expanded collection.
const EXPANDED_MAX: usize = 5000;

/// Deepest `$expand`.
const DEPTH_MAX: usize = 4;

const FORMATTED: &str = "OData.Community.Display.V1.FormattedValue";
const NAVIGATION: &str = "Microsoft.Dynamics.CRM.associatednavigationproperty";
const LOGICAL: &str = "Microsoft.Dynamics.CRM.lookuplogicalname";

/// What is shown of a row.
#[derive(Clone, Debug)]
pub struct Projection {
    columns: Vec<u16>,
    expand: Vec<Expand>,
    formatted: bool,
    navigation: bool,
    logical: bool,
}

#[derive(Clone, Debug)]
struct Expand {
    name: String,
    through: Through,
    inner: Projection,
    keep: Option<Condition>,
    top: usize,
}

/// How an expanded row is reached.
#[derive(Clone, Debug)]
enum Through {
    /// Along a lookup to a table.
    Lookup(u16, u16),
    /// Rows of a table whose column points here.
    Incoming(u16, u16),
    /// Rows of a table linked through a many-to-many table: there, through, here, there.
    Linked(u16, u16, u16, u16),
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

    fn nested(
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
                computed = data.value(table, row, *at);
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
        return Ok((0..table.columns.len() as u16).collect());
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

impl Expand {
    fn new(
        scope: &Scope,
        table: &Table,
        text: &str,
        prefer: &Prefer,
        depth: usize,
    ) -> Result<Self, Fault> {
        let (name, options) = match text.split_once('(') {
            Some((name, rest)) => (
                name.trim(),
                rest.trim_end().strip_suffix(')').unwrap_or(rest),
            ),
            None => (text, ""),
        };
        let name = name.strip_suffix("/$ref").unwrap_or(name);
        let options: Vec<(&str, &str)> = split(options, ';')
            .into_iter()
            .filter_map(|pair| pair.trim().split_once('='))
            .collect();
        let option = |wanted: &str| {
            options
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, v)| *v)
        };
        let schema = scope.schema;
        let through = through(schema, table, name).ok_or_else(|| unknown(table, name))?;
        let target = schema.table(match through {
            Through::Lookup(_, target) | Through::Incoming(target, _) => target,
            Through::Linked(target, ..) => target,
        });
        let keep = match option("$filter") {
            Some(text) => {
                let expr = filter::parse(text).map_err(Fault::odata)?;
                Some(scope.bind(target, &expr, "")?)
            }
            None => None,
        };
        Ok(Self {
            name: name.to_owned(),
            inner: Projection::nested(
                scope,
                target,
                (option("$select"), option("$expand")),
                prefer,
                depth + 1,
            )?,
            through,
            keep,
            top: option("$top")
                .and_then(|n| n.parse().ok())
                .unwrap_or(EXPANDED_MAX),
        })
    }

    fn write(&self, out: &mut Vec<u8>, data: &Data, table: &Table, row: &Row) {
        out.extend(b",\"");
        out.extend(self.name.as_bytes());
        out.extend(b"\":");
        if let Through::Lookup(column, target) = self.through {
            let found = match data.value(table, row, column) {
                Cell::Link(to, id) if to == target => data.rows(to).find(&id),
                _ => None,
            };
            match found {
                Some(found) => self
                    .inner
                    .object(out, data, data.schema.table(target), found),
                None => out.extend(b"null"),
            }
            return;
        }
        let (target, condition) = match self.through {
            Through::Linked(target, through, here, there) => {
                (target, Condition::Linked(through, there, here, row.id))
            }
            Through::Incoming(target, column) | Through::Lookup(target, column) => {
                (target, points_at(column, row.id))
            }
        };
        let target = data.schema.table(target);
        out.push(b'[');
        let mut first = true;
        for found in matching(data, target, &condition)
            .filter(|found| {
                self.keep
                    .as_ref()
                    .is_none_or(|keep| keep.holds(data, target, found))
            })
            .take(self.top)
        {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            self.inner.object(out, data, target, found);
        }
        out.push(b']');
    }
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

fn through(schema: &Schema, table: &Table, name: &str) -> Option<Through> {
    if let Some((column, target)) = table.navigation(name) {
        return Some(Through::Lookup(column, target));
    }
    if let Some(incoming) = schema.collection(table.number, name) {
        return Some(Through::Incoming(incoming.table, incoming.column));
    }
    linked(schema, table.number, name)
        .map(|(target, through, here, there)| Through::Linked(target, through, here, there))
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
