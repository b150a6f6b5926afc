//! Pages of a feed that were overtaken by our own writes.

use crate::model::Record;
use crate::store::Link;

/// Whether a feed's page was asked for before our last write of this row: its values would read as an edit back. Row
/// versions of one organisation rise.
pub(super) fn outdated(link: Option<&Link>, record: &Record) -> bool {
    let number = |version: &str| -> Option<u64> {
        let digits = version.trim_start_matches("W/").trim_matches('"');
        digits.parse().ok()
    };
    let known = link.and_then(|link| link.version.as_deref());
    let (known, came) = (
        known.and_then(number),
        record.version.as_deref().and_then(number),
    );
    matches!((known, came), (Some(known), Some(came)) if came < known)
}
