//! Rows every organisation has: itself, its unit and currency, users, teams, connection roles.

use rust_decimal::Decimal;
use uuid::Uuid;

use super::auth::CLIENT_ID;
use super::cell::{Cell, Owned};
use super::data::Data;
use super::derive::BUSINESS_UNIT;
use super::functions::ORGANISATION;
use super::humans::{APPLICATION_USER, HUMANS, human};
use super::sheet::Sheet;

/// The organisation's currency.
pub const CURRENCY: Uuid = Uuid::from_u128(0x2f6c_11d0_8d3e_4b4b_9c4a_7a10_5ce1_0200);

const TEAMS: [&str; 3] = ["Enterprise Sales", "Inside Sales", "Events"];

/// What a stakeholder of an opportunity can be.
pub const ROLES: [&str; 3] = ["Stakeholder", "Decision Maker", "Influencer"];

/// Adds rows with given ids, created at one time.
struct Standing<'a> {
    data: &'a mut Data,
    at: i64,
}

/// Adds all standing rows, created at `at` (seconds since 1970).
pub fn add(data: &mut Data, at: i64) {
    let mut standing = Standing { data, at };
    standing.organisation();
    standing.users();
    standing.teams();
    for (at, name) in ROLES.iter().enumerate() {
        standing.row("connectionrole", role(at), |row| {
            row.text("name", name).int("category", 1000).active();
        });
    }
}

/// The id of a connection role, by its place among [`ROLES`].
pub fn role(at: usize) -> Uuid {
    Uuid::from_u128(0x401e_0000_0000_4000_8000_0000_0000_0000 + at as u128)
}

fn team(at: usize) -> Uuid {
    Uuid::from_u128(0x7ea3_0000_0000_4000_8000_0000_0000_0000 + at as u128)
}

/// The Entra object behind a user.
fn object_of(user: Uuid) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, user.as_bytes())
}

impl Standing<'_> {
    fn row(&mut self, table: &str, id: Uuid, fill: impl FnOnce(&mut Sheet)) {
        let schema = self.data.schema.clone();
        if let Some(table) = schema.by_name(table) {
            let mut sheet = Sheet::new(table);
            fill(&mut sheet);
            self.data.insert(table.number, id, &sheet.finish(), self.at);
        }
    }

    fn link(&self, table: &str, id: Uuid) -> Owned {
        self.data
            .schema
            .by_name(table)
            .map_or(Cell::Null, |table| Cell::Link(table.number, id))
    }

    fn organisation(&mut self) {
        let currency = self.link("transactioncurrency", CURRENCY);
        self.row("organization", ORGANISATION, |row| {
            row.text("name", "Contoso")
                .int("languagecode", 1033)
                .int("localeid", 1033);
            row.int("expirechangetrackingindays", 7)
                .flag("isduplicatedetectionenabled", true);
            row.text("schemanameprefix", "new")
                .put("basecurrencyid", currency);
        });
        self.row("businessunit", BUSINESS_UNIT, |row| {
            row.text("name", "Contoso").flag("isdisabled", false);
        });
        self.row("transactioncurrency", CURRENCY, |row| {
            row.text("currencyname", "US Dollar")
                .text("isocurrencycode", "USD");
            row.text("currencysymbol", "$")
                .int("currencyprecision", 2)
                .active();
            row.put(
                "exchangerate",
                Cell::Number(Decimal::new(10_000_000_000, 10)),
            );
        });
    }

    fn users(&mut self) {
        let unit = self.link("businessunit", BUSINESS_UNIT);
        self.row("systemuser", APPLICATION_USER, |row| {
            let application = Uuid::parse_str(CLIENT_ID).unwrap_or_default();
            row.text("firstname", "#")
                .text("lastname", "syncdeck")
                .int("accessmode", 4);
            row.flag("isdisabled", false).flag("islicensed", false);
            row.put("applicationid", Cell::Guid(application))
                .put("businessunitid", unit.clone());
            row.put(
                "azureactivedirectoryobjectid",
                Cell::Guid(object_of(APPLICATION_USER)),
            );
        });
        for (at, (first, last, title)) in HUMANS.iter().enumerate() {
            let name = first.to_lowercase().replace('é', "e");
            let email = format!("{name}.{}@contoso.example", last.to_lowercase());
            self.row("systemuser", human(at), |row| {
                row.text("firstname", first)
                    .text("lastname", last)
                    .text("title", title);
                row.text("internalemailaddress", &email)
                    .text("domainname", &email);
                row.text("address1_telephone1", &format!("+1 425 555 01{at:02}"));
                row.flag("isdisabled", false)
                    .flag("islicensed", true)
                    .int("accessmode", 0);
                row.put("businessunitid", unit.clone());
                row.put(
                    "azureactivedirectoryobjectid",
                    Cell::Guid(object_of(human(at))),
                );
            });
        }
    }

    fn teams(&mut self) {
        let unit = self.link("businessunit", BUSINESS_UNIT);
        for (at, name) in TEAMS.iter().enumerate() {
            self.row("team", team(at), |row| {
                row.text("name", name)
                    .int("teamtype", 0)
                    .flag("isdefault", false);
                row.text("emailaddress", &format!("team{at}@contoso.example"));
                row.put("businessunitid", unit.clone());
            });
            for member in (0..HUMANS.len()).filter(|member| member % TEAMS.len() == at) {
                let id = Uuid::from_u128(team(at).as_u128() + 0x1000 + member as u128);
                self.row("teammembership", id, |row| {
                    row.put("teamid", Cell::Guid(team(at)));
                    row.put("systemuserid", Cell::Guid(human(member)));
                });
            }
        }
    }
}
