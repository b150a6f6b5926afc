//! A hash index: from the key of a cell to the places of the rows that hold it.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::xxh3_64;

use super::value::Kind;

/// The places under one key: nearly always one, but half of all people when the field says what kind they are.
#[derive(Debug)]
enum Places {
    One(u32),
    Many(BTreeSet<u32>),
}

/// Keys are hashes already.
#[derive(Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// The index of one field. Keys may collide: the caller compares what it finds.
#[derive(Debug, Default)]
pub(crate) struct Index(HashMap<u64, Places, BuildHasherDefault<Plain>>);

impl Index {
    pub(crate) fn insert(&mut self, key: u64, place: u32) {
        self.0
            .entry(key)
            .and_modify(|places| match places {
                Places::One(first) => *places = Places::Many(BTreeSet::from([*first, place])),
                Places::Many(many) => {
                    many.insert(place);
                }
            })
            .or_insert(Places::One(place));
    }

    pub(crate) fn remove(&mut self, key: u64, place: u32) {
        let empty = match self.0.get_mut(&key) {
            Some(Places::One(only)) => *only == place,
            Some(Places::Many(many)) => {
                many.remove(&place);
                many.is_empty()
            }
            None => false,
        };
        if empty {
            self.0.remove(&key);
        }
    }

    /// The places under a key, ascending.
    pub(crate) fn get(&self, key: u64) -> impl Iterator<Item = u32> {
        let (one, many) = match self.0.get(&key) {
            Some(Places::One(place)) => (Some(*place), None),
            Some(Places::Many(many)) => (None, Some(many)),
            None => (None, None),
        };
        one.into_iter().chain(many.into_iter().flatten().copied())
    }
}

fn is_text(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::String | Kind::Text | Kind::Email | Kind::Phone | Kind::Url
    )
}

/// The key of a cell: text without case.
pub(crate) fn hash(kind: Kind, cell: &[u8]) -> u64 {
    if !is_text(kind) {
        return xxh3_64(cell);
    }
    if cell.is_ascii() {
        return xxh3_64(&cell.to_ascii_lowercase());
    }
    xxh3_64(String::from_utf8_lossy(cell).to_lowercase().as_bytes())
}

/// Whether two cells are equal: text without case.
pub(crate) fn same(kind: Kind, left: &[u8], right: &[u8]) -> bool {
    if !is_text(kind) {
        return left == right;
    }
    left.eq_ignore_ascii_case(right)
        || String::from_utf8_lossy(left).to_lowercase()
            == String::from_utf8_lossy(right).to_lowercase()
}
