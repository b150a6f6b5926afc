//! Leads and contacts beside their people, and the people beside their rows.

use std::collections::{HashMap, HashSet};

use serde_json::{Value as Json, json};

use super::ends::Ends;
use super::kinds::{Kind, Pair, ours, theirs};
use super::ledger::Ledger;
use super::tally::Tally;
use crate::engine::harness::oracle;

const STAMP: &str = "syncdeckDynamicsId";

/// The fields of people that the independent table of the engine's tests has.
const FIELDS: &str = "salutation,firstName,middleName,lastName,email,title,phone,mobilePhone,homePhone,fax,address,\
    address2,address3,city,state,country,postalCode,doNotCall,unsubscribed,doNotEmail,doNotFax,\
    doNotSendMarketingMaterial,personNotes,leadSource,topic,leadStatus";

/// The rest of the default map: what both have, then what only one has.
const BOTH: [Pair<'_>; 5] = [
    (
        "preferredcontactmethodcode",
        "preferredMethodOfContact",
        Kind::Label,
    ),
    ("statuscode", "statusReason", Kind::Label),
    ("ownerid", "externalSalesPersonId", Kind::Parent),
    ("mkt_relativescore", "relativeScore", Kind::Number),
    ("mkt_priority", "priority", Kind::Number),
];
const LEADS: [Pair<'_>; 3] = [
    ("leadqualitycode", "rating", Kind::Label),
    ("mkt_urgency", "urgency", Kind::Number),
    ("parentaccountid", "externalCompanyId", Kind::Parent),
];
const CONTACTS: [Pair<'_>; 3] = [
    ("mkt_urgency", "relativeUrgency", Kind::Number),
    ("mkt_leadscore", "leadScore", Kind::Number),
    (
        "parentcustomerid:account",
        "externalCompanyId",
        Kind::Parent,
    ),
];

/// People who were deleted, or merged away, in Marketo; and the ids people have.
pub struct Known {
    pub deleted: HashSet<i64>,
    pub first: i64,
    pub last: i64,
}

/// Every lead and contact: exactly one person, and no differing field.
pub async fn rows(ends: &Ends, ledger: &Ledger, known: &mut Known, tally: &mut Tally) {
    for (table, own) in [("lead", &LEADS[..]), ("contact", &CONTACTS[..])] {
        let pairs: Vec<Pair<'_>> = BOTH.iter().chain(own).copied().collect();
        let named = pairs.iter().map(|(_, field, _)| *field);
        let fields: Vec<&str> = named.collect();
        let fields = format!(
            "id,{STAMP},syncdeckDynamicsType,syncdeckIsDeleted,{FIELDS},{}",
            fields.join(",")
        );
        let mut next = None;
        loop {
            let (rows, more) = ends.page(&format!("{table}s"), next).await;
            page(ends, ledger, known, tally, (table, &pairs, &fields), &rows).await;
            next = more;
            if next.is_none() {
                break;
            }
        }
    }
}

