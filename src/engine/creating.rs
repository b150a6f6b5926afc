//! Deciding about a person whose row in Dynamics the admin has asked for: found, linked, or created.
//!
//! The new row's GUID was chosen and stored when it was asked for, and the create says *only if there is none*: asked
//! twice, cut off or killed, there is one row. Somebody who is there already is linked instead.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::context::Context;
use super::decide::Setting;
use super::editing::edited;
use super::error::EngineError;
use super::lane::Lane;
use super::merging;
use super::plan::{LinkPlan, Plan, Write, op_field};
use super::slice::{Item, Seen};
use super::stamp;
use crate::model::{Cause, FailureClass, MarketoId, Record, RecordKey, Refusal, Side, Value};
use crate::reconcile::create_fields;
use crate::store::{Link, LinkState, OpField, OpKind};

/// What a person's row cannot do without, though the API would take it: every form demands it, and people know it by it.
const NEEDED: [&str; 1] = ["lastname"];
/// Rows looked at for one address.
const SAME_ADDRESS: u32 = 10;

/// Rows that may be the one a person was asked to be created as, and the account each is to belong to.
#[derive(Debug, Default)]
pub(super) struct Found {
    rows: HashMap<MarketoId, Vec<Record>>,
    /// Those of them that are somebody else's already, or wait for a word on whose they are.
    held: HashMap<MarketoId, Uuid>,
    accounts: HashMap<MarketoId, Uuid>,
    /// People that are stamped with another row of ours: they were made of it, though its link may not know yet.
    made_of: HashSet<MarketoId>,
}

/// Looks for the rows of wanted people: by our stamp, then by e-mail.
pub(super) async fn look_up(
    context: &Context,
    lane: &Lane,
    items: &[Item],
) -> Result<Found, EngineError> {
    let mut found = Found::default();
    for item in items.iter().filter(|item| is_wanted(item)) {
        let (Some(person), Some(link), Seen::Absent) =
            (item.person.record(), &item.link, &item.row)
        else {
            continue;
        };
        let Some(id) = link.marketo else { continue };
        let link = link.id;
        let account = context
            .store
            .read(move |reader| reader.wanted_account(link))
            .await?;
        found.accounts.extend(account.map(|account| (id, account)));
        let mut rows = Vec::new();
        if let Some(row) = stamp::row_of(person) {
            let key = RecordKey::Dynamics(row);
            let held = context
                .store
                .read(move |reader| Ok(reader.links_by_key(&[key])?.remove(&key)))
                .await?;
            let other = |held: &Link| held.id != link && held.state != LinkState::Tombstone;
            found.made_of.extend(held.filter(other).map(|_| id));
            rows = context
                .dynamics
                .read(&lane.table, &lane.columns, &[row])
                .await?;
        }
        let email = person.get("email").as_text().unwrap_or_default().trim();
        if let (true, false, Some(column)) =
            (rows.is_empty(), email.is_empty(), lane.email_column())
        {
            let alike = context
                .dynamics
                .find(&lane.table, &lane.columns, (column, email), SAME_ADDRESS)
                .await?;
            let same = |row: &Record| lane.email_of(row).as_deref() == Some(&email.to_lowercase());
            rows = alike.into_iter().filter(same).collect();
        }
        let keys: Vec<RecordKey> = rows.iter().map(|row| row.key).collect();
        let linked = context
            .store
            .read(move |reader| reader.links_by_key(&keys))
            .await?;
        let free = |row: &Record| {
            let link = linked.get(&row.key);
            link.is_none_or(|link| link.state == LinkState::Tombstone)
        };
        let held = rows.iter().find(|row| !free(row));
        let held = held.and_then(|row| row.key.dynamics());
        found.held.extend(held.map(|row| (id, row)));
        rows.retain(free);
        found.rows.insert(id, rows);
    }
    Ok(found)
}

/// Whether the admin has asked for this item's row.
pub(super) fn is_wanted(item: &Item) -> bool {
    item.link
        .as_ref()
        .is_some_and(|link| link.state == LinkState::Wanted)
}

