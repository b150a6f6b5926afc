//! `$expand`: rows shown within a row.

use super::bind::{Scope, unknown};
use super::cell::Cell;
use super::condition::Condition;
use super::data::Data;
use super::filter;
use super::project::{Projection, linked, matching, points_at};
use super::reply::Fault;
use super::request::Prefer;
use super::resource::split;
use super::rows::Row;
use super::schema::{Schema, Table};

/// Most rows of an expanded collection.
const EXPANDED_MAX: usize = 5000;

/// One relationship followed.
#[derive(Clone, Debug)]
pub struct Expand {
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

impl Expand {
    /// Reads `name($select=…;$filter=…)` for a table.
    pub fn new(
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
            Through::Lookup(_, target)
            | Through::Incoming(target, _)
            | Through::Linked(target, ..) => target,
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

    /// Writes `,"name":…` for a row.
    pub fn write(&self, out: &mut Vec<u8>, data: &Data, table: &Table, row: &Row) {
        out.extend(b",\"");
        out.extend(self.name.as_bytes());
        out.extend(b"\":");
        if let Through::Lookup(column, target) = self.through {
            let found = match table.value(row, column) {
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
