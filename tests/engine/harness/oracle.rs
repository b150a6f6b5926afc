//! What "in step" means, written down a second time: nothing of the engine's own mapping is used here.

use serde_json::{Map, Value as Json};

type Fields = Map<String, Json>;

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Email,
    Phone,
    Flag,
    State,
    Source,
}

/// Column, person field, kind.
const PAIRS: [(&str, &str, Kind); 27] = [
    ("salutation", "salutation", Kind::Text),
    ("firstname", "firstName", Kind::Text),
    ("middlename", "middleName", Kind::Text),
    ("lastname", "lastName", Kind::Text),
    ("emailaddress1", "email", Kind::Email),
    ("jobtitle", "title", Kind::Text),
    ("telephone1", "phone", Kind::Phone),
    ("mobilephone", "mobilePhone", Kind::Phone),
    ("telephone2", "homePhone", Kind::Phone),
    ("fax", "fax", Kind::Phone),
    ("address1_line1", "address", Kind::Text),
    ("address1_line2", "address2", Kind::Text),
    ("address1_line3", "address3", Kind::Text),
    ("address1_city", "city", Kind::Text),
    ("address1_stateorprovince", "state", Kind::Text),
    ("address1_country", "country", Kind::Text),
    ("address1_postalcode", "postalCode", Kind::Text),
    ("donotphone", "doNotCall", Kind::Flag),
    ("donotbulkemail", "unsubscribed", Kind::Flag),
    ("donotemail", "doNotEmail", Kind::Flag),
    ("donotfax", "doNotFax", Kind::Flag),
    ("donotsendmm", "doNotSendMarketingMaterial", Kind::Flag),
    ("description", "personNotes", Kind::Text),
    ("leadsourcecode", "leadSource", Kind::Source),
    ("subject", "topic", Kind::Text),
    ("statecode", "leadStatus", Kind::State),
    ("address1_county", "", Kind::Text),
];

/// The person field that goes with a column.
pub fn field_of(column: &str) -> &'static str {
    let found = PAIRS.iter().find(|(name, ..)| *name == column);
    found.map_or_else(|| panic!("no pair for {column}"), |(_, field, _)| field)
}

/// Whether a field, by either name, is compared here.
pub fn knows(name: &str) -> bool {
    PAIRS
        .iter()
        .any(|(column, field, _)| [*column, *field].contains(&name))
}

/// Where a row and its person differ: column, row's value, person's value.
pub fn differences(table: &str, row: &Fields, person: &Fields) -> Vec<(String, Json, Json)> {
    let mut found = Vec::new();
    for (column, field, kind) in PAIRS {
        let of_leads = matches!(column, "subject" | "leadsourcecode");
        if field.is_empty() || (of_leads && table != "lead") {
            continue;
        }
        let (ours, theirs) = (value(row, column), value(person, field));
        if plain(kind, table, &ours) != plain(kind, table, &theirs) {
            found.push((column.to_owned(), ours, theirs));
        }
    }
    found
}

fn value(fields: &Fields, name: &str) -> Json {
    fields.get(name).cloned().unwrap_or_default()
}

/// Values of one kind that mean the same come out the same.
fn plain(kind: Kind, table: &str, value: &Json) -> String {
    let text = match value {
        Json::Null => String::new(),
        Json::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    match kind {
        Kind::Text => text,
        Kind::Email => text.to_lowercase(),
        Kind::Phone => text.chars().filter(|c| !" -./()".contains(*c)).collect(),
        Kind::Flag => (text == "true").to_string(),
        Kind::State => match (table, text.as_str()) {
            ("lead", "0") => "Open".to_owned(),
            ("lead", "1") => "Qualified".to_owned(),
            ("lead", "2") => "Disqualified".to_owned(),
            ("contact", "0") => "Active".to_owned(),
            ("contact", "1") => "Inactive".to_owned(),
            _ => text,
        },
        Kind::Source => match text.as_str() {
            "1" => "Advertisement".to_owned(),
            "2" => "Employee Referral".to_owned(),
            "3" => "External Referral".to_owned(),
            "4" => "Partner".to_owned(),
            "5" => "Public Relations".to_owned(),
            "6" => "Seminar".to_owned(),
            "7" => "Trade Show".to_owned(),
            "8" => "Web".to_owned(),
            "9" => "Word of Mouth".to_owned(),
            "10" => "Other".to_owned(),
            _ => text,
        },
    }
}
