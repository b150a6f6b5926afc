//! `syncdeck check`: the check list; 0 only if all of it passes.

use std::sync::Arc;

use super::args::Place;
use super::output::{self, Exit};
use super::resources;
use crate::clock::Clock;
use crate::config::Profile;
use crate::connectors::{Dated, HttpTransport};
use crate::engine::{Check, check};

/// Clocks further apart than this make times of change useless.
const SKEW_SECONDS: i64 = 60;

/// Asks everything and prints the list.
pub(super) async fn run(place: &Place, json: bool, role: bool) -> anyhow::Result<Exit> {
    if place.sandbox {
        anyhow::bail!("the embedded sandbox lives in the console only: see `syncdeck sandbox`");
    }
    let profile = resources::profile(place)?;
    let store = resources::open(&resources::state(place, &profile.name))?;
    if role {
        super::role::tell(&store)?;
        return Ok(Exit::Clean);
    }
    let dated = Arc::new(Dated::new(Arc::new(HttpTransport::new()?), Clock::system()));
    let transport = Arc::clone(&dated);
    let mut list = addresses(&profile);
    list.extend(check(resources::over(&profile, store, transport)?).await?);
    for (host, ahead) in dated.ahead() {
        let seconds = ahead.num_seconds();
        list.push(Check::new(
            format!("clock of {host}"),
            seconds.abs() <= SKEW_SECONDS,
            format!("{seconds} s ahead of ours"),
            "set this machine's clock (NTP): tokens and the policy 'newest' depend on it",
        ));
    }
    let failed = list.iter().filter(|line| !line.ok).count();
    for line in &list {
        if json {
            output::json(line)?;
            continue;
        }
        let mark = if line.ok { "ok    " } else { "FAILED" };
        output::line(&output::clean(&format!(
            "{mark}  {:<36} {}",
            line.name, line.found
        )))?;
        if !line.remedy.is_empty() {
            output::line(&format!("        -> {}", line.remedy))?;
        }
    }
    output::say(&format!("{} of {} passed", list.len() - failed, list.len()));
    Ok(if failed == 0 {
        Exit::Clean
    } else {
        Exit::Error
    })
}

/// Whether what travels is encrypted: everything but loopback has to be.
fn addresses(profile: &Profile) -> Vec<Check> {
    let addresses = [
        ("Dynamics address", profile.dynamics.url.as_str()),
        ("Marketo endpoint", profile.marketo.endpoint.as_str()),
        ("Marketo identity", profile.marketo.identity.as_str()),
    ];
    addresses
        .into_iter()
        .map(|(name, address)| {
            let url = url::Url::parse(address).ok();
            let secure = url.as_ref().is_some_and(|url| url.scheme() == "https");
            let loopback = url
                .as_ref()
                .and_then(url::Url::host)
                .is_some_and(|host| match host {
                    url::Host::Domain(name) => name == "localhost",
                    url::Host::Ipv4(ip) => ip.is_loopback(),
                    url::Host::Ipv6(ip) => ip.is_loopback(),
                });
            let found = if secure {
                "https"
            } else {
                "not encrypted; loopback only"
            };
            Check::new(name, secure || loopback, found, "use https://")
        })
        .collect()
}
