//! What a delta link tells about itself. The token is opaque by contract, so nothing depends on
//! this but what people are shown.

use chrono::{DateTime, NaiveDateTime, Utc};

/// When a delta link was made, and at which version of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeltaStamp {
    /// The row version of the database.
    pub version: i64,
    /// The moment, UTC.
    pub at: DateTime<Utc>,
}

impl DeltaStamp {
    /// Reads `…$deltatoken=919042!11/22/2026 08:10:44`; none when it has another form.
    pub fn of(link: &str) -> Option<Self> {
        let url = url::Url::parse(link).ok()?;
        let (_, token) = url
            .query_pairs()
            .find(|(name, _)| name.eq_ignore_ascii_case("$deltatoken"))?;
        let (version, at) = token.split_once('!')?;
        let at = NaiveDateTime::parse_from_str(at.trim(), "%m/%d/%Y %H:%M:%S").ok()?;
        Some(Self {
            version: version.trim().parse().ok()?,
            at: at.and_utc(),
        })
    }
}
