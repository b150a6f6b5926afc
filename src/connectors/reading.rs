//! A transport that only reads: whatever would write is stopped before it leaves.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;

use super::transport::{Transport, TransportError};

/// Lets reads and sign-ins pass. A belt to a preview's braces: it records its writes and sends none.
pub struct ReadOnly(pub Arc<dyn Transport>);

#[async_trait]
impl Transport for ReadOnly {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        if reads(&request) {
            return self.0.send(request).await;
        }
        let what = format!("{} {}", request.method(), request.uri().path());
        Err(TransportError::Connect(format!(
            "{what} would write, and a preview writes nothing"
        )))
    }
}

/// Whether a request reads: a GET, a token, or a question that is posted because it is long.
fn reads(request: &http::Request<Bytes>) -> bool {
    let get = "_method=GET";
    *request.method() == Method::GET
        || request.uri().path().contains("/oauth")
        || request
            .uri()
            .query()
            .is_some_and(|query| query.contains(get))
        || request
            .body()
            .windows(get.len())
            .any(|window| window == get.as_bytes())
}
