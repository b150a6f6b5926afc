//! Re-binding: the state is given other ends, and keeps what the admin set.

use chrono::{DateTime, Utc};

use crate::store::{StoreError, Tx};

/// Drops the binding, every link with its base, every cursor and all that waits; keeps settings, field maps and the
/// journal. The next cycle binds to the ends it finds, copies anew and rebuilds the links by our stamps and match rules.
pub fn rebind(tx: &Tx<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.unbind(now)
}
