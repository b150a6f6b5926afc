//! Who plays which part in an opportunity, and a custom entity of contacts: the records that follow people.
//!
//! People connect contacts with opportunities, make a contact the customer of one, register contacts for events; the admin
//! may want roles of an account's contacts, too. In the end Marketo has just the roles and registrations that Dynamics
//! makes, each of the person its contact is linked with; or the engine says what a record waits for.

use std::collections::BTreeMap;
use std::sync::Arc;

use fastrand::Rng;
use serde_json::{Map, Value as Json, json};
use syncdeck::engine;
use syncdeck::model::{AccountRoles, CustomWish, Entity, RuleChange};
use syncdeck::sandbox::World;
use syncdeck::sandbox::dynamics::stakeholder_role;
use uuid::Uuid;

use super::edit;
use crate::engine::harness::Bench;

/// The parts that stakeholders have, in the order of the sandbox's connection roles.
const PARTS: [&str; 3] = ["Stakeholder", "Decision Maker", "Influencer"];
const CUSTOMER: &str = "Potential Customer";
const MEMBER: &str = "Account contact";
/// The custom entity, and what Marketo calls its objects.
pub const EVENTS: &str = "new_registration";
const OBJECTS: &str = "customobjects/new_registration";

/// The records that follow people in a life; drawn by a seed of its own, so that other lives are not changed by it.
pub struct Cast {
    world: Arc<World>,
    random: Rng,
    ties: Vec<Uuid>,
    registrations: Vec<Uuid>,
    /// Contacts are registered for events, too.
    has_events: bool,
    values: u64,
}

impl Cast {
    /// The cast of a life with trade, if it has any.
    pub fn of(seed: u64, world: &Arc<World>) -> Option<Self> {
        let mut random = Rng::with_seed(seed.wrapping_mul(131) ^ 0xca57);
        random.bool().then(|| Self {
            world: Arc::clone(world),
            has_events: random.bool(),
            random,
            ties: Vec::new(),
            registrations: Vec::new(),
            values: 0,
        })
    }

    fn any(&mut self, rows: &[Uuid]) -> Option<Uuid> {
        let count = rows.len();
        (count > 0).then(|| rows[self.random.usize(..count)])
    }

    fn value(&mut self) -> Json {
        self.values += 1;
        json!(format!("c{}", self.values))
    }

    /// Now and then somebody does something; what was done is told.
    pub fn act(&mut self, deals: &[Uuid], contacts: &[Uuid]) -> Option<String> {
        match self.random.u8(..30) {
            0 | 1 => self.connect(deals, contacts),
            2 => {
                let tie = self.any(&self.ties.clone())?;
                let to = bind("contacts", self.any(contacts)?);
                edit(
                    &self.world,
                    "connection",
                    tie,
                    ("record2id_contact@odata.bind", to),
                )
            }
            3 => {
                let tie = self.any(&self.ties.clone())?;
                let part = stakeholder_role(self.random.usize(..PARTS.len()));
                let to = bind("connectionroles", part);
                edit(
                    &self.world,
                    "connection",
                    tie,
                    ("record2roleid@odata.bind", to),
                )
            }
            4 => self.disconnect(),
            5 | 6 => {
                let (deal, to) = (self.any(deals)?, bind("contacts", self.any(contacts)?));
                edit(
                    &self.world,
                    "opportunity",
                    deal,
                    ("customerid_contact@odata.bind", to),
                )
            }
            7 | 8 if self.has_events => self.register(contacts),
            9 | 10 if self.has_events => {
                let (row, value) = (self.any(&self.registrations.clone())?, self.value());
                edit(&self.world, EVENTS, row, ("new_name", value))
            }
            11 if self.has_events => {
                let row = self.any(&self.registrations.clone())?;
                let to = bind("contacts", self.any(contacts)?);
                edit(&self.world, EVENTS, row, ("new_Contact@odata.bind", to))
            }
            12 if self.has_events && self.random.bool() => {
                let row = self.any(&self.registrations.clone())?;
                self.world.dynamics.delete_row(EVENTS, row).ok()?;
                Some(format!("delete {EVENTS} {row}"))
            }
            _ => None,
        }
    }

    fn connect(&mut self, deals: &[Uuid], contacts: &[Uuid]) -> Option<String> {
        let (deal, contact) = (self.any(deals)?, self.any(contacts)?);
        let part = self.random.usize(..PARTS.len());
        let values = [
            (
                "record1id_opportunity@odata.bind",
                bind("opportunities", deal),
            ),
            ("record2id_contact@odata.bind", bind("contacts", contact)),
            (
                "record2roleid@odata.bind",
                bind("connectionroles", stakeholder_role(part)),
            ),
        ];
        let row = self.world.dynamics.create_row("connection", &values).ok()?;
        self.ties.push(row);
        let part = PARTS[part];
        Some(format!("connection {row}: {contact} is {part} in {deal}"))
    }

