//! A list's cursor: it holds on to a row by its key, because rows move under it while a sync runs.

/// The selected row's key, and where it was, for when it goes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor<K> {
    key: Option<K>,
    at: usize,
}

impl<K> Default for Cursor<K> {
    fn default() -> Self {
        Self { key: None, at: 0 }
    }
}

impl<K: Clone + PartialEq> Cursor<K> {
    /// The selected key.
    pub fn key(&self) -> Option<&K> {
        self.key.as_ref()
    }

    /// The selected row's index, as of the last [`Self::settle`].
    pub fn at(&self) -> usize {
        self.at
    }

    /// Selects a key that may not be loaded yet.
    pub fn hold(&mut self, key: K) {
        self.key = Some(key);
    }

    /// Finds the selected key among the rows there are now; if it is gone, stays at its place.
    pub fn settle(&mut self, keys: &[K]) {
        let found = keys.iter().position(|key| Some(key) == self.key.as_ref());
        self.at = found.unwrap_or_else(|| self.at.min(keys.len().saturating_sub(1)));
        self.key = keys.get(self.at).cloned();
    }

    /// Moves by so many rows, stopping at the ends.
    pub fn step(&mut self, rows: isize, keys: &[K]) {
        self.settle(keys);
        self.go(self.at.saturating_add_signed(rows), keys);
    }

    /// Goes to an index, at most the last row's.
    pub fn go(&mut self, index: usize, keys: &[K]) {
        self.at = index.min(keys.len().saturating_sub(1));
        self.key = keys.get(self.at).cloned();
    }
}
