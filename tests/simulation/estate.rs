//! Who owns what, which accounts and opportunities are in scope, and what follows when they are deleted.
//!
//! People give records to other users and teams and delete accounts; the admin sets filters that take along whoever
//! belongs to an account, what a delete means, who owns what has no owner. In the end every record in Marketo has the
//! owner its row has, and what Dynamics has deleted is gone or kept, as the rules of this life allow.

use std::collections::HashSet;
use std::sync::Arc;

use fastrand::Rng;
use serde_json::{Value as Json, json};
use syncdeck::model::{
    DeletePolicy, Direction, Entity, Filter, LeavePolicy, Policy, RuleChange, Side,
};
use syncdeck::sandbox::World;
use syncdeck::store::LinkState;
use uuid::Uuid;

use super::edit;
use super::trade::with;
use crate::engine::harness::Bench;

/// What the admin's rules are about.
const RULED: [Entity; 2] = [Entity::ACCOUNT, Entity::OPPORTUNITY];
const ROLES: [Entity; 2] = [Entity::ROLE, Entity::CUSTOMER_ROLE];
const OWNED: [Entity; 4] = [
    Entity::LEAD,
    Entity::CONTACT,
    Entity::ACCOUNT,
    Entity::OPPORTUNITY,
];
/// Rows that come and go with every edit of their name.
const FILTER: &str = "name == null || !name.endsWith('3')";
const OWNER: &str = "externalSalesPersonId";

/// Owners, scopes and deletes in a life; drawn by a seed of its own, so that other lives are not changed by it.
pub struct Estate {
    world: Arc<World>,
    random: Rng,
    /// Entities whose deleted rows were not always to be deleted in Marketo, too.
    keeps: HashSet<Entity>,
    /// Teams are not kept in step at first: whoever belongs to one has no owner in Marketo, or another one.
    begins_without_teams: bool,
}

impl Estate {
    /// The estate of a life with trade, if it has any.
    pub fn of(seed: u64, world: &Arc<World>) -> Option<Self> {
        let mut random = Rng::with_seed(seed.wrapping_mul(977) ^ 0xe57a);
        random.bool().then(|| Self {
            world: Arc::clone(world),
            begins_without_teams: random.bool(),
            random,
            // Accounts are kept unless the admin says otherwise.
            keeps: HashSet::from([Entity::ACCOUNT]),
        })
    }

    fn any(&mut self, rows: &[Uuid]) -> Option<Uuid> {
        let count = rows.len();
        (count > 0).then(|| rows[self.random.usize(..count)])
    }

    fn owner(&mut self) -> Option<(&'static str, Uuid)> {
        let (table, set) =
            [("systemuser", "systemusers"), ("team", "teams")][self.random.usize(..2)];
        let row = self.world.dynamics.random_row(table, &mut self.random)?;
        Some((set, row))
    }

    /// Now and then somebody does something; what was done is told.
    pub fn act(&mut self, accounts: &[Uuid], deals: &[Uuid], people: &[Uuid]) -> Option<String> {
        let (table, rows) = match self.random.u8(..40) {
            0 => ("account", accounts),
            1 => ("opportunity", deals),
            2 => ("contact", people),
            3 => {
                let account = self.any(accounts)?;
                self.world.dynamics.delete_row("account", account).ok()?;
                return Some(format!("delete account {account}"));
            }
            _ => return None,
        };
        let (row, (set, owner)) = (self.any(rows)?, self.owner()?);
        let to = json!(format!("/{set}({owner})"));
        edit(&self.world, table, row, ("ownerid@odata.bind", to))
    }

