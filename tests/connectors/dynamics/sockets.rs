//! Over a real connection: cut answers, refused connections, no redirects followed, no cookies
//! kept.

use std::sync::Arc;

use syncdeck::clock::Clock;
use syncdeck::config::LimitMode;
use syncdeck::connectors::dynamics::{Dynamics, DynamicsAction, DynamicsWrite};
use syncdeck::connectors::{HttpTransport, Transport, TransportError, Trouble};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::script::{id, lead, profile};

/// Answers each connection's requests in turn with these raw bytes (closing after each), and tells
/// what it read.
async fn server(answers: Vec<String>) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut read = vec![0; 65_536];
            let length = socket.read(&mut read).await.unwrap();
            tell.send(String::from_utf8_lossy(&read[..length]).into_owned())
                .ok();
            socket.write_all(answer.as_bytes()).await.unwrap();
            socket.shutdown().await.ok();
        }
    });
    (origin, told)
}

fn http(status: &str, headers: &str, body: &str, length: usize) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json; odata.metadata=minimal\r\nConnection: close\r\n\
         {headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

fn whole(body: &str) -> String {
    http(
        "200 OK",
        "Set-Cookie: ARRAffinity=abc; Path=/\r\n",
        body,
        body.len(),
    )
}

fn token() -> String {
    whole(r#"{"expires_in":3600,"access_token":"t"}"#)
}

fn dynamics(origin: &str) -> Dynamics {
    let mut profile = profile();
    origin.clone_into(&mut profile.url);
    profile.token_url = Some(format!("{origin}/token"));
    let transport = Arc::new(HttpTransport::new().unwrap());
    Dynamics::new(&profile, 0.7, LimitMode::Auto, transport, Clock::system()).unwrap()
}

fn get(url: &str) -> http::Request<bytes::Bytes> {
    http::Request::get(url).body(bytes::Bytes::new()).unwrap()
}

#[tokio::test]
async fn an_answer_cut_in_the_middle_is_no_answer() {
    let (origin, _told) = server(vec![http("200 OK", "", "{\"value\":[", 500)]).await;
    let transport = HttpTransport::new().unwrap();
    let error = transport.send(get(&origin)).await.unwrap_err();
    assert!(matches!(error, TransportError::Interrupted(_)), "{error}");
}

#[tokio::test]
async fn cookies_are_not_given_back() {
    let who = r#"{"UserId":"a1f40000-0000-0000-0000-000000000001","OrganizationId":"5d1b0000-0000-0000-0000-000000000002"}"#;
    let answers = [
        who,
        r#"{"Version":"9"}"#,
        r#"{"Detail":{}}"#,
        r#"{"value":[]}"#,
    ];
    let answers = [token()].into_iter().chain(answers.map(whole));
    let (origin, mut told) = server(answers.collect()).await;
    dynamics(&origin).identity().await.unwrap();
    for _ in 0..5 {
        let request = told.recv().await.unwrap().to_lowercase();
        assert!(!request.contains("\r\ncookie:"), "{request}");
    }
}

#[tokio::test]
async fn a_write_cut_in_the_middle_is_unknown_and_not_sent_again() {
    let (origin, mut told) = server(vec![
        token(),
        http("200 OK", "", "--batch", 500),
        whole("{}"),
    ])
    .await;
    let table = lead();
    let action = DynamicsAction::Delete { version: None };
    let write = DynamicsWrite {
        table: &table,
        id: id(1),
        action,
        fields: Vec::new(),
    };
    let error = dynamics(&origin).write(&[write]).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Unknown, "{error}");
    assert!(told.recv().await.unwrap().starts_with("POST /token"));
    assert!(
        told.recv()
            .await
            .unwrap()
            .starts_with("POST /api/data/v9.2/$batch")
    );
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let moved = http("302 Found", "Location: https://evil.example/\r\n", "", 0);
    let (origin, mut told) = server(vec![token(), moved]).await;
    let error = dynamics(&origin)
        .first_page(&lead(), &[], 10)
        .await
        .unwrap_err();
    assert_eq!(error.trouble, Trouble::Configuration, "{error}");
    told.recv().await.unwrap();
    assert!(
        told.recv()
            .await
            .unwrap()
            .contains("authorization: Bearer t")
    );
}

#[tokio::test]
async fn a_refused_connection_proves_that_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = HttpTransport::new()
        .unwrap()
        .send(get(&origin))
        .await
        .unwrap_err();
    assert!(matches!(error, TransportError::Connect(_)), "{error}");
    assert!(
        !error.to_string().contains("127.0.0.1"),
        "addresses stay out: {error}"
    );
}
