//! One profile's tables, read and checked.

use std::net::IpAddr;
use std::time::Duration;

use url::{Host, Url};

use super::keys::{Keys, nearest};
use super::secret::{self, SECRET_KEYS};
use super::{
    ConfigError, DynamicsProfile, FirstCopy, LimitMode, Listing, MarketoProfile, Share, SyncProfile,
};

/// The calls a day of a Marketo subscription that bought no more.
const DAILY_CALLS: u64 = 50_000;

const DYNAMICS_KEYS: [&str; 6] = [
    "url",
    "tenant",
    "token_url",
    "client_id",
    "share",
    "reserve",
];
const MARKETO_KEYS: [&str; 7] = [
    "endpoint",
    "identity",
    "client_id",
    "daily_calls",
    "partition",
    "share",
    "reserve",
];
const SYNC_KEYS: [&str; 8] = [
    "interval",
    "first_copy",
    "settle",
    "share",
    "reserve",
    "retry_share",
    "limits",
    "listing",
];

/// Refuses unknown keys of one of a profile's tables; what they hold is read when the profile is used.
pub(super) fn check_keys(keys: &Keys<'_>, table: &str) -> Result<(), ConfigError> {
    let known: Vec<&str> = match table {
        "dynamics" => DYNAMICS_KEYS.into_iter().chain(SECRET_KEYS).collect(),
        "marketo" => MARKETO_KEYS.into_iter().chain(SECRET_KEYS).collect(),
        _ => SYNC_KEYS.to_vec(),
    };
    keys.only(&known)
}

pub(super) fn dynamics(keys: &Keys<'_>) -> Result<DynamicsProfile, ConfigError> {
    let wanted = "the organisation's address, as https://acme.crm4.dynamics.com";
    let url = address(keys, "url", keys.needed("url", wanted)?)?;
    if url.path() != "/" {
        let problem = format!(
            "has to be the origin alone: {}",
            url.origin().ascii_serialization()
        );
        return Err(keys.wrong("url", problem));
    }
    let token_url = match keys.text("token_url")? {
        Some(text) => Some(address(keys, "token_url", text)?),
        None => None,
    };
    let tenant = match (keys.text("tenant")?, &token_url) {
        (Some(tenant), _) => tenant,
        (None, Some(_)) => "",
        (None, None) => {
            let wanted = "the tenant's domain or id, as contoso.onmicrosoft.com";
            return Err(keys.missing("tenant", wanted));
        }
    };
    let client_id = keys.needed("client_id", "the app registration's application id")?;
    // The secret goes to the token endpoint; without one of ours that is Microsoft's.
    let loopback = is_loopback(&url) && token_url.as_ref().is_some_and(is_loopback);
    Ok(DynamicsProfile {
        client_secret: secret::open(keys, loopback)?,
        url: bare(&url),
        tenant: tenant.to_owned(),
        token_url: token_url.as_ref().map(bare),
        client_id: client_id.to_owned(),
    })
}

pub(super) fn marketo(keys: &Keys<'_>) -> Result<MarketoProfile, ConfigError> {
    let wanted = "Admin > Web Services shows it, as https://123-ABC-456.mktorest.com/rest";
    let endpoint = address(keys, "endpoint", keys.needed("endpoint", wanted)?)?;
    let wanted = "Admin > Web Services shows it, as https://123-ABC-456.mktorest.com/identity";
    let identity = address(keys, "identity", keys.needed("identity", wanted)?)?;
    let client_id = keys.needed("client_id", "the custom service's client id")?;
    let daily_calls = match keys.item("daily_calls") {
        None => DAILY_CALLS,
        Some(item) => match item.as_integer().map(u64::try_from) {
            Some(Ok(calls)) if calls > 0 => calls,
            _ => {
                return Err(keys.wrong("daily_calls", "has to be a whole number above 0, as 50000"));
            }
        },
    };
    let loopback = is_loopback(&endpoint) && is_loopback(&identity);
    Ok(MarketoProfile {
        client_secret: secret::open(keys, loopback)?,
        endpoint: bare(&endpoint),
        identity: bare(&identity),
        client_id: client_id.to_owned(),
        daily_calls,
        partition: keys.text("partition")?.map(str::to_owned),
    })
}

