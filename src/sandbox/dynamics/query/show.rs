//! Writes the lines of a query as JSON objects, annotated where that was asked for.

use super::plan::{Function, Output, Plan, What};
use super::run::Line;
use crate::sandbox::dynamics::cell::Cell;
use crate::sandbox::dynamics::data::Data;
use crate::sandbox::dynamics::formatted;
use crate::sandbox::dynamics::json;
use crate::sandbox::dynamics::project::{FORMATTED, LOGICAL};
use crate::sandbox::dynamics::request::Prefer;
use crate::sandbox::dynamics::schema::Kind;

/// Writes the array of a page.
pub fn lines(out: &mut Vec<u8>, data: &Data, plan: &Plan, prefer: &Prefer, lines: &[Line]) {
    let notes = Notes {
        formatted: prefer.wants(FORMATTED),
        logical: prefer.wants(LOGICAL),
    };
    out.push(b'[');
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.push(b'{');
        let mut first = true;
        if let Some(row) = line.row {
            out.extend(format!("\"@odata.etag\":\"W/\\\"{}\\\"\"", row.version).as_bytes());
            first = false;
        }
        for (output, cell) in plan.outputs.iter().zip(&line.values) {
            member(out, data, plan, (output, cell), notes, &mut first);
        }
        out.push(b'}');
    }
    out.push(b']');
}

/// Which annotations are wanted.
#[derive(Clone, Copy)]
struct Notes {
    formatted: bool,
    logical: bool,
}

fn member(
    out: &mut Vec<u8>,
    data: &Data,
    plan: &Plan,
    (output, cell): (&Output, &Cell),
    notes: Notes,
    first: &mut bool,
) {
    if cell.is_null() && !output.nullable {
        return;
    }
    let mut put = |suffix: &str, value: &dyn Fn(&mut Vec<u8>)| {
        if !std::mem::take(first) {
            out.push(b',');
        }
        json::string(out, &format!("{}{suffix}", output.name));
        out.push(b':');
        value(out);
    };
    if notes.formatted
        && let Some(text) = text(data, plan, output, cell)
    {
        put(&format!("@{FORMATTED}"), &|out| json::string(out, &text));
    }
    if let Cell::Link(table, _) = cell
        && notes.logical
    {
        let name = &data.schema.table(*table).name;
        put(&format!("@{LOGICAL}"), &|out| json::string(out, name));
    }
    let kind = kind(data, plan, output);
    put("", &|out| json::write(out, kind, cell));
}

fn kind(data: &Data, plan: &Plan, output: &Output) -> Kind {
    match output.what {
        What::Function(Function::Rows | Function::Values, ..) | What::Part(..) => Kind::BigInt,
        What::Column(place) | What::Function(_, Some(place), _) => {
            let table = data.schema.table(plan.sources[place.source].table);
            table.column(place.column).kind
        }
        What::Function(_, None, _) => Kind::BigInt,
    }
}

/// The value as a person reads it; counts and parts of dates are plain numbers.
fn text(data: &Data, plan: &Plan, output: &Output, cell: &Cell) -> Option<String> {
    let plain = matches!(
        output.what,
        What::Function(Function::Rows | Function::Values, ..) | What::Part(..)
    );
    match (output.what.place(), cell) {
        (_, Cell::Null) => None,
        (Some(place), _) if !plain => {
            let table = data.schema.table(plan.sources[place.source].table);
            formatted::value(data, table.column(place.column), cell)
        }
        (_, Cell::Text(text)) => Some(text.clone().into_owned()),
        (_, Cell::Int(n)) => Some(formatted::thousands(&n.to_string())),
        (_, Cell::Big(n)) => Some(formatted::thousands(&n.to_string())),
        _ => None,
    }
}
