//! What surrounds rows in an answer: context, links, applied preferences; and refused options.

use super::reply::{Fault, Reply};
use super::request::{Call, Prefer};
use super::schema::Table;

/// The context URL of a list.
pub fn context(call: &Call, table: &Table) -> String {
    let select = call
        .option("$select")
        .map(|s| format!("({s})"))
        .unwrap_or_default();
    format!("{}$metadata#{}{select}", call.caller.root(), table.set)
}

/// The call's own URL with one option replaced; `value` is already encoded.
pub fn link(call: &Call, name: &str, value: &str) -> String {
    let kept = call.raw_query.split('&').filter(|pair| {
        let name = super::reply::decode(pair.split('=').next().unwrap_or_default(), true);
        !pair.is_empty() && !matches!(name.as_str(), "$skiptoken" | "$deltatoken")
    });
    let mut query: Vec<String> = kept.map(|pair| pair.replace("%24", "$")).collect();
    query.push(format!("{name}={value}"));
    format!("{}{}?{}", call.caller.root(), call.path, query.join("&"))
}

/// Adds `Preference-Applied`.
pub fn applied(reply: Reply, prefer: &Prefer) -> Reply {
    if prefer.applied.is_empty() {
        return reply;
    }
    reply.with("Preference-Applied", prefer.applied.join(","))
}

/// Refuses query options the vendor has not, and those not imitated here.
pub fn refuse_unsupported(call: &Call) -> Result<(), Fault> {
    for (name, why) in [
        ("$skip", "Skip Clause is not supported in CRM"),
        ("$search", "The query parameter $search is not supported"),
        ("$compute", "The query parameter $compute is not supported"),
    ] {
        if call.option(name).is_some() {
            return Err(Fault::new(400, "0x80060888", "", why.into()));
        }
    }
    Ok(())
}
