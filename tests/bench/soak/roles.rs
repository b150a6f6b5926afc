//! Opportunity roles: a contact that is the customer has one, every stakeholder has one, nobody else has any.

use std::collections::{HashMap, HashSet};

use serde_json::{Value as Json, json};

use super::ends::Ends;
use super::kinds::{Kind, lookup, ours, theirs};
use super::ledger::Ledger;
use super::objects::{distinct, persons};
use super::tally::Tally;

/// What the part of a customer is called.
const CUSTOMER: &str = "Potential Customer";
/// The category of connection roles that stakeholders have.
const STAKEHOLDERS: i64 = 1000;

/// One role there has to be: the opportunity, the contact, the part; the row it comes from; when that was made.
struct Wanted {
    entity: &'static str,
    row: String,
    opportunity: String,
    contact: String,
    part: String,
    made: String,
}

/// Every opportunity's cast, a page at a time.
pub async fn compare(ends: &Ends, ledger: &Ledger, tally: &mut Tally) {
    let names = parts(ends).await;
    let mut next = None;
    loop {
        let (rows, more) = ends.page("opportunities", next).await;
        cast(ends, ledger, &names, &rows, tally).await;
        next = more;
        if next.is_none() {
            return;
        }
    }
}

/// The stakeholders' connection roles, by id.
async fn parts(ends: &Ends) -> HashMap<String, String> {
    let (mut found, mut next) = (HashMap::new(), None);
    loop {
        let (rows, more) = ends.page("connectionroles", next).await;
        let stakeholders = rows
            .iter()
            .filter(|row| row["category"] == json!(STAKEHOLDERS));
        found.extend(stakeholders.filter_map(|row| {
            let id = row["connectionroleid"].as_str()?.to_owned();
            Some((id, row["name"].as_str()?.to_owned()))
        }));
        next = more;
        if next.is_none() {
            return found;
        }
    }
}

async fn wanted(ends: &Ends, names: &HashMap<String, String>, rows: &[Json]) -> Vec<Wanted> {
    let id = |row: &Json| row["opportunityid"].as_str().unwrap().to_owned();
    let opportunities: Vec<String> = rows.iter().map(id).collect();
    let customers = rows.iter().map(|row| Wanted {
        entity: "customerrole",
        row: id(row),
        opportunity: id(row),
        contact: lookup(row, "customerid", Some("contact")),
        part: CUSTOMER.to_owned(),
        made: ours(row, "createdon", Kind::Moment),
    });
    let customers = customers.filter(|one| !one.contact.is_empty());
    let ties = ends.rows("connections", "record1id", &opportunities).await;
    let stakeholders = ties.iter().filter(|tie| tie["statecode"] == json!(0));
    let stakeholders = stakeholders.filter_map(|tie| {
        let contact = lookup(tie, "record2id", Some("contact"));
        Some(Wanted {
            entity: "opportunityrole",
            row: tie["connectionid"].as_str()?.to_owned(),
            opportunity: lookup(tie, "record1id", Some("opportunity")),
            part: names.get(&lookup(tie, "record2roleid", None))?.clone(),
            made: ours(tie, "createdon", Kind::Moment),
            contact,
        })
    });
    let stakeholders = stakeholders.filter(|one| !one.contact.is_empty());
    customers.chain(stakeholders).collect()
}

async fn cast(
    ends: &Ends,
    ledger: &Ledger,
    names: &HashMap<String, String>,
    rows: &[Json],
    tally: &mut Tally,
) {
    let wanted = wanted(ends, names, rows).await;
    let mut contacts: Vec<String> = wanted.iter().map(|one| one.contact.clone()).collect();
    contacts.sort_unstable();
    contacts.dedup();
    let people = persons(ends, &contacts).await;
    let opportunities = distinct(rows, |row| {
        row["opportunityid"].as_str().unwrap().to_owned()
    });
    let read = ends
        .records(
            "opportunities/roles",
            "externalOpportunityId",
            &opportunities,
            "externalOpportunityId,leadId,role,externalCreatedDate",
        )
        .await;
    let mut there: HashMap<(String, i64, String), Vec<String>> = HashMap::new();
    for one in &read {
        let made = theirs(one, "externalCreatedDate", Kind::Moment);
        there.entry(key(one)).or_default().push(made);
    }
    let mut expected = HashSet::new();
    for one in &wanted {
        tally.compared(one.entity);
        let Some(person) = people.get(&one.contact) else {
            waits(ledger, one, tally);
            continue;
        };
        let key = (one.opportunity.clone(), *person, one.part.to_lowercase());
        let made = there.get(&key).map_or(&[][..], Vec::as_slice);
        let found = made.len();
        // The role of several rows is written as the first of them has it.
        let same = |other: &&Wanted| {
            let parts = |one: &Wanted| {
                (
                    one.opportunity.clone(),
                    one.contact.clone(),
                    one.part.to_lowercase(),
                )
            };
            parts(other) == parts(one)
        };
        if !expected.insert(key) {
            tally.excused(one.entity, "another row stands for the same role");
        } else if let Some(made) = made.first()
            && !wanted.iter().filter(same).any(|other| other.made == *made)
        {
            let row = &one.row;
            tally.wrong(format!(
                "{} {row} createdon: {} != {made}",
                one.entity, one.made
            ));
        }
        if found != 1 {
            match ledger.of_object(&one.row) {
                Some(reason) => tally.excused(one.entity, &reason),
                None => tally.wrong(format!(
                    "{} {}: {found} roles '{}' of person {person} (contact {}) in {}",
                    one.entity, one.row, one.part, one.contact, one.opportunity
                )),
            }
        }
    }
    for (key, _) in there.iter().filter(|(key, _)| !expected.contains(key)) {
        let waiting = wanted.iter().find(|one| {
            one.opportunity == key.0
                && one.part.to_lowercase() == key.2
                && !people.contains_key(&one.contact)
        });
        match waiting {
            Some(one) => tally.excused(one.entity, "the role of a person it waits to lose"),
            None => tally.wrong(format!("a role nobody has in Dynamics: {key:?}")),
        }
    }
}

fn key(role: &Json) -> (String, i64, String) {
    let text = |name: &str| role[name].as_str().unwrap_or_default();
    let person = role["leadId"].as_i64().unwrap_or_default();
    let opportunity = text("externalOpportunityId").to_owned();
    (opportunity, person, text("role").to_lowercase())
}

/// A contact that has no person: its role waits, and says so.
fn waits(ledger: &Ledger, one: &Wanted, tally: &mut Tally) {
    match ledger.of_object(&one.row) {
        Some(reason) => tally.excused(one.entity, &format!("its contact has no person: {reason}")),
        None => tally.wrong(format!(
            "{} {}: the contact {} has no person, and nothing says so (its links: {:?})",
            one.entity,
            one.row,
            one.contact,
            ledger.links(&one.contact)
        )),
    }
}
