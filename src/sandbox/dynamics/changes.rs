//! Change tracking: the first tracked read, deltas with tombstones, and tokens that expire.

use super::bind::Scope;
use super::cursor::{Cursor, Span, delta_token, parse_delta};
use super::data::Data;
use super::envelope::{applied, context, link};
use super::json;
use super::project::Projection;
use super::reply::{Answer, Fault, Reply};
use super::request::{Call, PAGE_MAX};
use super::schema::Table;

const DAY: i64 = 86_400;

/// Whether the call is about changes and not a plain list.
pub fn concerns(call: &Call) -> bool {
    let paging = call
        .option("$skiptoken")
        .and_then(|token| Cursor::parse(token).ok());
    match paging {
        Some((_, cursor)) => matches!(cursor, Cursor::Track(..) | Cursor::Delta(..)),
        None => call.option("$deltatoken").is_some() || call.prefer().track,
    }
}

/// Answers a tracked read or a delta.
pub fn answer(data: &Data, call: &Call, table: &Table, days: i64) -> Answer {
    check(call, table)?;
    let start = match call.option("$skiptoken") {
        Some(token) => Cursor::parse(token)?,
        None => match call.option("$deltatoken") {
            Some(token) => {
                let after = since(data, call, table, days, token)?;
                let span = Span {
                    origin: after,
                    seen: after,
                    until: data.version(),
                    time: call.now,
                    dead: false,
                };
                (1, Cursor::Delta(span))
            }
            None => (1, Cursor::Track(0, data.version(), call.now)),
        },
    };
    Page::new(data, call, table)?.fill(start)
}

/// How many changes wait behind a delta token.
pub fn count(data: &Data, call: &Call, table: &Table, days: i64) -> Answer {
    check(call, table)?;
    let after = since(
        data,
        call,
        table,
        days,
        call.option("$deltatoken").unwrap_or_default(),
    )?;
    let rows = data.rows(table.number);
    let number = rows.changed(after, u64::MAX).count() + rows.deleted(after, u64::MAX).count();
    Ok(Reply::text(number.to_string()))
}

fn check(call: &Call, table: &Table) -> Result<(), Fault> {
    for name in ["$filter", "$orderby", "$expand", "$top"] {
        if call.option(name).is_some() {
            return Err(Fault::odata(format!(
                "The \"{name}\" query parameter isn't supported when Change Tracking is enabled."
            )));
        }
    }
    if !table.tracked {
        return Err(Fault::new(
            400,
            "0x80072491",
            "ChangeTrackingNotEnabledForEntity",
            format!("Entity {} isn't enabled for change tracking.", table.name),
        ));
    }
    Ok(())
}

/// The version after which changes are wanted. Refused when tombstones that old are gone, or the
/// table's columns changed since. A token from the future sees nothing, and no error.
fn since(data: &Data, call: &Call, table: &Table, days: i64, token: &str) -> Result<u64, Fault> {
    let (version, time) =
        parse_delta(token).ok_or_else(|| Fault::odata("The delta token is not valid."))?;
    let old = call.now - time > days * DAY;
    if old || version < data.floors[usize::from(table.number)] {
        return Err(Fault::new(
            400,
            "0x80044352",
            "ExpiredVersionStamp",
            "Version stamp associated with the client has expired. Please perform a full sync."
                .into(),
        ));
    }
    Ok(version)
}

struct Page<'a> {
    data: &'a Data,
    call: &'a Call,
    table: &'a Table,
    projection: Projection,
    out: Vec<u8>,
    entries: usize,
    last: String,
}

impl<'a> Page<'a> {
    fn new(data: &'a Data, call: &'a Call, table: &'a Table) -> Result<Self, Fault> {
        let scope = Scope {
            schema: &data.schema,
            now: call.now,
            user: call.caller.user,
        };
        let select = call.option("$select");
        let projection = Projection::new(&scope, table, select, None, &call.prefer())?;
        let (out, last) = (Vec::with_capacity(64 * 1024), String::new());
        Ok(Self {
            data,
            call,
            table,
            projection,
            out,
            entries: 0,
            last,
        })
    }

    fn fill(mut self, (number, start): (usize, Cursor)) -> Answer {
        let limit = self.call.prefer().page.unwrap_or(PAGE_MAX);
        let (next, version, time) = match start {
            // The version is the database's own: in a restored one it stands behind the old token.
            Cursor::Delta(span) => (self.delta(span, limit), span.until, span.time),
            Cursor::Track(slot, version, time) => {
                (self.first((slot, version, time), limit), version, time)
            }
            _ => return Err(Fault::odata("Malformed skip token.")),
        };
        let delta = matches!(start, Cursor::Delta(..));
        let (name, target) = match next {
            Some(cursor) => {
                let key = &self.table.column(self.table.id_column).name;
                let cookie = cursor.cookie(number + 1, key, &self.last);
                ("@odata.nextLink", link(self.call, "$skiptoken", &cookie))
            }
            None => (
                "@odata.deltaLink",
                link(self.call, "$deltatoken", &delta_token(version, time)),
            ),
        };
        let mut body = Vec::with_capacity(self.out.len() + 512);
        body.extend(b"{\"@odata.context\":");
        let suffix = if delta { "/$delta" } else { "" };
        json::string(
            &mut body,
            &format!("{}{suffix}", context(self.call, self.table)),
        );
        body.extend(format!(",\"{name}\":").as_bytes());
        json::string(&mut body, &target);
        body.extend(b",\"value\":[");
        body.extend(&self.out);
        body.extend(b"]}");
        Ok(applied(Reply::json(200, body), &self.call.prefer()))
    }

    fn first(&mut self, (slot, version, time): (u32, u64, i64), limit: usize) -> Option<Cursor> {
        let data = self.data;
        for (at, row) in data.rows(self.table.number).from(slot) {
            if self.entries == limit {
                return Some(Cursor::Track(at, version, time));
            }
            self.row(row);
        }
        None
    }

    /// Rows in rising version, then deletions.
    fn delta(&mut self, mut span: Span, limit: usize) -> Option<Cursor> {
        let data = self.data;
        let rows = data.rows(self.table.number);
        if !span.dead {
            for (version, slot) in rows.changed(span.seen, span.until) {
                if self.entries == limit {
                    return Some(Cursor::Delta(span));
                }
                if let Some(row) = rows.get(slot) {
                    self.row(row);
                }
                span.seen = version;
            }
            span.dead = true;
            span.seen = span.origin;
        }
        for (version, id) in rows.deleted(span.seen, span.until) {
            if self.entries == limit {
                return Some(Cursor::Delta(span));
            }
            self.gone(id);
            span.seen = version;
        }
        None
    }

    fn comma(&mut self) {
        if self.entries > 0 {
            self.out.push(b',');
        }
        self.entries += 1;
    }

    fn row(&mut self, row: &super::rows::Row) {
        self.comma();
        self.projection
            .object(&mut self.out, self.data, self.table, row);
        self.last = row.id.to_string();
    }

    fn gone(&mut self, id: uuid::Uuid) {
        self.comma();
        let context = format!(
            "{}$metadata#{}/$deletedEntity",
            self.call.caller.root(),
            self.table.set
        );
        self.out.extend(b"{\"@odata.context\":");
        json::string(&mut self.out, &context);
        self.out
            .extend(format!(",\"id\":\"{id}\",\"reason\":\"deleted\"}}").as_bytes());
        self.last = id.to_string();
    }
}
