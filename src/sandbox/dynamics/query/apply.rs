//! `$apply`: `filter(…)/groupby((…),aggregate(…))` read into a plan.

use super::plan::{Function, Join, Joining, Output, Place, Plan, SOURCES_MAX, Source, Test, What};
use super::{group, run, show};
use crate::sandbox::dynamics::bind::{Scope, unknown};
use crate::sandbox::dynamics::condition::Condition;
use crate::sandbox::dynamics::envelope::{applied, context};
use crate::sandbox::dynamics::filter;
use crate::sandbox::dynamics::json;
use crate::sandbox::dynamics::list::List;
use crate::sandbox::dynamics::reply::{Answer, Fault, Reply};
use crate::sandbox::dynamics::request::PAGE_MAX;
use crate::sandbox::dynamics::resource::split;
use crate::sandbox::dynamics::schema::Kind;

/// Answers a list asked for with `$apply`.
pub fn answer(list: &List, text: &str) -> Answer {
    let prefer = list.call.prefer();
    let mut reader = Reader {
        scope: list.scope(),
        plan: Plan::new(list.table.number, &list.table.name, PAGE_MAX),
    };
    reader.plan.grouped = true;
    reader.plan.test = Test::Row(0, list.condition()?);
    let text = list.call.resolve(text);
    for step in split(&text, '/') {
        reader.step(step.trim())?;
    }
    if reader.plan.outputs.is_empty() {
        return Err(syntax(&text));
    }
    if let Some(order) = list.call.option("$orderby") {
        reader.order(order)?;
    }
    let plan = reader.plan;
    let found = run::run(list.data, &plan)?;
    let mut out = b"{\"@odata.context\":".to_vec();
    json::string(&mut out, &context(list.call, list.table));
    out.extend(b",\"value\":");
    show::lines(&mut out, list.data, &plan, &prefer, &found.lines);
    out.push(b'}');
    Ok(applied(Reply::json(200, out), &prefer))
}

struct Reader<'a> {
    scope: Scope<'a>,
    plan: Plan,
}

