//! The URLs of reads: what is selected, which rows, and the links the server hands out.

use uuid::Uuid;

use super::call::failure;
use super::table::Table;
use crate::connectors::{ConnectorError, Trouble};

/// Where the Web API lives on an organisation's origin.
const API: &str = "/api/data/v9.2";
/// The vendor's largest page.
pub const PAGE_MAX: u32 = 5_000;
/// The annotation that names the table a lookup points to.
pub(super) const TARGET_TABLE: &str = "Microsoft.Dynamics.CRM.lookuplogicalname";
/// The longest URL we make; the server takes 32 KB, proxies on the way often less.
const URL_MAX: usize = 16_000;
/// What one key takes in an `In` filter: `%22`, the key, `%22`, a comma.
const KEY_LENGTH: usize = 36 + 3 + 3 + 1;

/// The organisation's address.
#[derive(Debug, Clone)]
pub(super) struct Origin(url::Url);

impl Origin {
    /// Checks the configured address: https, or http on loopback only.
    pub(super) fn parse(configured: &str) -> Result<Self, ConnectorError> {
        let wrong = |why: &str| failure(Trouble::Configuration, "url", why.to_owned());
        let url = url::Url::parse(configured.trim())
            .map_err(|_| wrong("the Dynamics url is not a URL: https://NAME.crm4.dynamics.com"))?;
        if !url.has_host() {
            return Err(wrong("the Dynamics url names no host"));
        }
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
            return Err(wrong("only https is allowed (http on loopback)"));
        }
        Ok(Self(url))
    }

    /// `https://acme.crm4.dynamics.com`, without a slash at the end.
    pub(super) fn text(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// The URL of `resource` below the API's root.
    pub(super) fn api(&self, resource: &str) -> String {
        format!("{}{API}/{resource}", self.text())
    }

    /// The path of `resource`, for requests inside a batch.
    pub(super) fn path(resource: &str) -> String {
        format!("{API}/{resource}")
    }

    /// A link of the server, ready to be followed; none when it leads anywhere but to our API.
    pub(super) fn own_link(&self, link: &str) -> Option<String> {
        let url = url::Url::parse(link).ok()?;
        let ours = url.origin() == self.0.origin() && url.path().starts_with("/api/data/");
        ours.then(|| url.to_string())
    }
}

pub(super) fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// `$select` of these columns, of the key, and of the last change.
pub(super) fn select(table: &Table, columns: &[String]) -> Result<String, ConnectorError> {
    let mut members = vec![table.key.clone()];
    for name in columns.iter().map(String::as_str).chain(last_change(table)) {
        let name = name.split(':').next().unwrap_or(name);
        let column = table.column(name).ok_or_else(|| {
            let message = format!("table {} has no column {name}", table.logical);
            failure(Trouble::Refused, "column", message)
        })?;
        let member = Table::member(column);
        if !members.contains(&member) {
            members.push(member);
        }
    }
    Ok(format!("$select={}", members.join(",")))
}

/// The URL that finds rows whose column contains a text.
pub(super) fn search(
    origin: &Origin,
    table: &Table,
    columns: &[String],
    (column, text): (&str, &str),
    limit: u32,
) -> Result<String, ConnectorError> {
    let select = select(table, columns)?;
    let column = table.column(column).map(Table::member).ok_or_else(|| {
        let message = format!("table {} has no column {column}", table.logical);
        failure(Trouble::Refused, "column", message)
    })?;
    // Outer per cent signs would be wildcards, quotes end the literal.
    let literal = text.trim_matches('%').replace('\'', "''");
    let literal: String = url::form_urlencoded::byte_serialize(literal.as_bytes()).collect();
    let literal = literal.replace('+', "%20");
    Ok(origin.api(&format!(
        "{}?{select}&$filter=contains({column},'{literal}')&$top={limit}",
        table.set
    )))
}

fn last_change(table: &Table) -> Option<&'static str> {
    table.column("modifiedon").map(|_| "modifiedon")
}

/// What is preferred of a read: pages of that size, and for lookups that may point to several
/// tables, which one it is (only this annotation tells). The same for each page of a feed, as the
/// vendor wants it.
pub(super) fn preferences(table: &Table, url: &str, page_size: u32) -> String {
    let polymorphic = table
        .navigation
        .iter()
        .any(|(column, targets)| targets.len() > 1 && url.contains(&format!("_{column}_value")));
    let size = page_size.clamp(1, PAGE_MAX);
    let annotations = if polymorphic {
        format!(",odata.include-annotations=\"{TARGET_TABLE}\"")
    } else {
        String::new()
    };
    format!("odata.maxpagesize={size}{annotations}")
}

/// The URLs that together read these rows, each short enough.
pub(super) fn reads(origin: &Origin, table: &Table, select: &str, ids: &[Uuid]) -> Vec<String> {
    let base = origin.api(&format!(
        "{}?{select}&$filter=Microsoft.Dynamics.CRM.In(PropertyName='{}',PropertyValues=[",
        table.set, table.key
    ));
    let room = URL_MAX.saturating_sub(base.len() + 2);
    let keys_a_url = (room / KEY_LENGTH).max(20);
    ids.chunks(keys_a_url)
        .map(|ids| {
            let keys: Vec<_> = ids.iter().map(|id| format!("%22{id}%22")).collect();
            format!("{base}{}])", keys.join(","))
        })
        .collect()
}
