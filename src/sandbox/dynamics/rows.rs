//! The rows of one table and the indexes that keep every look-up short.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use uuid::Uuid;

use super::cell::{Cell, Packed};

/// A row; times are seconds since 1970, UTC.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "system columns by their names")]
pub struct Row {
    pub id: Uuid,
    pub version: u64,
    pub created: i64,
    pub modified: i64,
    pub cells: Packed,
}

/// The rows of one table. A slot is never used twice, so a place in a page stays valid.
#[derive(Clone, Default)]
pub struct Rows {
    slots: Vec<Option<Row>>,
    by_id: HashMap<Uuid, u32, BuildHasherDefault<Mix>>,
    by_version: BTreeMap<u64, u32>,
    tombstones: BTreeMap<u64, Uuid>,
    indexes: Vec<Index>,
    live: usize,
}

/// A hash index over one column.
#[derive(Clone)]
struct Index {
    column: u16,
    slots: HashMap<u64, Slots, BuildHasherDefault<Mix>>,
}

/// Most values belong to one row.
#[derive(Clone)]
enum Slots {
    One(u32),
    Many(Vec<u32>),
}

impl Rows {
    /// An empty table with indexes over `columns`.
    pub fn new(columns: impl Iterator<Item = u16>) -> Self {
        let index = |column| Index {
            column,
            slots: HashMap::default(),
        };
        Self {
            indexes: columns.map(index).collect(),
            ..Self::default()
        }
    }

    /// Makes room for so many more rows.
    pub fn reserve(&mut self, more: usize) {
        self.slots.reserve(more);
        self.by_id.reserve(more);
        for index in &mut self.indexes {
            index.slots.reserve(more);
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.live
    }

    /// One past the last slot ever used.
    pub fn end(&self) -> u32 {
        self.slots.len() as u32
    }

    /// The row in a slot.
    pub fn get(&self, slot: u32) -> Option<&Row> {
        self.slots.get(slot as usize)?.as_ref()
    }

    /// The slot of an id.
    pub fn slot(&self, id: &Uuid) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// The row of an id.
    pub fn find(&self, id: &Uuid) -> Option<&Row> {
        self.get(self.slot(id)?)
    }

    /// Rows from `slot` on, in the order they were created.
    pub fn from(&self, slot: u32) -> impl Iterator<Item = (u32, &Row)> {
        let start = (slot as usize).min(self.slots.len());
        (slot..)
            .zip(&self.slots[start..])
            .filter_map(|(at, row)| Some((at, row.as_ref()?)))
    }

    /// Slots of the rows with versions above `after` up to `until`, in rising version.
    pub fn changed(&self, after: u64, until: u64) -> impl DoubleEndedIterator<Item = (u64, u32)> {
        let range = after.saturating_add(1)..=until.max(after.saturating_add(1));
        let none = until <= after;
        self.by_version
            .range(range)
            .filter(move |_| !none)
            .map(|(version, slot)| (*version, *slot))
    }

    /// Deletions with versions above `after` up to `until`.
    pub fn deleted(&self, after: u64, until: u64) -> impl Iterator<Item = (u64, Uuid)> {
        self.tombstones
            .range(after.saturating_add(1)..)
            .take_while(move |(version, _)| **version <= until)
            .map(|(version, id)| (*version, *id))
    }

    /// Slots of rows whose `column` may equal `value`; `None` when the column has no index.
    pub fn candidates(&self, column: u16, value: &Cell) -> Option<Vec<u32>> {
        let index = self.indexes.iter().find(|index| index.column == column)?;
        Some(match index.slots.get(&digest(value)) {
            None => Vec::new(),
            Some(Slots::One(slot)) => vec![*slot],
            Some(Slots::Many(slots)) => slots.clone(),
        })
    }

    /// Adds a row at the end; its slot.
    pub fn insert(&mut self, row: Row) -> u32 {
        let slot = self.slots.len() as u32;
        self.slots.push(None);
        self.put(slot, row);
        slot
    }

    /// Puts a row into a slot, in the place of what was there.
    pub fn put(&mut self, slot: u32, row: Row) -> Option<Row> {
        let old = self.take(slot);
        self.by_id.insert(row.id, slot);
        self.by_version.insert(row.version, slot);
        // One pass over the row for all indexes: decoding is what costs.
        if !self.indexes.is_empty() {
            for (column, value) in row.cells.iter() {
                if let Some(index) = self.indexes.iter_mut().find(|i| i.column == column) {
                    index.add(&value, slot);
                }
            }
        }
        self.live += 1;
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Some(row);
        }
        old
    }

