//! Records of one object in memory: narrow rows addressed by number, and hash indexes by key.
//!
//! A row keeps only its filled cells, one after the other in one block of bytes: a million people
//! fit into a few hundred megabytes.

use std::collections::HashMap;

use super::index::{Index, hash, same};
use super::schema::{Origin, Schema};
use super::value::{Kind, Value};

/// One record.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    cells: Box<[u8]>,
    /// Milliseconds since 1970.
    pub created_ms: i64,
    /// When a standard field last changed; milliseconds.
    pub updated_ms: i64,
    /// When any field last changed; milliseconds.
    pub touched_ms: i64,
    /// Index of the partition.
    pub partition: u16,
}

impl Row {
    fn cells(&self) -> Cells<'_> {
        Cells(&self.cells)
    }

    /// The bytes of one cell.
    pub(crate) fn cell(&self, slot: u16) -> Option<&[u8]> {
        self.cells()
            .find(|(at, _)| *at == slot)
            .map(|(_, bytes)| bytes)
    }
}

/// Walks the cells of a row: slot, length, bytes.
struct Cells<'a>(&'a [u8]);

impl<'a> Iterator for Cells<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_at_checked(4)?;
        let slot = u16::from_le_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let (bytes, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((slot, bytes))
    }
}

fn pack(cells: &[(u16, &[u8])]) -> Box<[u8]> {
    let mut packed = Vec::with_capacity(cells.iter().map(|(_, bytes)| bytes.len() + 4).sum());
    for (slot, bytes) in cells {
        packed.extend_from_slice(&slot.to_le_bytes());
        packed.extend_from_slice(&(bytes.len() as u16).to_le_bytes());
        packed.extend_from_slice(bytes);
    }
    packed.into_boxed_slice()
}

/// A cell to set or, without a value, to clear.
pub(crate) type Edit = (u16, Option<Value>);

/// What an edit did to one cell.
#[derive(Clone, Debug)]
pub(crate) struct Changed {
    pub slot: u16,
    pub old: Option<Value>,
    pub new: Option<Value>,
}

/// All records of one object.
pub(crate) struct Table {
    pub schema: Schema,
    rows: Vec<Option<Row>>,
    first_id: i64,
    live: usize,
    indexes: HashMap<u16, Index>,
}

impl Table {
    /// An empty table whose first record gets the number `first_id`.
    pub(crate) fn new(schema: Schema, first_id: i64) -> Self {
        Self {
            schema,
            rows: Vec::new(),
            first_id,
            live: 0,
            indexes: HashMap::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.live
    }

    /// One more than the highest number ever given.
    pub(crate) fn end_id(&self) -> i64 {
        self.first_id + self.rows.len() as i64
    }

    pub(crate) fn first_id(&self) -> i64 {
        self.first_id
    }

    fn place(&self, id: i64) -> Option<usize> {
        usize::try_from(id.checked_sub(self.first_id)?).ok()
    }

    pub(crate) fn row(&self, id: i64) -> Option<&Row> {
        self.rows.get(self.place(id)?)?.as_ref()
    }

    pub(crate) fn row_mut(&mut self, id: i64) -> Option<&mut Row> {
        let place = self.place(id)?;
        self.rows.get_mut(place)?.as_mut()
    }

    /// Every record with its number, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &Row)> {
        let first = self.first_id;
        self.rows
            .iter()
            .enumerate()
            .filter_map(move |(place, row)| Some((first + place as i64, row.as_ref()?)))
    }

    /// The records among the `most` numbers from `from` on, and the number behind them; none at the end.
    pub(crate) fn part(
        &self,
        from: i64,
        most: usize,
    ) -> (impl Iterator<Item = (i64, &Row)>, Option<i64>) {
        let first = self.first_id;
        let begin = usize::try_from(from - first)
            .unwrap_or_default()
            .min(self.rows.len());
        let end = (begin + most).min(self.rows.len());
        let rows = self.rows[begin..end].iter().enumerate();
        let rows = rows
            .filter_map(move |(place, row)| Some((first + (begin + place) as i64, row.as_ref()?)));
        (rows, (end < self.rows.len()).then_some(first + end as i64))
    }

    /// The stored value of one cell.
    pub(crate) fn value(&self, id: i64, slot: u16) -> Option<Value> {
        let kind = self.schema.field(slot)?.kind;
        Some(Value::from_bytes(kind, self.row(id)?.cell(slot)?))
    }

    /// Adds a record and gives its number.
    pub(crate) fn insert(&mut self, edits: &[Edit], now_ms: i64, partition: u16) -> i64 {
        let id = self.end_id();
        self.rows.push(Some(Row {
            cells: Box::default(),
            created_ms: now_ms,
            updated_ms: now_ms,
            touched_ms: now_ms,
            partition,
        }));
        self.live += 1;
        self.write_cells(id, edits);
        id
    }

