//! Lists: `$filter`, `$orderby`, `$top`, `$count` and pages with their next links.

use std::sync::Arc;

use super::bind::Scope;
use super::condition::{Condition, Path, order};
use super::cursor::Cursor;
use super::data::Data;
use super::envelope::{applied, context, link, refuse_unsupported};
use super::fetch;
use super::filter;
use super::json;
use super::orders::Orders;
use super::project::Projection;
use super::query;
use super::reply::{Answer, Fault, Reply};
use super::request::{Call, PAGE_MAX, Prefer};
use super::rows::Row;
use super::schema::Table;

/// `@odata.count` never says more.
const COUNT_MAX: usize = 5000;

/// A list asked for: the call, the table, and what restricts it beside `$filter`.
pub struct List<'a> {
    /// The organisation's data.
    pub data: &'a Data,
    /// The call.
    pub call: &'a Call,
    /// The table listed.
    pub table: &'a Table,
    /// A restriction the path brings.
    pub within: Option<Condition>,
    /// Kept orders.
    pub orders: &'a Orders,
}

/// A page being filled.
struct Page<'a> {
    rows: Vec<(u32, &'a Row)>,
    next: Option<Cursor>,
    count: Option<usize>,
}

impl<'a> List<'a> {
    /// What binding a filter needs to know.
    pub fn scope(&self) -> Scope<'a> {
        Scope {
            schema: &self.data.schema,
            now: self.call.now,
            user: self.call.caller.user,
        }
    }

    /// The bound `$filter` together with what the path restricts.
    pub fn condition(&self) -> Result<Condition, Fault> {
        let mut all: Vec<Condition> = self.within.clone().into_iter().collect();
        if let Some(text) = self.call.option("$filter") {
            let text = self.call.resolve(text);
            let expr = filter::parse(&text).map_err(Fault::odata)?;
            all.push(self.scope().bind(self.table, &expr, "")?);
        }
        Ok(match all.len() {
            0 => Condition::Constant(true),
            1 => all.swap_remove(0),
            _ => Condition::And(all),
        })
    }

    /// How many rows are meant.
    pub fn count(&self) -> Result<usize, Fault> {
        let condition = self.condition()?;
        if matches!(condition, Condition::Constant(true)) {
            return Ok(self.data.rows(self.table.number).len());
        }
        Ok(super::project::matching(self.data, self.table, &condition).count())
    }

    /// Answers the list.
    pub fn answer(&self) -> Answer {
        refuse_unsupported(self.call)?;
        if let Some(text) = self.call.option("fetchXml") {
            return fetch::answer(self, text);
        }
        if let Some(text) = self.call.option("sql") {
            return query::sql(self, text);
        }
        if let Some(text) = self.call.option("$apply") {
            return query::apply(self, text);
        }
        let prefer = self.call.prefer();
        let projection = Projection::new(
            &self.scope(),
            self.table,
            self.call.option("$select"),
            self.call.option("$expand"),
            &prefer,
        )?;
        let condition = self.condition()?;
        let cursor = match self.call.option("$skiptoken") {
            Some(token) => Cursor::parse(token)?,
            None => (1, Cursor::Scan(0)),
        };
        let page = self.page(&condition, &cursor.1, &prefer)?;
        Ok(self.render(&page, cursor.0, &projection, &prefer))
    }

    fn page(
        &self,
        condition: &Condition,
        cursor: &Cursor,
        prefer: &Prefer,
    ) -> Result<Page<'a>, Fault> {
        let top = match self.call.option("$top") {
            Some(text) => Some(text.parse::<usize>().map_err(|_| {
                Fault::odata(format!(
                    "Invalid value '{text}' for $top query option found."
                ))
            })?),
            None => None,
        };
        // A page size given makes the vendor forget $top.
        let (limit, paged) = match (prefer.page, top) {
            (Some(page), _) => (page, true),
            (None, Some(top)) => (top.min(PAGE_MAX), false),
            (None, None) => (PAGE_MAX, true),
        };
        let mut page = match self.call.option("$orderby") {
            Some(text) if !text.trim().is_empty() => self.sorted(condition, cursor, text, limit)?,
            _ => self.scanned(condition, cursor, limit),
        };
        if !paged {
            page.next = None;
        }
        if self.call.option("$count") == Some("true") {
            page.count = Some(self.count()?.min(COUNT_MAX));
        }
        Ok(page)
    }

    fn scanned(&self, condition: &Condition, cursor: &Cursor, limit: usize) -> Page<'a> {
        let start = if let Cursor::Scan(slot) = cursor {
            *slot
        } else {
            0
        };
        let rows = self.data.rows(self.table.number);
        let meant = |row: &&Row| condition.holds(self.data, self.table, row);
        let picked = condition.candidates(self.data, self.table);
        let mut found: Vec<(u32, &Row)> = match &picked {
            Some(slots) => slots
                .iter()
                .filter(|slot| **slot >= start)
                .filter_map(|slot| Some((*slot, rows.get(*slot).filter(meant)?)))
                .take(limit + 1)
                .collect(),
            None => rows
                .from(start)
                .filter(|(_, row)| meant(row))
                .take(limit + 1)
                .collect(),
        };
        let next = found.get(limit).map(|(slot, _)| Cursor::Scan(*slot));
        found.truncate(limit);
        Page {
            rows: found,
            next,
            count: None,
        }
    }

    fn sorted(
        &self,
        condition: &Condition,
        cursor: &Cursor,
        text: &str,
        limit: usize,
    ) -> Result<Page<'a>, Fault> {
        let rows = self.data.rows(self.table.number);
        let (offset, kept) = match cursor {
            Cursor::Sorted(offset, number) => {
                (*offset, self.orders.get(*number).map(|o| (*number, o)))
            }
            _ => (0, None),
        };
        let keys = self.keys(text)?;
        let (number, order) = match kept {
            Some((number, order)) => (Some(number), order),
            None => (
                None,
                Arc::new(self.order(condition, &keys, offset + limit + 1)),
            ),
        };
        let more = order.len() > offset + limit;
        // The first page may have sorted only its own part: keep the whole order for the others.
        let next = match (more, number) {
            (false, _) => None,
            (true, Some(number)) => Some(Cursor::Sorted(offset + limit, number)),
            (true, None) if self.call.option("$top").is_some() => Some(Cursor::Sorted(0, 0)),
            (true, None) => {
                let whole = Arc::new(self.order(condition, &keys, usize::MAX));
                Some(Cursor::Sorted(offset + limit, self.orders.keep(whole)))
            }
        };
        let slots = order.get(offset..).unwrap_or_default().iter().take(limit);
        let found = slots
            .filter_map(|slot| Some((*slot, rows.get(*slot)?)))
            .collect();
        Ok(Page {
            rows: found,
            next,
            count: None,
        })
    }

    fn keys(&self, text: &str) -> Result<Vec<(Path, bool)>, Fault> {
        let scope = self.scope();
        let key = |part: &str| {
            let (name, way) = part.trim().split_once(' ').unwrap_or((part.trim(), "asc"));
            let (path, _) = scope.path(self.table, name)?;
            Ok((path, way.trim().eq_ignore_ascii_case("desc")))
        };
        text.split(',').map(key).collect()
    }

    /// Slots of all rows meant in order; at least the first `wanted` of them.
    pub fn order(&self, condition: &Condition, keys: &[(Path, bool)], wanted: usize) -> Vec<u32> {
        let rows = self.data.rows(self.table.number);
        if let [(path, true)] = keys
            && path.hops.is_empty()
            && self.table.column(path.column).name == "versionnumber"
        {
            let newest = rows.changed(0, u64::MAX).rev().map(|(_, slot)| slot);
            let meant = newest.filter(|slot| {
                rows.get(*slot)
                    .is_some_and(|row| condition.holds(self.data, self.table, row))
            });
            return meant.take(wanted).collect();
        }
        let mut found: Vec<(u32, &Row)> = match condition.candidates(self.data, self.table) {
            Some(slots) => slots
                .iter()
                .filter_map(|s| Some((*s, rows.get(*s)?)))
                .collect(),
            None => rows.from(0).collect(),
        };
        found.retain(|(_, row)| condition.holds(self.data, self.table, row));
        let compare = |a: &(u32, &Row), b: &(u32, &Row)| {
            keys.iter()
                .map(|(path, down)| {
                    let way = path.with(self.data, self.table, a.1, |left| {
                        path.with(self.data, self.table, b.1, |right| order(left, right))
                    });
                    if *down { way.reverse() } else { way }
                })
                .find(|way| way.is_ne())
                .unwrap_or_else(|| a.1.id.cmp(&b.1.id))
        };
        if wanted < found.len() {
            found.select_nth_unstable_by(wanted, compare);
            found.truncate(wanted);
        }
        found.sort_unstable_by(compare);
        found.into_iter().map(|(slot, _)| slot).collect()
    }

    fn render(
        &self,
        page: &Page,
        number: usize,
        projection: &Projection,
        prefer: &Prefer,
    ) -> Reply {
        let mut out = Vec::with_capacity(256 + page.rows.len() * 512);
        out.extend(b"{\"@odata.context\":");
        json::string(&mut out, &context(self.call, self.table));
        if let Some(count) = page.count {
            out.extend(format!(",\"@odata.count\":{count}").as_bytes());
        }
        if prefer.wants("Microsoft.Dynamics.CRM.totalrecordcount") {
            let (count, over) = match page.count {
                Some(count) => (count as i64, count >= COUNT_MAX),
                None => (-1, false),
            };
            let text = format!(
                ",\"@Microsoft.Dynamics.CRM.totalrecordcount\":{count},\"@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded\":{over}"
            );
            out.extend(text.as_bytes());
        }
        if prefer.wants("Microsoft.Dynamics.CRM.globalmetadataversion") {
            let version = self.data.metadata_version();
            let text = format!(",\"@Microsoft.Dynamics.CRM.globalmetadataversion\":\"{version}\"");
            out.extend(text.as_bytes());
        }
        out.extend(b",\"value\":[");
        for (at, (_, row)) in page.rows.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            projection.object(&mut out, self.data, self.table, row);
        }
        out.push(b']');
        if let Some(next) = &page.next {
            let last = page
                .rows
                .last()
                .map(|(_, row)| row.id.to_string())
                .unwrap_or_default();
            let key = &self.table.column(self.table.id_column).name;
            let cookie = next.cookie(number + 1, key, &last);
            out.extend(b",\"@odata.nextLink\":");
            json::string(&mut out, &link(self.call, "$skiptoken", &cookie));
        }
        out.push(b'}');
        applied(Reply::json(200, out), prefer)
    }
}
