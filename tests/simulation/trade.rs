//! Accounts and opportunities, edited in Dynamics by people who know nothing of Marketo, and what Marketo must show of
//! them in the end.

use std::sync::Arc;

use fastrand::Rng;
use serde_json::{Map, Value as Json, json};
use syncdeck::model::Entity;
use syncdeck::sandbox::World;
use uuid::Uuid;

use super::cast::Cast;
use super::edit;
use super::estate::Estate;
use crate::engine::harness::Bench;

/// Column of an account, field of its company.
const OF_ACCOUNTS: [(&str, &str); 3] = [
    ("name", "company"),
    ("telephone1", "mainPhone"),
    ("address1_city", "billingCity"),
];
/// One life of so many has trade.
const ONE_IN: u64 = 3;

/// What is sold to whom; drawn by a seed of its own, so that lives without it are not changed by it.
pub struct Trade {
    world: Arc<World>,
    random: Rng,
    accounts: Vec<Uuid>,
    deals: Vec<Uuid>,
    values: u64,
    /// Roles and registrations, in lives that have them.
    pub cast: Option<Cast>,
    /// Owners, scopes and deletes, in lives that have them.
    pub estate: Option<Estate>,
}

impl Trade {
    /// The trade of a life, if it has any.
    pub fn of(seed: u64, world: &Arc<World>) -> Option<Self> {
        let mut random = Rng::with_seed(seed.wrapping_mul(31) ^ 0x7ade);
        (random.u64(..ONE_IN) == 0).then(|| Self {
            world: Arc::clone(world),
            random,
            cast: Cast::of(seed, world),
            estate: Estate::of(seed, world),
            accounts: Vec::new(),
            deals: Vec::new(),
            values: 0,
        })
    }

    fn value(&mut self) -> Json {
        self.values += 1;
        json!(format!("t{}", self.values))
    }

    fn account(&mut self) -> Option<Uuid> {
        let count = self.accounts.len();
        (count > 0).then(|| self.accounts[self.random.usize(..count)])
    }

    /// Now and then somebody does something; `contacts` may change their account. What was done is told.
    pub fn act(&mut self, contacts: &[Uuid]) -> impl Iterator<Item = String> + use<> {
        let cast = self.cast.as_mut();
        let played = cast.and_then(|cast| cast.act(&self.deals, contacts));
        let estate = self.estate.as_mut();
        let ruled = estate.and_then(|one| one.act(&self.accounts, &self.deals, contacts));
        self.trade(contacts).into_iter().chain(played).chain(ruled)
    }

    fn trade(&mut self, contacts: &[Uuid]) -> Option<String> {
        match self.random.u8(..40) {
            0 | 1 => self.open_account(),
            2..=5 => {
                let (account, value) = (self.account()?, self.value());
                let (column, _) = OF_ACCOUNTS[self.random.usize(..OF_ACCOUNTS.len())];
                edit(&self.world, "account", account, (column, value))
            }
            6 | 7 => self.open_deal(),
            8 | 9 => {
                let count = self.deals.len();
                let deal = *self.deals.get(self.random.usize(..count.max(1)))?;
                let value = self.value();
                edit(&self.world, "opportunity", deal, ("name", value))
            }
            10 => {
                let (account, contact) = (self.account()?, contacts.first()?);
                let to = json!(format!("/accounts({account})"));
                edit(
                    &self.world,
                    "contact",
                    *contact,
                    ("parentcustomerid_account@odata.bind", to),
                )
            }
            11 => {
                let count = self.deals.len();
                let deal = *self.deals.get(self.random.usize(..count.max(1)))?;
                self.world.dynamics.delete_row("opportunity", deal).ok()?;
                Some(format!("delete opportunity {deal}"))
            }
            _ => None,
        }
    }

    fn open_account(&mut self) -> Option<String> {
        let name = self.value();
        let values = [("name", name.clone())];
        let row = self.world.dynamics.create_row("account", &values).ok()?;
        self.accounts.push(row);
        Some(format!("account {row} {name}"))
    }

