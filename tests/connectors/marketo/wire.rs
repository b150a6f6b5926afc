//! The same client over real HTTP on loopback: what a proxy, a load balancer or a vendor would notice.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::request::Parts;
use syncdeck::clock::Clock;
use syncdeck::config::{LimitMode, MarketoProfile};
use syncdeck::connectors::marketo::{ExtractOf, Marketo};
use syncdeck::connectors::{HttpTransport, Transport, TransportError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

type Seen = Arc<Mutex<Vec<(Parts, Bytes)>>>;

async fn answer(State(seen): State<Seen>, parts: Parts, body: Bytes) -> String {
    let path = parts.uri.path().to_owned();
    seen.lock().unwrap().push((parts, body));
    match path.as_str() {
        "/identity/oauth/token" => {
            r#"{"access_token":"t0k","token_type":"bearer","expires_in":3599,"scope":"a@b.example"}"#.to_owned()
        }
        "/rest/v1/leads.json" => {
            r#"{"requestId":"1#1","success":true,"result":[{"id":5,"lastName":"Ünal \ud83d\ude00"}]}"#.to_owned()
        }
        _ => r#"{"requestId":"1#1","success":true,"result":[{"exportId":"e1","status":"Queued"}]}"#.to_owned(),
    }
}

async fn marketo() -> (MarketoProfile, Seen) {
    let seen = Seen::default();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&seen));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let profile = MarketoProfile {
        endpoint: format!("{host}/rest/"),
        identity: format!("{host}/identity/"),
        client_id: "id".to_owned(),
        client_secret: "secret".to_owned().into(),
        daily_calls: 50_000,
        partition: None,
    };
    (profile, seen)
}

fn client(profile: MarketoProfile) -> Marketo {
    let transport = Arc::new(HttpTransport::new().unwrap());
    Marketo::new(&profile, 0.7, LimitMode::Auto, transport, Clock::system()).unwrap()
}

#[tokio::test]
async fn a_query_and_a_write_without_a_body_look_as_documented() {
    let (profile, seen) = marketo().await;
    let marketo = client(profile);
    let values = ["a".to_owned()];
    let fields = ["lastName".to_owned()];
    let people = marketo
        .people("dynId", &values, &fields, &[])
        .await
        .unwrap();
    assert_eq!(people[0].get("lastName").as_text(), Some("Ünal \u{1F600}"));
    marketo
        .enqueue_extract(&ExtractOf::People, "e1")
        .await
        .unwrap();

    let seen = seen.lock().unwrap().split_off(0);
    let paths: Vec<String> = seen
        .iter()
        .map(|(parts, _)| parts.uri.to_string())
        .collect();
    let expected = [
        "/identity/oauth/token",
        "/rest/v1/leads.json?_method=GET",
        "/bulk/v1/leads/export/e1/enqueue.json",
    ];
    assert_eq!(paths, expected);
    let header = |place: usize, name: &str| {
        let value = seen[place].0.headers.get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(header(1, "authorization").as_deref(), Some("Bearer t0k"));
    assert_eq!(
        header(1, "content-type").as_deref(),
        Some("application/x-www-form-urlencoded")
    );
    assert!(header(1, "accept-encoding").unwrap().contains("gzip"));
    let all = seen[2].0.headers.get_all("content-length").iter().count();
    assert_eq!(
        (header(2, "content-length").as_deref(), all),
        (Some("0"), 1)
    );
}

async fn send_to(address: std::net::SocketAddr) -> TransportError {
    let request = http::Request::post(format!("http://{address}/rest/v1/leads.json"));
    let request = request.body(Bytes::from_static(b"{}")).unwrap();
    HttpTransport::new()
        .unwrap()
        .send(request)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn nobody_listening_is_told_apart_from_an_answer_that_was_cut() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    assert!(matches!(send_to(nobody).await, TransportError::Connect(_)));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let cutting = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let _some = stream.read(&mut request).await.unwrap();
        let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"requestId\":";
        stream.write_all(cut).await.unwrap();
    });
    assert!(matches!(
        send_to(cutting).await,
        TransportError::Interrupted(_)
    ));
}
