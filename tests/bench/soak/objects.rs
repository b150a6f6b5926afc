//! Rows whose records are found by the row's GUID: accounts, users, teams, opportunities, custom entities.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::ends::Ends;
use super::kinds::{Kind, Pair, lookup, ours, theirs};
use super::ledger::Ledger;
use super::tally::Tally;

/// A table, and what becomes of it.
pub struct Twin<'a> {
    pub table: &'a str,
    pub set: &'a str,
    pub id: &'a str,
    pub object: &'a str,
    pub key: &'a str,
    pub pairs: Vec<Pair<'a>>,
}

/// The default maps, as they are documented.
pub fn standard() -> Vec<Twin<'static>> {
    use Kind::{Day, Label, Moment, Number, Phone, Row, Text};
    vec![
        Twin {
            table: "systemuser",
            set: "systemusers",
            id: "systemuserid",
            object: "salespersons",
            key: "externalSalesPersonId",
            pairs: vec![
                ("firstname", "firstName", Text),
                ("lastname", "lastName", Text),
                ("internalemailaddress", "email", Text),
                ("title", "title", Text),
                ("address1_telephone1", "phone", Phone),
                ("mobilephone", "mobilePhone", Phone),
            ],
        },
        Twin {
            table: "team",
            set: "teams",
            id: "teamid",
            object: "salespersons",
            key: "externalSalesPersonId",
            pairs: vec![
                ("name", "lastName", Text),
                ("emailaddress", "email", Text),
                ("teamtype", "title", Label),
            ],
        },
        Twin {
            table: "account",
            set: "accounts",
            id: "accountid",
            object: "companies",
            key: "externalCompanyId",
            pairs: vec![
                ("name", "company", Text),
                ("accountnumber", "accountNumber", Text),
                ("telephone1", "mainPhone", Phone),
                ("websiteurl", "website", Text),
                ("address1_line1", "billingStreet", Text),
                ("address1_line2", "billingAddress2", Text),
                ("address1_line3", "billingAddress3", Text),
                ("address1_city", "billingCity", Text),
                ("address1_stateorprovince", "billingState", Text),
                ("address1_country", "billingCountry", Text),
                ("address1_postalcode", "billingPostalCode", Text),
                ("industrycode", "industry", Label),
                ("businesstypecode", "businessType", Label),
                ("sic", "sicCode", Text),
                ("numberofemployees", "numberOfEmployees", Number),
                ("revenue", "annualRevenue", Number),
                ("description", "mktoCompanyNotes", Text),
                ("statecode", "companyStatus", Label),
                ("ownerid", "externalSalesPersonId", Row),
            ],
        },
        Twin {
            table: "opportunity",
            set: "opportunities",
            id: "opportunityid",
            object: "opportunities",
            key: "externalOpportunityId",
            pairs: vec![
                ("name", "name", Text),
                ("description", "description", Text),
                ("estimatedvalue", "amount", Number),
                ("closeprobability", "probability", Number),
                ("actualclosedate", "closeDate", Day),
                ("statecode", "stage", Label),
                ("createdon", "externalCreatedDate", Moment),
                ("ownerid", "externalSalesPersonId", Row),
            ],
        },
    ]
}

/// Every row of a table: exactly one record, no differing field; and no record of a row that is gone.
pub async fn compare(ends: &Ends, ledger: &Ledger, twin: &Twin<'_>, tally: &mut Tally) {
    let mut next = None;
    loop {
        let (rows, more) = ends.page(twin.set, next).await;
        let extra = extra(ends, twin, &rows).await;
        let id = |row: &Json| row[twin.id].as_str().unwrap().to_owned();
        let ids: Vec<String> = rows.iter().map(id).collect();
        let mut found = records(ends, twin, &ids).await;
        for (row, id) in rows.iter().zip(&ids) {
            tally.compared(twin.table);
            let mut of_row = found.remove(id).unwrap_or_default();
            match (of_row.pop(), of_row.len()) {
                (None, _) => match ledger.of_object(id) {
                    Some(reason) => tally.excused(twin.table, &format!("no record: {reason}")),
                    None => tally.wrong(format!("{} {id} has no record", twin.table)),
                },
                (Some(record), 0) => one(ledger, twin, tally, (row, id, &record), extra.get(id)),
                (Some(_), more) => {
                    tally.wrong(format!("{} {id} has {} records", twin.table, more + 1));
                }
            }
        }
        next = more;
        if next.is_none() {
            break;
        }
    }
    leftovers(ends, ledger, twin, tally).await;
}

async fn records(ends: &Ends, twin: &Twin<'_>, ids: &[String]) -> HashMap<String, Vec<Json>> {
    let mut fields: Vec<&str> = twin.pairs.iter().map(|(_, field, _)| *field).collect();
    fields.push(twin.key);
    match twin.table {
        "opportunity" => fields.extend(["isClosed", "isWon", "externalCompanyId"]),
        "new_registration" => fields.push("personId"),
        "new_asset" | "new_site" => fields.push("companyId"),
        _ => {}
    }
    let read = ends
        .records(twin.object, twin.key, ids, &fields.join(","))
        .await;
    let mut found: HashMap<String, Vec<Json>> = HashMap::new();
    for record in read {
        let key = record[twin.key].as_str().unwrap().to_owned();
        found.entry(key).or_default().push(record);
    }
    found
}