    /// Applies edits; gives the cells whose value really changed.
    pub(crate) fn edit(&mut self, id: i64, edits: &[Edit], now_ms: i64) -> Vec<Changed> {
        let mut changed: Vec<Changed> = Vec::new();
        for (slot, new) in edits {
            let is_flag = self
                .schema
                .field(*slot)
                .is_some_and(|field| field.kind == Kind::Boolean);
            // A flag is never empty: unset means false.
            let filled = |value: Option<Value>| match value {
                None if is_flag => Some(Value::Bool(false)),
                value => value,
            };
            let (old, new) = (filled(self.value(id, *slot)), filled(new.clone()));
            if old != new {
                changed.push(Changed {
                    slot: *slot,
                    old,
                    new,
                });
            }
        }
        if changed.is_empty() {
            return changed;
        }
        self.write_cells(id, edits);
        let standard = changed.iter().any(|change| {
            self.schema
                .field(change.slot)
                .is_some_and(|field| !field.custom)
        });
        if let Some(row) = self.row_mut(id) {
            row.touched_ms = now_ms;
            if standard {
                row.updated_ms = now_ms;
            }
        }
        changed
    }

    pub(crate) fn remove(&mut self, id: i64) -> Option<Row> {
        let slots: Vec<u16> = self.indexes.keys().copied().collect();
        for slot in slots {
            self.unindex(id, slot);
        }
        let place = self.place(id)?;
        let row = self.rows.get_mut(place)?.take()?;
        self.live -= 1;
        Some(row)
    }

    fn write_cells(&mut self, id: i64, edits: &[Edit]) {
        for (slot, _) in edits {
            self.unindex(id, *slot);
        }
        let new: Vec<(u16, Vec<u8>)> = edits
            .iter()
            .enumerate()
            // Of several edits of one cell the last counts.
            .filter(|(at, (slot, _))| !edits[at + 1..].iter().any(|(later, _)| later == slot))
            .filter_map(|(_, (slot, value))| Some((*slot, value.as_ref()?.bytes())))
            .collect();
        if let Some(row) = self.row_mut(id) {
            let kept = row
                .cells()
                .filter(|(at, _)| !edits.iter().any(|(edited, _)| edited == at));
            let mut cells: Vec<(u16, &[u8])> = kept.collect();
            cells.extend(new.iter().map(|(slot, bytes)| (*slot, bytes.as_slice())));
            cells.sort_unstable_by_key(|(slot, _)| *slot);
            row.cells = pack(&cells);
        }
        for (slot, _) in edits {
            self.index(id, *slot);
        }
    }

    /// Keeps an index of this field from now on; cheap on an empty or never filled field.
    pub(crate) fn build_index(&mut self, slot: u16) {
        let by_number = self
            .schema
            .field(slot)
            .is_none_or(|field| field.origin == Origin::Id);
        if by_number || self.indexes.contains_key(&slot) {
            return;
        }
        self.indexes.insert(slot, Index::default());
        for id in self.first_id..self.end_id() {
            self.index(id, slot);
        }
    }

    fn key(&self, id: i64, slot: u16) -> Option<u64> {
        let cell = self.row(id)?.cell(slot)?;
        Some(hash(self.schema.field(slot)?.kind, cell))
    }

    fn index(&mut self, id: i64, slot: u16) {
        if !self.indexes.contains_key(&slot) {
            return;
        }
        let (Some(key), Some(place)) = (self.key(id, slot), self.place(id)) else {
            return;
        };
        if let Some(index) = self.indexes.get_mut(&slot) {
            index.insert(key, place as u32);
        }
    }

    fn unindex(&mut self, id: i64, slot: u16) {
        if !self.indexes.contains_key(&slot) {
            return;
        }
        let (Some(key), Some(place)) = (self.key(id, slot), self.place(id)) else {
            return;
        };
        if let Some(index) = self.indexes.get_mut(&slot) {
            index.remove(key, place as u32);
        }
    }

    /// The numbers of the records whose field holds `text`, compared without case; ascending. Keeps
    /// an index of the field from now on.
    pub(crate) fn find(&mut self, slot: u16, text: &str) -> Vec<i64> {
        self.build_index(slot);
        self.lookup(slot, text)
    }

    /// As [`Table::find`] for a field that is indexed already; walks everything otherwise.
    pub(crate) fn lookup(&self, slot: u16, text: &str) -> Vec<i64> {
        let Some(field) = self.schema.field(slot) else {
            return Vec::new();
        };
        let kind = field.kind;
        if field.origin == Origin::Id {
            let id = text
                .trim()
                .parse()
                .ok()
                .filter(|id| self.row(*id).is_some());
            return id.into_iter().collect();
        }
        let Ok(Some(wanted)) = super::value::read(kind, None, &text.into(), 0) else {
            return Vec::new();
        };
        let wanted = wanted.bytes();
        let holds = |id: &i64| {
            let cell = self.row(*id).and_then(|row| row.cell(slot));
            cell.is_some_and(|cell| same(kind, cell, &wanted))
        };
        let Some(index) = self.indexes.get(&slot) else {
            return self.iter().map(|(id, _)| id).filter(holds).collect();
        };
        let places = index.get(hash(kind, &wanted));
        places
            .map(|place| self.first_id + i64::from(place))
            .filter(holds)
            .collect()
    }
}