    /// What the admin sets now, if anything.
    pub fn rule(&mut self) -> Option<(Entity, RuleChange)> {
        let entity = RULED[self.random.usize(..2)].clone();
        match self.random.u8(..12) {
            0 | 1 => {
                let policy = DeletePolicy::ALL[self.random.usize(..5)];
                if policy != DeletePolicy::Delete {
                    self.keeps.insert(entity.clone());
                }
                let side = Side::Dynamics;
                Some((entity, RuleChange::Delete { side, policy }))
            }
            2 => {
                let leave = LeavePolicy::ALL[self.random.usize(..3)];
                let roles = self.random.bool();
                let entity = if roles {
                    ROLES[self.random.usize(..2)].clone()
                } else {
                    entity
                };
                Some((entity, RuleChange::Leave(leave)))
            }
            3 | 4 => {
                let wanted = self.random.u8(..3) > 0;
                let filter = Filter {
                    expression: wanted.then(|| FILTER.to_owned()),
                    cascade: wanted && entity == Entity::ACCOUNT && self.random.bool(),
                    ..Filter::default()
                };
                Some((entity, RuleChange::Filter(filter)))
            }
            5..=7 => {
                let owner = self.owner().filter(|_| self.random.bool());
                let entity = OWNED[self.random.usize(..4)].clone();
                Some((entity, RuleChange::OwnerFallback(owner.map(|(_, row)| row))))
            }
            _ => None,
        }
    }

    /// Whether teams are to be kept in step, where the admin changes that now.
    pub fn teams(&mut self) -> Option<Direction> {
        if std::mem::take(&mut self.begins_without_teams) {
            return Some(Direction::Off);
        }
        let ways = [Direction::Off, Direction::ToMarketo];
        (self.random.u8(..8) == 0).then(|| ways[self.random.usize(..2)])
    }

    /// Whether a deleted row of the entity may have been kept in Marketo.
    pub fn keeps(&self, entity: &Entity) -> bool {
        self.keeps.contains(entity)
    }

    /// I1: whoever owns a row owns its record; what is gone is linked with nothing.
    pub fn check(&self, bench: &Bench) -> Vec<String> {
        let told = apart(bench);
        let mut found = Vec::new();
        for link in bench.links_of(&OWNED) {
            let Some(row) = link.dynamics.filter(|row| !told.contains(row)) else {
                continue;
            };
            let table = link.entity.name();
            let Some(held) = self.world.dynamics.row(table, row) else {
                if link.state != LinkState::Tombstone {
                    found.push(format!(
                        "I1: {table} {row} is gone, its link is not: {link:?}"
                    ));
                }
                continue;
            };
            if link.state == LinkState::Tombstone {
                continue;
            }
            let there = match table {
                "account" => of(bench, "companies", "externalCompanyId", row),
                "opportunity" => of(bench, "opportunities", "externalOpportunityId", row),
                _ => link.marketo.and_then(|id| self.world.marketo.person(id)),
            };
            let Some(there) = there else { continue };
            let (owner, shown) = (held.get("_ownerid_value"), there.get(OWNER));
            if owner != shown {
                found.push(format!(
                    "I1: {table} {row} is owned by {owner:?}, not {shown:?}"
                ));
            }
        }
        found
    }
}

fn of(bench: &Bench, objects: &str, key: &str, row: Uuid) -> Option<serde_json::Map<String, Json>> {
    with(&bench.world.marketo.records(objects), key, row).cloned()
}

/// Rows of which something is said: a failure, a question, what a rollback made of them.
fn apart(bench: &Bench) -> HashSet<Uuid> {
    let failures = bench.failures().into_iter().map(|one| one.dynamics_id);
    let conflicts = bench.conflicts().into_iter();
    let whole = conflicts
        .filter(|one| (one.status.is_open() && one.field.is_empty()) || one.kind.is_correction());
    failures
        .chain(whole.map(|one| one.dynamics_id))
        .flatten()
        .collect()
}

/// Everything of this is taken back: the rules about scope and owners are those of a new profile.
pub fn repeal(bench: &Bench) {
    for entity in RULED {
        if bench.settings(&entity).rules.filter != Filter::default() {
            bench.rule(&entity, RuleChange::Filter(Filter::default()));
        }
    }
    for entity in OWNED {
        bench.rule(&entity, RuleChange::OwnerFallback(None));
    }
    bench.set(Entity::TEAM, Direction::ToMarketo, Policy::Dynamics);
}
