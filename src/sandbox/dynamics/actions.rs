//! Actions: merging two rows, qualifying a lead, closing an opportunity.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::cell::Cell;
use super::modify::Modify;
use super::payload::{self, Changes};
use super::reply::{Answer, Fault, Reply};
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

/// An unbound action, or nothing when the name is none.
pub fn unbound(modify: &mut Modify, name: &str) -> Option<Answer> {
    match name.trim_start_matches("Microsoft.Dynamics.CRM.") {
        "Merge" => Some(merge(modify)),
        "WinOpportunity" => Some(close(modify, 1)),
        "LoseOpportunity" => Some(close(modify, 2)),
        _ => None,
    }
}

/// An action bound to a row.
pub fn bound(modify: &mut Modify, table: &Table, id: Uuid, name: &str) -> Answer {
    match (
        table.name.as_str(),
        name.trim_start_matches("Microsoft.Dynamics.CRM."),
    ) {
        ("lead", "QualifyLead") => qualify(modify, table, id),
        (_, other) => Err(Fault::segment(other)),
    }
}

fn entity<'a>(
    modify: &Modify,
    body: &'a Map<String, Value>,
    name: &str,
) -> Result<(u16, Uuid, &'a Map<String, Value>), Fault> {
    let bad = || {
        Fault::argument(format!(
            "Required field '{name}' is missing or not an entity."
        ))
    };
    let item = body.get(name).and_then(Value::as_object).ok_or_else(bad)?;
    let logical = item
        .get("@odata.type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let logical = logical
        .trim_start_matches('#')
        .trim_start_matches("Microsoft.Dynamics.CRM.");
    let table = modify.data.schema.by_name(logical).ok_or_else(bad)?;
    let id = item
        .get(&table.column(table.id_column).name)
        .and_then(Value::as_str);
    let id = id
        .and_then(|text| Uuid::parse_str(text).ok())
        .ok_or_else(bad)?;
    Ok((table.number, id, item))
}

/// The subordinate is deactivated, marked and kept; the target takes what it lacks.
fn merge(modify: &mut Modify) -> Answer {
    let body = payload::object(&modify.call.body)?;
    let (number, target, _) = entity(modify, &body, "Target")?;
    let (other, loser, _) = entity(modify, &body, "Subordinate")?;
    let schema = modify.data.schema.clone();
    let table = schema.table(number);
    if !matches!(table.name.as_str(), "lead" | "contact" | "account") || other != number {
        return Err(Fault::argument("The entity cannot be merged."));
    }
    if target == loser {
        let text = "The merge couldn't be performed because the records are identical.";
        return Err(Fault::new(
            400,
            "0x80045305",
            "MergeIdenticalRecords",
            text.into(),
        ));
    }
    let rows = modify.data.rows(number);
    let (Some(into), Some(from)) = (rows.slot(&target), rows.slot(&loser)) else {
        return Err(Fault::missing(&table.name, &target));
    };
    let (Some(kept), Some(gone)) = (rows.get(into), rows.get(from)) else {
        return Err(Fault::missing(&table.name, &loser));
    };
    let state = table.find("statecode").unwrap_or_default();
    if [kept, gone]
        .iter()
        .any(|row| row.cells.get(state) != Cell::Int(0))
    {
        let text = "The merge couldn't be performed because one of the records is inactive.";
        return Err(Fault::new(
            400,
            "0x80045304",
            "MergeInactiveRecord",
            text.into(),
        ));
    }
    let mut changes = match body.get("UpdateContent").and_then(Value::as_object) {
        Some(content) => payload::changes(modify.data, table, content, false, modify.created)?,
        None => Changes::default(),
    };
    for (at, value) in gone.cells.iter() {
        let column = table.column(at);
        let empty = kept.cells.get(at).is_null() && changes.get(Some(at)).is_none();
        if empty && column.update && column.derived.is_none() {
            changes.set(at, value.into_owned());
        }
    }
    // A key belongs to one row: the subordinate gives its own away.
    let mut lost = Changes::default();
    for at in table.keys.iter().flat_map(|key| &key.columns) {
        if changes.get(Some(*at)).is_some() {
            lost.set(*at, Cell::Null);
        }
    }
    lost.set(state, Cell::Int(if table.name == "lead" { 2 } else { 1 }));
    for (name, value) in [
        ("merged", Cell::Bool(true)),
        ("masterid", Cell::Link(number, target)),
    ] {
        if let Some(at) = table.find(name) {
            lost.set(at, value);
        }
    }
    modify.writer().update(number, from, lost)?;
    modify.writer().update(number, into, changes)?;
    Ok(Reply::empty())
}

/// Turns an open lead into an account, a contact, an opportunity, as asked.
fn qualify(modify: &mut Modify, table: &Table, id: Uuid) -> Answer {
    let body = payload::object(&modify.call.body)?;
    let flag = |name: &str| {
        body.get(name)
            .and_then(Value::as_bool)
            .ok_or_else(|| Fault::argument(format!("The parameter '{name}' is missing.")))
    };
    let wanted = [
        flag("CreateAccount")?,
        flag("CreateContact")?,
        flag("CreateOpportunity")?,
    ];
    let status = body.get("Status").and_then(Value::as_i64).unwrap_or(3);
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
    if lead.cells.get(table.find("statecode").unwrap_or_default()) != Cell::Int(0) {
        let text = "The lead is already closed.";
        return Err(Fault::new(
            400,
            "0x80040519",
            "LeadAlreadyInClosedState",
            text.into(),
        ));
    }
    let schema = modify.data.schema.clone();
    let value = |name: &str| {
        table
            .find(name)
            .map_or(Cell::Null, |at| lead.cells.get(at).into_owned())
    };
    let here = Cell::Link(table.number, id);
    let mut made: Vec<Value> = Vec::new();
    let mut outcome = Changes::default();
    let mut links: Vec<(&str, Cell<'static>)> = Vec::new();
    for (kind, wanted) in ["account", "contact", "opportunity"]
        .into_iter()
        .zip(wanted)
    {
        let Some(target) = schema.by_name(kind).filter(|_| wanted) else {
            continue;
        };
        let mut changes = Changes::default();
        let mut put = |name: &str, value: Cell<'static>| {
            if let Some(at) = target.find(name).filter(|_| !value.is_null()) {
                changes.set(at, value);
            }
        };
        for name in CARRIED.iter().filter(|_| kind == "contact") {
            put(name, value(name));
        }
        put("originatingleadid", here.clone());
        match kind {
            "account" => put("name", value("companyname")),
            "opportunity" => put("name", value("subject")),
            _ => {}
        }
        for (name, link) in &links {
            match (kind, *name) {
                ("contact", "account") => put("parentcustomerid", link.clone()),
                ("opportunity", "account") => put("parentaccountid", link.clone()),
                ("opportunity", "contact") => put("parentcontactid", link.clone()),
                _ => {}
            }
            if kind == "opportunity" {
                put("customerid", link.clone());
            }
        }
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
        links.push((kind, link));
        let key = target.column(target.id_column).name.clone();
        made.push(json!({"@odata.type": format!("#Microsoft.Dynamics.CRM.{kind}"), key: new}));
    }
    primary_contact(modify, &links)?;
    outcome.set(table.find("statecode").unwrap_or_default(), Cell::Int(1));
    outcome.set(
        table.find("statuscode").unwrap_or_default(),
        Cell::Int(status as i32),
    );
    modify.writer().update(table.number, slot, outcome)?;
    let root = modify.call.caller.root();
    Ok(Reply::value(&json!({
        "@odata.context": format!("{root}$metadata#Collection(Microsoft.Dynamics.CRM.crmbaseentity)"),
        "value": made,
    })))
}

/// A new account's first contact is the one made with it.
fn primary_contact(modify: &mut Modify, links: &[(&str, Cell<'static>)]) -> Result<(), Fault> {
    let of = |kind: &str| {
        links
            .iter()
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

/// `WinOpportunity` and `LoseOpportunity`: the close activity names the opportunity.
fn close(modify: &mut Modify, state: i32) -> Answer {
    let body = payload::object(&modify.call.body)?;
    let bind = body
        .get("OpportunityClose")
        .and_then(|close| close.get("opportunityid@odata.bind"))
        .and_then(Value::as_str)
        .ok_or_else(|| Fault::argument("Required field 'OpportunityClose' is missing."))?;
    let (number, id) = payload::refer(modify.data, bind, modify.created)?;
    let schema = modify.data.schema.clone();
    let table = schema.table(number);
    let Some(slot) = modify.data.rows(number).slot(&id) else {
        return Err(Fault::missing(&table.name, &id));
    };
    let mut changes = Changes::default();
    let status = body
        .get("Status")
        .and_then(Value::as_i64)
        .filter(|status| *status > 0);
    changes.set(
        table.find("statecode").unwrap_or_default(),
        Cell::Int(state),
    );
    if let (Some(at), Some(status)) = (table.find("statuscode"), status) {
        changes.set(at, Cell::Int(status as i32));
    }
    if let Some(at) = table.find("actualclosedate") {
        changes.set(at, Cell::Date(modify.call.now.div_euclid(86_400) as i32));
    }
    modify.writer().update(number, slot, changes)?;
    Ok(Reply::empty())
}
