//! What is decided about one linked record, who is who, and when to stop and ask.

mod brakes;
mod conflicts;
mod consent;
mod create;
mod identity;
mod laws;
mod one_way;
mod table;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use syncdeck::mapping::{CheckedMap, EntityMap, FieldMap};
use syncdeck::model::{
    Conflict, ConflictId, ConflictKind, ConflictStatus, Direction, Entity, FieldInfo, FieldKind,
    LengthUnit, Policy, Record, RecordKey, Resolution, Take, Value,
};
use syncdeck::reconcile::{FieldWrite, Merge, MergeInput, merge};
use uuid::Uuid;

/// A link and everything a merge looks at.
#[derive(Debug)]
pub struct Case {
    pub map: EntityMap,
    pub dynamics_fields: Vec<FieldInfo>,
    pub marketo_fields: Vec<FieldInfo>,
    pub direction: Direction,
    pub policy: Policy,
    pub base: BTreeMap<String, Value>,
    pub dynamics: Record,
    pub marketo: Record,
    pub open: Vec<Conflict>,
    pub fill_empty: bool,
}

/// Noon of some day: when records of a case were last changed.
pub fn noon() -> DateTime<Utc> {
    "2031-02-03T12:00:00Z".parse().unwrap()
}

pub fn text(text: &str) -> Value {
    Value::text(text)
}

impl Case {
    /// A linked lead with the e-mail, phone and do-not-call fields, all empty, nothing known, admin asked.
    pub fn new(entity: Entity) -> Self {
        let mut phone = FieldMap::new("telephone1", "phone");
        phone.name = "phone".into();
        let mut call = FieldMap::new("donotphone", "doNotCall");
        call.consent = true;
        let mut name = FieldInfo::new("firstname", FieldKind::Text);
        name.max_length = Some(8);
        name.length_unit = LengthUnit::Utf16;
        let record = |key| Record {
            key,
            version: None,
            modified: Some(noon()),
            fields: BTreeMap::new(),
        };
        let mut case = Self {
            map: EntityMap {
                table: entity.name().to_owned(),
                entity,
                object: "person".into(),
                fields: vec![
                    FieldMap::new("firstname", "firstName"),
                    FieldMap::new("emailaddress1", "email"),
                    phone,
                    call,
                ],
            },
            dynamics_fields: vec![
                name,
                FieldInfo::new("emailaddress1", FieldKind::Email),
                FieldInfo::new("telephone1", FieldKind::Phone),
                FieldInfo::new("donotphone", FieldKind::Boolean),
            ],
            marketo_fields: vec![
                FieldInfo::new("firstName", FieldKind::Text),
                FieldInfo::new("email", FieldKind::Email),
                FieldInfo::new("phone", FieldKind::Phone),
                FieldInfo::new("doNotCall", FieldKind::Boolean),
            ],
            direction: Direction::Both,
            policy: Policy::Ask,
            base: BTreeMap::new(),
            dynamics: record(RecordKey::Dynamics(Uuid::from_u128(1))),
            marketo: record(RecordKey::Marketo(1)),
            open: Vec::new(),
            fill_empty: false,
        };
        for (name, empty) in [
            ("firstName", Value::Null),
            ("email", Value::Null),
            ("phone", Value::Null),
        ] {
            case.set(name, Some(empty.clone()), empty.clone(), empty);
        }
        let no = Value::Boolean(false);
        case.set("doNotCall", Some(no.clone()), no.clone(), no);
        case
    }

    pub fn lead() -> Self {
        Self::new(Entity::LEAD)
    }

    /// Sets a field: its base (none: unknown) and what both sides hold now.
    pub fn set(&mut self, field: &str, base: Option<Value>, dynamics: Value, marketo: Value) {
        let pair = self
            .map
            .fields
            .iter()
            .find(|pair| pair.name == field)
            .unwrap();
        self.dynamics.fields.insert(pair.dynamics.clone(), dynamics);
        self.marketo.fields.insert(pair.marketo.clone(), marketo);
        match base {
            Some(base) => self.base.insert(field.to_owned(), base),
            None => self.base.remove(field),
        };
    }

    /// The same for a text field; `None` as the base means unknown, an empty text no value.
    pub fn with(mut self, field: &str, base: Option<&str>, dynamics: &str, marketo: &str) -> Self {
        self.set(field, base.map(text), text(dynamics), text(marketo));
        self
    }

    /// Both sides last changed `seconds` apart, Dynamics later where positive.
    pub fn apart(mut self, seconds: i64) -> Self {
        self.dynamics.modified = Some(noon() + TimeDelta::seconds(seconds));
        self
    }

    pub fn checked(&self) -> CheckedMap {
        self.map.check(&self.dynamics_fields, &self.marketo_fields)
    }

    pub fn merge(&self) -> Merge {
        merge(&MergeInput {
            map: &self.checked(),
            direction: self.direction,
            policy: self.policy,
            base: &self.base,
            dynamics: &self.dynamics,
            marketo: &self.marketo,
            open: &self.open,
            fill_empty: self.fill_empty,
        })
    }

    /// Adds an open conflict on a text field that showed these two values.
    pub fn conflict(
        mut self,
        field: &str,
        dynamics: &str,
        marketo: &str,
        take: Option<Take>,
    ) -> Self {
        let id = ConflictId(self.open.len() as i64 + 1);
        let by = "ada".to_owned();
        let resolution = take.map(|take| Resolution {
            take,
            by,
            at: noon(),
        });
        self.open.push(Conflict {
            id,
            link: None,
            entity: self.map.entity.clone(),
            kind: ConflictKind::Field,
            field: field.to_owned(),
            dynamics_id: None,
            marketo_id: None,
            label: String::new(),
            base: None,
            dynamics: text(dynamics),
            marketo: text(marketo),
            status: match resolution {
                Some(_) => ConflictStatus::Resolved,
                None => ConflictStatus::Pending,
            },
            detected: noon(),
            resolution,
            note: String::new(),
        });
        self
    }

    /// Applies a merge as acknowledged writes would: values stored, base set to what was sent.
    pub fn apply(&mut self, merge: &Merge) {
        for (record, writes) in [
            (&mut self.dynamics, &merge.to_dynamics),
            (&mut self.marketo, &merge.to_marketo),
        ] {
            for write in writes {
                record
                    .fields
                    .insert(write.name.clone(), write.after.clone());
                self.base
                    .insert(write.field.clone(), write.canonical.clone());
            }
        }
        for (field, value) in &merge.agreed {
            self.base.insert(field.clone(), value.clone());
        }
        let closed = |id: &ConflictId| {
            merge.converged.contains(id) || merge.superseded.iter().any(|(old, _)| old == id)
        };
        let written = |id: &ConflictId| {
            let writes = merge.to_dynamics.iter().chain(&merge.to_marketo);
            writes.into_iter().any(|write| write.conflict == Some(*id))
        };
        self.open
            .retain(|one| !closed(&one.id) && !written(&one.id));
    }
}

/// A write in short: field, old value, new value, who decided.
pub fn short(write: &FieldWrite) -> String {
    let FieldWrite {
        field,
        before,
        after,
        cause,
        ..
    } = write;
    format!("{field}: '{before}' -> '{after}' by {cause:?}")
}

pub fn shorts(writes: &[FieldWrite]) -> Vec<String> {
    writes.iter().map(short).collect()
}
