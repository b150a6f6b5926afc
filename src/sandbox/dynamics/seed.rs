//! Who is in the organisation before anybody calls: standing rows, companies, leads, contacts.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use super::Organisation;
use super::auth::CLIENT_ID;
use super::cell::{Cell, Owned};
use super::data::Data;
use super::derive::BUSINESS_UNIT;
use super::functions::ORGANISATION;
use super::humans::{APPLICATION_USER, HUMANS, human};
use super::schema::Table;
use crate::sandbox::people::{Company, Person, companies, company_count, people_of};

/// The organisation's currency.
const CURRENCY: Uuid = Uuid::from_u128(0x2f6c_11d0_8d3e_4b4b_9c4a_7a10_5ce1_0200);

/// How far back rows were created, in seconds: two years.
const PAST: i64 = 2 * 365 * 86_400;

/// Opportunities, registrations, sites: one for so many people.
const PER_EXTRA: usize = 20;

/// A row being filled by column names.
struct Sheet<'a> {
    table: &'a Table,
    cells: Vec<(u16, Owned)>,
}

impl<'a> Sheet<'a> {
    fn new(table: &'a Table) -> Self {
        Self {
            table,
            cells: Vec::with_capacity(24),
        }
    }

    fn put(&mut self, name: &str, cell: Owned) -> &mut Self {
        if let Some(at) = self.table.find(name).filter(|_| !cell.is_null()) {
            self.cells.push((at, cell));
        }
        self
    }

    fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.put(
            name,
            if text.is_empty() {
                Cell::Null
            } else {
                Cell::Text(Cow::Owned(text.into()))
            },
        )
    }

    fn maybe(&mut self, name: &str, text: Option<&String>) -> &mut Self {
        self.text(name, text.map_or("", String::as_str))
    }

    fn finish(mut self) -> Vec<(u16, Owned)> {
        self.cells.sort_unstable_by_key(|(at, _)| *at);
        self.cells
    }
}

/// Rows every organisation has: itself, its unit, currency, users, teams, connection roles.
pub fn standing_rows(data: &mut Data, now: i64) {
    let schema = data.schema.clone();
    let number = |name: &str| schema.by_name(name).map_or(0, |table| table.number);
    let mut add = |name: &str, id: Uuid, fill: &dyn Fn(&mut Sheet)| {
        if let Some(table) = schema.by_name(name) {
            let mut sheet = Sheet::new(table);
            fill(&mut sheet);
            data.insert(table.number, id, &sheet.finish(), now - PAST);
        }
    };
    add("organization", ORGANISATION, &|row| {
        row.text("name", "Contoso")
            .put("languagecode", Cell::Int(1033));
        row.put("localeid", Cell::Int(1033))
            .put("expirechangetrackingindays", Cell::Int(7));
        row.put("isduplicatedetectionenabled", Cell::Bool(true))
            .text("schemanameprefix", "new");
        row.put(
            "basecurrencyid",
            Cell::Link(number("transactioncurrency"), CURRENCY),
        );
    });
    add("businessunit", BUSINESS_UNIT, &|row| {
        row.text("name", "Contoso")
            .put("isdisabled", Cell::Bool(false));
    });
    add("transactioncurrency", CURRENCY, &|row| {
        row.text("currencyname", "US Dollar")
            .text("isocurrencycode", "USD");
        row.text("currencysymbol", "$")
            .put("currencyprecision", Cell::Int(2));
        row.put(
            "exchangerate",
            Cell::Number(Decimal::new(10_000_000_000, 10)),
        );
        row.put("statecode", Cell::Int(0))
            .put("statuscode", Cell::Int(1));
    });
    let unit = Cell::Link(number("businessunit"), BUSINESS_UNIT);
    add("systemuser", APPLICATION_USER, &|row| {
        row.text("firstname", "#")
            .text("lastname", "syncdeck")
            .put("accessmode", Cell::Int(4));
        row.put("isdisabled", Cell::Bool(false))
            .put("islicensed", Cell::Bool(false));
        let application = Uuid::parse_str(CLIENT_ID).unwrap_or_default();
        row.put("applicationid", Cell::Guid(application))
            .put("businessunitid", unit.clone());
        row.put(
            "azureactivedirectoryobjectid",
            Cell::Guid(object_of(APPLICATION_USER)),
        );
    });
    for (at, (first, last, title)) in HUMANS.iter().enumerate() {
        add("systemuser", human(at), &|row| {
            let email = format!(
                "{}.{}@contoso.example",
                first.to_lowercase().replace('é', "e"),
                last.to_lowercase()
            );
            row.text("firstname", first)
                .text("lastname", last)
                .text("title", title);
            row.text("internalemailaddress", &email)
                .text("domainname", &email);
            row.text("address1_telephone1", &format!("+1 425 555 01{at:02}"));
            row.put("isdisabled", Cell::Bool(false))
                .put("islicensed", Cell::Bool(true));
            row.put("accessmode", Cell::Int(0))
                .put("businessunitid", unit.clone());
            row.put(
                "azureactivedirectoryobjectid",
                Cell::Guid(object_of(human(at))),
            );
        });
    }
    for (at, name) in TEAMS.iter().enumerate() {
        add("team", team(at), &|row| {
            row.text("name", name)
                .put("teamtype", Cell::Int(0))
                .put("businessunitid", unit.clone());
            row.text("emailaddress", &format!("team{at}@contoso.example"));
            row.put("isdefault", Cell::Bool(false));
        });
        for member in (0..HUMANS.len()).filter(|member| member % TEAMS.len() == at) {
            let id = Uuid::from_u128(team(at).as_u128() + 0x1000 + member as u128);
            add("teammembership", id, &|row| {
                row.put("teamid", Cell::Guid(team(at)));
                row.put("systemuserid", Cell::Guid(human(member)));
            });
        }
    }
    for (at, name) in ROLES.iter().enumerate() {
        add("connectionrole", role(at), &|row| {
            row.text("name", name).put("category", Cell::Int(1000));
            row.put("statecode", Cell::Int(0))
                .put("statuscode", Cell::Int(1));
        });
    }
}