async fn page(
    ends: &Ends,
    ledger: &Ledger,
    known: &mut Known,
    tally: &mut Tally,
    (table, pairs, fields): (&str, &[Pair<'_>], &str),
    rows: &[Json],
) {
    let id = |row: &Json| row[format!("{table}id")].as_str().unwrap().to_owned();
    let ids: Vec<String> = rows.iter().map(id).collect();
    let mut people: HashMap<String, Vec<Json>> = HashMap::new();
    for person in ends.records("leads", STAMP, &ids, fields).await {
        let number = person["id"].as_i64().unwrap();
        known.first = known.first.min(number);
        known.last = known.last.max(number);
        let stamp = person[STAMP].as_str().unwrap().to_owned();
        people.entry(stamp).or_default().push(person);
    }
    for (row, id) in rows.iter().zip(&ids) {
        tally.compared(table);
        match people.get(id).map_or(&[][..], Vec::as_slice) {
            [] => match absent(ledger, known, table, row, id) {
                Some(reason) => tally.excused(table, &format!("without a person: {reason}")),
                None => tally.wrong(format!("{table} {id} has no person")),
            },
            [person] => one(ledger, tally, (table, pairs), (row, id, person)),
            more => tally.wrong(format!("{table} {id} has {} people", more.len())),
        }
    }
}

/// Why a row has no person.
fn absent(ledger: &Ledger, known: &Known, table: &str, row: &Json, id: &str) -> Option<String> {
    if let Some(reason) = ledger.of_record(id) {
        return Some(reason);
    }
    let became = table == "lead" && row["statecode"] == json!(1) && ledger.converted(id);
    if became {
        return Some("qualified, the contact has it".to_owned());
    }
    let ended = ledger.links(id).into_iter().any(|(person, state)| {
        state == 2 && person.is_some_and(|person| known.deleted.contains(&person))
    });
    ended.then(|| "deleted in Marketo".to_owned())
}

fn one(
    ledger: &Ledger,
    tally: &mut Tally,
    (table, pairs): (&str, &[Pair<'_>]),
    (row, id, person): (&Json, &str, &Json),
) {
    let number = &person["id"];
    if person["syncdeckDynamicsType"] != json!(table) {
        let kind = &person["syncdeckDynamicsType"];
        tally.wrong(format!(
            "{table} {id}: person {number} is stamped as {kind}"
        ));
    }
    if person["syncdeckIsDeleted"] == json!(true) {
        tally.wrong(format!(
            "{table} {id} is there, person {number} says deleted"
        ));
    }
    let (of_row, of_person) = (row.as_object().unwrap(), person.as_object().unwrap());
    let found = oracle::differences(table, of_row, of_person);
    let mut differing: Vec<(String, String, String, String)> = found
        .into_iter()
        .map(|(column, ours, theirs)| {
            let field = oracle::field_of(&column).to_owned();
            (column, field, ours.to_string(), theirs.to_string())
        })
        .collect();
    for (column, field, kind) in pairs {
        let (ours, theirs) = (ours(row, column, *kind), theirs(person, field, *kind));
        if ours == theirs {
            continue;
        }
        if *kind == Kind::Parent && ours.is_empty() {
            tally.excused(table, "reference emptied in Dynamics, kept in Marketo");
            continue;
        }
        differing.push(((*column).to_owned(), (*field).to_owned(), ours, theirs));
    }
    for (column, field, ours, theirs) in differing {
        match ledger.of_field(id, [&column, &field]) {
            Some(reason) => tally.excused(table, &reason),
            None => tally.wrong(format!(
                "{table} {id} ({number}) {column}: {ours} != {theirs}"
            )),
        }
    }
}

/// Every person with a stamp: its row is there, or it says that it was deleted.
pub async fn stamps(ends: &Ends, ledger: &Ledger, known: &Known, tally: &mut Tally) {
    let mut first = known.first - 1_000;
    while first <= known.last {
        let ids: Vec<String> = (first..first + 100).map(|id| id.to_string()).collect();
        first += 100;
        let fields = format!("id,{STAMP},syncdeckDynamicsType,syncdeckIsDeleted");
        let people = ends.records("leads", "id", &ids, &fields).await;
        for table in ["lead", "contact"] {
            let stamped: Vec<&Json> = people
                .iter()
                .filter(|person| person["syncdeckDynamicsType"] == json!(table))
                .collect();
            let ids: Vec<String> = stamped
                .iter()
                .filter_map(|person| Some(person[STAMP].as_str()?.to_owned()))
                .collect();
            let key = format!("{table}id");
            let rows = ends.rows(&format!("{table}s"), &key, &ids).await;
            let there: HashSet<&str> = rows.iter().filter_map(|row| row[&key].as_str()).collect();
            for person in stamped {
                let row = person[STAMP].as_str().unwrap_or_default();
                tally.compared("person with a stamp");
                if there.contains(row) {
                    continue;
                }
                if person["syncdeckIsDeleted"] == json!(true) {
                    tally.excused("person with a stamp", "its row was deleted, and it says so");
                    continue;
                }
                match ledger.of_record(row) {
                    Some(reason) => tally.excused("person with a stamp", &reason),
                    None => tally.wrong(format!(
                        "person {} is stamped with the {table} {row}, which is gone",
                        person["id"]
                    )),
                }
            }
        }
    }
}
