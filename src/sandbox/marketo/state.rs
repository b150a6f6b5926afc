//! Everything one instance holds, and the few changes that every call shares: create, edit, delete.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::activities::custom::CustomActivities;
use super::activities::log::{Activity, Actor, Deed, Log, Other};
use super::activities::types;
use super::bulk::export::Jobs;
use super::bulk::import::Imports;
use super::catalogue;
use super::custom::CustomTypes;
use super::faults::Faults;
use super::identity::Identity;
use super::limits::Limits;
use super::lists::Lists;
use super::objects::Object;
use super::options::InstanceOptions;
use super::schema::{Field, Origin};
use super::table::{Changed, Edit, Table};
use super::value::{Kind, Value, stamp};

/// The number of the first person.
const FIRST_PERSON: i64 = 1_000_001;

/// Slots of the fields that the server itself looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slots {
    pub id: u16,
    pub email: u16,
    pub first_name: u16,
    pub last_name: u16,
    pub external_company: u16,
    pub external_sales_person: u16,
    pub unsubscribed: u16,
}

/// One instance's content; behind one lock.
pub(crate) struct State {
    pub options: Arc<InstanceOptions>,
    pub rng: fastrand::Rng,
    pub identity: Identity,
    pub limits: Limits,
    pub faults: Faults,
    pub calls: u32,
    pub people: Table,
    pub slots: Slots,
    pub log: Log,
    pub lists: Lists,
    /// All other objects by their path; custom ones as `customobjects/{name in lower case}`.
    pub objects: BTreeMap<String, Object>,
    pub custom: CustomTypes,
    pub custom_activities: CustomActivities,
    /// Members of the one program and their status.
    pub program: BTreeMap<i64, String>,
    pub exports: Jobs,
    pub imports: Imports,
}

/// In whose name something happens, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hand {
    pub actor: u16,
    pub call: u32,
    pub now_ms: i64,
}

impl State {
    pub(crate) fn new(options: InstanceOptions, identity: Identity, rng: fastrand::Rng) -> Self {
        let schema = catalogue::people();
        let slot = |name: &str| schema.slot(name).unwrap_or_default();
        let slots = Slots {
            id: slot("id"),
            email: slot("email"),
            first_name: slot("firstName"),
            last_name: slot("lastName"),
            external_company: slot("externalCompanyId"),
            external_sales_person: slot("externalSalesPersonId"),
            unsubscribed: slot("unsubscribed"),
        };
        let mut people = Table::new(schema, FIRST_PERSON);
        people.build_index(slots.email);
        let limits = Limits::new(&options);
        let faults = Faults::new(options.faults.clone(), options.seed);
        Self {
            options: Arc::new(options),
            rng,
            identity,
            limits,
            faults,
            calls: 0,
            people,
            slots,
            log: Log::default(),
            lists: Lists::default(),
            objects: catalogue::objects().into_iter().collect(),
            custom: CustomTypes::new(),
            custom_activities: CustomActivities::new(),
            program: BTreeMap::new(),
            exports: Jobs::new(),
            imports: Imports::new(),
        }
    }

    /// The hand of an API call.
    pub(crate) fn api_hand(&mut self, method: &str, number: u32, now_ms: i64) -> Hand {
        Hand {
            actor: self.log.intern(&Actor::api(method)),
            call: number,
            now_ms,
        }
    }

    /// The hand of somebody or some campaign within the product.
    pub(crate) fn inner_hand(&mut self, source: &str, now_ms: i64) -> Hand {
        Hand {
            actor: self.log.intern(&Actor::within(source)),
            call: 0,
            now_ms,
        }
    }

    /// Logs an activity.
    pub(crate) fn log(&mut self, hand: Hand, lead: i64, kind: u32, deed: Deed) -> i64 {
        let late = self.faults.late_ms();
        self.log.push(Activity {
            lead,
            kind,
            date_ms: hand.now_ms,
            committed_ms: hand.now_ms,
            late_until_ms: late.map_or(0, |late| hand.now_ms + late),
            actor: hand.actor,
            call: hand.call,
            deed,
        })
    }

    /// Logs an activity of a type other than 12 and 13.
    pub(crate) fn log_other(&mut self, hand: Hand, lead: i64, kind: u32, other: Other) -> i64 {
        self.log(hand, lead, kind, Deed::Other(Box::new(other)))
    }

    /// Creates a person and logs it.
    pub(crate) fn create(&mut self, edits: &[Edit], hand: Hand, partition: u16) -> i64 {
        let id = self.people.insert(edits, hand.now_ms, partition);
        self.log(hand, id, types::NEW_LEAD, Deed::Created);
        id
    }

    /// Edits a person and logs each changed field.
    pub(crate) fn edit(&mut self, id: i64, edits: &[Edit], hand: Hand) -> Vec<Changed> {
        let mut changed = self.people.edit(id, edits, hand.now_ms);
        self.log_changes(id, &changed, hand);
        if self.options.open.equal_writes_logged {
            let equal: Vec<Changed> = edits
                .iter()
                .filter(|(slot, _)| !changed.iter().any(|change| change.slot == *slot))
                .map(|(slot, new)| Changed {
                    slot: *slot,
                    old: new.clone(),
                    new: new.clone(),
                })
                .collect();
            self.log_changes(id, &equal, hand);
        }
        if self.options.durable_unsubscribe {
            self.spread_unsubscribe(id, &changed, hand);
        }
        changed.shrink_to_fit();
        changed
    }

