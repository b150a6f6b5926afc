//! `$batch` and change sets.

use super::harness::Org;

fn part(id: &str, request: &str, body: &str) -> String {
    format!(
        "--batch_a1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {id}\r\n\r\n{request} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{body}\r\n"
    )
}

#[tokio::test]
async fn batch_stops_at_the_first_refusal_unless_told_to_go_on() {
    let org = Org::with(10).await;
    let parts = [
        part("1", "POST /api/data/v9.2/leads", r#"{"lastname":"One"}"#),
        part("2", "POST /api/data/v9.2/leads", r#"{"leadsourcecode":99}"#),
        part(
            "3",
            &format!(
                "GET {}/api/data/v9.2/leads?$select=lastname&$filter=lastname eq 'One'",
                org.origin
            ),
            "",
        ),
    ]
    .concat()
        + "--batch_a1--\r\n";
    let stopped = org.batch(&parts, &[]).await;
    assert_eq!(stopped.status, 400);
    assert!(
        stopped
            .header("content-type")
            .starts_with("multipart/mixed; boundary=batchresponse_")
    );
    assert_eq!(stopped.text.matches("\r\nHTTP/1.1 ").count(), 2);
    let whole = org
        .batch(&parts, &["Prefer: odata.continue-on-error"])
        .await;
    assert_eq!(whole.status, 200);
    let statuses: Vec<&str> = whole
        .text
        .match_indices("\r\nHTTP/1.1 ")
        .map(|(at, _)| &whole.text[at + 11..at + 14])
        .collect();
    assert_eq!(statuses, ["204", "400", "200"]);
    assert!(
        whole
            .text
            .contains("Content-ID: 2\r\n\r\nHTTP/1.1 400 Bad Request"),
        "{}",
        whole.text
    );
    assert!(whole.text.contains("0x8004431a"));
    // Bare line feeds, as one widespread client sends.
    let bare = org
        .batch(
            &parts.replace("\r\n", "\n"),
            &["Prefer: odata.continue-on-error"],
        )
        .await;
    assert_eq!(
        (bare.status, bare.text.matches("\r\nHTTP/1.1 ").count()),
        (200, 3)
    );
}

fn change_set(parts: &[(&str, &str, &str)]) -> String {
    let mut out = String::from(
        "--batch_a1\r\nContent-Type: multipart/mixed; boundary=\"changeset_b2\"\r\n\r\n",
    );
    for (id, request, body) in parts {
        out += &part(id, request, body).replace("--batch_a1", "--changeset_b2");
    }
    out + "--changeset_b2--\r\n\r\n--batch_a1--\r\n"
}

#[tokio::test]
async fn change_set_refers_to_its_own_rows_and_rolls_back_whole() {
    let org = Org::with(10).await;
    let account = (
        "1",
        "POST /api/data/v9.2/accounts",
        r#"{"name":"Fourth Coffee"}"#,
    );
    let contact = (
        "2",
        "POST /api/data/v9.2/contacts",
        r#"{"lastname":"Byron","parentcustomerid_account@odata.bind":"$1"}"#,
    );
    let rename = ("3", "PATCH $1", r#"{"telephone1":"555"}"#);
    let good = org
        .batch(&change_set(&[account, contact, rename]), &[])
        .await;
    assert_eq!(good.status, 200, "{}", good.text);
    assert!(good.text.contains("boundary=changesetresponse_"));
    let found = org.get("contacts?$select=lastname&$filter=lastname eq 'Byron' and parentcustomerid_account/name eq 'Fourth Coffee' and parentcustomerid_account/telephone1 eq '555'").await;
    assert_eq!(
        found.json()["value"].as_array().unwrap().len(),
        1,
        "{}",
        found.text
    );

    let before = org.get("accounts/$count").await.text;
    let broken = ("2", "POST /api/data/v9.2/contacts", r#"{"gendercode":99}"#);
    let bad = org.batch(&change_set(&[account, broken]), &[]).await;
    assert_eq!(bad.status, 400);
    assert!(!bad.text.contains("changesetresponse_"));
    assert_eq!(org.get("accounts/$count").await.text, before);
}