const TEAMS: [&str; 3] = ["Enterprise Sales", "Inside Sales", "Events"];
const ROLES: [&str; 3] = ["Stakeholder", "Decision Maker", "Influencer"];

fn team(at: usize) -> Uuid {
    Uuid::from_u128(0x7ea3_0000_0000_4000_8000_0000_0000_0000 + at as u128)
}

fn role(at: usize) -> Uuid {
    Uuid::from_u128(0x401e_0000_0000_4000_8000_0000_0000_0000 + at as u128)
}

/// The Entra object behind a user.
fn object_of(user: Uuid) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, user.as_bytes())
}

/// Fills the organisation with `count` people, about 60 leads to 40 contacts, and what goes with
/// them; the same for the same seed.
pub fn populate(org: &Organisation, count: usize, seed: u64) -> Result<(), String> {
    let companies_wanted = company_count(count);
    {
        let mut data = org.write();
        let now = org.clock.now().timestamp();
        let mut seeder = Seeder {
            data: &mut data,
            now,
            random: fastrand::Rng::with_seed(seed ^ 0x5eed),
        };
        let accounts: Vec<Uuid> = companies(companies_wanted)
            .map(|company| seeder.account(&company))
            .collect();
        for (number, person) in people_of(seed, companies_wanted).take(count).enumerate() {
            if number % 5 < 3 {
                seeder.lead(&person);
            } else {
                let account = accounts.get(person.company_number).copied();
                seeder.contact(&person, account);
            }
        }
    }
    extras(org, count / PER_EXTRA, seed)
}

struct Seeder<'a> {
    data: &'a mut Data,
    now: i64,
    random: fastrand::Rng,
}

impl Seeder<'_> {
    fn add(&mut self, table: &str, fill: impl FnOnce(&mut Sheet, &mut fastrand::Rng)) -> Uuid {
        let schema = self.data.schema.clone();
        let id = self.data.new_id();
        let Some(table) = schema.by_name(table) else {
            return id;
        };
        let users = schema.by_name("systemuser").map_or(0, |table| table.number);
        let author = Cell::Link(users, human(self.random.usize(..HUMANS.len())));
        let mut sheet = Sheet::new(table);
        fill(&mut sheet, &mut self.random);
        sheet
            .put("createdby", author.clone())
            .put("modifiedby", author.clone());
        sheet.put("ownerid", author);
        let at = self.now - self.random.i64(3600..PAST);
        self.data.insert(table.number, id, &sheet.finish(), at);
        id
    }

    fn account(&mut self, company: &Company) -> Uuid {
        let currency = self.currency();
        self.add("account", |row, random| {
            row.text("name", &company.name)
                .text("telephone1", &company.phone);
            row.text("accountnumber", &format!("AC{:06}", company.number));
            row.text("websiteurl", &format!("https://www.{}", company.domain));
            row.text("address1_city", &company.city)
                .text("address1_country", &company.country);
            row.text("address1_stateorprovince", &company.state);
            row.text("address1_postalcode", &company.postal_code);
            row.put("numberofemployees", Cell::Int(company.employees));
            row.put(
                "revenue",
                Cell::Number(Decimal::new(company.revenue * 100, 2)),
            );
            row.put(
                "industrycode",
                Cell::Int([1, 5, 7, 15, 19, 29][random.usize(..6)]),
            );
            row.put("businesstypecode", Cell::Int(1))
                .put("transactioncurrencyid", currency);
            row.put("statecode", Cell::Int(0))
                .put("statuscode", Cell::Int(1));
        })
    }

    fn currency(&self) -> Owned {
        let table = self.data.schema.by_name("transactioncurrency");
        table.map_or(Cell::Null, |table| Cell::Link(table.number, CURRENCY))
    }

    fn lead(&mut self, person: &Person) {
        let currency = self.currency();
        self.add("lead", |row, random| {
            human_columns(row, person);
            row.text("subject", &person.topic)
                .text("companyname", &person.company);
            row.put("leadsourcecode", Cell::Int(random.i32(1..=10)));
            row.put("leadqualitycode", Cell::Int(random.i32(1..=3)));
            let worked = random.u8(..100);
            let (state, status) = match worked {
                0..60 => (0, 1),
                60..90 => (0, 2),
                _ => (2, 4),
            };
            row.put("statecode", Cell::Int(state))
                .put("statuscode", Cell::Int(status));
            if worked % 4 == 0 {
                row.put(
                    "revenue",
                    Cell::Number(Decimal::new(random.i64(1..900) * 1_000_000, 2)),
                );
                row.put("transactioncurrencyid", currency);
            }
        });
    }

    fn contact(&mut self, person: &Person, account: Option<Uuid>) {
        let accounts = self
            .data
            .schema
            .by_name("account")
            .map_or(0, |table| table.number);
        self.add("contact", |row, random| {
            human_columns(row, person);
            row.put(
                "parentcustomerid",
                account.map_or(Cell::Null, |id| Cell::Link(accounts, id)),
            );
            row.put("statecode", Cell::Int(0))
                .put("statuscode", Cell::Int(1));
            if random.u8(..10) == 0 {
                row.put("birthdate", Cell::Date(random.i32(-3650..11_000)));
            }
        });
    }
}