    fn log_changes(&mut self, id: i64, changed: &[Changed], hand: Hand) {
        let by_campaign = self
            .log
            .actor(hand.actor)
            .is_some_and(|actor| actor.method.is_none());
        for change in changed {
            let text = |value: &Option<Value>| value.as_ref().map(Value::activity_text);
            let (old, new) = (text(&change.old), text(&change.new));
            let Some(field) = self.people.schema.field(change.slot) else {
                continue;
            };
            let is_score = field.name.ends_with("Score") && by_campaign;
            if is_score {
                let other = score_change(field, change);
                self.log_other(hand, id, types::CHANGE_SCORE, other);
            }
            if !(is_score && self.options.open.scores_only_as_scores) {
                let (old, new) = (
                    old.map(String::into_boxed_str),
                    new.map(String::into_boxed_str),
                );
                let deed = Deed::Changed {
                    slot: change.slot,
                    old,
                    new,
                };
                self.log(hand, id, types::CHANGE_VALUE, deed);
            }
        }
    }

    /// One opt-out counts for everybody with that e-mail.
    fn spread_unsubscribe(&mut self, id: i64, changed: &[Changed], hand: Hand) {
        let slot = self.slots.unsubscribed;
        let Some(change) = changed.iter().find(|change| change.slot == slot) else {
            return;
        };
        let Some(Value::Text(email)) = self.people.value(id, self.slots.email) else {
            return;
        };
        for twin in self.people.find(self.slots.email, &email) {
            if twin != id {
                let changed = self
                    .people
                    .edit(twin, &[(slot, change.new.clone())], hand.now_ms);
                self.log_changes(twin, &changed, hand);
            }
        }
    }

    /// Deletes a person and logs it.
    pub(crate) fn delete(&mut self, id: i64, hand: Hand) -> bool {
        let name = self.full_name(id);
        if self.people.remove(id).is_none() {
            return false;
        }
        self.lists.forget(id);
        self.program.remove(&id);
        let other = Other {
            primary_id: id,
            primary: name,
            attributes: Vec::new(),
        };
        self.log_other(hand, id, types::DELETE, other);
        true
    }

    /// First and last name, as far as there are any.
    pub(crate) fn full_name(&self, id: i64) -> String {
        let parts = [self.slots.first_name, self.slots.last_name];
        let words: Vec<String> = parts
            .iter()
            .filter_map(|slot| self.people.value(id, *slot))
            .map(|value| value.text())
            .collect();
        words.join(" ")
    }

    /// The value of any field of a person as a caller sees it.
    pub(crate) fn person_value(&self, id: i64, slot: u16, field: &Field) -> Json {
        let Some(row) = self.people.row(id) else {
            return Json::Null;
        };
        match field.origin {
            Origin::Id => id.into(),
            Origin::Created => stamp(row.created_ms.div_euclid(1000)).into(),
            Origin::Updated => stamp(row.updated_ms.div_euclid(1000)).into(),
            Origin::Partition => (row.partition + 1).into(),
            Origin::FullName => {
                let name = self.full_name(id);
                if name.is_empty() {
                    Json::Null
                } else {
                    name.into()
                }
            }
            Origin::Company if row.cell(self.slots.external_company).is_some() => {
                self.company_value(id, field)
            }
            Origin::Company | Origin::Stored => match row.cell(slot) {
                Some(cell) => Value::from_bytes(field.kind, cell).json(),
                None if field.kind == Kind::Boolean => false.into(),
                None => Json::Null,
            },
        }
    }

    /// A company field of a person who belongs to a company made by a CRM.
    fn company_value(&self, person: i64, field: &Field) -> Json {
        let key = self.people.value(person, self.slots.external_company);
        let found = key.and_then(|key| {
            let companies = &self.objects.get("companies")?.table;
            let by_key = companies.schema.slot("externalCompanyId")?;
            let id = *companies.lookup(by_key, &key.text()).first()?;
            companies.value(id, companies.schema.slot(&field.name)?)
        });
        found.map_or(Json::Null, |value| value.json())
    }

    /// All filled fields of a person.
    pub(crate) fn person(&self, id: i64) -> Option<Map<String, Json>> {
        self.people.row(id)?;
        let fields = self.people.schema.iter();
        let values = fields.map(|(slot, field)| (&field.name, self.person_value(id, slot, field)));
        Some(
            values
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), value))
                .collect(),
        )
    }
}

/// The "Change Score" activity of one change.
fn score_change(field: &Field, change: &Changed) -> Other {
    let number = |value: &Option<Value>| match value {
        Some(Value::Int(number)) => *number,
        _ => 0,
    };
    let (old, new) = (number(&change.old), number(&change.new));
    let attributes = [
        ("Change Value", format!("{:+}", new - old)),
        ("New Value", new.to_string()),
        ("Old Value", old.to_string()),
        ("Reason", "Changed by Smart Campaign".to_owned()),
    ];
    let attributes = attributes
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
    Other {
        primary_id: i64::from(field.id),
        primary: field.label.clone(),
        attributes,
    }
}
