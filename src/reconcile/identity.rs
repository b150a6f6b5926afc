//! Which Marketo person, if any, is the one a Dynamics row stands for. Never guesses.

use uuid::Uuid;

use crate::model::MarketoId;

/// A person a look-up found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The person.
    pub id: MarketoId,
    /// The row GUID it is stamped with.
    pub stamp: Option<Uuid>,
    /// The Dynamics organisation it is stamped with.
    pub organization: Option<Uuid>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// The Dynamics row it is already linked to.
    pub linked_to: Option<Uuid>,
}

/// Who a row is in Marketo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// Stamped with this row's GUID and our organisation, or already linked to it.
    Linked(MarketoId),
    /// The only person with this e-mail address, linked and stamped to nobody.
    ByEmail(MarketoId),
    /// The person belongs to another row already, by its link or by its stamp.
    TwoRows {
        /// The person.
        person: MarketoId,
        /// The row that has it.
        row: Uuid,
    },
    /// Nobody.
    None,
    /// Several: held for the admin.
    Ambiguous(Vec<MarketoId>),
    /// Stamped by another organisation: an instance copy, a sandbox refresh or a wrong address.
    Foreign(MarketoId),
}

/// Finds the person `row` stands for among those found by its stamp and by its e-mail address. A stamp of ours beats
/// any e-mail address; an address matches only a person nobody else claims.
pub fn match_person(
    row: Uuid,
    email: Option<&str>,
    organization: Uuid,
    stamped: &[Candidate],
    by_email: &[Candidate],
) -> Match {
    let mine: Vec<&Candidate> = stamped
        .iter()
        .filter(|one| one.stamp == Some(row))
        .collect();
    let own: Vec<MarketoId> = mine
        .iter()
        .filter(|one| one.organization == Some(organization))
        .filter(|one| one.linked_to.is_none_or(|linked| linked == row))
        .map(|one| one.id)
        .collect();
    match distinct(own).as_slice() {
        [id] => return Match::Linked(*id),
        [] => {}
        several => return Match::Ambiguous(several.to_vec()),
    }
    if let Some(foreign) = mine.iter().find(|one| is_foreign(one, organization)) {
        return Match::Foreign(foreign.id);
    }
    if let [one] = mine.as_slice()
        && let Some(held) = of_another(one, row)
    {
        return held;
    }
    if !mine.is_empty() {
        return Match::Ambiguous(distinct(mine.iter().map(|one| one.id).collect()));
    }
    match email.map(str::trim) {
        Some(email) if !email.is_empty() => by_address(row, email, organization, by_email),
        _ => Match::None,
    }
}

fn by_address(row: Uuid, email: &str, organization: Uuid, found: &[Candidate]) -> Match {
    let same = |one: &&Candidate| match &one.email {
        Some(address) => address.trim().eq_ignore_ascii_case(email),
        None => true,
    };
    let found: Vec<&Candidate> = found.iter().filter(same).collect();
    let linked = found.iter().find(|one| one.linked_to == Some(row));
    if let Some(linked) = linked {
        return Match::Linked(linked.id);
    }
    let ids = distinct(found.iter().map(|one| one.id).collect());
    match (ids.as_slice(), found.first()) {
        ([], _) | (_, None) => Match::None,
        ([id], Some(one)) if is_foreign(one, organization) => Match::Foreign(*id),
        ([id], Some(one)) if one.linked_to.is_none() && one.stamp.is_none() => Match::ByEmail(*id),
        ([_], Some(one)) => of_another(one, row).unwrap_or(Match::Ambiguous(ids)),
        _ => Match::Ambiguous(ids),
    }
}

/// A person that another row has.
fn of_another(one: &Candidate, row: Uuid) -> Option<Match> {
    let held = one.linked_to.or(one.stamp).filter(|held| *held != row)?;
    Some(Match::TwoRows {
        person: one.id,
        row: held,
    })
}

fn is_foreign(one: &Candidate, organization: Uuid) -> bool {
    one.stamp.is_some()
        && one
            .organization
            .is_some_and(|theirs| theirs != organization)
}

fn distinct(mut ids: Vec<MarketoId>) -> Vec<MarketoId> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
