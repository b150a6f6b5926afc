//! People at work in the organisation: what they create, change and delete carries their names.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Organisation;
use super::cell::Cell;
use super::json as wire;
use super::payload::{self, Changes, Created};
use super::reply::Fault;
use super::request::{Call, Caller};
use super::write::Writer;

/// The user our own application is.
pub const APPLICATION_USER: Uuid = Uuid::from_u128(0xa1f4_0b2e_6c11_4a7d_8e55_2f90_7c3d_0100);

/// Colleagues whose names stand on what is edited by hand: first and last name, title.
pub const HUMANS: [(&str, &str, &str); 12] = [
    ("Veronica", "Quek", "Sales Manager"),
    ("Sven", "Mortensen", "Account Executive"),
    ("Spencer", "Low", "Account Executive"),
    ("Renée", "Lo", "Marketing Manager"),
    ("Molly", "Clark", "Account Executive"),
    ("Karen", "Berg", "Sales Operations"),
    ("José", "Ayala", "Account Executive"),
    ("Jamie", "Reding", "Inside Sales"),
    ("Greg", "Winston", "Inside Sales"),
    ("Eric", "Gruber", "Sales Director"),
    ("Dan", "Jump", "Vice President Sales"),
    ("Amy", "Alberts", "Account Executive"),
];

/// The id of a colleague, by their place among [`HUMANS`].
pub fn human(number: usize) -> Uuid {
    Uuid::from_u128(APPLICATION_USER.as_u128() + 1 + (number % HUMANS.len()) as u128)
}

impl Organisation {
    /// Adds a row as an import before our time would have: `table` by logical name, columns by
    /// logical name; lookups as `nav@odata.bind`.
    pub fn seed_row(&self, table: &str, values: &[(&str, Value)]) -> Result<Uuid, String> {
        self.create_row(table, values)
    }

    /// A colleague creates a row; its id, or the vendor's message.
    pub fn create_row(&self, table: &str, values: &[(&str, Value)]) -> Result<Uuid, String> {
        self.as_human(|writer| {
            let schema = writer.data.schema.clone();
            let table = schema.by_name(table).ok_or_else(|| Fault::segment(table))?;
            let body: Map<String, Value> = values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect();
            let changes = payload::changes(writer.data, table, &body, true, writer.created)?;
            writer.create(table.number, changes)
        })
    }

    /// A colleague changes a row.
    pub fn edit_row(&self, table: &str, id: Uuid, values: &[(&str, Value)]) -> Result<(), String> {
        self.as_human(|writer| {
            let schema = writer.data.schema.clone();
            let table = schema.by_name(table).ok_or_else(|| Fault::segment(table))?;
            let missing = || Fault::missing(&table.name, &id);
            let slot = writer
                .data
                .rows(table.number)
                .slot(&id)
                .ok_or_else(missing)?;
            let body: Map<String, Value> = values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect();
            let changes: Changes =
                payload::changes(writer.data, table, &body, false, writer.created)?;
            writer.update(table.number, slot, changes)
        })
    }

    /// A colleague deletes a row.
    pub fn delete_row(&self, table: &str, id: Uuid) -> Result<(), String> {
        self.as_human(|writer| {
            let schema = writer.data.schema.clone();
            let table = schema.by_name(table).ok_or_else(|| Fault::segment(table))?;
            let missing = || Fault::missing(&table.name, &id);
            let slot = writer
                .data
                .rows(table.number)
                .slot(&id)
                .ok_or_else(missing)?;
            writer.delete(table.number, slot)
        })
    }

    /// A colleague qualifies a lead into an account and a contact.
    pub fn qualify_lead(&self, id: Uuid) -> Result<(), String> {
        let body = json!({
            "CreateAccount": false, "CreateContact": true, "CreateOpportunity": false, "Status": 3,
        });
        self.human_post(
            &format!("leads({id})/Microsoft.Dynamics.CRM.QualifyLead"),
            &body,
        )
    }

    /// A colleague merges `gone` into `kept`, both rows of `table`.
    pub fn merge_rows(&self, table: &str, kept: Uuid, gone: Uuid) -> Result<(), String> {
        let kind = format!("Microsoft.Dynamics.CRM.{table}");
        let key = format!("{table}id");
        let body = json!({
            "Target": {key.as_str(): kept, "@odata.type": kind},
            "Subordinate": {key.as_str(): gone, "@odata.type": kind},
            "PerformParentingChecks": false,
        });
        self.human_post("Merge", &body)
    }

