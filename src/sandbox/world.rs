//! Both vendors' data, seeded so that they know part of the same people.

use std::sync::Arc;

use serde_json::{Value, json};

use super::dynamics::{self, Organisation};
use super::faults::Faults;
use super::marketo::{Instance, InstanceOptions};
use super::options::{Limits, SandboxError, SandboxOptions};
use super::people::{Person, company_count, people_of};
use crate::clock::Clock;

/// People already in Marketo at most, and as a part of those in Dynamics.
const MARKETO_PEOPLE: usize = 500;
const MARKETO_PART: usize = 5;

/// Out of ten people in Marketo this many are in Dynamics too.
const KNOWN_OF_TEN: usize = 6;

/// People whom Marketo has twice under one e-mail address.
const TWINS: usize = 3;

/// One of so many known people differs in a value.
const DIFFERS: usize = 5;

/// Known people are so far apart in Dynamics at most: seeding need not make everybody twice.
const STRIDE_MAX: usize = 4;

/// Both ends in one process.
pub struct World {
    /// The Dynamics end.
    pub dynamics: Arc<Organisation>,
    /// The Marketo end.
    pub marketo: Arc<Instance>,
    /// The dial both ends share.
    pub faults: Faults,
}

impl World {
    /// Seeds both ends; no sockets.
    pub fn new(options: &SandboxOptions, clock: Clock) -> Result<Self, SandboxError> {
        let faults = options.faults.clone();
        let dynamics =
            Organisation::new(options.seed, options.limits, faults.clone(), clock.clone())?;
        dynamics::populate(&dynamics, options.people, options.seed).map_err(SandboxError::Seed)?;
        let marketo = Instance::new(
            InstanceOptions {
                seed: options.seed,
                limits_on: options.limits == Limits::Real,
                activity_lag: options.activity_lag,
                faults: faults.clone(),
                ..InstanceOptions::default()
            },
            clock,
        );
        seed_marketo(&marketo, options);
        Ok(Self {
            dynamics,
            marketo,
            faults,
        })
    }
}

fn seed_marketo(marketo: &Instance, options: &SandboxOptions) {
    let wanted = MARKETO_PEOPLE.min(options.people / MARKETO_PART);
    let known = wanted * KNOWN_OF_TEN / 10;
    let companies = company_count(options.people);
    let stride = (options.people / known.max(1)).clamp(1, STRIDE_MAX);
    let shared = people_of(options.seed, companies)
        .take(options.people)
        .step_by(stride)
        .filter(|person| person.email.is_some())
        .take(known);
    for (number, person) in shared.enumerate() {
        let mut person = person;
        if number % DIFFERS == 0 {
            person.title = format!("Senior {}", person.title);
        }
        if number % (DIFFERS * 2) == 1 {
            person.phone = None;
        }
        marketo.seed_person(&fields(&person));
        if number < TWINS {
            person.first_name = format!("{} M.", person.first_name);
            marketo.seed_person(&fields(&person));
        }
    }
    let others = people_of(!options.seed, companies).filter(|person| person.email.is_some());
    for mut person in others.take(wanted - known) {
        person.email = person.email.map(|email| format!("web-{email}"));
        marketo.seed_person(&fields(&person));
    }
}

/// A person in Marketo's field names; what is unknown is left out.
fn fields(person: &Person) -> Vec<(&'static str, Value)> {
    let mut fields = vec![
        ("firstName", json!(person.first_name)),
        ("lastName", json!(person.last_name)),
        ("title", json!(person.title)),
        ("company", json!(person.company)),
        ("address", json!(person.street)),
        ("city", json!(person.city)),
        ("state", json!(person.state)),
        ("postalCode", json!(person.postal_code)),
        ("country", json!(person.country)),
    ];
    let optional = [
        ("salutation", &person.salutation),
        ("email", &person.email),
        ("phone", &person.phone),
        ("mobilePhone", &person.mobile),
    ];
    fields.extend(
        optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, json!(value.as_ref()?)))),
    );
    if person.opted_out {
        fields.push(("unsubscribed", json!(true)));
    }
    fields
}
