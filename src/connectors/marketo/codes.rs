//! What every Marketo code means, at whatever level it comes, and what follows from it.
//!
//! Codes of one family come both for a whole call and for one record, so there is one table.

use std::time::Duration;

use crate::connectors::WriteOutcome;
use crate::model::{FailureClass, Refusal};

/// What a code says, before it is known whether it concerns a call or a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The token is unknown (601) or over (602): get another, repeat once.
    Token,
    /// Too many calls in the window (606): nobody calls until it is over.
    Rate,
    /// Too many calls at once (615).
    Crowded,
    /// The day's calls are used up.
    Day,
    /// The day's export bytes are used up; other calls go on.
    Volume,
    /// The server stumbled: it may have done its work all the same.
    Shaky,
    /// Not executed; may be tried again after this long.
    Later(Duration),
    /// Not executed because something else held it (a lock, a key twice in one batch, dependants).
    Held(FailureClass),
    /// A person has to change a set-up.
    Setup,
    /// The native CRM sync owns the object.
    NativeSync,
    /// The person is not there (1004); for a record that points to one, its parent.
    NoPerson,
    /// The record is not there (1013); for a record that points to one, its parent.
    NoRecord,
    /// A create found it there already.
    Exists,
    /// Several records match the key.
    Several,
    /// Refused, and trying again is useless.
    Refused(FailureClass),
}

/// What a write meant to do; the same code means different things for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// It may create.
    Upsert,
    /// It must be there.
    Update,
    /// An object that is no person must be there; it may point to a person who is not.
    UpdateObject,
    /// It must go.
    Delete,
}

/// What the admin reads when the native connector is still switched on.
pub(super) const NATIVE_SYNC: &str = "Marketo's native CRM sync is switched on and owns this object. \
     Two connectors must never write the same records: have Adobe detach the native sync, or choose another instance";

/// What the admin reads when the instance wants to be told where a new person goes.
const NO_PARTITION: &str = "this instance has several lead partitions and wants one to be named for new people: \
     set partition = \"…\" in the profile's marketo table";

const MAINTENANCE: Duration = Duration::from_secs(120);
const JOB_QUEUE: Duration = Duration::from_secs(60);

/// The table. Code first; the text decides only where one code has two meanings.
pub(super) fn meaning(code: &str, message: &str) -> Meaning {
    use FailureClass::{Data, Duplicate, Mapping, MissingParent, Privilege, Vendor};
    match code {
        "601" | "602" => Meaning::Token,
        "606" => Meaning::Rate,
        "615" => Meaning::Crowded,
        "607" => Meaning::Day,
        "1029" if message.to_ascii_lowercase().contains("quota") => Meaning::Volume,
        "500" | "502" | "503" | "504" | "604" | "608" | "611" | "713" => Meaning::Shaky,
        "614" => Meaning::Later(MAINTENANCE),
        "1014" | "1016" | "1019" | "1029" => Meaning::Later(JOB_QUEUE),
        "719" => Meaning::Held(Vendor),
        "1036" => Meaning::Held(Duplicate),
        "1022" => Meaning::Held(Data),
        "600" | "603" | "605" | "610" | "612" | "613" | "616" | "703" | "1026" | "1035" => {
            Meaning::Setup
        }
        "1018" => Meaning::NativeSync,
        "1004" => Meaning::NoPerson,
        "1013" => Meaning::NoRecord,
        "1005" | "1017" => Meaning::Exists,
        "1007" => Meaning::Several,
        "718" => Meaning::Refused(MissingParent),
        "1006" | "1011" => Meaning::Refused(Mapping),
        "1008" | "1009" | "1010" => Meaning::Refused(Privilege),
        "609" | "701" | "704" | "712" | "1001" | "1002" | "1003" | "1012" | "1021" | "1042"
        | "1049" | "1076" | "1077" | "1078" | "1079" | "1080" => Meaning::Refused(Data),
        _ => Meaning::Refused(Vendor),
    }
}

/// What became of one record that was skipped for `code`.
pub(super) fn skipped(operation: Operation, code: &str, message: &str) -> WriteOutcome {
    let refusal = |class| Refusal {
        class,
        code: code.to_owned(),
        message: if code == "1009" {
            NO_PARTITION.to_owned()
        } else {
            message.to_owned()
        },
        request: None,
    };
    match meaning(code, message) {
        Meaning::Exists => WriteOutcome::Exists,
        Meaning::Several => WriteOutcome::Ambiguous,
        Meaning::NoPerson | Meaning::NoRecord => {
            let parent = match operation {
                Operation::Upsert => true,
                Operation::UpdateObject => code == "1004",
                Operation::Update | Operation::Delete => false,
            };
            if parent {
                WriteOutcome::Refused(refusal(FailureClass::MissingParent))
            } else {
                WriteOutcome::Gone
            }
        }
        Meaning::Rate | Meaning::Crowded | Meaning::Day | Meaning::Volume | Meaning::Later(_) => {
            WriteOutcome::Retry(refusal(FailureClass::Throttled))
        }
        Meaning::Shaky => WriteOutcome::Retry(refusal(FailureClass::Vendor)),
        Meaning::Held(class) => WriteOutcome::Retry(refusal(class)),
        Meaning::NativeSync => WriteOutcome::Refused(Refusal {
            class: FailureClass::Privilege,
            code: code.to_owned(),
            message: NATIVE_SYNC.to_owned(),
            request: None,
        }),
        Meaning::Token | Meaning::Setup => WriteOutcome::Refused(refusal(FailureClass::Privilege)),
        Meaning::Refused(class) => WriteOutcome::Refused(refusal(class)),
    }
}

/// Whether a refusal is about the place in the pages, not about the question.
pub(super) fn about_paging_token(code: &str, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    matches!(code, "1001" | "1002" | "1003" | "704") && message.contains("token")
}
