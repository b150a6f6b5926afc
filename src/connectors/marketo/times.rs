//! Marketo's dates and times: every form that has been seen, one meaning.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, SubsecRound, Utc};

const ZONED: [&str; 3] = [
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M:%S%.fZ%z",
];
const BARE: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];

/// A moment in UTC, cut to whole seconds. Takes `Z`, `+00:00`, `+0000`, `Z+0000`, a blank for the `T`, fractions, no
/// zone at all (then UTC) and a bare day (its midnight).
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let zoned = ZONED
        .iter()
        .find_map(|form| DateTime::parse_from_str(text, form).ok())
        .map(|moment: DateTime<FixedOffset>| moment.to_utc());
    let bare = || {
        let text = text.trim_end_matches('Z');
        let parsed = BARE
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
        parsed.or_else(|| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .ok()?
                .and_hms_opt(0, 0, 0)
        })
    };
    let moment = zoned.or_else(|| bare().map(|naive| naive.and_utc()))?;
    Some(moment.trunc_subsecs(0))
}

/// A calendar day; of a date-time, the day as written.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    NaiveDate::parse_from_str(text.get(..10).unwrap_or(text), "%Y-%m-%d").ok()
}

/// The form every Marketo parameter and field takes: UTC with `Z`, whole seconds.
pub(super) fn wire(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
