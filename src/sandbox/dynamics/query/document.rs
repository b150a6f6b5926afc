//! FetchXML with links, aggregates, aliases and distinct lines, read into a plan.

use super::plan::{Join, Joining, Output, Place, Plan, Source, Test, What};
use super::{run, show};
use crate::sandbox::dynamics::bind::Scope;
use crate::sandbox::dynamics::condition::Condition;
use crate::sandbox::dynamics::envelope::{applied, context};
use crate::sandbox::dynamics::fetch::{self, column, flag, unsupported};
use crate::sandbox::dynamics::filter::Operator;
use crate::sandbox::dynamics::json;
use crate::sandbox::dynamics::list::List;
use crate::sandbox::dynamics::reply::{Answer, Fault, Reply};
use crate::sandbox::dynamics::request::PAGE_MAX;
use crate::sandbox::dynamics::schema::Table;
use crate::sandbox::dynamics::xml::Element;

/// Whether a document asks for more than rows of one table.
pub fn concerns(fetch: &Element) -> bool {
    flag(fetch, "aggregate") || flag(fetch, "distinct") || fetch.children.iter().any(special)
}

/// Whether an element, or one inside it, is beyond one table's rows and columns.
fn special(element: &Element) -> bool {
    let names = ["alias", "aggregate", "groupby", "entityname", "valueof"];
    element.name == "link-entity"
        || names.iter().any(|name| element.get(name).is_some())
        || element.children.iter().any(special)
}

/// Answers such a document.
pub fn answer(list: &List, document: &Element, entity: &Element) -> Answer {
    let prefer = list.call.prefer();
    let number = |name: &str| document.get(name).and_then(|n| n.parse::<usize>().ok());
    let (top, page) = (number("top"), number("page").unwrap_or(1).max(1));
    let size = number("count").filter(|n| *n > 0).or(prefer.page);
    let size = size.unwrap_or(PAGE_MAX).min(PAGE_MAX);
    let mut reader = Reader::new(list, document, top.map_or(size, |top| top.min(PAGE_MAX)));
    reader.plan.offset = if top.is_some() { 0 } else { (page - 1) * size };
    reader.entity(entity)?;
    let plan = reader.plan;
    let found = run::run(list.data, &plan)?;
    let more = found.more && top.is_none();
    let mut out = Vec::with_capacity(256 + found.lines.len() * 256);
    out.extend(b"{\"@odata.context\":");
    json::string(&mut out, &context(list.call, list.table));
    if let Some(total) = found.total {
        let text = format!(",\"@Microsoft.Dynamics.CRM.totalrecordcount\":{total}");
        out.extend(text.as_bytes());
    }
    if prefer.wants("Microsoft.Dynamics.CRM.morerecords") {
        out.extend(format!(",\"@Microsoft.Dynamics.CRM.morerecords\":{more}").as_bytes());
    }
    if more {
        let last = found.lines.last().and_then(|line| line.row);
        let last = last.map(|row| row.id.to_string()).unwrap_or_default();
        let key = &list.table.column(list.table.id_column).name;
        out.extend(b",\"@Microsoft.Dynamics.CRM.fetchxmlpagingcookie\":");
        json::string(&mut out, &fetch::cookie(page, key, &last));
    }
    out.extend(b",\"value\":");
    show::lines(&mut out, list.data, &plan, &prefer, &found.lines);
    out.push(b'}');
    Ok(applied(Reply::json(200, out), &prefer))
}

/// A document being read.
pub struct Reader<'a> {
    scope: Scope<'a>,
    plan: Plan,
    aggregate: bool,
    tests: Vec<Test>,
}

impl<'a> Reader<'a> {
    fn new(list: &List<'a>, document: &Element, limit: usize) -> Self {
        let mut plan = Plan::new(list.table.number, &list.table.name, limit);
        plan.grouped = flag(document, "aggregate");
        plan.distinct = flag(document, "distinct") && !plan.grouped;
        plan.total = flag(document, "returntotalrecordcount");
        let lower = document.get("aggregatelimit").and_then(|n| n.parse().ok());
        plan.aggregated_max = plan.aggregated_max.min(lower.unwrap_or(usize::MAX));
        Self {
            scope: list.scope(),
            aggregate: plan.grouped,
            plan,
            tests: Vec::new(),
        }
    }

