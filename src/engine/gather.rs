//! Reading afresh: nothing is decided on values a feed or the store remembers.
//!
//! A Dynamics row that came with its feed carries its row version, which guards every write to it; everything else is
//! read now, a slice at a time.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use uuid::Uuid;

use super::context::Context;
use super::creating;
use super::error::EngineError;
use super::halves::{Turn, turns};
use super::lane::Lane;
use super::match_rules;
use super::merged_away;
use super::objects;
use super::related;
use super::slice::{Item, Seen, Slice};
use super::stamp;
use crate::model::{MarketoId, Record, RecordKey};
use crate::reconcile::Candidate;
use crate::store::{Dirty, DirtyReason, Link, LinkState};

/// How long a row is put off whose address is being worked on elsewhere.
const OTHERS_NEED: Duration = Duration::from_secs(2);

/// People that may be the same as rows that are not linked yet.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// As they were read.
    pub(super) people: HashMap<MarketoId, Record>,
    /// Found by our stamp, by row.
    pub(super) stamped: HashMap<Uuid, Vec<Candidate>>,
    /// Found by the lane's own match rules, by row.
    pub(super) by_rule: HashMap<Uuid, Vec<Candidate>>,
    /// Found by e-mail, by lower-case address.
    pub(super) by_email: HashMap<String, Vec<Candidate>>,
    /// The links these people have.
    pub(super) links: HashMap<MarketoId, Link>,
    /// What the other halves of rows mean for them, by row.
    pub(super) turns: HashMap<Uuid, Turn>,
    /// Whom linked leads were qualified into, where that is another person.
    pub(super) into: HashMap<Uuid, merged_away::Into>,
    /// Rows that wanted ones may be.
    pub(super) wanted: creating::Found,
}

/// Completes a slice's items and finds the candidates for the unlinked ones.
pub(super) async fn gather(
    context: &Context,
    lane: &Lane,
    slice: &mut Slice,
) -> Result<Candidates, EngineError> {
    let read = read_rows(context, lane, &mut slice.items).await?;
    wait_for_others(context, slice.claim_read(lane, &read)).await?;
    wait_for_others(context, slice.claim_given()).await?;
    let turns = turns(context, lane, slice).await?;
    read_people(context, lane, &mut slice.items).await?;
    objects::resolve(context, lane, &mut slice.items).await?;
    let mut found = find_candidates(context, lane, &slice.items, turns).await?;
    found.into = merged_away::look(context, lane, &slice.items).await?;
    found.wanted = creating::look_up(context, lane, &slice.items).await?;
    Ok(found)
}

/// Reads the rows that did not come with their feed; returns their keys.
pub(super) async fn read_rows(
    context: &Context,
    lane: &Lane,
    items: &mut [Item],
) -> Result<HashSet<RecordKey>, EngineError> {
    let wanted: Vec<Uuid> = items
        .iter()
        .filter(|item| item.row == Seen::Unread)
        .filter_map(|item| item.row_key().and_then(RecordKey::dynamics))
        .collect();
    if wanted.is_empty() {
        dress(context, lane, items).await?;
        return Ok(HashSet::new());
    }
    let read = objects::read(context, lane, &lane.columns, &wanted).await?;
    let mut read: HashMap<RecordKey, Record> = read
        .into_iter()
        .map(|record| (record.key, record))
        .collect();
    for item in items.iter_mut().filter(|item| item.row == Seen::Unread) {
        if let Some(key) = item.row_key() {
            item.row = read.remove(&key).map_or(Seen::Absent, Seen::Here);
        }
    }
    dress(context, lane, items).await?;
    Ok(wanted.into_iter().map(RecordKey::Dynamics).collect())
}

/// Reads afresh what the filter asks the rows that these point to.
async fn dress(context: &Context, lane: &Lane, items: &mut [Item]) -> Result<(), EngineError> {
    let rows = items.iter_mut().filter_map(|item| match &mut item.row {
        Seen::Here(row) => Some(row),
        _ => None,
    });
    let (dynamics, relations) = (&context.dynamics, lane.scope.relations());
    Ok(related::dress(dynamics, relations, rows.collect()).await?)
}

/// Puts rows off for a moment whose address or role another slice is working on.
pub(super) async fn wait_for_others(
    context: &Context,
    blocked: Vec<Dirty>,
) -> Result<(), EngineError> {
    if blocked.is_empty() {
        return Ok(());
    }
    let due = context.clock.after(OTHERS_NEED);
    let later: Vec<Dirty> = blocked
        .into_iter()
        .map(|entry| Dirty {
            due,
            reason: DirtyReason::Settle,
            ..entry
        })
        .collect();
    context
        .store
        .transaction(move |tx| tx.mark_dirty(&later))
        .await?;
    Ok(())
}

async fn read_people(
    context: &Context,
    lane: &Lane,
    items: &mut [Item],
) -> Result<(), EngineError> {
    let wants = |item: &Item| match (&item.person, &item.link) {
        (Seen::Unread, Some(link)) => link.marketo,
        _ => None,
    };
    let wanted: Vec<String> = items
        .iter()
        .filter_map(wants)
        .map(|id| id.to_string())
        .collect();
    let mut read = people(context, lane, "id", &wanted).await?;
    for item in items {
        if let Some(id) = wants(item) {
            item.person = read.remove(&id).map_or(Seen::Absent, Seen::Here);
        }
    }
    Ok(())
}