fn one(
    ledger: &Ledger,
    twin: &Twin<'_>,
    tally: &mut Tally,
    (row, id, record): (&Json, &str, &Json),
    extra: Option<&Vec<(&'static str, Json)>>,
) {
    let pairs = twin.pairs.iter().map(|(column, field, kind)| {
        let (mine, its) = (ours(row, column, *kind), theirs(record, field, *kind));
        (*column, *field, mine, its)
    });
    let shown = |value: &Json| match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let worked_out = extra.into_iter().flatten().map(|(field, wanted)| {
        let is = shown(&record[*field]);
        (*field, *field, shown(wanted), is)
    });
    for (column, field, mine, its) in pairs.chain(worked_out) {
        if mine == its {
            continue;
        }
        let reason = ledger.of_field(id, [column, field]);
        match reason.or_else(|| ledger.of_object(id)) {
            Some(reason) => tally.excused(twin.table, &reason),
            None => tally.wrong(format!("{} {id} {column}: {mine} != {its}", twin.table)),
        }
    }
}

/// What is worked out from more than a column: whose an opportunity is, to whom a custom record belongs.
async fn extra(
    ends: &Ends,
    twin: &Twin<'_>,
    rows: &[Json],
) -> HashMap<String, Vec<(&'static str, Json)>> {
    let mut found: HashMap<String, Vec<(&'static str, Json)>> = HashMap::new();
    let mut add = |row: &Json, field, value| {
        let id = row[twin.id].as_str().unwrap().to_owned();
        found.entry(id).or_default().push((field, value));
    };
    match twin.table {
        "opportunity" => {
            let contacts = distinct(rows, |row| lookup(row, "customerid", Some("contact")));
            let read = ends.rows("contacts", "contactid", &contacts).await;
            let account = |row: &Json| lookup(row, "parentcustomerid", Some("account"));
            let accounts = by(&read, "contactid", account);
            for row in rows {
                let own = lookup(row, "customerid", Some("account"));
                let through = accounts.get(&lookup(row, "customerid", Some("contact")));
                let company = if own.is_empty() {
                    through.cloned().unwrap_or_default()
                } else {
                    own
                };
                add(row, "externalCompanyId", json!(company));
                let state = row["statecode"].as_i64().unwrap_or_default();
                add(row, "isClosed", json!(state != 0));
                add(row, "isWon", json!(state == 1));
            }
        }
        "new_registration" => {
            let contacts = distinct(rows, |row| lookup(row, "new_contact", None));
            let people = persons(ends, &contacts).await;
            for row in rows {
                let person = people.get(&lookup(row, "new_contact", None));
                add(row, "personId", person.map_or(Json::Null, |id| json!(id)));
            }
        }
        "new_asset" | "new_site" => {
            let sites = distinct(rows, |row| lookup(row, "new_site", None));
            let read = ends.rows("new_sites", "new_siteid", &sites).await;
            let of_sites = by(&read, "new_siteid", |row| lookup(row, "new_account", None));
            let account = |row: &Json| {
                if twin.table == "new_site" {
                    return lookup(row, "new_account", None);
                }
                let site = of_sites.get(&lookup(row, "new_site", None));
                site.cloned().unwrap_or_default()
            };
            let accounts = distinct(rows, account);
            let fields = "id,externalCompanyId";
            let read = ends
                .records("companies", "externalCompanyId", &accounts, fields)
                .await;
            let companies = by(&read, "externalCompanyId", |one| one["id"].to_string());
            for row in rows {
                let company = companies.get(&account(row));
                let company = company.and_then(|id| id.parse::<i64>().ok());
                add(row, "companyId", company.map_or(Json::Null, |id| json!(id)));
            }
        }
        _ => {}
    }
    found
}

/// The person of each contact that has one.
pub async fn persons(ends: &Ends, contacts: &[String]) -> HashMap<String, i64> {
    let stamp = "syncdeckDynamicsId";
    let people = ends
        .records("leads", stamp, contacts, &format!("id,{stamp}"))
        .await;
    let pair = |one: &Json| Some((one[stamp].as_str()?.to_owned(), one["id"].as_i64()?));
    people.iter().filter_map(pair).collect()
}

pub fn distinct(rows: &[Json], of: impl Fn(&Json) -> String) -> Vec<String> {
    let mut all: Vec<String> = rows.iter().map(of).filter(|id| !id.is_empty()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn by(rows: &[Json], id: &str, value: impl Fn(&Json) -> String) -> HashMap<String, String> {
    let pair = |row: &Json| Some((row[id].as_str()?.to_owned(), value(row)));
    rows.iter().filter_map(pair).collect()
}

/// Rows that were linked and are gone: their records have gone with them.
async fn leftovers(ends: &Ends, ledger: &Ledger, twin: &Twin<'_>, tally: &mut Tally) {
    let mut after = 0;
    loop {
        let linked = ledger.linked(twin.table, after);
        let Some((last, _)) = linked.last() else {
            return;
        };
        after = *last;
        let ids: Vec<String> = linked.into_iter().map(|(_, id)| id).collect();
        let there = ends.rows(twin.set, twin.id, &ids).await;
        let gone = ids.iter().filter(|id| {
            let of_id = |row: &Json| row[twin.id].as_str() == Some(id.as_str());
            !there.iter().any(of_id)
        });
        let gone: Vec<String> = gone.cloned().collect();
        let left = records(ends, twin, &gone).await;
        for id in gone {
            match left.get(&id) {
                None => tally.excused(twin.table, "(row deleted, its record too)"),
                Some(_) => match ledger.of_object(&id) {
                    Some(reason) => tally.excused(twin.table, &format!("row deleted: {reason}")),
                    None => tally.wrong(format!("{} {id} is gone, its record is not", twin.table)),
                },
            }
        }
    }
}
