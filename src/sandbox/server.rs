//! The sandbox on loopback: two listeners, one world, people at work in it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::options::{SandboxError, SandboxOptions};
use super::world::World;
use super::{dynamics, traffic};
use crate::clock::Clock;

/// Both servers, running; dropping it stops them.
pub struct Sandbox {
    world: Arc<World>,
    dynamics: SocketAddr,
    marketo: SocketAddr,
    tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Seeds a world and serves it.
    pub async fn start(options: SandboxOptions, clock: Clock) -> Result<Self, SandboxError> {
        let dynamics = listen(options.dynamics).await?;
        let marketo = listen(options.marketo).await?;
        let world = Arc::new(World::new(&options, clock)?);
        let mut tasks = vec![
            serve(dynamics.0, world.dynamics.router()),
            serve(marketo.0, world.marketo.router()),
        ];
        if options.edits_per_minute > 0 {
            let world = Arc::clone(&world);
            tasks.push(traffic::spawn(
                world,
                options.seed,
                options.edits_per_minute,
                options.edits_for,
            ));
        }
        Ok(Self {
            world,
            dynamics: dynamics.1,
            marketo: marketo.1,
            tasks,
        })
    }

    /// Where the servers are and how to sign in: `{"dynamics":{"url","token_url","client_id",
    /// "client_secret","tenant"},"marketo":{"endpoint","identity","client_id","client_secret"}}`.
    pub fn announcement(&self) -> Value {
        let (dynamics, marketo) = (self.dynamics, self.marketo);
        let tenant = dynamics::TENANT;
        json!({
            "dynamics": {
                "url": format!("http://{dynamics}"),
                "token_url": format!("http://{dynamics}/{tenant}/oauth2/v2.0/token"),
                "client_id": dynamics::CLIENT_ID,
                "client_secret": dynamics::CLIENT_SECRET,
                "tenant": tenant,
            },
            "marketo": {
                "endpoint": format!("http://{marketo}/rest"),
                "identity": format!("http://{marketo}/identity"),
                "client_id": self.world.marketo.client_id(),
                "client_secret": self.world.marketo.client_secret(),
            },
        })
    }

    /// The world behind the servers.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Stops both servers and waits until they are gone.
    pub async fn stop(mut self) {
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            // An aborted task ends with an error that says so.
            let _ = task.await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), SandboxError> {
    let failed = |source| SandboxError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn serve(listener: TcpListener, router: Router) -> JoinHandle<()> {
    tokio::spawn(async move {
        // It ends only when the task is aborted.
        let _ = axum::serve(listener, router).await;
    })
}