pub(super) async fn people(
    context: &Context,
    lane: &Lane,
    filter: &str,
    values: &[String],
) -> Result<HashMap<MarketoId, Record>, EngineError> {
    if values.is_empty() {
        return Ok(HashMap::new());
    }
    let read = context
        .marketo
        .people(filter, values, &lane.fields, &lane.person)
        .await?;
    Ok(read
        .into_iter()
        .filter_map(|person| Some((person.key.marketo()?, person)))
        .collect())
}

async fn find_candidates(
    context: &Context,
    lane: &Lane,
    items: &[Item],
    turns: HashMap<Uuid, Turn>,
) -> Result<Candidates, EngineError> {
    let unlinked: Vec<&Record> = items
        .iter()
        .filter(|item| !item.is_linked())
        .filter_map(|item| item.row.record())
        .collect();
    let mut found = Candidates::default();
    if unlinked.is_empty() {
        return Ok(found);
    }
    found.turns = turns;
    let held = items.iter().flat_map(|item| &item.open);
    let held = held.filter(|one| one.kind.is_match());
    let held: Vec<MarketoId> = held.filter_map(|one| one.marketo_id).collect();
    let emails = read_candidates(context, lane, (&unlinked, held), &mut found).await?;
    let ruled = match_rules::ruled(context, lane, &unlinked, &mut found.people).await?;
    found.links = linked_to(context, &found.people).await?;
    let moved = former(context).await?;
    made_up(context, &emails, &mut found);
    for (id, person) in &found.people {
        let candidate = Candidate {
            id: *id,
            stamp: stamp::row_of(person),
            organization: moved.now(stamp::organization_of(person)),
            email: person.get("email").as_text().map(str::to_lowercase),
            // A row that was only asked for is none.
            linked_to: found
                .links
                .get(id)
                .filter(|link| link.state != LinkState::Wanted)
                .and_then(|link| link.dynamics),
        };
        if let Some(row) = candidate.stamp {
            found
                .stamped
                .entry(row)
                .or_default()
                .push(candidate.clone());
        }
        for (row, people) in &ruled {
            if people.contains(id) {
                // Found by other values: an address need not be the same.
                let email = None;
                let one = Candidate {
                    email,
                    ..candidate.clone()
                };
                found.by_rule.entry(*row).or_default().push(one);
            }
        }
        if let Some(email) = candidate.email.clone() {
            found.by_email.entry(email).or_default().push(candidate);
        }
    }
    Ok(found)
}

/// Reads whoever may be one of these rows: by our stamp, by e-mail, by a link or a question that names them. The addresses asked for.
async fn read_candidates(
    context: &Context,
    lane: &Lane,
    (unlinked, held): (&[&Record], Vec<MarketoId>),
    found: &mut Candidates,
) -> Result<Vec<String>, EngineError> {
    let mut rows: Vec<String> = unlinked.iter().map(|row| row.key.to_string()).collect();
    let leads = found.turns.values().filter_map(Turn::stamp);
    rows.extend(leads.map(|lead| lead.to_string()));
    if lane.fields.iter().any(|name| name == stamp::DYNAMICS_ID) {
        found.people = people(context, lane, stamp::DYNAMICS_ID, &rows).await?;
    }
    let turned = found.turns.values().filter_map(Turn::person).chain(held);
    let turned: Vec<String> = turned
        .filter(|id| *id > 0)
        .map(|id| id.to_string())
        .collect();
    found
        .people
        .extend(people(context, lane, "id", &turned).await?);
    // A comma separates values in a filter, and Marketo stores ASCII addresses only: others cannot be asked for.
    let mut emails: Vec<String> = unlinked
        .iter()
        .filter_map(|row| lane.email_of(row))
        .filter(|email| email.is_ascii() && !email.contains(','))
        .collect();
    emails.sort_unstable();
    emails.dedup();
    found
        .people
        .extend(people(context, lane, "email", &emails).await?);
    Ok(emails)
}

/// The organisation the state belongs to, and those it belonged to before it was bound anew.
struct Former {
    now: Option<Uuid>,
    before: Vec<Uuid>,
}

impl Former {
    /// A stamp of a former organisation counts as one of today's.
    fn now(&self, stamped: Option<Uuid>) -> Option<Uuid> {
        match stamped {
            Some(one) if self.before.contains(&one) => self.now,
            other => other,
        }
    }
}

async fn former(context: &Context) -> Result<Former, EngineError> {
    let (binding, before) = context
        .store
        .read(|reader| Ok((reader.binding()?, reader.former_organizations()?)))
        .await?;
    let id = |text: &String| text.parse().ok();
    Ok(Former {
        now: binding
            .as_ref()
            .and_then(|binding| id(&binding.organization)),
        before: before.iter().filter_map(id).collect(),
    })
}

/// People that would be there by now, had the preview written them.
fn made_up(context: &Context, emails: &[String], found: &mut Candidates) {
    let Some(dry) = &context.dry else { return };
    for email in emails {
        let Some((id, row)) = dry.made(email) else {
            continue;
        };
        let made = Candidate {
            id,
            stamp: Some(row),
            organization: None,
            email: Some(email.clone()),
            linked_to: Some(row),
        };
        found.by_email.entry(email.clone()).or_default().push(made);
    }
}

/// How the store links these people.
async fn linked_to(
    context: &Context,
    people: &HashMap<MarketoId, Record>,
) -> Result<HashMap<MarketoId, Link>, EngineError> {
    let keys: Vec<RecordKey> = people.keys().copied().map(RecordKey::Marketo).collect();
    let links = context
        .store
        .read(move |reader| reader.links_by_key(&keys))
        .await?;
    let known = links.into_iter();
    Ok(known
        .filter_map(|(key, link)| Some((key.marketo()?, link)))
        .collect())
}