impl Reader<'_> {
    fn step(&mut self, step: &str) -> Result<(), Fault> {
        let (name, inside) = step.split_once('(').ok_or_else(|| syntax(step))?;
        let inside = inside.strip_suffix(')').ok_or_else(|| syntax(step))?;
        if !self.plan.outputs.is_empty() {
            let text =
                format!("The transformation '{name}' after an aggregation is not supported.");
            return Err(Fault::odata(text));
        }
        match name {
            "filter" => {
                let expr = filter::parse(inside).map_err(Fault::odata)?;
                let table = self.scope.schema.table(self.plan.sources[0].table);
                let condition = self.scope.bind(table, &expr, "")?;
                let before = std::mem::replace(&mut self.plan.test, Test::All(Vec::new()));
                self.plan.test = Test::All(vec![before, Test::Row(0, condition)]);
                Ok(())
            }
            "aggregate" => self.aggregate(inside),
            "groupby" => {
                let mut parts = split(inside, ',').into_iter();
                let columns = parts.next().unwrap_or_default().trim();
                let columns = columns
                    .strip_prefix('(')
                    .and_then(|rest| rest.strip_suffix(')'));
                for path in split(columns.ok_or_else(|| syntax(step))?, ',') {
                    self.group(path.trim())?;
                }
                match parts.next().map(str::trim) {
                    None => Ok(()),
                    Some(rest) => {
                        let inside = rest.strip_prefix("aggregate(");
                        let inside = inside.and_then(|rest| rest.strip_suffix(')'));
                        self.aggregate(inside.ok_or_else(|| syntax(rest))?)
                    }
                }
            }
            other => Err(Fault::odata(format!(
                "The transformation '{other}' is not supported."
            ))),
        }
    }

    fn group(&mut self, path: &str) -> Result<(), Fault> {
        let (place, name) = self.place(path)?;
        let table = self
            .scope
            .schema
            .table(self.plan.sources[place.source].table);
        if matches!(
            table.column(place.column).kind,
            Kind::DateTime | Kind::DateOnly | Kind::TimeZoneIndependent
        ) {
            let text = format!("Grouping by the date and time column '{path}' is not supported.");
            return Err(Fault::odata(text));
        }
        self.show(name, What::Column(place));
        Ok(())
    }

    fn aggregate(&mut self, inside: &str) -> Result<(), Fault> {
        for part in split(inside, ',') {
            let words: Vec<&str> = part.split_whitespace().collect();
            match words.as_slice() {
                ["$count", "as", alias] => {
                    self.show(
                        (*alias).to_owned(),
                        What::Function(Function::Rows, None, false),
                    );
                }
                [path, "with", function, "as", alias] => {
                    let (place, _) = self.place(path)?;
                    let function = match *function {
                        "sum" => Function::Sum,
                        "average" => Function::Average,
                        "min" => Function::Min,
                        "max" => Function::Max,
                        other => {
                            let text =
                                format!("The aggregation method '{other}' is not supported.");
                            return Err(Fault::odata(text));
                        }
                    };
                    let table = self
                        .scope
                        .schema
                        .table(self.plan.sources[place.source].table);
                    let column = table.column(place.column);
                    if matches!(function, Function::Sum | Function::Average)
                        && !group::summable(column.kind)
                    {
                        let text = format!("The column '{}' cannot be summed.", column.name);
                        return Err(Fault::odata(text));
                    }
                    self.show(
                        (*alias).to_owned(),
                        What::Function(function, Some(place), false),
                    );
                }
                _ => return Err(syntax(part)),
            }
        }
        Ok(())
    }

    fn show(&mut self, name: String, what: What) {
        self.plan.outputs.push(Output {
            name,
            what,
            nullable: false,
        });
    }

    /// Columns of a row pointed at go by its table and their own name: `contact_fullname`.
    fn place(&mut self, path: &str) -> Result<(Place, String), Fault> {
        let schema = self.scope.schema;
        let mut source = 0;
        let mut table = schema.table(self.plan.sources[0].table);
        let mut rest = path;
        while let Some((navigation, further)) = rest.split_once('/') {
            let (column, target) = table
                .navigation(navigation)
                .ok_or_else(|| unknown(table, navigation))?;
            source = self.link(Place { source, column }, target, navigation)?;
            table = schema.table(target);
            rest = further;
        }
        let column = table.find(rest).ok_or_else(|| unknown(table, rest))?;
        let name = if source == 0 {
            table.column(column).wire.clone()
        } else {
            format!("{}_{}", table.name, table.column(column).name)
        };
        Ok((Place { source, column }, name))
    }

    /// The table behind a lookup, joined once however often it is named.
    fn link(&mut self, from: Place, target: u16, navigation: &str) -> Result<usize, Fault> {
        let known = self.plan.sources.iter().position(|source| {
            source.alias == navigation && source.join.is_some_and(|join| join.from == from)
        });
        if let Some(known) = known {
            return Ok(known);
        }
        if self.plan.sources.len() >= SOURCES_MAX {
            return Err(Fault::odata("Too many navigation properties in $apply."));
        }
        self.plan.sources.push(Source {
            table: target,
            alias: navigation.to_owned(),
            join: Some(Join {
                how: Joining::Outer,
                from,
                column: self.scope.schema.table(target).id_column,
            }),
            on: Condition::Constant(true),
        });
        Ok(self.plan.sources.len() - 1)
    }

    fn order(&mut self, text: &str) -> Result<(), Fault> {
        for part in text.split(',') {
            let (name, way) = part.trim().split_once(' ').unwrap_or((part.trim(), "asc"));
            let output = self.plan.outputs.iter().find(|output| output.name == name);
            let what = match output.map(|output| output.what) {
                Some(what) if !what.is_function() => what,
                _ => {
                    let text = "The query node SingleValueOpenPropertyAccess is not supported";
                    return Err(Fault::odata(text));
                }
            };
            self.plan
                .order
                .push((what, way.trim().eq_ignore_ascii_case("desc")));
        }
        Ok(())
    }
}

fn syntax(near: &str) -> Fault {
    Fault::odata(format!("Syntax error in $apply near '{near}'."))
}
