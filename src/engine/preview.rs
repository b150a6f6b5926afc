//! What the next cycle would write: the real cycle, on a copy of the state, with a recorder in place of every write.
//!
//! A recorded write counts as done, so that what follows from it within the cycle is shown too. Nothing is written to
//! either vendor, and nothing to the state itself.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value as Json, json};
use tokio::sync::mpsc;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use super::context::{Context, Parts};
use super::error::EngineError;
use super::plan::{LinkPlan, Plan};
use super::{cycle, lease, recover, ruling};
use crate::config::{Listing, SyncProfile};
use crate::connectors::WriteOutcome;
use crate::model::{CycleReport, Entity, MarketoId, RecordKey, Side, Value};
use crate::store::{LinkState, Op, OpKind, Store};

/// Lines that wait to be read; the cycle waits while nobody takes them.
pub const PREVIEW_LINES: usize = 1_000;

/// One thing the next cycle would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewLine {
    /// The entity; none for what belongs to no entity: our own fields in Marketo.
    pub entity: Option<Entity>,
    /// The side that would be written.
    pub to: Side,
    /// `create`, `update`, `delete`, `link` or `hold`.
    pub action: &'static str,
    /// The Dynamics row.
    pub dynamics_id: Option<Uuid>,
    /// The Marketo person.
    pub marketo_id: Option<MarketoId>,
    /// Old and new by the API name on that side; for a hold what Dynamics and Marketo hold.
    pub fields: Map<String, Json>,
    /// The plan that has to be approved before it is done, as far as one is known by now.
    pub plan: Option<String>,
}

impl PreviewLine {
    /// The line as scripts see it.
    pub fn document(&self) -> Json {
        json!({"entity": self.entity, "to": self.to.word(), "action": self.action,
               "dynamics_id": self.dynamics_id, "marketo_id": self.marketo_id, "fields": self.fields,
               "plan": self.plan})
    }
}

/// What a preview came to.
#[derive(Debug, Clone)]
pub struct Previewed {
    /// The plans that have to be approved, in the order they are met.
    pub plans: Vec<String>,
    /// The cycle's own report: its counts are what would be done.
    pub report: CycleReport,
}

/// Takes the place of every write.
pub(super) struct Recorder {
    lines: mpsc::Sender<PreviewLine>,
    plans: Mutex<(BTreeSet<String>, Vec<String>)>,
    made_up: AtomicI64,
    /// People that would have been created, by a digest of their address.
    people: Mutex<HashMap<u64, (MarketoId, Uuid)>>,
}

/// Runs the next cycle on `copy` without writing to anybody; `parts` are the real ones but for their store.
/// Lines are sent as they are known.
pub async fn preview(
    parts: Parts,
    copy: Store,
    lines: mpsc::Sender<PreviewLine>,
) -> Result<Previewed, EngineError> {
    let recorder = Recorder {
        lines,
        plans: Mutex::default(),
        made_up: AtomicI64::new(MADE_UP + 1),
        people: Mutex::default(),
    };
    // An extract is a job in Marketo: a preview orders none.
    let sync = SyncProfile {
        listing: Listing::Off,
        ..parts.sync
    };
    let parts = Parts {
        store: copy,
        sync,
        ..parts
    };
    let context = Context::recording(parts, recorder);
    let lease = lease::take(&context).await?;
    recover::take_over(&context).await?;
    ruling::pauses(&context).await?;
    let report = cycle::run(&context).await;
    lease::release(&context, lease).await?;
    let plans = context
        .dry
        .as_ref()
        .map_or_else(Vec::new, |dry| dry.plans().1);
    Ok(Previewed {
        plans,
        report: report?,
    })
}

