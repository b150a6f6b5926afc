//! Carries a call out under the right lock, alone or as a part of a batch.

use ::http::Method;

use super::Organisation;
use super::batch::{self, Item, Part};
use super::data::Data;
use super::dial;
use super::dispatch;
use super::modify::Modify;
use super::payload::Created;
use super::reply::{Answer, Fault, Reply};
use super::request::Call;

/// What a read costs in milliseconds of execution, and each kilobyte of it.
const READ_COST: f64 = 8.0;
const KILOBYTE_COST: f64 = 0.1;

/// What a write costs in milliseconds of execution.
const WRITE_COST: f64 = 25.0;

/// A reply and what it cost.
pub struct Done {
    /// The answer.
    pub reply: Reply,
    /// Milliseconds of execution.
    pub cost: f64,
}

impl Organisation {
    /// Carries out any call.
    pub fn perform(&self, call: &Call) -> Done {
        if call.path == "$batch" {
            return self.batch(call);
        }
        let reading = matches!(call.method, Method::GET | Method::HEAD);
        let answer = if reading {
            dispatch::read(self, &self.read(), call)
        } else {
            let mut data = self.write();
            let answer = modify(&mut data, call, &mut Created::new());
            if answer.is_ok() && self.faults.roll("dynamics", "plugin") {
                data.touch_last(call.now);
            }
            answer
        };
        let reply = answer.unwrap_or_else(|fault| fault.reply(call.prefer().detailed()));
        let cost = if reading {
            READ_COST + reply.body.len() as f64 / 1024.0 * KILOBYTE_COST
        } else {
            WRITE_COST
        };
        Done { reply, cost }
    }

    fn batch(&self, call: &Call) -> Done {
        let refused = |fault: Fault| Done {
            reply: fault.reply(false),
            cost: READ_COST,
        };
        if call.method != Method::POST {
            return refused(Fault::new(
                405,
                "0x8006088a",
                "",
                "A batch must be a POST.".into(),
            ));
        }
        let kind = call.header("content-type").unwrap_or_default();
        let Some(boundary) = batch::boundary(kind) else {
            return refused(Fault::odata(format!(
                "Invalid Content-Type header value '{kind}': a batch needs multipart/mixed with a boundary."
            )));
        };
        let items = match batch::parse(&call.body, &boundary) {
            Ok(items) => items,
            Err(fault) => return refused(fault),
        };
        let go_on = call.prefer().go_on;
        let mut out = batch::Writer::new("batchresponse", &self.write().new_id().to_string());
        let (mut cost, mut stopped) = (0.0, false);
        for item in items {
            let good = match item {
                Item::Single(part) => {
                    let done = self.part(call, &part);
                    cost += done.cost;
                    out.reply(&done.reply, part.id.as_deref());
                    done.reply.status < 400
                }
                Item::Set(parts) => {
                    cost += WRITE_COST * parts.len() as f64;
                    self.change_set(call, &parts, &mut out)
                }
            };
            if !good && !go_on {
                stopped = true;
                break;
            }
        }
        let content = Some(out.content_type());
        let status = if stopped { 400 } else { 200 };
        let reply = Reply {
            status,
            content,
            body: out.finish(),
            headers: Vec::new(),
        };
        Done { reply, cost }
    }

    fn part(&self, call: &Call, part: &Part) -> Done {
        let inner = inner(call, part);
        if inner.path == "$batch" {
            let fault = Fault::odata("A batch must not hold another batch.");
            return Done {
                reply: fault.reply(false),
                cost: READ_COST,
            };
        }
        if let Some(fault) = dial::in_part(self, &inner) {
            return Done {
                reply: fault.reply(false),
                cost: WRITE_COST,
            };
        }
        self.perform(&inner)
    }

    /// All or nothing: a failed set answers with its one error.
    fn change_set(&self, call: &Call, parts: &[Part], out: &mut batch::Writer) -> bool {
        let mut data = self.write();
        let id = data.new_id().to_string();
        let mut set = batch::Writer::new("changesetresponse", &id);
        let mut created = Created::new();
        data.begin();
        for part in parts {
            let inner = inner(call, part);
            let answer = Modify {
                data: &mut data,
                call: &inner,
                created: &mut created,
            }
            .answer();
            match answer {
                Ok(reply) => {
                    remember(&mut data, part, &reply, &mut created);
                    set.reply(&reply, part.id.as_deref());
                }
                Err(fault) => {
                    data.roll_back();
                    out.reply(&fault.reply(inner.prefer().detailed()), part.id.as_deref());
                    return false;
                }
            }
        }
        data.commit();
        out.set(set);
        true
    }
}

/// A single call that writes: whole, or not at all.
pub fn modify(data: &mut Data, call: &Call, created: &mut Created) -> Answer {
    data.begin();
    let answer = Modify {
        data,
        call,
        created,
    }
    .answer();
    match answer {
        Ok(_) => data.commit(),
        Err(_) => data.roll_back(),
    }
    answer
}

fn inner(call: &Call, part: &Part) -> Call {
    let mut inner = Call {
        method: part.method.clone(),
        path: String::new(),
        query: Vec::new(),
        raw_query: String::new(),
        headers: part.headers.clone(),
        body: part.body.clone(),
        caller: call.caller.clone(),
        now: call.now,
    };
    inner.target(&part.target);
    inner
}

/// Notes the row a part created under its content id.
fn remember(data: &mut Data, part: &Part, reply: &Reply, created: &mut Created) {
    let address = reply
        .headers
        .iter()
        .find(|(name, _)| *name == "OData-EntityId");
    let (Some(id), Some((_, address))) = (&part.id, address) else {
        return;
    };
    if let Ok(found) = super::payload::refer(data, address, &Created::new()) {
        created.insert(id.clone(), found);
    }
}