    /// The table at a place of the plan.
    pub fn table(&self, source: usize) -> &'a Table {
        self.scope.schema.table(self.plan.sources[source].table)
    }

    fn entity(&mut self, entity: &Element) -> Result<(), Fault> {
        self.links(entity, 0)?;
        self.attributes(entity, 0)?;
        // A condition of the table itself may name any link by its alias.
        for filter in entity.all("filter") {
            let test = self.filter(filter, 0)?;
            self.tests.push(test);
        }
        self.orders(entity, 0)?;
        let table = self.table(0);
        let key = Place {
            source: 0,
            column: table.id_column,
        };
        let shown = |output: &Output| matches!(output.what, What::Column(place) if place == key);
        if !self.aggregate && !self.plan.distinct && !self.plan.outputs.iter().any(shown) {
            self.show(
                table.column(table.id_column).wire.clone(),
                What::Column(key),
                true,
            );
        }
        self.plan.test = Test::All(std::mem::take(&mut self.tests));
        Ok(())
    }

    fn links(&mut self, element: &Element, parent: usize) -> Result<(), Fault> {
        for link in element.all("link-entity") {
            self.plan.room_for_one()?;
            let source = self.link(link, parent)?;
            self.links(link, source)?;
            self.attributes(link, source)?;
            self.orders(link, source)?;
        }
        Ok(())
    }

    fn link(&mut self, link: &Element, parent: usize) -> Result<usize, Fault> {
        let name = link.get("name").unwrap_or_default();
        let table = self.scope.schema.by_name(name).ok_or_else(|| {
            let text = format!("The entity with a name = '{name}' with namemapping = 'Logical' was not found in the MetadataCache.");
            Fault::new(400, "0x80041102", "QueryBuilderNoEntity", text)
        })?;
        let how = match link.get("link-type").unwrap_or("inner") {
            "inner" => Joining::Inner,
            "outer" => Joining::Outer,
            "exists" | "in" | "matchfirstrowusingcrossapply" => Joining::First,
            other => return Err(unsupported(&format!("The link-type '{other}'"))),
        };
        let (from, to) = (link.get("from"), link.get("to"));
        let key = &table.column(table.id_column).name;
        let (here, _) = column(table, from.unwrap_or(key))?;
        let (there, _) = column(self.table(parent), to.unwrap_or(key))?;
        let own = link
            .all("filter")
            .map(|f| fetch::filter(&self.scope, table, f));
        let on = Condition::And(own.collect::<Result<_, _>>()?);
        let source = self.plan.sources.len();
        let alias = link
            .get("alias")
            .map_or_else(|| format!("{name}{source}"), str::to_owned);
        let from = Place {
            source: parent,
            column: there,
        };
        self.plan.sources.push(Source {
            table: table.number,
            alias,
            join: Some(Join {
                how,
                from,
                column: here,
            }),
            on,
        });
        Ok(source)
    }

    fn attributes(&mut self, element: &Element, source: usize) -> Result<(), Fault> {
        let table = self.table(source);
        let mut named: Vec<(Option<&str>, u16, &Element)> = Vec::new();
        for attribute in element.all("attribute") {
            let (at, _) = column(table, attribute.get("name").unwrap_or_default())?;
            named.push((attribute.get("alias"), at, attribute));
        }
        if self.aggregate {
            return named.into_iter().try_for_each(|(alias, at, attribute)| {
                self.aggregated(alias, Place { source, column: at }, attribute)
            });
        }
        for (alias, at, _) in named {
            self.column(source, at, alias);
        }
        let all = element.all("all-attributes").next().is_some();
        if all || (source == 0 && element.all("attribute").next().is_none()) {
            for at in table.places() {
                self.column(source, at, None);
            }
        }
        Ok(())
    }

    /// Columns of the table asked for go by their own name, those of a link by its alias too.
    fn column(&mut self, source: usize, at: u16, alias: Option<&str>) {
        let column = self.table(source).column(at);
        let name = match (alias, source) {
            (Some(alias), _) => alias.to_owned(),
            (None, 0) => column.wire.clone(),
            (None, _) => format!("{}.{}", self.plan.sources[source].alias, column.name),
        };
        let place = Place { source, column: at };
        self.show(name, What::Column(place), source == 0 && alias.is_none());
    }

    /// Adds a member to each object.
    pub fn show(&mut self, name: String, what: What, nullable: bool) {
        self.plan.outputs.push(Output {
            name,
            what,
            nullable,
        });
    }

    fn orders(&mut self, element: &Element, source: usize) -> Result<(), Fault> {
        for order in element.all("order") {
            let down = matches!(order.get("descending"), Some("true" | "1"));
            let what = match (order.get("alias"), order.get("attribute")) {
                (Some(alias), _) => {
                    let named = self.plan.outputs.iter().find(|output| output.name == alias);
                    named.map(|output| output.what).ok_or_else(|| {
                        unsupported(&format!("An order by the unknown alias '{alias}'"))
                    })?
                }
                (None, Some(_)) if self.aggregate => {
                    let text =
                        "Attribute can not be specified if an aggregate operation is requested.";
                    return Err(Fault::new(400, "0x8004E024", "", text.into()));
                }
                (None, name) => {
                    let at = self.named(order, source)?;
                    let (column, _) = column(self.table(at), name.unwrap_or_default())?;
                    What::Column(Place { source: at, column })
                }
            };
            self.plan.order.push((what, down));
        }
        Ok(())
    }

    /// The table an element names by `entityname`, or the one it stands in.
    fn named(&self, element: &Element, source: usize) -> Result<usize, Fault> {
        let Some(name) = element.get("entityname") else {
            return Ok(source);
        };
        self.alias(name)
    }

    fn alias(&self, name: &str) -> Result<usize, Fault> {
        let found = self
            .plan
            .sources
            .iter()
            .position(|source| source.alias == name);
        found.ok_or_else(|| {
            let text = format!("LinkEntity with name or alias {name} is not found.");
            Fault::new(
                400,
                "0x80041102",
                "QueryBuilderLinkNodeForOrderNotFound",
                text,
            )
        })
    }

    fn filter(&self, element: &Element, source: usize) -> Result<Test, Fault> {
        let mut parts = Vec::new();
        for child in &element.children {
            match child.name.as_str() {
                "filter" => parts.push(self.filter(child, source)?),
                "condition" => parts.push(self.condition(child, source)?),
                "link-entity" => return Err(unsupported("A link-entity within a filter")),
                _ => {}
            }
        }
        Ok(match element.get("type") {
            Some("or") => Test::Some(parts),
            _ => Test::All(parts),
        })
    }

    fn condition(&self, element: &Element, source: usize) -> Result<Test, Fault> {
        let at = self.named(element, source)?;
        let table = self.table(at);
        let Some(other) = element.get("valueof") else {
            return Ok(Test::Row(
                at,
                fetch::condition(&self.scope, table, element)?,
            ));
        };
        let (whose, name) = match other.split_once('.') {
            Some((alias, name)) => (self.alias(alias)?, name),
            None => (at, other),
        };
        let operator = match element.get("operator").unwrap_or_default() {
            "eq" => Operator::Eq,
            "ne" | "neq" => Operator::Ne,
            "gt" => Operator::Gt,
            "ge" => Operator::Ge,
            "lt" => Operator::Lt,
            "le" => Operator::Le,
            other => return Err(unsupported(&format!("The operator '{other}' with valueof"))),
        };
        let (mine, _) = column(table, element.get("attribute").unwrap_or_default())?;
        let (theirs, _) = column(self.table(whose), name)?;
        let place = |source, column| Place { source, column };
        Ok(Test::Columns(
            place(at, mine),
            operator,
            place(whose, theirs),
        ))
    }
}