    /// A connection is ended, begun again, or deleted.
    fn disconnect(&mut self) -> Option<String> {
        let tie = self.any(&self.ties.clone())?;
        if self.random.bool() {
            self.world.dynamics.delete_row("connection", tie).ok()?;
            return Some(format!("delete connection {tie}"));
        }
        let state = self.random.u8(..2);
        let values = [
            ("statecode", json!(state)),
            ("statuscode", json!(state + 1)),
        ];
        let world = &self.world.dynamics;
        world.edit_row("connection", tie, &values).ok()?;
        Some(format!("state of connection {tie}: {state}"))
    }

    fn register(&mut self, contacts: &[Uuid]) -> Option<String> {
        let name = self.value();
        let mut values = vec![("new_name", name.clone())];
        let contact = self
            .any(contacts)
            .filter(|_| !self.values.is_multiple_of(5));
        values.extend(contact.map(|one| ("new_Contact@odata.bind", bind("contacts", one))));
        let row = self.world.dynamics.create_row(EVENTS, &values).ok()?;
        self.registrations.push(row);
        Some(format!("{EVENTS} {row} {name} of {contact:?}"))
    }

    /// What the admin might set now: whether an account's contacts have roles.
    pub fn rule(&mut self) -> Option<RuleChange> {
        let change = self.random.u8(..6) == 0;
        let wanted = self.random.bool().then(|| AccountRoles {
            role: MEMBER.to_owned(),
        });
        change.then_some(RuleChange::AccountRoles(wanted))
    }

    /// Whether the admin wants the custom entity now.
    pub fn wants_events(&mut self) -> bool {
        self.has_events && self.random.u8(..3) == 0
    }

    pub fn has_events(&self) -> bool {
        self.has_events
    }

    /// I1: the roles in these opportunities, and the registrations, are those that Dynamics makes.
    pub async fn check(&self, bench: &Bench, deals: &[Uuid]) -> Vec<String> {
        let told = Told::of(bench, bench.rows("contact").await);
        let mut found = Vec::new();
        for deal in deals {
            if self.world.dynamics.row("opportunity", *deal).is_some() {
                self.check_deal(bench, &told, *deal, &mut found);
            } else if Told::roles(bench, *deal).next().is_some() && !told.stands(*deal) {
                found.push(format!("I1: roles in {deal}, which is gone"));
            }
        }
        for row in &self.registrations {
            found.extend(self.check_event(bench, &told, *row));
        }
        found
    }

    fn check_deal(&self, bench: &Bench, told: &Told, deal: Uuid, found: &mut Vec<String>) {
        let (mut wanted, mut excused) = (BTreeMap::new(), told.stands(deal) || told.brought_back);
        for (contact, part, row) in self.parts(bench, told, deal) {
            match told.person(contact) {
                Some(person) => {
                    wanted.insert((person, part), contact);
                    excused |= told.stands(row) || told.stands(contact);
                }
                None if told.stands(row) || told.stands(contact) => excused = true,
                None => found.push(format!(
                    "I1: {part} {row} of {contact} in {deal} has nobody, and nothing says so"
                )),
            }
        }
        let there: Vec<(i64, String)> = Told::roles(bench, deal).collect();
        let mut expected: Vec<(i64, String)> = wanted.into_keys().collect();
        expected.sort();
        if there != expected && !excused {
            found.push(format!(
                "I1: the cast of {deal} is {there:?}, not {expected:?}"
            ));
        }
    }

    /// Contact, part and row of each role an opportunity should have.
    fn parts(&self, bench: &Bench, told: &Told, deal: Uuid) -> Vec<(Uuid, String, Uuid)> {
        let dynamics = &self.world.dynamics;
        let mut parts = Vec::new();
        for tie in &self.ties {
            let Some(row) = dynamics.row("connection", *tie) else {
                continue;
            };
            if lookup(&row, "_record1id_value") != Some(deal) || row["statecode"] != json!(0) {
                continue;
            }
            let role = lookup(&row, "_record2roleid_value");
            let part = (0..PARTS.len()).find(|at| Some(stakeholder_role(*at)) == role);
            if let (Some(contact), Some(part)) = (lookup(&row, "_record2id_value"), part) {
                parts.push((contact, PARTS[part].to_owned(), *tie));
            }
        }
        let row = dynamics.row("opportunity", deal).unwrap_or_default();
        let Some(customer) = lookup(&row, "_customerid_value") else {
            return parts;
        };
        if dynamics.row("contact", customer).is_some() {
            parts.push((customer, CUSTOMER.to_owned(), deal));
        } else if let Some(name) = bench.settings(&Entity::OPPORTUNITY).rules.account_roles {
            let members = self.members(told, customer);
            parts.extend(members.map(|contact| (contact, name.role.clone(), deal)));
        }
        parts
    }

