//! Who is in the organisation before anybody calls: companies, leads, contacts.

use rust_decimal::Decimal;
use uuid::Uuid;

use super::Organisation;
use super::cell::{Cell, Owned};
use super::data::Data;
use super::extras;
use super::humans::{HUMANS, human};
use super::sheet::Sheet;
use super::standing::{self, CURRENCY};
use crate::sandbox::people::{Company, Person, companies, company_count, people_of};

/// How far back rows were created, in seconds: two years.
const PAST: i64 = 2 * 365 * 86_400;

/// Opportunities, registrations, sites: one for so many people.
const PER_EXTRA: usize = 20;

/// More of them would show nothing new, and take the time of a start.
const EXTRAS_MAX: usize = 10_000;

/// Adds the standing rows, two years old.
pub fn standing_rows(data: &mut Data, now: i64) {
    standing::add(data, now - PAST);
}

/// Fills the organisation with `count` people, about 60 leads to 40 contacts, and what goes with
/// them; the same for the same seed.
pub fn populate(org: &Organisation, count: usize, seed: u64) -> Result<(), String> {
    let companies_wanted = company_count(count);
    {
        let mut data = org.write();
        let now = org.clock.now().timestamp();
        data.reserve("lead", count * 3 / 5);
        data.reserve("contact", count * 2 / 5);
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
    extras::add(org, (count / PER_EXTRA).min(EXTRAS_MAX), seed)
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