    fn open_deal(&mut self) -> Option<String> {
        let (name, account) = (self.value(), self.account());
        let mut values = vec![("name", name.clone())];
        if let Some(account) = account {
            let to = json!(format!("/accounts({account})"));
            values.push(("customerid_account@odata.bind", to));
        }
        let row = self
            .world
            .dynamics
            .create_row("opportunity", &values)
            .ok()?;
        self.deals.push(row);
        Some(format!("opportunity {row} {name} of {account:?}"))
    }

    /// I1: Marketo shows what Dynamics holds.
    pub async fn check(&self, bench: &Bench) -> Vec<String> {
        let mut found = self.in_step(bench);
        if let Some(cast) = &self.cast {
            let deals: Vec<Uuid> = self
                .deals
                .iter()
                .copied()
                .filter(|deal| self.is_due(*deal))
                .collect();
            found.extend(cast.check(bench, &deals).await);
        }
        found.extend(self.estate.iter().flat_map(|estate| estate.check(bench)));
        found
    }

    /// Whether what Marketo has of an opportunity follows from its row: one that is gone may have been kept.
    fn is_due(&self, deal: Uuid) -> bool {
        let there = self.world.dynamics.row("opportunity", deal).is_some();
        there || !self.keeps(&Entity::OPPORTUNITY)
    }

    fn keeps(&self, entity: &Entity) -> bool {
        self.estate
            .as_ref()
            .is_some_and(|estate| estate.keeps(entity))
    }

    fn in_step(&self, bench: &Bench) -> Vec<String> {
        let failures = bench.failures().into_iter().map(|one| one.dynamics_id);
        // What a rollback made of a record stands until its row changes.
        let conflicts = bench.conflicts().into_iter();
        let rolled = conflicts.filter(|one| one.kind.is_correction());
        let apart = failures.chain(rolled.map(|one| one.dynamics_id));
        let failed: Vec<Uuid> = apart.flatten().collect();
        let mut found = Vec::new();
        let companies = bench.world.marketo.records("companies");
        for account in self.accounts.iter().filter(|row| !failed.contains(row)) {
            let Some(row) = self.world.dynamics.row("account", *account) else {
                continue;
            };
            let there = with(&companies, "externalCompanyId", *account);
            for (column, field) in OF_ACCOUNTS {
                let (ours, theirs) = (row.get(column), there.and_then(|it| it.get(field)));
                let ours = ours.filter(|value| !value.is_null());
                if ours != theirs {
                    found.push(format!(
                        "I1: account {account} {column}: {ours:?} != {theirs:?}"
                    ));
                }
            }
        }
        let deals = bench.world.marketo.records("opportunities");
        for deal in self.deals.iter().filter(|row| !failed.contains(row)) {
            let there = with(&deals, "externalOpportunityId", *deal);
            let Some(row) = self.world.dynamics.row("opportunity", *deal) else {
                if there.is_some() && self.is_due(*deal) {
                    found.push(format!("I1: opportunity {deal} is still there"));
                }
                continue;
            };
            let theirs = there.and_then(|it| it.get("name"));
            if row.get("name") != theirs {
                found.push(format!("I1: opportunity {deal}: {row:?} != {there:?}"));
            }
            let company = there.and_then(|it| it.get("externalCompanyId"));
            let wanted = self.company(&row).map(|account| json!(account));
            if there.is_some() && company != wanted.as_ref() {
                found.push(format!(
                    "I1: opportunity {deal} is of {company:?}, not {wanted:?}"
                ));
            }
        }
        found
    }

    /// The account an opportunity belongs to: its customer, or its customer's.
    fn company(&self, deal: &Map<String, Json>) -> Option<String> {
        let lookup = |row: &Map<String, Json>, column: &str| {
            let id = row.get(column)?.as_str()?;
            Some(id.to_owned())
        };
        let customer = lookup(deal, "_customerid_value")?;
        match self.world.dynamics.row("contact", customer.parse().ok()?) {
            Some(contact) => lookup(&contact, "_parentcustomerid_value"),
            None => Some(customer),
        }
    }
}

pub fn with<'a>(
    records: &'a [Map<String, Json>],
    key: &str,
    row: Uuid,
) -> Option<&'a Map<String, Json>> {
    let row = json!(row.to_string());
    records.iter().find(|record| record.get(key) == Some(&row))
}