    fn members<'a>(&'a self, told: &'a Told, account: Uuid) -> impl Iterator<Item = Uuid> + 'a {
        told.contacts.iter().copied().filter(move |contact| {
            let row = self.world.dynamics.row("contact", *contact);
            row.is_some_and(|row| lookup(&row, "_parentcustomerid_value") == Some(account))
        })
    }

    fn check_event(&self, bench: &Bench, told: &Told, row: Uuid) -> Option<String> {
        let there = bench.world.marketo.records(OBJECTS);
        let there = there
            .iter()
            .find(|one| one.get("dynamicsId") == Some(&json!(row.to_string())));
        let Some(ours) = self.world.dynamics.row(EVENTS, row) else {
            let left = there.is_some() && !told.stands(row);
            return left.then(|| format!("I1: {EVENTS} {row} is gone, its record is not"));
        };
        let contact = lookup(&ours, "_new_contact_value");
        let person = contact.and_then(|contact| told.person(contact));
        let stands = told.stands(row) || contact.is_some_and(|contact| told.stands(contact));
        if contact.is_some() && person.is_none() && !stands {
            return Some(format!(
                "I1: {EVENTS} {row} of {contact:?} has nobody, untold"
            ));
        }
        let value = |name: &str| there.and_then(|one| one.get(name)).cloned();
        let same = value("new_name") == ours.get("new_name").cloned()
            && value("personId") == person.map(|person| json!(person));
        (!same && !stands).then(|| {
            format!(
                "I1: {EVENTS} {row}: {:?} of {person:?}, not {there:?}",
                ours["new_name"]
            )
        })
    }
}

/// What the engine says at rest, and whom it has linked.
struct Told {
    contacts: Vec<Uuid>,
    apart: Vec<Uuid>,
    /// The admin has taken back that a role was deleted: it stands for nobody in Dynamics.
    brought_back: bool,
    people: BTreeMap<Uuid, i64>,
}

impl Told {
    fn of(bench: &Bench, contacts: Vec<Uuid>) -> Self {
        let failures = bench.failures().into_iter().map(|one| one.dynamics_id);
        let conflicts = bench.conflicts().into_iter();
        let brought_back = bench
            .conflicts()
            .iter()
            .any(|one| one.kind.is_correction() && one.entity.is_role());
        // A question about a record as a whole; and what a rollback made of one stands until its row changes.
        let whole = conflicts.filter(|one| {
            (one.status.is_open() && one.field.is_empty()) || one.kind.is_correction()
        });
        let apart = failures.chain(whole.map(|one| one.dynamics_id));
        let people = bench.people().into_iter().filter_map(|(id, person)| {
            let row = person.get("syncdeckDynamicsId")?.as_str()?;
            Some((row.parse().ok()?, id))
        });
        Self {
            contacts,
            apart: apart.flatten().collect(),
            brought_back,
            people: people.collect(),
        }
    }

    /// Whether something is said about a row.
    fn stands(&self, row: Uuid) -> bool {
        self.apart.contains(&row)
    }

    fn person(&self, contact: Uuid) -> Option<i64> {
        self.people.get(&contact).copied()
    }

    /// The roles Marketo has in an opportunity.
    fn roles(bench: &Bench, deal: Uuid) -> impl Iterator<Item = (i64, String)> + use<> {
        let mut roles: Vec<(i64, String)> = bench
            .world
            .marketo
            .records("opportunities/roles")
            .iter()
            .filter(|role| role["externalOpportunityId"] == json!(deal.to_string()))
            .filter_map(|role| Some((role["leadId"].as_i64()?, role["role"].as_str()?.to_owned())))
            .collect();
        roles.sort();
        roles.into_iter()
    }
}

fn bind(set: &str, row: Uuid) -> Json {
    json!(format!("/{set}({row})"))
}

fn lookup(row: &Map<String, Json>, column: &str) -> Option<Uuid> {
    row.get(column)?.as_str()?.parse().ok()
}

/// Asks for the custom entity, as the admin does; a plan that cannot be made now is made another time.
pub async fn add_events(bench: &Bench) -> Option<bool> {
    let wish = CustomWish {
        table: EVENTS.to_owned(),
        ..CustomWish::default()
    };
    let plan = engine::plan_custom(bench.parts(), &wish, "ada")
        .await
        .ok()?;
    if !plan.problems.is_empty() {
        return None;
    }
    let added = bench
        .store
        .transaction_blocking(|tx| engine::add_custom(tx, &plan));
    Some(added.unwrap())
}