pub(super) fn sync(keys: &Keys<'_>) -> Result<SyncProfile, ConfigError> {
    let mut sync = SyncProfile::default();
    if let Some(interval) = duration(keys, "interval")? {
        sync.interval = interval;
    }
    if let Some(settle) = duration(keys, "settle")? {
        sync.settle = settle;
    }
    let choices = [("ask", FirstCopy::Ask), ("go", FirstCopy::Go)];
    if let Some(first_copy) = word(keys, "first_copy", &choices)? {
        sync.first_copy = first_copy;
    }
    let choices = [
        ("auto", LimitMode::Auto),
        ("real", LimitMode::Real),
        ("off", LimitMode::Off),
    ];
    if let Some(limits) = word(keys, "limits", &choices)? {
        sync.limits = limits;
    }
    let choices = [("extract", Listing::Extract), ("off", Listing::Off)];
    if let Some(listing) = word(keys, "listing", &choices)? {
        sync.listing = listing;
    }
    for share in [&mut sync.share.dynamics, &mut sync.share.marketo] {
        own_share(keys, share)?;
    }
    if let Some(retries) = part(keys, "retry_share")? {
        sync.share.retries = retries;
    }
    Ok(sync)
}

/// What a table says about our part of a limit; the rest stays as it is.
pub(super) fn own_share(keys: &Keys<'_>, share: &mut Share) -> Result<(), ConfigError> {
    let problem = "has to be a number above 0 and up to 1, as 0.7";
    match number(keys, "share", problem)? {
        Some(part) if part > 0.0 && part <= 1.0 => share.part = part,
        Some(_) => return Err(keys.wrong("share", problem)),
        None => {}
    }
    if let Some(reserve) = part(keys, "reserve")? {
        share.reserve = reserve;
    }
    Ok(())
}

/// A part of a whole.
fn part(keys: &Keys<'_>, key: &str) -> Result<Option<f64>, ConfigError> {
    let problem = "has to be a number from 0 to 1, as 0.1";
    match number(keys, key, problem)? {
        Some(part) if !(0.0..=1.0).contains(&part) => Err(keys.wrong(key, problem)),
        part => Ok(part),
    }
}

fn number(keys: &Keys<'_>, key: &str, problem: &str) -> Result<Option<f64>, ConfigError> {
    let Some(item) = keys.item(key) else {
        return Ok(None);
    };
    let whole = item.as_integer().map(|whole| whole as f64);
    let number = item.as_float().or(whole);
    number.map(Some).ok_or_else(|| keys.wrong(key, problem))
}

/// Whether the end is on this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

fn address(keys: &Keys<'_>, key: &str, text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|error| {
        keys.wrong(
            key,
            format!("is not an address ({error}); it starts with https://"),
        )
    })?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            let problem =
                "would send secrets in the clear: use https:// (http:// only for loopback)";
            return Err(keys.wrong(key, problem));
        }
        _ => return Err(keys.wrong(key, "has to start with https://")),
    }
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || url.query().is_some() || url.fragment().is_some() {
        let problem = "has to be a plain address, without user name, ? and #";
        return Err(keys.wrong(key, problem));
    }
    Ok(url)
}

/// The address without a slash at its end.
fn bare(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn duration(keys: &Keys<'_>, key: &str) -> Result<Option<Duration>, ConfigError> {
    let Some(text) = keys.text(key)? else {
        return Ok(None);
    };
    match humantime::parse_duration(text) {
        Ok(duration) if duration >= Duration::from_secs(1) => Ok(Some(duration)),
        Ok(_) => Err(keys.wrong(key, "has to be at least 1s")),
        Err(_) => Err(keys.wrong(
            key,
            "has to be a time such as \"5m\", \"90s\" or \"1h 30m\"",
        )),
    }
}

fn word<T: Copy>(
    keys: &Keys<'_>,
    key: &str,
    choices: &[(&str, T)],
) -> Result<Option<T>, ConfigError> {
    let Some(text) = keys.text(key)? else {
        return Ok(None);
    };
    if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
        return Ok(Some(*choice));
    }
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    let hint =
        nearest(text, &words).map_or_else(String::new, |word| format!("; did you mean '{word}'?"));
    let problem = format!("has to be one of {}, not '{text}'{hint}", words.join(", "));
    Err(keys.wrong(key, problem))
}