/// Decides about an item whose row was asked for.
pub(super) fn decide(setting: &Setting<'_>, item: &Item) -> Plan {
    let plan = Plan::nothing(item);
    let person = match &item.person {
        Seen::Here(person) => person,
        Seen::Gone => {
            return Plan {
                link_plan: LinkPlan::Bury,
                ..plan
            };
        }
        _ => {
            return refuse(
                plan,
                "missing",
                FailureClass::Data,
                "the person is not in Marketo",
            );
        }
    };
    if let Seen::Here(row) = &item.row {
        // Created before its answer was lost: what was sent is its base.
        return adopt(setting, item, row, person, None);
    }
    let none = Vec::new();
    let id = person.key.marketo().unwrap_or_default();
    if setting.candidates.wanted.made_of.contains(&id) {
        // The answer to that write was lost when this was asked for.
        return Plan {
            link_plan: LinkPlan::Bury,
            ..plan
        };
    }
    let rows = setting.candidates.wanted.rows.get(&id).unwrap_or(&none);
    let held = setting.candidates.wanted.held.get(&id);
    match (rows.as_slice(), held) {
        ([], Some(row)) => {
            let text = format!(
                "the {} {row} has this address and is linked, or waits for a decision: decide that, or merge the two \
                 people in Marketo",
                setting.lane.entity()
            );
            refuse(plan, "held", FailureClass::Duplicate, &text)
        }
        ([], None) => create(setting, item, person, plan),
        ([row], _) => adopt(setting, item, row, person, row.key.dynamics()),
        (several, _) => {
            let ids: Vec<String> = several.iter().map(|row| row.key.to_string()).collect();
            let text = format!(
                "several rows have this address: {}; link the right one with `syncdeck records link`",
                ids.join(", ")
            );
            refuse(plan, "ambiguous", FailureClass::Duplicate, &text)
        }
    }
}

fn adopt(
    setting: &Setting<'_>,
    item: &Item,
    row: &Record,
    person: &Record,
    dynamics: Option<Uuid>,
) -> Plan {
    let mut plan = Plan::nothing(item);
    plan.link_plan = LinkPlan::Found { dynamics };
    plan.dynamics = dynamics.or(plan.dynamics);
    merging::decide(setting, item, row, person, plan)
}

fn create(setting: &Setting<'_>, item: &Item, person: &Record, mut plan: Plan) -> Plan {
    let lane = setting.lane;
    if !lane.direction().writes(Side::Dynamics) {
        let text = format!(
            "the direction of {} does not allow writing to Dynamics",
            lane.entity()
        );
        return refuse(plan, "direction", FailureClass::Mapping, &text);
    }
    let (person, back) = edited(setting.lane, item, Side::Marketo, person);
    let (writes, refused) = create_fields(&lane.map, lane.direction(), Side::Marketo, &person);
    let lacking: Vec<&str> = NEEDED
        .into_iter()
        .filter(|column| lane.table.column(column).is_some())
        .filter(|column| !writes.iter().any(|write| write.name == *column))
        .collect();
    if let Some(first) = lacking.first() {
        let of_map = |field: &&crate::mapping::CheckedField| field.map.dynamics == **first;
        let field = lane.map.fields.iter().find(of_map);
        let name = field.map_or_else(|| (*first).to_owned(), |field| field.map.name.clone());
        let text = format!(
            "{} has to have a value before a row can be created",
            lacking.join(", ")
        );
        plan.refused = vec![(
            Side::Dynamics,
            name,
            refusal(FailureClass::Data, "required", &text),
        )];
        return plan;
    }
    plan.agreed = empty_on_both(lane, &person);
    let mut fields: Vec<OpField> = writes.into_iter().map(op_field).collect();
    let id = person.key.marketo().unwrap_or_default();
    if let Some(account) = setting.candidates.wanted.accounts.get(&id) {
        let account = Value::Id(*account);
        fields.push(OpField {
            field: String::new(),
            name: "parentcustomerid:account".to_owned(),
            before: Value::Null,
            after: account.clone(),
            canonical: account,
            cause: Cause::Create,
            conflict: None,
        });
    }
    plan.refused = refused
        .into_iter()
        .map(|(field, refusal)| (Side::Dynamics, field, refusal))
        .collect();
    plan.to_dynamics = Some(Write {
        kind: OpKind::Create,
        fields,
    });
    plan.to_marketo = (!back.is_empty()).then_some(Write {
        kind: OpKind::Update,
        fields: back,
    });
    plan
}

/// What is empty here and empty in a new row.
fn empty_on_both(lane: &Lane, person: &Record) -> Vec<(String, Value)> {
    let fields = lane.map.fields.iter().filter_map(|field| {
        let ours = field.canonical(Side::Marketo, person.fields.get(&field.marketo.name)?);
        let theirs = field.canonical(Side::Dynamics, &Value::Null);
        (ours == theirs).then(|| (field.map.name.clone(), ours))
    });
    fields.collect()
}

fn refuse(mut plan: Plan, code: &str, class: FailureClass, text: &str) -> Plan {
    plan.refused = vec![(Side::Dynamics, String::new(), refusal(class, code, text))];
    plan
}

fn refusal(class: FailureClass, code: &str, text: &str) -> Refusal {
    Refusal {
        class,
        code: code.to_owned(),
        message: text.to_owned(),
        request: None,
    }
}
