//! The opaque places in a list that `$skiptoken` and `$deltatoken` carry.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDateTime};

use super::reply::{Fault, decode, encode};

/// What a delta still has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The version of the token it began with; deletions start there.
    pub origin: u64,
    /// Told so far: rows, or with `dead` deletions, up to this version.
    pub seen: u64,
    /// The version it ends with, which the new token carries.
    pub until: u64,
    /// When it began, seconds since 1970.
    pub time: i64,
    /// All rows are told, only deletions remain.
    pub dead: bool,
}

/// Where the next page of a list starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// Unordered: the next slot.
    Scan(u32),
    /// Ordered: how many were given out, and the number of the kept order.
    Sorted(usize, u64),
    /// A first tracked read: next slot, then the version and time its token will carry.
    Track(u32, u64, i64),
    /// The middle of a delta.
    Delta(Span),
}

impl Cursor {
    /// The cookie of the page with this number, encoded as it stands in a link.
    pub fn cookie(&self, page: usize, key: &str, last: &str) -> String {
        let at = match self {
            Self::Scan(slot) => format!("scan {slot}"),
            Self::Sorted(offset, order) => format!("sorted {offset} {order}"),
            Self::Track(slot, version, time) => format!("track {slot} {version} {time}"),
            Self::Delta(span) => format!(
                "delta {} {} {} {} {}",
                span.origin,
                span.seen,
                span.until,
                span.time,
                u8::from(span.dead)
            ),
        };
        let inner = format!(
            "<cookie page=\"{}\"><{key} last=\"{{{last}}}\" /><at place=\"{at}\" /></cookie>",
            page - 1
        );
        let tracking = if matches!(self, Self::Track(..) | Self::Delta(..)) {
            "True"
        } else {
            "False"
        };
        let inner = strict(&inner);
        strict_outer(&format!(
            "<cookie pagenumber=\"{page}\" pagingcookie=\"{inner}\" istracking=\"{tracking}\" />"
        ))
    }

    /// The page number and place of a cookie, however often clients have re-encoded it.
    pub fn parse(token: &str) -> Result<(usize, Self), Fault> {
        let mut text = token.to_owned();
        for _ in 0..3 {
            if text.contains("place=\"") {
                break;
            }
            text = decode(&text, true);
        }
        let attribute = |name: &str| {
            let (_, rest) = text.split_once(&format!("{name}=\""))?;
            rest.split('"').next()
        };
        let bad = || Fault::new(400, "0x8004038a", "", "Malformed skip token.".into());
        let page = attribute("pagenumber")
            .and_then(|n| n.parse().ok())
            .ok_or_else(bad)?;
        let place = attribute("place").ok_or_else(bad)?.replace('+', " ");
        let words: Vec<&str> = place.split(' ').collect();
        let number = |at: usize| {
            words
                .get(at)
                .and_then(|n| n.parse::<i64>().ok())
                .ok_or_else(bad)
        };
        let cursor = match words.first().copied() {
            Some("scan") => Self::Scan(number(1)? as u32),
            Some("sorted") => Self::Sorted(number(1)? as usize, number(2)? as u64),
            Some("track") => Self::Track(number(1)? as u32, number(2)? as u64, number(3)?),
            Some("delta") => Self::Delta(Span {
                origin: number(1)? as u64,
                seen: number(2)? as u64,
                until: number(3)? as u64,
                time: number(4)?,
                dead: number(5)? == 1,
            }),
            _ => return Err(bad()),
        };
        Ok((page, cursor))
    }
}

/// Encodes a cookie for the link around it, in the vendor's mix of cases.
fn strict_outer(text: &str) -> String {
    encode(text).replace("%3c", "%3C").replace("%3e", "%3E")
}

/// `919042!11/22/2026 08:10:44`, encoded: a row version and the UTC time it was given out.
pub fn delta_token(version: u64, time: i64) -> String {
    let stamp = DateTime::from_timestamp(time, 0).unwrap_or_default();
    strict(&format!("{version}!{}", stamp.format("%m/%d/%Y %H:%M:%S")))
}

/// Encodes all but letters and digits, as the vendor does inside cookies and tokens.
pub fn strict(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, "%{byte:02x}");
        }
    }
    out
}

/// The version and time in a decoded delta token.
pub fn parse_delta(token: &str) -> Option<(u64, i64)> {
    let (version, time) = token.split_once('!')?;
    let time = NaiveDateTime::parse_from_str(time, "%m/%d/%Y %H:%M:%S").ok()?;
    Some((version.parse().ok()?, time.and_utc().timestamp()))
}
