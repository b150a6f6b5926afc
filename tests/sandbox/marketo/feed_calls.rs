//! What the change feeds refuse, and with which code.

use syncdeck::sandbox::marketo::InstanceOptions;

use super::harness::{Server, code};

#[tokio::test(start_paused = true)]
async fn the_feed_calls_check_their_parameters() {
    let server = Server::direct(InstanceOptions::default()).await;
    let base = "/rest/v1/activities";
    let token = server.since("2026-08-17T09:00:00Z").await;
    for (call, expected) in [
        ("/pagingtoken.json".to_owned(), "1002"),
        (
            "/pagingtoken.json?sinceDatetime=yesterday".to_owned(),
            "1003",
        ),
        (".json?activityTypeIds=12".to_owned(), "1002"),
        (format!(".json?nextPageToken={token}"), "1002"),
        (format!("/leadchanges.json?nextPageToken={token}"), "1002"),
        (
            format!("/leadchanges.json?nextPageToken={token}&fields=nope"),
            "1006",
        ),
        (
            ".json?activityTypeIds=12&nextPageToken=WRONG".to_owned(),
            "1003",
        ),
        (
            format!(".json?activityTypeIds=1,2,3,4,5,6,7,8,9,10,11&nextPageToken={token}"),
            "1003",
        ),
    ] {
        assert_eq!(
            code(&server.get(&format!("{base}{call}")).await),
            expected,
            "{call}"
        );
    }
    let offset = server.since("2026-08-17T11%3A00%3A00%2B02%3A00").await;
    assert_eq!(offset, token, "an offset is understood");
    let types = server.get("/rest/v1/activities/types.json").await;
    let types = types["result"].as_array().unwrap();
    let named = |id: i64| types.iter().find(|kind| kind["id"] == id).unwrap();
    assert_eq!(named(13)["name"], "Change Data Value");
    assert_eq!(named(13)["primaryAttribute"]["name"], "Attribute Name");
    assert!(named(12).get("primaryAttribute").is_none());
}