fn human_columns(row: &mut Sheet, person: &Person) {
    row.maybe("salutation", person.salutation.as_ref());
    row.text("firstname", &person.first_name)
        .text("lastname", &person.last_name);
    row.maybe("emailaddress1", person.email.as_ref())
        .maybe("telephone1", person.phone.as_ref());
    row.maybe("mobilephone", person.mobile.as_ref())
        .text("jobtitle", &person.title);
    row.text("address1_line1", &person.street)
        .text("address1_city", &person.city);
    row.text("address1_stateorprovince", &person.state);
    row.text("address1_postalcode", &person.postal_code);
    row.text("address1_country", &person.country);
    row.put("donotbulkemail", Cell::Bool(person.opted_out));
    row.put("donotemail", Cell::Bool(false))
        .put("donotphone", Cell::Bool(false));
    row.put("preferredcontactmethodcode", Cell::Int(1));
}

/// Opportunities with stakeholders, registrations of contacts, sites and assets of accounts.
fn extras(org: &Organisation, count: usize, seed: u64) -> Result<(), String> {
    let mut random = fastrand::Rng::with_seed(seed ^ 0xe47a);
    for number in 0..count {
        let contact = org.random_row("contact", &mut random);
        let account = org.random_row("account", &mut random);
        let (Some(contact), Some(account)) = (contact, account) else {
            return Ok(());
        };
        let customer = if number % 2 == 0 {
            (
                "customerid_contact@odata.bind",
                json!(format!("/contacts({contact})")),
            )
        } else {
            (
                "customerid_account@odata.bind",
                json!(format!("/accounts({account})")),
            )
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
                    json!(format!("/opportunities({opportunity})")),
                ),
                (
                    "record2id_contact@odata.bind",
                    json!(format!("/contacts({contact})")),
                ),
                (
                    "record2roleid@odata.bind",
                    json!(format!("/connectionroles({stakeholder})")),
                ),
            ],
        )?;
        org.seed_row(
            "new_registration",
            &[
                ("new_name", json!(format!("Summit {}", 2024 + number % 3))),
                ("new_ticket", json!(format!("T-{number:06}"))),
                ("new_seats", json!(random.u8(1..5))),
                ("new_price", json!(f64::from(random.u16(90..900)) + 0.5)),
                ("new_startsat", json!("2026-11-20T09:00:00Z")),
                (
                    "new_Contact@odata.bind",
                    json!(format!("/contacts({contact})")),
                ),
            ],
        )?;
        let site = org.seed_row(
            "new_site",
            &[
                ("new_name", json!(format!("Site {number}"))),
                (
                    "new_Account@odata.bind",
                    json!(format!("/accounts({account})")),
                ),
            ],
        )?;
        org.seed_row(
            "new_asset",
            &[
                ("new_name", json!(format!("Pump {number}"))),
                ("new_serial", json!(format!("SN-{number:08}"))),
                ("new_Site@odata.bind", json!(format!("/new_sites({site})"))),
            ],
        )?;
    }
    Ok(())
}
