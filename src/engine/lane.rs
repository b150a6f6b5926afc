//! A lane: one entity with everything its records need to be read, compared and written.

use std::collections::BTreeSet;

use super::backfilling::Active;
use super::converting;
use super::objects::ObjectEnd;
use super::scope::Scope;
use super::stamp;
use crate::connectors::dynamics::Table;
use crate::mapping::CheckedMap;
use crate::model::{Direction, Entity, EntitySettings, FieldInfo, Policy, Record, Side};

/// One entity's lane, as prepared for a cycle.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    pub(super) settings: EntitySettings,
    pub(super) map: CheckedMap,
    pub(super) table: Table,
    /// The columns read from Dynamics.
    pub(super) columns: Vec<String>,
    /// The fields read from Marketo: the mapped ones and our stamp, or an object's key.
    pub(super) fields: Vec<String>,
    /// What Marketo says about its person fields, or about the object's.
    pub(super) person: Vec<FieldInfo>,
    /// Which rows are kept in step.
    pub(super) scope: Scope,
    /// The backfill that runs.
    pub(super) backfill: Option<Active>,
    /// The object that is written; none for people.
    pub(super) object: Option<ObjectEnd>,
    /// The map of the other people: leads become contacts, and keep what was agreed.
    pub(super) others: Option<Box<CheckedMap>>,
}

impl Lane {
    pub(super) fn new(
        settings: EntitySettings,
        map: CheckedMap,
        table: Table,
        person: Vec<FieldInfo>,
    ) -> Self {
        let mut columns: BTreeSet<String> = map.columns(Side::Dynamics).into_iter().collect();
        columns.extend(converting::columns(&settings.entity, &table));
        let mut fields: BTreeSet<String> = map.columns(Side::Marketo).into_iter().collect();
        fields.extend(stamp::ALL.map(str::to_owned));
        fields.extend(["email".to_owned(), "updatedAt".to_owned()]);
        Self {
            settings,
            map,
            table,
            columns: columns.into_iter().collect(),
            fields: fields.into_iter().collect(),
            person,
            scope: Scope::default(),
            backfill: None,
            object: None,
            others: None,
        }
    }

    /// A lane towards an object beside people; `fields` is what Marketo says about it.
    pub(super) fn to_object(
        settings: EntitySettings,
        map: CheckedMap,
        table: Table,
        fields: Vec<FieldInfo>,
        object: ObjectEnd,
    ) -> Self {
        let mut columns: BTreeSet<String> = map.columns(Side::Dynamics).into_iter().collect();
        columns.extend(object.columns.iter().cloned());
        // What we work out ourselves is no column; what it is worked out from is.
        columns.retain(|name| {
            let real = name.split(':').next().unwrap_or(name);
            table.column(real).is_some()
        });
        let mut names: BTreeSet<String> = map.columns(Side::Marketo).into_iter().collect();
        names.extend(object.keys.iter().cloned());
        Self {
            columns: columns.into_iter().collect(),
            fields: names.into_iter().collect(),
            settings,
            map,
            table,
            person: fields,
            scope: Scope::default(),
            backfill: None,
            object: Some(object),
            others: None,
        }
    }

    /// The lane kept to a scope, whose columns are read as well.
    pub(super) fn within(mut self, scope: Scope) -> Self {
        let mut columns: BTreeSet<String> = self.columns.into_iter().collect();
        columns.extend(scope.columns());
        self.columns = columns.into_iter().collect();
        self.scope = scope;
        self
    }

    pub(super) fn entity(&self) -> &Entity {
        &self.settings.entity
    }

    pub(super) fn direction(&self) -> Direction {
        self.settings.direction
    }

    pub(super) fn policy(&self) -> Policy {
        self.settings.policy
    }

    /// The change feed of this lane's table.
    pub(super) fn feed(&self) -> String {
        format!("dynamics/{}", self.entity())
    }

    /// The Dynamics column that is mapped to the e-mail address people are matched by.
    pub(super) fn email_column(&self) -> Option<&str> {
        if self.object.is_some() {
            return None;
        }
        let email = self
            .map
            .fields
            .iter()
            .find(|field| field.map.marketo == "email")?;
        Some(&email.map.dynamics)
    }

    /// The row's e-mail as it is compared: lower case, none when empty.
    pub(super) fn email_of(&self, row: &Record) -> Option<String> {
        let email = row
            .get(self.email_column()?)
            .as_text()?
            .trim()
            .to_lowercase();
        (!email.is_empty()).then_some(email)
    }

    /// Whether rows find their people by e-mail and nothing else.
    pub(super) fn matches_by_email_alone(&self) -> bool {
        let rules = &self.settings.rules.matching;
        matches!(rules.as_slice(), [one] if one.fields == ["email"])
    }

    /// Who a person, or what an object is, for lists: the e-mail, else the name, else nothing.
    pub(super) fn label_of(&self, side: Side, record: &Record) -> String {
        let value = |marketo_name: &str| {
            let field = self
                .map
                .fields
                .iter()
                .find(|field| field.map.marketo == marketo_name);
            let name = field.map(|field| match side {
                Side::Dynamics => field.map.dynamics.as_str(),
                Side::Marketo => field.map.marketo.as_str(),
            });
            name.map(|name| record.get(name).to_string())
                .unwrap_or_default()
        };
        let name = format!("{} {}", value("firstName"), value("lastName"));
        let known = [
            value("email"),
            name.trim().to_owned(),
            value("company"),
            value("name"),
        ];
        let label = known.into_iter().find(|text| !text.is_empty());
        label.unwrap_or_default()
    }
}
