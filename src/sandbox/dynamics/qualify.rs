//! Qualifying a lead: what becomes of it, and what it becomes.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::cell::{Cell, Owned};
use super::modify::Modify;
use super::payload::{self, Changes};
use super::reply::{Answer, Fault, Reply};
use super::rows::Row;
use super::schema::Table;

/// Columns a lead and a contact have in common and a conversion carries over.
const CARRIED: [&str; 24] = [
    "salutation",
    "firstname",
    "middlename",
    "lastname",
    "jobtitle",
    "emailaddress1",
    "emailaddress2",
    "telephone1",
    "telephone2",
    "mobilephone",
    "fax",
    "websiteurl",
    "description",
    "address1_line1",
    "address1_line2",
    "address1_line3",
    "address1_city",
    "address1_stateorprovince",
    "address1_postalcode",
    "address1_country",
    "donotemail",
    "donotbulkemail",
    "donotphone",
    "ownerid",
];

/// What has been made so far: the kind of row and a link to it.
type Made = Vec<(&'static str, Owned)>;

/// Turns an open lead into an account, a contact, an opportunity, as asked.
pub fn qualify(modify: &mut Modify, table: &Table, id: Uuid) -> Answer {
    let body = payload::object(&modify.call.body)?;
    let wanted = ["CreateAccount", "CreateContact", "CreateOpportunity"];
    let wanted = wanted
        .into_iter()
        .map(|name| flag(&body, name))
        .collect::<Result<Vec<_>, _>>()?;
    let status = body.get("Status").and_then(Value::as_i64).unwrap_or(3);
    let (slot, lead) = open_lead(modify, table, id)?;
    let schema = modify.data.schema.clone();
    let (mut shown, mut made, mut outcome) = (Vec::new(), Made::new(), Changes::default());
    for (kind, _) in ["account", "contact", "opportunity"]
        .into_iter()
        .zip(wanted)
        .filter(|(_, w)| *w)
    {
        let Some(target) = schema.by_name(kind) else {
            continue;
        };
        let changes = carried(table, &lead, target, &made);
        let new = modify.writer().create(target.number, changes)?;
        let link = Cell::Link(target.number, new);
        let column = match kind {
            "account" => "parentaccountid",
            "contact" => "parentcontactid",
            _ => "qualifyingopportunityid",
        };
        if let Some(at) = table.find(column) {
            outcome.set(at, link.clone());
        }
        made.push((kind, link));
        let key = target.column(target.id_column).name.clone();
        shown.push(json!({"@odata.type": format!("#Microsoft.Dynamics.CRM.{kind}"), key: new}));
    }
    primary_contact(modify, &made)?;
    outcome.set(table.find("statecode").unwrap_or_default(), Cell::Int(1));
    outcome.set(
        table.find("statuscode").unwrap_or_default(),
        Cell::Int(status as i32),
    );
    modify.writer().update(table.number, slot, outcome)?;
    let root = modify.call.caller.root();
    Ok(Reply::value(&json!({
        "@odata.context": format!("{root}$metadata#Collection(Microsoft.Dynamics.CRM.crmbaseentity)"),
        "value": shown,
    })))
}

/// The lead, which must be there and open.
fn open_lead(modify: &Modify, table: &Table, id: Uuid) -> Result<(u32, Row), Fault> {
    let missing = || Fault::missing(&table.name, &id);
    let slot = modify
        .data
        .rows(table.number)
        .slot(&id)
        .ok_or_else(missing)?;
    let lead = modify
        .data
        .rows(table.number)
        .get(slot)
        .cloned()
        .ok_or_else(missing)?;
    if lead.cells.get(table.find("statecode").unwrap_or_default()) == Cell::Int(0) {
        return Ok((slot, lead));
    }
    let text = "The lead is already closed.";
    Err(Fault::new(
        400,
        "0x80040519",
        "LeadAlreadyInClosedState",
        text.into(),
    ))
}

fn flag(body: &Map<String, Value>, name: &str) -> Result<bool, Fault> {
    let value = body.get(name).and_then(Value::as_bool);
    value.ok_or_else(|| Fault::argument(format!("The parameter '{name}' is missing.")))
}

/// What a new row takes from the lead and from the rows made before it.
fn carried(table: &Table, lead: &Row, target: &Table, made: &Made) -> Changes {
    let mut changes = Changes::default();
    let value = |name: &str| {
        table
            .find(name)
            .map_or(Cell::Null, |at| lead.cells.get(at).into_owned())
    };
    let mut put = |name: &str, value: Owned| {
        if let Some(at) = target.find(name).filter(|_| !value.is_null()) {
            changes.set(at, value);
        }
    };
    put("originatingleadid", Cell::Link(table.number, lead.id));
    match target.name.as_str() {
        "account" => put("name", value("companyname")),
        "contact" => {
            for name in CARRIED {
                put(name, value(name));
            }
        }
        _ => put("name", value("subject")),
    }
    for (kind, link) in made {
        match (target.name.as_str(), *kind) {
            ("contact", "account") => put("parentcustomerid", link.clone()),
            ("opportunity", "account") => {
                put("parentaccountid", link.clone());
                put("customerid", link.clone());
            }
            ("opportunity", "contact") => {
                put("parentcontactid", link.clone());
                if !made.iter().any(|(kind, _)| *kind == "account") {
                    put("customerid", link.clone());
                }
            }
            _ => {}
        }
    }
    changes
}

/// A new account's first contact is the one made with it.
fn primary_contact(modify: &mut Modify, made: &Made) -> Result<(), Fault> {
    let of = |kind: &str| {
        made.iter()
            .find(|(name, _)| *name == kind)
            .map(|(_, link)| link.clone())
    };
    let (Some(Cell::Link(accounts, account)), Some(contact)) = (of("account"), of("contact"))
    else {
        return Ok(());
    };
    let column = modify.data.schema.table(accounts).find("primarycontactid");
    if let (Some(slot), Some(at)) = (modify.data.rows(accounts).slot(&account), column) {
        let mut changes = Changes::default();
        changes.set(at, contact);
        modify.writer().update(accounts, slot, changes)?;
    }
    Ok(())
}
