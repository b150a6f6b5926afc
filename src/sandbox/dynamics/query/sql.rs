//! `?sql=`: binds a statement to tables and answers it, page by page.

use super::plan::{Function, Output, Place, Plan, Test, What};
use super::select::{Item, Name, Select};
use super::{group, parse, run, show};
use crate::sandbox::dynamics::cursor::Cursor;
use crate::sandbox::dynamics::envelope::{applied, context, link};
use crate::sandbox::dynamics::json;
use crate::sandbox::dynamics::list::List;
use crate::sandbox::dynamics::reply::{Answer, Fault, Reply};
use crate::sandbox::dynamics::request::PAGE_MAX;
use crate::sandbox::dynamics::schema::{Column, Schema, Table};

/// Answers a list asked for by SQL.
pub fn answer(list: &List, text: &str) -> Answer {
    let prefer = list.call.prefer();
    let select = parse::parse(text).map_err(refused)?;
    let mut binder = Binder {
        schema: &list.data.schema,
        plan: Plan::new(list.table.number, &select.alias, PAGE_MAX),
    };
    if select.table != list.table.name {
        let text = format!(
            "The table '{}' of the SQL statement does not match the entity set '{}'.",
            select.table, list.table.set
        );
        return Err(refused(text));
    }
    binder.bind(&select)?;
    let mut plan = binder.plan;
    let (page, skipped) = match list.call.option("$skiptoken").map(Cursor::parse) {
        Some(cursor) => match cursor? {
            (page, Cursor::Sorted(offset, _)) => (page, offset),
            (page, _) => (page, 0),
        },
        None => (1, 0),
    };
    // TOP and FETCH bound the whole result, a page what one answer holds of it.
    let whole = select.top.or(select.fetch);
    let left = whole.map_or(usize::MAX, |whole| whole.saturating_sub(skipped));
    plan.limit = prefer.page.unwrap_or(PAGE_MAX).min(left);
    plan.offset += skipped;
    let found = run::run(list.data, &plan)?;
    let mut out = Vec::with_capacity(256 + found.lines.len() * 256);
    out.extend(b"{\"@odata.context\":");
    json::string(&mut out, &context(list.call, list.table));
    out.extend(b",\"value\":");
    show::lines(&mut out, list.data, &plan, &prefer, &found.lines);
    if found.more && left > plan.limit {
        let last = found.lines.last().and_then(|line| line.row);
        let last = last.map(|row| row.id.to_string()).unwrap_or_default();
        let key = &list.table.column(list.table.id_column).name;
        let cookie = Cursor::Sorted(skipped + plan.limit, 0).cookie(page + 1, key, &last);
        out.extend(b",\"@odata.nextLink\":");
        json::string(&mut out, &link(list.call, "$skiptoken", &cookie));
    }
    out.push(b'}');
    Ok(applied(Reply::json(200, out), &prefer))
}

/// 400: what the statement says cannot be.
pub fn refused(text: impl Into<String>) -> Fault {
    Fault::odata(text)
}

/// A statement being bound.
pub struct Binder<'a> {
    /// The tables there are.
    pub schema: &'a Schema,
    /// What it comes to.
    pub plan: Plan,
}

