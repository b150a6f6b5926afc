//! What surrounds seeded people: opportunities with stakeholders, registrations, sites, assets.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Organisation;
use super::standing::{ROLES, role};

/// Adds `count` of each.
pub fn add(org: &Organisation, count: usize, seed: u64) -> Result<(), String> {
    let mut random = fastrand::Rng::with_seed(seed ^ 0xe47a);
    for number in 0..count {
        let contact = org.random_row("contact", &mut random);
        let account = org.random_row("account", &mut random);
        let (Some(contact), Some(account)) = (contact, account) else {
            return Ok(());
        };
        opportunity(org, &mut random, number, (contact, account))?;
        registration(org, &mut random, number, contact)?;
        let site = org.seed_row(
            "new_site",
            &[
                ("new_name", json!(format!("Site {number}"))),
                ("new_Account@odata.bind", bind("accounts", account)),
            ],
        )?;
        org.seed_row(
            "new_asset",
            &[
                ("new_name", json!(format!("Pump {number}"))),
                ("new_serial", json!(format!("SN-{number:08}"))),
                ("new_Site@odata.bind", bind("new_sites", site)),
            ],
        )?;
    }
    Ok(())
}

fn bind(set: &str, id: Uuid) -> Value {
    json!(format!("/{set}({id})"))
}

/// Every other one belongs to a contact, the rest to an account; each has one stakeholder.
fn opportunity(
    org: &Organisation,
    random: &mut fastrand::Rng,
    number: usize,
    (contact, account): (Uuid, Uuid),
) -> Result<(), String> {
    let customer = if number.is_multiple_of(2) {
        ("customerid_contact@odata.bind", bind("contacts", contact))
    } else {
        ("customerid_account@odata.bind", bind("accounts", account))
    };
    let opportunity = org.seed_row(
        "opportunity",
        &[
            (
                "name",
                json!(format!("{} licences", 10 * random.u16(1..90))),
            ),
            ("estimatedvalue", json!(random.u32(1000..250_000))),
            ("closeprobability", json!(random.u8(1..10) * 10)),
            customer,
        ],
    )?;
    let stakeholder = role(number % ROLES.len());
    org.seed_row(
        "connection",
        &[
            (
                "record1id_opportunity@odata.bind",
                bind("opportunities", opportunity),
            ),
            ("record2id_contact@odata.bind", bind("contacts", contact)),
            (
                "record2roleid@odata.bind",
                bind("connectionroles", stakeholder),
            ),
        ],
    )?;
    Ok(())
}

fn registration(
    org: &Organisation,
    random: &mut fastrand::Rng,
    number: usize,
    contact: Uuid,
) -> Result<(), String> {
    org.seed_row(
        "new_registration",
        &[
            ("new_name", json!(format!("Summit {}", 2024 + number % 3))),
            ("new_ticket", json!(format!("T-{number:06}"))),
            ("new_seats", json!(random.u8(1..5))),
            ("new_price", json!(f64::from(random.u16(90..900)) + 0.5)),
            ("new_startsat", json!("2026-11-20T09:00:00Z")),
            ("new_Contact@odata.bind", bind("contacts", contact)),
        ],
    )?;
    Ok(())
}
