//! Values of people's fields: what fits, what is refused, what clears, and how it comes back.

use serde_json::{Value, json};

use super::harness::{Server, reason};

#[tokio::test]
async fn a_bad_record_is_skipped_whole_and_the_others_go_through_in_order() {
    let server = Server::usual().await;
    let input = json!([
        {"email": "a@x.example", "firstName": "A"},
        {"email": "b@x.example", "firstName": "B", "unsubscribed": "other"},
        {"email": "c@x.example", "firstName": "C"},
    ]);
    let outcomes = server.sync("createOrUpdate", "email", input).await;
    assert_eq!(outcomes[0]["status"], "created");
    assert_eq!(
        outcomes[1],
        json!({"status": "skipped", "reasons": [{"code": "1003",
            "message": "Invalid value for field 'unsubscribed' and value 'other'"}]})
    );
    assert_eq!(outcomes[2]["status"], "created");
    assert_eq!(server.instance.people_count(), 2);
}

#[tokio::test]
async fn values_that_do_not_fit_their_field_are_refused() {
    let server = Server::usual().await;
    let long = "x".repeat(256);
    let bytes = "€".repeat(10_001);
    let cases = [
        (json!({"numberOfEmployees": "many"}), "1003"),
        (json!({"numberOfEmployees": 14.1}), "1003"),
        (json!({"leadScore": 4_000_000_000_i64}), "1003"),
        (json!({"dateOfBirth": "yesterday"}), "1003"),
        (json!({"emailSuspendedAt": "yesterday"}), "1003"),
        (json!({"annualRevenue": "much"}), "1003"),
        (json!({"email": "no-at-sign"}), "1003"),
        (json!({"email": "ünï@x.example"}), "1003"),
        (json!({"firstName": ["A"]}), "1003"),
        (json!({"createdAt": "2026-08-17T09:00:00Z"}), "1003"),
        (json!({"firstName": long}), "1077"),
        (json!({"address": bytes}), "1077"),
        (json!({"noSuchField": "x"}), "1006"),
        (json!({"id": 5}), "1003"),
    ];
    for (mut record, expected) in cases {
        if record.get("email").is_none() {
            record["email"] = json!("a@x.example");
        }
        let outcomes = server
            .sync("createOrUpdate", "email", json!([record]))
            .await;
        assert_eq!(reason(&outcomes[0]), expected, "{record}");
    }
    assert_eq!(server.instance.people_count(), 0);
}

#[tokio::test]
async fn values_come_back_typed_however_they_were_written() {
    let server = Server::usual().await;
    let emoji = "🙂".repeat(255);
    let cases = [
        ("unsubscribed", json!("true"), json!(true)),
        ("doNotCall", json!("1"), json!(true)),
        ("numberOfEmployees", json!("120"), json!(120)),
        ("annualRevenue", json!("1604.47"), json!(1604.47)),
        ("dateOfBirth", json!("1990-02-28"), json!("1990-02-28")),
        (
            "emailSuspendedAt",
            json!("2026-08-17T09:15:00.987+02:00"),
            json!("2026-08-17T07:15:00Z"),
        ),
        (
            "emailSuspendedAt",
            json!("2026-08-17T09:15:00+0200"),
            json!("2026-08-17T07:15:00Z"),
        ),
        (
            "emailSuspendedAt",
            json!("2026-08-17 09:15:00"),
            json!("2026-08-17T15:15:00Z"),
        ),
        ("firstName", json!(emoji), json!(emoji)),
        ("lastName", json!("שלום"), json!("שלום")),
        ("phone", json!("+49 (0)30 12"), json!("+49 (0)30 12")),
        (
            "personNotes",
            json!("line\n\"two\"\t\u{1}"),
            json!("line\n\"two\"\t\u{1}"),
        ),
    ];
    let person = server
        .instance
        .seed_person(&[("email", json!("a@x.example"))]);
    for (name, written, read) in cases {
        let input = json!([{"id": person, name: written}]);
        let outcomes = server.sync("updateOnly", "id", input).await;
        assert_eq!(outcomes[0]["status"], "updated", "{name}: {}", outcomes[0]);
        assert_eq!(server.field(person, name).await, read, "{name}");
    }
}

#[tokio::test]
async fn null_and_empty_text_clear_and_an_absent_key_leaves_alone() {
    let server = Server::usual().await;
    let fields = [
        ("email", json!("a@x.example")),
        ("firstName", json!("Ann")),
        ("lastName", json!("Berg")),
        ("city", json!("Oslo")),
        ("leadScore", json!(5)),
        ("unsubscribed", json!(true)),
    ];
    let person = server.instance.seed_person(&fields);
    let input = json!([{"id": person, "firstName": null, "lastName": "", "leadScore": "",
                        "unsubscribed": null}]);
    server.sync("updateOnly", "id", input).await;
    assert_eq!(server.field(person, "firstName").await, Value::Null);
    assert_eq!(server.field(person, "lastName").await, Value::Null);
    assert_eq!(server.field(person, "leadScore").await, Value::Null);
    assert_eq!(
        server.field(person, "unsubscribed").await,
        false,
        "never null"
    );
    assert_eq!(server.field(person, "city").await, "Oslo");
}