    /// Empties a slot without a trace.
    pub fn take(&mut self, slot: u32) -> Option<Row> {
        let row = self.slots.get_mut(slot as usize)?.take()?;
        self.by_id.remove(&row.id);
        self.by_version.remove(&row.version);
        for index in &mut self.indexes {
            index.remove(&row, slot);
        }
        self.live -= 1;
        Some(row)
    }

    /// Empties a slot and leaves a tombstone.
    pub fn bury(&mut self, slot: u32, version: u64) -> Option<Row> {
        let row = self.take(slot)?;
        self.tombstones.insert(version, row.id);
        Some(row)
    }

    /// Takes a tombstone back, when a deletion is rolled back.
    pub fn unbury(&mut self, version: u64) {
        self.tombstones.remove(&version);
    }

    /// Builds an index over a column that had none.
    pub fn index(&mut self, column: u16) {
        let mut index = Index {
            column,
            slots: HashMap::default(),
        };
        for (slot, row) in self.from(0) {
            index.add(&row.cells.get(column), slot);
        }
        self.indexes.push(index);
    }
}

impl Index {
    fn add(&mut self, value: &Cell, slot: u32) {
        if value.is_null() {
            return;
        }
        match self.slots.entry(digest(value)) {
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(Slots::One(slot));
            }
            std::collections::hash_map::Entry::Occupied(mut place) => match place.get_mut() {
                Slots::One(first) => {
                    let first = *first;
                    place.insert(Slots::Many(vec![first, slot]));
                }
                Slots::Many(slots) => slots.push(slot),
            },
        }
    }

    fn remove(&mut self, row: &Row, slot: u32) {
        let value = row.cells.get(self.column);
        let hash = digest(&value);
        let empty = match self.slots.get_mut(&hash) {
            Some(Slots::One(only)) => *only == slot,
            Some(Slots::Many(slots)) => {
                slots.retain(|at| *at != slot);
                slots.is_empty()
            }
            None => false,
        };
        if empty {
            self.slots.remove(&hash);
        }
    }
}

/// A hash under which equal values meet; text without regard to case, a lookup by its id alone.
fn digest(value: &Cell) -> u64 {
    let mut mix = Mix::default();
    match value {
        Cell::Text(text) if text.is_ascii() => {
            for byte in text.bytes() {
                mix.write_u8(byte.to_ascii_lowercase());
            }
        }
        Cell::Text(text) => {
            for letter in text.chars().flat_map(char::to_lowercase) {
                mix.write_u32(letter as u32);
            }
        }
        Cell::Int(n) => mix.write_i64(i64::from(*n)),
        Cell::Big(n) | Cell::Time(n) => mix.write_i64(*n),
        Cell::Guid(id) | Cell::Link(_, id) => mix.write(id.as_bytes()),
        Cell::Number(n) => mix.write(&n.normalize().serialize()),
        Cell::Bool(b) => mix.write_u8(u8::from(*b)),
        Cell::Date(d) => mix.write_i32(*d),
        Cell::Double(d) => mix.write_u64(d.to_bits()),
        Cell::Null => {}
    }
    mix.finish()
}

/// A plain multiplicative hash: the keys are random ids or our own digests.
#[derive(Default)]
pub struct Mix(u64);

/// An odd constant near 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(u64::from(n) | 0x100);
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n) | 0x1_0000_0000);
    }

    fn write_i32(&mut self, n: i32) {
        self.write_u64(n as u64);
    }

    fn write_i64(&mut self, n: i64) {
        self.write_u64(n as u64);
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(SPREAD);
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }
}
