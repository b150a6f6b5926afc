//! `syncdeck run --metrics ADDR`: how the sync is doing, as Prometheus reads it. A page of text, nothing else.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::engine::{EntityStatus, Snapshot};
use crate::model::{EngineState, Quota};

/// Questions answered at a time.
const AT_ONCE: usize = 8;
/// A question is at most this long.
const QUESTION_MAX: usize = 8 * 1024;
/// Whoever takes longer to ask is sent away.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers for as long as the program runs.
pub(super) async fn serve(
    address: SocketAddr,
    snapshot: watch::Receiver<Arc<Snapshot>>,
) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} for metrics"))?;
    let bound = listener.local_addr()?;
    tokio::spawn(async move {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let page = page(&snapshot.borrow());
            tokio::spawn(async move {
                // Somebody who hangs up half-way needs no answer.
                drop(tokio::time::timeout(PATIENCE, answer(stream, &page)).await);
                drop(place);
            });
        }
    });
    Ok(bound)
}

async fn answer(mut stream: TcpStream, page: &str) -> std::io::Result<()> {
    let mut question = Vec::new();
    let mut piece = [0; 1024];
    while !question.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut piece).await?;
        if read == 0 || question.len() > QUESTION_MAX {
            return Ok(());
        }
        question.extend_from_slice(&piece[..read]);
    }
    let known = question.starts_with(b"GET /metrics ") || question.starts_with(b"GET / ");
    let (status, body) = if known {
        ("200 OK", page)
    } else {
        ("404 Not Found", "see /metrics\n")
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// One value of each entity: its name, its meaning, the value.
type OfEntity = (&'static str, &'static str, fn(&EntityStatus) -> f64);
/// The same of each quota.
type OfQuota = (&'static str, &'static str, fn(&Quota) -> f64);

const ENTITIES: [OfEntity; 6] = [
    ("links", "Linked records.", |row| row.links as f64),
    ("backlog", "Records to be looked at.", |row| {
        row.backlog as f64
    }),
    (
        "oldest_pending_timestamp_seconds",
        "Since when the oldest of them waits; 0 when none does.",
        |row| row.oldest_pending.map_or(0.0, |at| at.timestamp() as f64),
    ),
    ("rate_per_minute", "Records written a minute.", |row| {
        row.rate_per_minute
    }),
    ("conflicts", "Conflicts that wait.", |row| {
        row.conflicts as f64
    }),
    ("failures", "Failures that wait or are parked.", |row| {
        row.failures as f64
    }),
];

const QUOTAS: [OfQuota; 3] = [
    ("quota_used", "What is used of a vendor's limit.", |quota| {
        quota.used as f64
    }),
    ("quota_limit", "The vendor's limit.", |quota| {
        quota.limit as f64
    }),
    ("quota_budget", "Our share of it.", |quota| {
        quota.budget as f64
    }),
];

/// The page. Names and labels are ours: nothing in it is personal.
fn page(snapshot: &Snapshot) -> String {
    let mut page = Page {
        text: String::new(),
        profile: &snapshot.profile,
    };
    let states = EngineState::ALL.map(|state| {
        let on = f64::from(u8::from(state == snapshot.state));
        (format!(",state=\"{}\"", state.word()), on)
    });
    page.metric("state", "What the engine is doing.", states.to_vec());
    for (name, help, value) in ENTITIES {
        let rows = snapshot.entities.iter();
        let rows = rows.map(|row| (format!(",entity=\"{}\"", row.entity), value(row)));
        page.metric(name, help, rows.collect());
    }
    for (name, help, value) in QUOTAS {
        let label = |quota: &Quota| format!(",side=\"{}\",quota=\"{}\"", quota.side, quota.name);
        let rows = snapshot
            .quotas
            .iter()
            .map(|quota| (label(quota), value(quota)));
        page.metric(name, help, rows.collect());
    }
    let cycle = snapshot.cycle.map_or(0.0, |cycle| cycle.0 as f64);
    page.metric(
        "cycle",
        "The running cycle, else the last.",
        vec![(String::new(), cycle)],
    );
    if let Some(last) = &snapshot.last {
        let outcome = format!(",outcome=\"{}\"", last.outcome.word());
        let rows = vec![(outcome, last.seconds)];
        page.metric("last_cycle_seconds", "How long the last cycle took.", rows);
    }
    page.text
}

struct Page<'a> {
    text: String,
    profile: &'a str,
}

impl Page<'_> {
    /// Adds a gauge; each row has its labels, with a comma in front, and its value.
    fn metric(&mut self, name: &str, help: &str, rows: Vec<(String, f64)>) {
        let (text, profile) = (&mut self.text, self.profile);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "# HELP syncdeck_{name} {help}\n# TYPE syncdeck_{name} gauge"
        );
        for (labels, value) in rows {
            let _ = writeln!(
                text,
                "syncdeck_{name}{{profile=\"{profile}\"{labels}}} {value}"
            );
        }
    }
}