impl Recorder {
    fn plans(&self) -> (BTreeSet<String>, Vec<String>) {
        self.plans
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes that `plan` has to be approved; the preview goes on as if it were.
    pub(super) fn needs(&self, plan: &str) {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.0.insert(plan.to_owned()) {
            plans.1.push(plan.to_owned());
        }
    }

    pub(super) async fn line(&self, mut line: PreviewLine) {
        line.plan = self.plans().1.last().cloned();
        // Whoever stopped reading has seen enough.
        drop(self.lines.send(line).await);
    }

    /// Records a batch, and answers as if it had been carried out.
    pub(super) async fn write(&self, ops: &[Op]) -> Vec<WriteOutcome> {
        let mut outcomes = Vec::with_capacity(ops.len());
        for op in ops {
            self.line(written(op)).await;
            outcomes.push(match op.kind {
                OpKind::Create => WriteOutcome::Created {
                    key: match (op.side, op.dynamics) {
                        (_, Some(id)) if !op.entity.is_person() => RecordKey::Dynamics(id),
                        (Side::Dynamics, Some(id)) => RecordKey::Dynamics(id),
                        _ => RecordKey::Marketo(self.make_up(op)),
                    },
                    version: None,
                },
                OpKind::Update | OpKind::Flag => WriteOutcome::Updated { version: None },
                OpKind::Delete | OpKind::Drop => WriteOutcome::Deleted,
            });
        }
        outcomes
    }

    /// An id for a person that would have been created; its address is remembered.
    fn make_up(&self, op: &Op) -> MarketoId {
        let id = self.made_up.fetch_sub(1, Ordering::Relaxed) - 1;
        let email = op.fields.iter().find(|field| field.name == "email");
        let email = email.and_then(|field| field.after.as_text());
        if let (Some(email), Some(row)) = (email, op.dynamics) {
            let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
            people.insert(xxh3_64(email.to_lowercase().as_bytes()), (id, row));
        }
        id
    }

    /// The person that would have been created with this address (lower case), and the row it is of.
    pub(super) fn made(&self, email: &str) -> Option<(MarketoId, Uuid)> {
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.get(&xxh3_64(email.as_bytes())).copied()
    }

    /// Records what a plan does beside its writes: a link that is made, a question that is asked.
    pub(super) async fn decided(&self, entity: &Entity, plan: &Plan) {
        let adopted = match plan.link_plan {
            LinkPlan::New { state, .. } => state == LinkState::Live && !entity.is_person(),
            _ => false,
        };
        let linked = match &plan.link_plan {
            LinkPlan::New { marketo, .. } => *marketo,
            LinkPlan::Attach { marketo, .. } => Some(*marketo),
            LinkPlan::TakeOver { from, .. } => from.marketo,
            LinkPlan::Found { dynamics } => dynamics.and(plan.marketo),
            _ => None,
        };
        let line = |action| PreviewLine {
            entity: Some(entity.clone()),
            to: Side::Marketo,
            action,
            dynamics_id: plan.dynamics,
            marketo_id: plan.marketo.filter(|id| *id > 0),
            fields: Map::new(),
            plan: None,
        };
        if linked.is_some() || adopted {
            self.line(PreviewLine {
                marketo_id: linked.filter(|id| *id > 0),
                ..line("link")
            })
            .await;
        }
        for held in &plan.opened {
            let name = match held.field.as_str() {
                "" => held.kind.word(),
                field => field,
            };
            let both = json!([held.dynamics.to_json(), held.marketo.to_json()]);
            self.line(PreviewLine {
                fields: Map::from_iter([(name.to_owned(), both)]),
                ..line("hold")
            })
            .await;
        }
    }

    /// Records a field of ours that Marketo lacks.
    pub(super) async fn field(&self, name: &str) {
        let field = (name.to_owned(), json!([null, "field"]));
        self.makes(Map::from_iter([field])).await;
    }

    /// Records what would be made in Marketo before any record: fields, or a type.
    pub(super) async fn makes(&self, fields: Map<String, Json>) {
        self.line(PreviewLine {
            entity: None,
            to: Side::Marketo,
            action: "create",
            dynamics_id: None,
            marketo_id: None,
            fields,
            plan: None,
        })
        .await;
    }
}

fn written(op: &Op) -> PreviewLine {
    let fields = op.fields.iter().map(|field| {
        let change = json!([known(&field.before), known(&field.after)]);
        (field.name.clone(), change)
    });
    PreviewLine {
        entity: Some(op.entity.clone()),
        to: op.side,
        action: match op.kind {
            OpKind::Create => "create",
            OpKind::Update | OpKind::Flag => "update",
            OpKind::Delete | OpKind::Drop => "delete",
        },
        dynamics_id: op.dynamics,
        marketo_id: op.marketo.filter(|id| *id > 0),
        fields: fields.collect(),
        plan: None,
    }
}

/// A value as it is shown. The id of somebody who would have been created is not known before.
fn known(value: &Value) -> Json {
    match value {
        Value::Integer(id) if *id <= MADE_UP => Json::Null,
        value => value.to_json(),
    }
}

/// People that would have been created have ids from here down: far from any number an admin has a field for.
const MADE_UP: MarketoId = -4_000_000_000_000_000;
