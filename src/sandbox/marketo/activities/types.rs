//! The catalogue of activity types.

use serde_json::{Value as Json, json};

pub(crate) const NEW_LEAD: u32 = 12;
pub(crate) const CHANGE_VALUE: u32 = 13;
pub(crate) const CHANGE_SCORE: u32 = 22;
pub(crate) const ADD_TO_LIST: u32 = 24;
pub(crate) const REMOVE_FROM_LIST: u32 = 25;
pub(crate) const MERGE: u32 = 32;
pub(crate) const ADD_TO_OPPORTUNITY: u32 = 34;
pub(crate) const REMOVE_FROM_OPPORTUNITY: u32 = 35;
pub(crate) const DELETE: u32 = 37;
pub(crate) const CHANGE_PARTITION: u32 = 100;
pub(crate) const CHANGE_STATUS: u32 = 104;
pub(crate) const FILL_FORM: u32 = 2;
pub(crate) const PUSH: u32 = 145;

/// The types: id, name, primary attribute, other attributes.
pub(crate) const STANDARD: &[(u32, &str, Option<&str>, &[&str])] = &[
    (
        1,
        "Visit Webpage",
        Some("Webpage ID"),
        &["Webpage URL", "Referrer URL", "Client IP Address"],
    ),
    (
        2,
        "Fill Out Form",
        Some("Webform ID"),
        &["Form Fields", "Client IP Address", "Referrer URL"],
    ),
    (
        3,
        "Click Link",
        Some("Link ID"),
        &["Client IP Address", "Query Parameters"],
    ),
    (6, "Send Email", Some("Mailing ID"), &["Campaign Run ID"]),
    (
        7,
        "Email Delivered",
        Some("Mailing ID"),
        &["Campaign Run ID"],
    ),
    (
        8,
        "Email Bounced",
        Some("Mailing ID"),
        &["Category", "Details", "Email"],
    ),
    (
        9,
        "Unsubscribe Email",
        Some("Mailing ID"),
        &["Webform ID", "Client IP Address"],
    ),
    (
        10,
        "Open Email",
        Some("Mailing ID"),
        &["Platform", "Device", "User Agent"],
    ),
    (
        11,
        "Click Email",
        Some("Mailing ID"),
        &["Link", "Platform", "User Agent"],
    ),
    (
        12,
        "New Lead",
        None,
        &[
            "Created Date",
            "Source Type",
            "API Method Name",
            "Modifying User",
            "Request Id",
        ],
    ),
    (
        13,
        "Change Data Value",
        Some("Attribute Name"),
        &[
            "New Value",
            "Old Value",
            "Reason",
            "Source",
            "API Method Name",
            "Modifying User",
            "Request Id",
        ],
    ),
    (
        22,
        "Change Score",
        Some("Score Name"),
        &[
            "Change Value",
            "New Value",
            "Old Value",
            "Reason",
            "Priority",
            "Relative Score",
            "Urgency",
        ],
    ),
    (
        23,
        "Change Owner",
        Some("Owner Name"),
        &["New Value", "Old Value"],
    ),
    (24, "Add to List", Some("List ID"), &["Source"]),
    (25, "Remove from List", Some("List ID"), &["Source"]),
    (
        27,
        "Email Bounced Soft",
        Some("Mailing ID"),
        &["Category", "Details", "Email"],
    ),
    (
        32,
        "Merge Leads",
        Some("Lead ID"),
        &[
            "Merge IDs",
            "Merge Fields",
            "Merged in Sales",
            "Merge Source",
            "Master Updated",
        ],
    ),
    (
        34,
        "Add to Opportunity",
        Some("Opty ID"),
        &["Role", "Is Primary"],
    ),
    (
        35,
        "Remove from Opportunity",
        Some("Opty ID"),
        &["Role", "Is Primary"],
    ),
    (
        36,
        "Update Opportunity",
        Some("Opty ID"),
        &["Data Value Changes"],
    ),
    (
        37,
        "Delete Lead",
        Some("Lead ID"),
        &["Campaign", "Remove from CRM"],
    ),
    (
        46,
        "Interesting Moment",
        Some("Milestone"),
        &["Date", "Description", "Source"],
    ),
    (
        100,
        "Change Lead Partition",
        Some("Lead Partition ID"),
        &["Old Partition ID", "Reason"],
    ),
    (
        104,
        "Change Status in Progression",
        Some("Program ID"),
        &["New Status", "Old Status", "Reason"],
    ),
    (
        145,
        "Push Lead to Marketo",
        Some("Program ID"),
        &[
            "Source",
            "Reason",
            "API Method Name",
            "Modifying User",
            "Request Id",
        ],
    ),
];

/// How long activities of a type are kept, days.
pub(crate) fn retention_days(kind: u32) -> i64 {
    match kind {
        NEW_LEAD => 36_500,
        DELETE => 14,
        1 | 3 | 6 | 7 | CHANGE_VALUE | CHANGE_SCORE | ADD_TO_LIST | 36 => 90,
        _ => 760,
    }
}

/// The elements of `activities/types.json`.
pub(crate) fn describe() -> Vec<Json> {
    STANDARD
        .iter()
        .map(|(id, name, primary, attributes)| {
            let attributes: Vec<Json> = attributes
                .iter()
                .map(|name| json!({"name": name, "dataType": data_type(name)}))
                .collect();
            let mut entry = json!({
                "id": id, "name": name, "description": name, "attributes": attributes,
            });
            if let (Some(primary), Some(members)) = (primary, entry.as_object_mut()) {
                let shape = json!({"name": primary, "dataType": data_type(primary)});
                members.insert("primaryAttribute".to_owned(), shape);
            }
            entry
        })
        .collect()
}

fn data_type(name: &str) -> &'static str {
    match name {
        _ if name.ends_with(" ID") => "integer",
        "Created Date" => "date",
        "Date" => "datetime",
        "Is Primary" | "Merged in Sales" | "Master Updated" => "boolean",
        _ => "string",
    }
}
