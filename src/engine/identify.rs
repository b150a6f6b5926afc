//! Are these still the two ends the state belongs to?
//!
//! A refreshed sandbox, a copied instance or a wrong URL must never be synced by mistake: links and cursors are bound
//! to the organisation and the instance they were made with.

use super::context::Context;
use super::error::EngineError;
use crate::connectors::dynamics::DynamicsIdentity;
use crate::store::Binding;

/// Asks both ends who they are and compares with what the state is bound to; binds it the first time.
/// Returns who the Dynamics end is.
pub(super) async fn identify(context: &Context) -> Result<DynamicsIdentity, EngineError> {
    let dynamics = context.dynamics.identity().await?;
    let found = Binding {
        organization: dynamics.organization.to_string(),
        environment: dynamics.environment.clone(),
        dynamics_url: dynamics.url.clone(),
        marketo: context.marketo.instance(),
        bound: context.clock.now(),
    };
    context
        .store
        .transaction(move |tx| {
            let bound = tx.binding()?;
            match &bound {
                None => tx.bind(&found)?,
                Some(known) if known.environment.is_none() && same_ends(known, &found).is_ok() => {
                    tx.bind(&found)?;
                }
                Some(_) => {}
            }
            Ok((bound, found))
        })
        .await
        .map_err(EngineError::from)
        .and_then(|(bound, found)| match bound {
            Some(bound) => same_ends(&bound, &found),
            None => Ok(()),
        })?;
    Ok(dynamics)
}

fn same_ends(bound: &Binding, found: &Binding) -> Result<(), EngineError> {
    // The environment is a second opinion: a call that failed did not tell it, which makes no other organisation.
    let moved = bound.environment.is_some()
        && found.environment.is_some()
        && bound.environment != found.environment;
    if bound.organization != found.organization || moved {
        return Err(EngineError::halted(format!(
            "this state belongs to the Dynamics organisation {} at {}, but {} is {}: \
             nothing was written; use another --state file, or correct the profile's url",
            bound.organization, bound.dynamics_url, found.dynamics_url, found.organization
        )));
    }
    if bound.marketo != found.marketo {
        return Err(EngineError::halted(format!(
            "this state belongs to the Marketo instance {}, but the profile names {}: \
             nothing was written; use another --state file, or correct the profile's endpoint",
            bound.marketo, found.marketo
        )));
    }
    Ok(())
}