impl<'a> Binder<'a> {
    fn table(&self, source: usize) -> &'a Table {
        self.schema.table(self.plan.sources[source].table)
    }

    /// The column at a place.
    pub fn column(&self, place: Place) -> &'a Column {
        self.table(place.source).column(place.column)
    }

    fn bind(&mut self, select: &Select) -> Result<(), Fault> {
        if select.top.is_some_and(|top| top > PAGE_MAX) {
            return Err(refused(format!("TOP must be between 0 and {PAGE_MAX}.")));
        }
        if select.offset.is_some() && (select.order.is_empty() || select.top.is_some()) {
            return Err(refused(
                "OFFSET needs an ORDER BY clause and goes without TOP.",
            ));
        }
        let mut tests = Vec::new();
        for joined in &select.joins {
            self.join(joined, &mut tests)?;
        }
        if let Some(filter) = &select.filter {
            tests.push(self.test(filter)?);
        }
        self.plan.test = Test::All(tests);
        self.plan.zero_sums = false;
        self.plan.offset = select.offset.unwrap_or(0);
        let functions = select
            .items
            .iter()
            .any(|(item, _)| matches!(item, Item::Function(..)));
        self.plan.grouped = functions || !select.group.is_empty();
        self.plan.distinct = select.distinct && !self.plan.grouped;
        self.items(select)?;
        for (item, down) in &select.order {
            let what = self.sorted_by(item)?;
            let shown = self.plan.outputs.iter().any(|output| output.what == what);
            if self.plan.grouped && !shown {
                return Err(refused("ORDER BY needs a column of the select list here."));
            }
            self.plan.order.push((what, *down));
        }
        Ok(())
    }

    fn items(&mut self, select: &Select) -> Result<(), Fault> {
        let groups: Vec<Place> = select
            .group
            .iter()
            .map(|name| self.place(name))
            .collect::<Result<_, _>>()?;
        for (item, alias) in &select.items {
            let what = self.what(item)?;
            if let What::Column(place) = what
                && self.plan.grouped
                && !groups.contains(&place)
            {
                let text = format!(
                    "Column '{}' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.",
                    self.column(place).name
                );
                return Err(refused(text));
            }
            let name = alias.clone().unwrap_or_else(|| self.named(item, what));
            let name = self.fresh(name, what);
            self.plan.outputs.push(Output {
                name,
                what,
                nullable: true,
            });
        }
        // Groups not shown still keep their rows apart.
        let hidden = groups.iter().any(|group| {
            let shown = |output: &Output| output.what == What::Column(*group);
            !self.plan.outputs.iter().any(shown)
        });
        if hidden {
            return Err(refused(
                "Every column of GROUP BY must be in the select list.",
            ));
        }
        let key = Place {
            source: 0,
            column: self.table(0).id_column,
        };
        let bare = !self.plan.grouped && !self.plan.distinct;
        if bare
            && !self
                .plan
                .outputs
                .iter()
                .any(|o| o.what == What::Column(key))
        {
            self.plan.outputs.push(Output {
                name: self.column(key).name.clone(),
                what: What::Column(key),
                nullable: true,
            });
        }
        Ok(())
    }

    /// Lookups of the table asked for go by the name they have in JSON.
    fn named(&self, item: &Item, what: What) -> String {
        match (item, what) {
            (Item::Column(_), What::Column(place)) if place.source == 0 => {
                self.column(place).wire.clone()
            }
            (Item::Column(name), _) => name.column.clone(),
            (Item::Function(name, _, _), _) => name.clone(),
        }
    }

    fn fresh(&self, name: String, what: What) -> String {
        let taken = |name: &str| self.plan.outputs.iter().any(|output| output.name == name);
        if !taken(&name) {
            return name;
        }
        let source = what.place().map_or(0, |place| place.source);
        let prefixed = format!("{}.{name}", self.plan.sources[source].alias);
        let mut number = 1;
        let mut fresh = prefixed.clone();
        while taken(&fresh) {
            number += 1;
            fresh = format!("{prefixed}{number}");
        }
        fresh
    }

    fn sorted_by(&self, item: &Item) -> Result<What, Fault> {
        if let Item::Column(Name {
            table: None,
            column,
        }) = item
            && let Some(output) = self
                .plan
                .outputs
                .iter()
                .find(|output| output.name == *column)
        {
            return Ok(output.what);
        }
        self.what(item)
    }

    fn what(&self, item: &Item) -> Result<What, Fault> {
        let (name, over, distinct) = match item {
            Item::Column(name) => return Ok(What::Column(self.place(name)?)),
            Item::Function(name, over, distinct) => (name.as_str(), over, *distinct),
        };
        let place = over.as_ref().map(|name| self.place(name)).transpose()?;
        let function = match (name, place) {
            ("count", None) => Function::Rows,
            ("count", Some(_)) => Function::Values,
            ("sum", Some(_)) => Function::Sum,
            ("avg", Some(_)) => Function::Average,
            ("min", Some(_)) => Function::Min,
            ("max", Some(_)) => Function::Max,
            _ => return Err(refused(format!("The function '{name}' needs a column."))),
        };
        if let Some(place) = place
            && matches!(function, Function::Sum | Function::Average)
            && !group::summable(self.column(place).kind)
        {
            let column = &self.column(place).name;
            let text = format!("Operand data type of '{column}' is invalid for {name} operator.");
            return Err(refused(text));
        }
        Ok(What::Function(function, place, distinct))
    }

    /// The one column a name means.
    pub fn place(&self, name: &Name) -> Result<Place, Fault> {
        let mut found = Vec::new();
        for (source, named) in self.plan.sources.iter().enumerate() {
            let meant = name
                .table
                .as_ref()
                .is_none_or(|alias| *alias == named.alias);
            if let Some(column) = self.table(source).find(&name.column).filter(|_| meant) {
                found.push(Place { source, column });
            }
        }
        match found.as_slice() {
            [place] => Ok(*place),
            [] => Err(refused(format!("Invalid column name '{}'.", name.column))),
            _ => Err(refused(format!("Ambiguous column name '{}'.", name.column))),
        }
    }
}
