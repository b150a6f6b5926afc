//! Opportunities, who is connected to them, and who has a role in them.

use serde_json::{Value as Json, json};
use syncdeck::sandbox::dynamics::stakeholder_role;
use uuid::Uuid;

use super::super::harness::Bench;
use super::{Fields, bind};

pub fn contact(bench: &Bench, name: &str) -> Uuid {
    bench.row_of("contact", &[("lastname", json!(name))])
}

pub fn deal(bench: &Bench) -> Uuid {
    bench.row_of("opportunity", &[("name", json!("Deal"))])
}

/// Connects an opportunity to a row, in the role at that place: 0 Stakeholder, 1 Decision Maker, 2 Influencer.
pub fn connect(bench: &Bench, deal: Uuid, (to, row): (&'static str, Json), role: usize) -> Uuid {
    let role = bind("connectionroles", stakeholder_role(role));
    let from = bind("opportunities", deal);
    bench.row_of(
        "connection",
        &[
            ("record1id_opportunity@odata.bind", from),
            (to, row),
            ("record2roleid@odata.bind", role),
        ],
    )
}

pub fn stakeholder(bench: &Bench, deal: Uuid, contact: Uuid, role: usize) -> Uuid {
    let to = ("record2id_contact@odata.bind", bind("contacts", contact));
    connect(bench, deal, to, role)
}

pub fn roles(bench: &Bench) -> Vec<Fields> {
    bench.world.marketo.records("opportunities/roles")
}

/// Who plays what in the opportunity.
pub fn cast(bench: &Bench, deal: Uuid) -> Vec<(i64, String)> {
    let of = json!(deal.to_string());
    let mut cast: Vec<(i64, String)> = roles(bench)
        .into_iter()
        .filter(|role| role["externalOpportunityId"] == of)
        .map(|role| {
            let name = role["role"].as_str().unwrap().to_owned();
            (role["leadId"].as_i64().unwrap(), name)
        })
        .collect();
    cast.sort();
    cast
}

pub fn plays(person: i64, role: &str) -> (i64, String) {
    (person, role.to_owned())
}
