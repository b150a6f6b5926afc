//! Everything the organisation holds: schema, rows, the row version, and undo for transactions.

use std::sync::Arc;

use uuid::Uuid;

use super::cell::{Owned, Packed};
use super::rows::{Row, Rows};
use super::schema::{Schema, Table};

/// The first row version handed out; a running organisation is never at zero.
const FIRST_VERSION: u64 = 1_000_000;

/// The organisation's data.
#[derive(Clone)]
pub struct Data {
    /// Tables and columns as they are now.
    pub schema: Arc<Schema>,
    tables: Vec<Rows>,
    version: u64,
    /// Per table: delta tokens below this version are void since its columns changed.
    pub floors: Vec<u64>,
    undo: Option<Vec<Undo>>,
    random: fastrand::Rng,
    last: Option<(u16, Uuid)>,
    metadata_version: u64,
}

/// One step of a transaction, as it is taken back.
#[derive(Clone)]
enum Undo {
    Inserted(u16, u32),
    Updated(u16, u32, Box<Row>),
    Deleted(u16, u32, Box<Row>, u64),
}

impl Data {
    /// An empty organisation; ids it makes up follow from `seed`.
    pub fn new(schema: Schema, seed: u64) -> Self {
        let rows = |table: &Table| {
            let indexed = (0..).zip(&table.columns).filter(|(_, c)| c.indexed);
            Rows::new(indexed.map(|(at, _)| at).collect::<Vec<_>>().into_iter())
        };
        Self {
            tables: schema.tables.iter().map(rows).collect(),
            floors: vec![0; schema.tables.len()],
            schema: Arc::new(schema),
            version: FIRST_VERSION,
            undo: None,
            random: fastrand::Rng::with_seed(seed ^ 0xda7a),
            last: None,
            metadata_version: FIRST_VERSION,
        }
    }

    /// The generator behind ids and whims.
    pub fn random(&mut self) -> &mut fastrand::Rng {
        &mut self.random
    }

    /// A new id.
    pub fn new_id(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.random.u128(..).to_le_bytes()).into_uuid()
    }

    /// Changes with every change of the schema.
    pub fn metadata_version(&self) -> u64 {
        self.metadata_version
    }

    /// Changes a table's definition.
    pub fn customise(&mut self, table: u16, change: impl FnOnce(&mut Table)) {
        let schema = Arc::make_mut(&mut self.schema);
        change(&mut schema.tables[usize::from(table)]);
        schema.relate();
        self.touch(table);
    }

    /// Adds a table; its number.
    pub fn add_table(&mut self, table: Table) -> u16 {
        self.tables.push(Rows::default());
        self.floors.push(0);
        self.metadata_version += 1;
        Arc::make_mut(&mut self.schema).push(table)
    }

    /// Deletes a table with its rows.
    pub fn hide_table(&mut self, table: u16) {
        Arc::make_mut(&mut self.schema).hide(table);
        self.tables[usize::from(table)] = Rows::default();
        self.touch(table);
    }

    /// Deletes a column.
    pub fn hide_column(&mut self, table: u16, at: u16) {
        self.customise(table, |table| table.hide(at));
    }

    /// Keeps a hash index over a column from now on.
    pub fn index(&mut self, table: u16, column: u16) {
        self.tables[usize::from(table)].index(column);
        self.customise(table, |table| {
            table.columns[usize::from(column)].indexed = true;
        });
    }

    /// Notes that a table's columns changed.
    pub fn touch(&mut self, table: u16) {
        self.metadata_version += 1;
        let version = self.tick();
        self.floors[usize::from(table)] = version;
    }

    /// The rows of a table.
    pub fn rows(&self, table: u16) -> &Rows {
        &self.tables[usize::from(table)]
    }

    /// Makes room for so many more rows of a table.
    pub fn reserve(&mut self, table: &str, more: usize) {
        if let Some(number) = self.schema.by_name(table).map(|table| table.number) {
            self.tables[usize::from(number)].reserve(more);
        }
    }

    /// The highest row version given out.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Takes the next row version.
    pub fn tick(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    /// Adds a row with sorted `cells`, created at `now` (seconds); its slot.
    pub fn insert(&mut self, table: u16, id: Uuid, cells: &[(u16, Owned)], now: i64) -> u32 {
        let version = self.tick();
        let row = Row {
            id,
            version,
            created: now,
            modified: now,
            cells: Packed::new(cells),
        };
        let slot = self.tables[usize::from(table)].insert(row);
        self.log(Undo::Inserted(table, slot));
        self.last = Some((table, id));
        slot
    }

    /// Replaces a row's values.
    pub fn update(&mut self, table: u16, slot: u32, cells: &[(u16, Owned)], now: i64) {
        let version = self.tick();
        let rows = &mut self.tables[usize::from(table)];
        let Some(old) = rows.get(slot) else { return };
        let row = Row {
            id: old.id,
            version,
            created: old.created,
            modified: now,
            cells: Packed::new(cells),
        };
        self.last = Some((table, row.id));
        if let Some(old) = rows.put(slot, row) {
            self.log(Undo::Updated(table, slot, Box::new(old)));
        }
    }

    /// A plug-in touches the row written last: nothing but its version changes.
    pub fn touch_last(&mut self, now: i64) {
        let Some((table, id)) = self.last else { return };
        if let Some(slot) = self.rows(table).slot(&id) {
            let cells = self.rows(table).get(slot).map(|row| row.cells.unpack());
            self.update(table, slot, &cells.unwrap_or_default(), now);
        }
    }

    /// Sets when a row was created, for records brought over from elsewhere.
    pub fn backdate(&mut self, table: u16, slot: u32, created: i64) {
        let rows = &mut self.tables[usize::from(table)];
        if let Some(mut row) = rows.get(slot).cloned() {
            row.created = created;
            rows.put(slot, row);
        }
    }

    /// Deletes a row, leaving a tombstone.
    pub fn delete(&mut self, table: u16, slot: u32) {
        let version = self.tick();
        if let Some(old) = self.tables[usize::from(table)].bury(slot, version) {
            self.log(Undo::Deleted(table, slot, Box::new(old), version));
        }
    }

    /// Starts remembering what is done, so that it can be taken back.
    pub fn begin(&mut self) {
        self.undo = Some(Vec::new());
    }

    /// Keeps what was done since [`Data::begin`].
    pub fn commit(&mut self) {
        self.undo = None;
    }

    /// Takes back what was done since [`Data::begin`].
    pub fn roll_back(&mut self) {
        for step in self.undo.take().into_iter().flatten().rev() {
            match step {
                Undo::Inserted(table, slot) => {
                    self.tables[usize::from(table)].take(slot);
                }
                Undo::Updated(table, slot, row) => {
                    self.tables[usize::from(table)].put(slot, *row);
                }
                Undo::Deleted(table, slot, row, version) => {
                    let rows = &mut self.tables[usize::from(table)];
                    rows.unbury(version);
                    rows.put(slot, *row);
                }
            }
        }
    }

    /// What a row is called: its primary name.
    pub fn label(&self, table: u16, id: &Uuid) -> Option<String> {
        let row = self.rows(table).find(id)?;
        let table = self.schema.table(table);
        let name = table.value(row, table.name_column?);
        name.text().map(str::to_owned)
    }

    fn log(&mut self, step: Undo) {
        if let Some(undo) = &mut self.undo {
            undo.push(step);
        }
    }
}