    /// An administrator adds to the tables: a body as `RelationshipDefinitions` or `EntityDefinitions` take it.
    pub fn customise(&self, target: &str, body: &Value) -> Result<(), String> {
        self.human_post(target, body)
    }

    fn human_post(&self, target: &str, body: &Value) -> Result<(), String> {
        let mut data = self.write();
        let user = human(data.random().usize(..HUMANS.len()));
        let mut call = Call {
            method: ::http::Method::POST,
            path: String::new(),
            query: Vec::new(),
            raw_query: String::new(),
            headers: ::http::HeaderMap::new(),
            body: body.to_string().into(),
            caller: Caller {
                user,
                delegate: None,
                origin: String::new(),
                version: "v9.2".into(),
            },
            now: self.clock.now().timestamp(),
        };
        call.target(target);
        let answer = super::perform::modify(&mut data, &call, &mut Created::new());
        answer.map(|_| ()).map_err(|fault| fault.message)
    }

    /// Any row of a table.
    pub fn random_row(&self, table: &str, random: &mut fastrand::Rng) -> Option<Uuid> {
        /// Tries before a nearly empty table is given up.
        const TRIES: usize = 64;
        let data = self.read();
        let rows = data.rows(data.schema.by_name(table)?.number);
        if rows.len() == 0 {
            return None;
        }
        (0..TRIES)
            .find_map(|_| rows.get(random.u32(..rows.end())))
            .or_else(|| rows.from(0).next().map(|(_, row)| row))
            .map(|row| row.id)
    }

    /// A row as the Web API would show it, every column.
    pub fn row(&self, table: &str, id: Uuid) -> Option<Map<String, Value>> {
        let data = self.read();
        let table = data.schema.by_name(table)?;
        let row = data.rows(table.number).find(&id)?;
        let mut out = vec![b'{'];
        for (at, column) in (0..).zip(&table.columns) {
            if at > 0 {
                out.push(b',');
            }
            out.extend(column.fragment.as_bytes());
            wire::write(&mut out, column.kind, &table.value(row, at));
        }
        out.push(b'}');
        serde_json::from_slice(&out).ok()
    }

    /// Rows of a table whose indexed column has this value.
    pub fn find_rows(&self, table: &str, column: &str, value: &str) -> Vec<Uuid> {
        let data = self.read();
        let Some(table) = data.schema.by_name(table) else {
            return Vec::new();
        };
        let Some(at) = table.find(column) else {
            return Vec::new();
        };
        let value = Cell::Text(value.into());
        let rows = data.rows(table.number);
        rows.candidates(at, &value)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|slot| rows.get(slot))
            .filter(|row| super::condition::order(&row.cells.get(at), &value).is_eq())
            .map(|row| row.id)
            .collect()
    }

    /// How many rows a table has.
    pub fn row_count(&self, table: &str) -> usize {
        let data = self.read();
        data.schema
            .by_name(table)
            .map_or(0, |table| data.rows(table.number).len())
    }

    /// The user with an Entra object id.
    pub(super) fn user_by_object(&self, object: Uuid) -> Option<Uuid> {
        let data = self.read();
        let users = data.schema.by_name("systemuser")?;
        let at = users.find("azureactivedirectoryobjectid")?;
        let rows = data.rows(users.number);
        let slots = rows.candidates(at, &Cell::Guid(object))?;
        slots
            .first()
            .and_then(|slot| rows.get(*slot))
            .map(|row| row.id)
    }

    fn as_human<T>(&self, act: impl FnOnce(&mut Writer) -> Result<T, Fault>) -> Result<T, String> {
        let mut data = self.write();
        let caller = Caller {
            user: human(data.random().usize(..HUMANS.len())),
            delegate: None,
            origin: String::new(),
            version: "v9.2".into(),
        };
        let created = Created::new();
        let now = self.clock.now().timestamp();
        data.begin();
        let mut writer = Writer {
            data: &mut data,
            caller: &caller,
            now,
            duplicates: false,
            created: &created,
        };
        let done = act(&mut writer);
        match &done {
            Ok(_) => data.commit(),
            Err(_) => data.roll_back(),
        }
        done.map_err(|fault| fault.message)
    }
}
