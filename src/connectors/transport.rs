//! The seam: everything the connectors send goes through one function.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

/// A call that got no complete answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// No connection was made: nothing was sent.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// It was sent, but no complete answer came: it may have taken effect.
    #[error("no complete answer: {0}")]
    Interrupted(String),
}

/// Sends a request and brings back the whole response.
///
/// In life this is [`HttpTransport`]; in simulation a sandbox's router is called directly.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `request`; its URI is absolute.
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError>;
}

/// Real HTTP: rustls, keep-alive, gzip, no cookie jar, no redirects.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
}

/// Longer than the longest server-side time-out of either vendor (Marketo paging tokens: 300 s).
const ANSWER_WITHIN: Duration = Duration::from_secs(310);

impl HttpTransport {
    /// A client with both vendors' needs. Fails when TLS cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        // A second call in one process finds the provider already there, which is just as good.
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(ANSWER_WITHIN)
            .connect_timeout(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("syncdeck/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| TransportError::Connect(error.without_url().to_string()))?;
        Ok(Self { client })
    }
}

fn failed(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        TransportError::Connect(error.to_string())
    } else {
        TransportError::Interrupted(error.to_string())
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let answer = self.client.execute(request).await.map_err(failed)?;
        let mut response = http::Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let body = answer.bytes().await.map_err(failed)?;
        response
            .body(body)
            .map_err(|error| TransportError::Interrupted(error.to_string()))
    }
}
