//! A transport that notes how far both vendors' clocks are from ours.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};

use super::transport::{Transport, TransportError};
use crate::clock::Clock;

/// Notes the `Date` of every answer beside our own time.
pub struct Dated {
    inner: Arc<dyn Transport>,
    clock: Clock,
    ahead: Mutex<BTreeMap<String, TimeDelta>>,
}

impl Dated {
    /// Over another transport.
    pub fn new(inner: Arc<dyn Transport>, clock: Clock) -> Self {
        Self {
            inner,
            clock,
            ahead: Mutex::default(),
        }
    }

    /// How far each host's clock was ahead of ours when it last answered; whole seconds, and the time of travel.
    pub fn ahead(&self) -> BTreeMap<String, TimeDelta> {
        self.ahead
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl Transport for Dated {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let host = request.uri().authority().map(ToString::to_string);
        let answer = self.inner.send(request).await?;
        let date = answer.headers().get(http::header::DATE);
        let date = date.and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        if let (Some(host), Some(date)) = (host, date) {
            let ahead = date.with_timezone(&Utc) - self.clock.now();
            let mut known = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(host, ahead);
        }
        Ok(answer)
    }
}
