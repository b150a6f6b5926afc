//! Opportunities that belong to nobody in Marketo: without a role no person has them, and nothing is attributed to them.

use uuid::Uuid;

use super::objects;
use crate::model::{Entity, LinkId, RecordKey};
use crate::store::{Link, LinkState, Reader, StoreError};

/// Opportunities looked at in one go.
const PAGE: usize = 500;

/// One opportunity without a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// Its row.
    pub dynamics_id: Uuid,
    /// Its name, as far as it is mapped.
    pub label: String,
    /// Why nobody has a role in it.
    pub reason: &'static str,
}

/// The opportunities without a role among the next ones behind `after`, and where to go on; none at the end.
pub fn orphan_opportunities(
    reader: &Reader<'_>,
    after: Option<LinkId>,
) -> Result<(Vec<Orphan>, Option<LinkId>), StoreError> {
    let links = reader.links_page(&Entity::OPPORTUNITY, after, PAGE)?;
    let next = links.last().filter(|_| links.len() == PAGE);
    let next = next.map(|link| link.id);
    let there: Vec<Link> = links.into_iter().filter(objects::is_there).collect();
    let ids: Vec<LinkId> = there.iter().map(|link| link.id).collect();
    let bases = reader.bases(&ids)?;
    let mut found = Vec::new();
    for link in there {
        let base = bases.get(&link.id);
        let Some(row) = link.dynamics.filter(|_| !base.is_some_and(objects::is_out)) else {
            continue;
        };
        if objects::has_role(reader, row)? {
            continue;
        }
        let name = base.and_then(|base| base.get("name"));
        found.push(Orphan {
            dynamics_id: row,
            label: name.map(ToString::to_string).unwrap_or_default(),
            reason: reason(reader, row)?,
        });
    }
    Ok((found, next))
}

fn reason(reader: &Reader<'_>, opportunity: Uuid) -> Result<&'static str, StoreError> {
    let mut keys: Vec<RecordKey> = Vec::new();
    for entity in Entity::ROLES {
        keys.extend(reader.dependants(opportunity, &entity)?);
    }
    let links = reader.links_by_key(&keys)?;
    let waits = |key: &RecordKey| {
        let link = links.get(key);
        link.is_none_or(|link| link.state == LinkState::Frozen)
    };
    Ok(if keys.iter().any(waits) {
        "its roles are not in Marketo: their contacts are not there or out of scope (`syncdeck failures list`)"
    } else {
        "no contact is known to be its customer or one of its stakeholders"
    })
}
