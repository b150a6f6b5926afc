//! `syncdeck run`: the engine without a screen; its news as JSON lines on stderr.

use std::net::SocketAddr;

use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use super::args::Place;
use super::output::{self, Exit};
use super::{metrics, resources};
use crate::engine::{Engine, News, NewsKind};

/// Runs the engine until a signal ends it; what is in flight is finished.
pub(super) async fn run(place: &Place, metrics: Option<SocketAddr>) -> anyhow::Result<Exit> {
    if place.sandbox {
        anyhow::bail!("the embedded sandbox lives in the console only: see `syncdeck sandbox`");
    }
    let profile = resources::profile(place)?;
    let store = resources::open(&resources::state(place, &profile.name))?;
    let engine = Engine::start(resources::parts(&profile, store)?);
    if let Some(address) = metrics {
        let bound = metrics::serve(address, engine.snapshot()).await?;
        output::say(
            &json!({"level": "info", "message": format!("metrics at http://{bound}/metrics")})
                .to_string(),
        );
    }
    let mut news = engine.news();
    let commands = engine.commands();
    let mut ended = Box::pin(engine.ended());
    let mut signal = Box::pin(super::signal::ended());
    loop {
        tokio::select! {
            ended = &mut ended => return ended.map(|()| Exit::Clean).map_err(Into::into),
            stopped = &mut signal => {
                stopped?;
                // An engine that has ended already is what we want.
                drop(commands.send(crate::engine::Command::Stop).await);
                return ended.await.map(|()| Exit::Clean).map_err(Into::into);
            }
            item = news.recv() => match item {
                Ok(item) => log(&item),
                Err(RecvError::Lagged(missed)) => output::say(&json!({"missed": missed}).to_string()),
                Err(RecvError::Closed) => {}
            }
        }
    }
}

/// One line of the log. A conflict is named by its id: whom it is about stays in the state file.
fn log(news: &News) {
    let level = match news.kind {
        NewsKind::Done => "info",
        NewsKind::Waiting | NewsKind::Conflict => "warn",
        NewsKind::Trouble => "error",
    };
    let text = match news.conflict {
        Some(id) => format!("conflict {id} waits for a decision"),
        None => output::clean(&news.text),
    };
    let line = json!({"time": news.at, "level": level, "entity": news.entity, "message": text});
    output::say(&line.to_string());
}
