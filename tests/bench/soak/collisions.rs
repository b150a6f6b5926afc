//! What collided: pending, or with its losing value in the journal. And every value our own writes replaced in Marketo.

use std::collections::HashMap;

use rusqlite::params;
use serde_json::{Value as Json, json};

use super::ends::Ends;
use super::ledger::Ledger;
use super::people::Known;
use super::tally::Tally;
use crate::engine::harness::process::Program;

/// The fields whose replaced values are looked for.
const FIELDS: &str = "salutation,firstName,lastName,email,title,phone,mobilePhone,address,city,state,country,postalCode,\
    unsubscribed";

/// Conflicts by kind and state, writes by cause, and whether every decision's losing value is in the journal.
pub fn decided(program: &Program, ledger: &Ledger, tally: &mut Tally) {
    let by_kind = "SELECT kind || ', ' || status, count(*) FROM conflict GROUP BY 1 ORDER BY 1";
    for (what, count) in ledger.counts(by_kind) {
        tally.note(format!("conflict             {count:>7} {what}"));
    }
    let (mut causes, mut journaled) = (HashMap::<String, u64>::new(), HashMap::<i64, bool>::new());
    let cycles = ledger.counts("SELECT '', id FROM cycle ORDER BY id");
    for (_, cycle) in cycles {
        let said = program.says(&[
            "history",
            "--cycle",
            &cycle.to_string(),
            "--reveal",
            "--json",
        ]);
        for line in said.lines() {
            let write: Json = serde_json::from_str(line).unwrap();
            if write["type"] != json!("write") {
                continue;
            }
            let cause = write["cause"].as_str().unwrap_or_default();
            let decision = cause
                .strip_prefix("decision ")
                .and_then(|id| id.parse().ok());
            let cause = if decision.is_some() {
                "decision"
            } else {
                cause
            };
            *causes.entry(cause.to_owned()).or_default() += 1;
            if let Some(id) = decision {
                let kept = loses(ledger, id, &write);
                *journaled.entry(id).or_default() |= kept;
            }
        }
    }
    let mut causes: Vec<(String, u64)> = causes.into_iter().collect();
    causes.sort();
    for (cause, count) in causes {
        tally.note(format!("field in the journal {count:>7} {cause}"));
    }
    let applied = "SELECT field || ' of link ' || ifnull(link, '-'), id FROM conflict WHERE status = 'applied'";
    for (what, id) in ledger.counts(applied) {
        tally.compared("decided conflict");
        match journaled.get(&id) {
            Some(true) => tally.excused("decided conflict", "the losing value is in the journal"),
            Some(false) => tally.wrong(format!("conflict {id}: the journal has another value")),
            None => tally.wrong(format!("conflict {id} ({what}) is applied without a write")),
        }
    }
    undone(ledger, tally);
}

/// A decision that is not carried out waits for a question about its whole record.
fn undone(ledger: &Ledger, tally: &mut Tally) {
    let waits =
        "SELECT field || ' of link ' || ifnull(link, '-'), EXISTS(SELECT 1 FROM conflict AS whole
           WHERE whole.status = 'pending' AND whole.field = '' AND whole.id <> conflict.id
             AND (whole.link = conflict.link OR whole.dynamics_id = conflict.dynamics_id
                  OR whole.marketo_id = conflict.marketo_id))
         FROM conflict WHERE status = 'resolved'";
    for (what, asked) in ledger.counts(waits) {
        tally.compared("decision to come");
        if asked > 0 {
            tally.excused("decision to come", "its record is asked about");
        } else {
            tally.wrong(format!("the decision about {what} is not carried out"));
        }
    }
}

/// Whether a decision's write replaced the value that was shown as the losing one.
fn loses(ledger: &Ledger, id: i64, write: &Json) -> bool {
    let column = if write["side"] == json!("dynamics") {
        "dynamics"
    } else {
        "marketo"
    };
    let sql = format!("SELECT {column} FROM conflict WHERE id = ?1");
    let seen: String = ledger
        .state
        .query_row(&sql, params![id], |row| row.get(0))
        .unwrap();
    alike(&seen, &text(&write["before"]))
}

fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a stored value is this text, whatever it is stored as.
fn alike(stored: &str, text: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let stored: Json = serde_json::from_str(stored).unwrap_or_default();
    let value = match &stored {
        Json::Object(one) => one.values().next().cloned().unwrap_or_default(),
        other => other.clone(),
    };
    let value = self::text(&value);
    letters(&value) == letters(text) || (value == "null" && text.is_empty())
}

/// Who was deleted or merged away in Marketo since `since`; and how far the ids go.
pub async fn deleted(ends: &Ends, since: &str) -> Known {
    let mut known = Known {
        deleted: std::collections::HashSet::new(),
        first: i64::MAX,
        last: 0,
    };
    let mut token = ends.since(since).await;
    loop {
        let (found, next, more) = ends
            .activities("activities/deletedleads.json", &token, &[])
            .await;
        known
            .deleted
            .extend(found.iter().filter_map(|one| one["leadId"].as_i64()));
        token = next;
        if !more {
            return known;
        }
    }
}

/// Marketo's own log: whatever a write of ours replaced is in the journal, or held by a conflict.
pub async fn replaced(ends: &Ends, ledger: &Ledger, since: &str, tally: &mut Tally) {
    let fields = [("fields", FIELDS.to_owned())];
    let mut token = ends.since(since).await;
    loop {
        let (found, next, more) = ends
            .activities("activities/leadchanges.json", &token, &fields)
            .await;
        for change in &found {
            let attributes = change["attributes"].as_array().into_iter().flatten();
            let ours = attributes
                .clone()
                .any(|one| one["name"] == json!("API Method Name"));
            let Some(person) = change["leadId"].as_i64().filter(|_| ours) else {
                continue;
            };
            for field in change["fields"].as_array().into_iter().flatten() {
                let name = field["name"].as_str().unwrap_or_default();
                let old = text(&field["oldValue"]);
                if old.is_empty() {
                    continue;
                }
                tally.compared("value replaced");
                if !kept(ledger, person, name, &old) {
                    let at = &change["activityDate"];
                    let new = text(&field["newValue"]);
                    tally.wrong(format!(
                        "person {person} {name} at {at}: '{old}' became '{new}' and is nowhere"
                    ));
                }
            }
        }
        token = next;
        if !more {
            return;
        }
    }
}

fn kept(ledger: &Ledger, person: i64, field: &str, old: &str) -> bool {
    let journal =
        "SELECT before FROM journal WHERE marketo_id = ?1 AND field = ?2 AND side = 'marketo'";
    let conflict = "SELECT marketo FROM conflict WHERE marketo_id = ?1 AND field = ?2";
    [journal, conflict].into_iter().any(|sql| {
        let mut asked = ledger.state.prepare_cached(sql).unwrap();
        let values = asked
            .query_map(params![person, field], |row| row.get::<_, String>(0))
            .unwrap();
        values.map(Result::unwrap).any(|value| alike(&value, old))
    })
}
