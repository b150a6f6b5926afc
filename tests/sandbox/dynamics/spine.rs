//! The spine of the Web API: each test is a sentence of the vendor's documents.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{Got, Org};

/// Every page from `path` on: all rows, the last page's delta link, the number of pages.
async fn walk(org: &Org, path: &str, prefer: &str) -> (Vec<Value>, Option<String>, usize) {
    let (mut rows, mut next, mut pages) = (Vec::new(), path.to_owned(), 0);
    loop {
        let page = org.get_with(&next, prefer).await;
        assert_eq!(page.status, 200, "{}", page.text);
        pages += 1;
        let page = page.json();
        rows.extend(page["value"].as_array().unwrap().iter().cloned());
        match page["@odata.nextLink"].as_str() {
            Some(link) => {
                assert!(
                    page.get("@odata.deltaLink").is_none(),
                    "both links on one page"
                );
                link.clone_into(&mut next);
            }
            None => {
                return (
                    rows,
                    page["@odata.deltaLink"].as_str().map(str::to_owned),
                    pages,
                );
            }
        }
    }
}

fn ids(rows: &[Value], key: &str) -> BTreeSet<String> {
    rows.iter()
        .filter_map(|row| row[key].as_str())
        .map(str::to_owned)
        .collect()
}

fn assert_code(got: &Got, status: u16, code: &str) {
    assert_eq!(got.status, status, "{}", got.text);
    assert_eq!(
        got.code().to_lowercase(),
        code.to_lowercase(),
        "{}",
        got.text
    );
}

#[tokio::test]
async fn call_without_token_is_challenged_with_authority_and_resource() {
    let org = Org::with(10).await;
    let url = format!("{}/api/data/v9.2/WhoAmI", org.origin);
    let got = super::harness::read(org.http.get(url).send().await.unwrap()).await;
    assert_eq!(got.status, 401);
    let challenge = got.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer authorization_uri=http://"),
        "{challenge}"
    );
    assert!(
        challenge.contains("/oauth2/authorize, resource_id="),
        "{challenge}"
    );
    assert!(serde_json::from_str::<Value>(&got.text).is_err());
}

#[tokio::test]
async fn wrong_secret_is_refused_in_the_oauth_shape() {
    let org = Org::with(10).await;
    let url = org.sandbox.announcement()["dynamics"]["token_url"]
        .as_str()
        .unwrap()
        .to_owned();
    let client = org.sandbox.announcement()["dynamics"]["client_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client.as_str()),
        ("client_secret", "nonsense"),
        ("scope", "http://x/.default"),
    ];
    let answer = org.http.post(url).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"], "invalid_client");
    assert_eq!(body["error_codes"], json!([7_000_215]));
}

#[tokio::test]
async fn who_am_i_names_user_and_organisation_with_and_without_parentheses() {
    let org = Org::with(10).await;
    let (bare, called) = (org.get("WhoAmI").await, org.get("WhoAmI()").await);
    assert_eq!(bare.json(), called.json());
    assert_eq!(bare.header("odata-version"), "4.0");
    assert!(!bare.header("x-ms-service-request-id").is_empty());
    assert!(!bare.header("x-ms-dop-hint").is_empty());
    let user = bare.json()["UserId"].as_str().unwrap().to_owned();
    let row = org
        .get(&format!("systemusers({user})?$select=applicationid"))
        .await
        .json();
    assert_eq!(
        row["applicationid"],
        org.sandbox.announcement()["dynamics"]["client_id"]
    );
    let detail = org
        .get("RetrieveCurrentOrganization(AccessType=@p1)?@p1=Microsoft.Dynamics.CRM.EndpointAccessType'Default'")
        .await
        .json();
    assert_eq!(
        detail["Detail"]["OrganizationId"],
        bare.json()["OrganizationId"]
    );
    let version = org.get("RetrieveVersion()").await.json();
    assert!(version["Version"].as_str().unwrap().starts_with("9.2."));
    let rows = org
        .get("organizations?$select=name,expirechangetrackingindays")
        .await
        .json();
    assert_eq!(rows["value"].as_array().unwrap().len(), 1);
    assert_eq!(rows["value"][0]["expirechangetrackingindays"], 7);
}

#[tokio::test]
async fn pages_hold_every_row_once_and_next_links_start_with_the_origin() {
    let org = Org::with(250).await;
    let (rows, delta, pages) = walk(&org, "leads?$select=lastname", "odata.maxpagesize=40").await;
    assert_eq!(rows.len(), 150);
    assert_eq!(ids(&rows, "leadid").len(), 150);
    assert_eq!((pages, delta), (4, None));
    let first = org
        .get_with("leads?$select=lastname", "odata.maxpagesize=40")
        .await;
    assert_eq!(first.header("preference-applied"), "odata.maxpagesize=40");
    let link = first.json()["@odata.nextLink"].as_str().unwrap().to_owned();
    assert!(
        link.starts_with(&format!("{}/api/data/v9.2/leads?", org.origin)),
        "{link}"
    );
    assert!(
        link.contains("$skiptoken=%3Ccookie%20pagenumber=%222%22"),
        "{link}"
    );
    // Some clients encode the option's own name, or blanks as plus signs.
    let encoded = link
        .replace("$skiptoken", "%24skiptoken")
        .replace("%20", "+");
    assert_eq!(
        org.get_with(&encoded, "odata.maxpagesize=40").await.json()["value"],
        org.get_with(&link, "odata.maxpagesize=40").await.json()["value"]
    );
}

#[tokio::test]
async fn ordered_pages_are_in_order_across_pages() {
    let org = Org::with(200).await;
    let path = "contacts?$select=lastname,createdon&$orderby=createdon desc";
    let (rows, _, pages) = walk(&org, path, "odata.maxpagesize=30").await;
    assert_eq!((rows.len(), pages), (80, 3));
    let times: Vec<&str> = rows
        .iter()
        .map(|row| row["createdon"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted_by(|a, b| a >= b));
    assert_eq!(ids(&rows, "contactid").len(), 80);
}

#[tokio::test]
async fn filters_mean_what_odata_says() {
    let org = Org::with(10).await;
    for (first, last, email, source) in [
        ("Ada", "O'Brien", "ada@x.example", 8),
        ("Åsa", "Zimt", "asa@x.example", 3),
        ("Bob", "Zimt", "bob@y.example", 3),
    ] {
        let body = json!({"firstname": first, "lastname": last, "emailaddress1": email,
            "leadsourcecode": source, "subject": "filter me"});
        org.make("leads", body).await;
    }
    let mine = "subject eq 'Filter ME' and ";
    let cases: [(&str, usize); 16] = [
        ("lastname eq 'o''brien'", 1),
        ("lastname ne 'Zimt'", 1),
        ("leadsourcecode gt 3", 1),
        ("leadsourcecode ge 3", 3),
        ("leadsourcecode lt 8 and firstname eq 'bob'", 1),
        ("(firstname eq 'Bob' or leadsourcecode eq 8)", 2),
        ("not contains(lastname,'im')", 1),
        ("startswith(emailaddress1,'A')", 2),
        ("endswith(emailaddress1,'y.example')", 1),
        ("contains(firstname,'%25sa')", 1),
        ("jobtitle eq null", 3),
        ("jobtitle ne null", 0),
        (
            "Microsoft.Dynamics.CRM.In(PropertyName='emailaddress1',PropertyValues=[%22ADA@x.example%22,%22bob@y.example%22])",
            2,
        ),
        (
            "Microsoft.Dynamics.CRM.In(PropertyName=@p1,PropertyValues=@p2)&@p1='leadsourcecode'&@p2=['3','8']",
            3,
        ),
        ("createdon ge 2020-01-01T00:00:00Z", 3),
        ("owninguser/lastname eq 'syncdeck'", 3),
    ];
    for (filter, expected) in cases {
        let got = org
            .get(&format!("leads?$select=leadid&$filter={mine}{filter}"))
            .await;
        assert_eq!(got.status, 200, "{filter}: {}", got.text);
        assert_eq!(
            got.json()["value"].as_array().unwrap().len(),
            expected,
            "{filter}"
        );
    }
    for bad in [
        "nosuch eq 1",
        "lastname eq",
        "leadsourcecode eq 'x'",
        "lastname eq 5",
        "(lastname eq 'a'",
    ] {
        assert_code(
            &org.get(&format!("leads?$filter={bad}")).await,
            400,
            "0x80060888",
        );
    }
    let top = org
        .get("leads?$select=lastname&$top=2&$orderby=versionnumber desc&$count=true")
        .await
        .json();
    assert_eq!(top["value"].as_array().unwrap().len(), 2);
    assert_eq!(top["value"][0]["lastname"], "Zimt");
    assert_eq!(top["@odata.count"], 9);
    assert!(top.get("@odata.nextLink").is_none());
}

#[tokio::test]
async fn changes_come_once_with_current_values_and_deletions_after_them() {
    let org = Org::with(50).await;
    let track = "odata.track-changes,odata.maxpagesize=7";
    let (rows, link, _) = walk(&org, "leads?$select=lastname", track).await;
    assert_eq!(rows.len(), 30);
    let link = link.unwrap();
    assert!(link.contains("$deltatoken="), "{link}");
    let quiet = org.get(&link).await.json();
    assert_eq!(quiet["value"], json!([]));

    let (edited, gone) = (
        rows[3]["leadid"].as_str().unwrap(),
        rows[4]["leadid"].as_str().unwrap(),
    );
    for name in ["First", "Second"] {
        org.patch(&format!("leads({edited})"), &[], json!({"lastname": name}))
            .await;
    }
    let fresh = org.lead("Fresh").await;
    let brief = org.lead("Brief").await;
    org.delete(&format!("leads({gone})")).await;
    org.delete(&format!("leads({brief})")).await;

    let count = org.get(&link.replace("leads?", "leads/$count?")).await;
    assert_eq!(count.text, "4");
    let (changes, next, pages) = walk(&org, &link, "odata.maxpagesize=1").await;
    assert_eq!(pages, 4);
    let told: Vec<(&str, &str)> = changes
        .iter()
        .map(|row| match row["reason"].as_str() {
            Some(reason) => (row["id"].as_str().unwrap(), reason),
            None => (
                row["leadid"].as_str().unwrap(),
                row["lastname"].as_str().unwrap(),
            ),
        })
        .collect();
    assert_eq!(
        told,
        [
            (edited, "Second"),
            (&fresh, "Fresh"),
            (gone, "deleted"),
            (&brief, "deleted")
        ]
    );
    assert!(
        changes[2]["@odata.context"]
            .as_str()
            .unwrap()
            .ends_with("#leads/$deletedEntity")
    );
    assert_eq!(org.get(&next.unwrap()).await.json()["value"], json!([]));
}

#[tokio::test]
async fn change_made_during_a_tracked_read_is_in_the_delta() {
    let org = Org::with(50).await;
    let prefer = "odata.track-changes,odata.maxpagesize=10";
    let first = org.get_with("leads?$select=lastname", prefer).await.json();
    let seen = first["value"][0]["leadid"].as_str().unwrap().to_owned();
    org.patch(
        &format!("leads({seen})"),
        &[],
        json!({"lastname": "Meanwhile"}),
    )
    .await;
    let (_, link, _) = walk(&org, first["@odata.nextLink"].as_str().unwrap(), prefer).await;
    let delta = org.get(&link.unwrap()).await.json();
    assert_eq!(
        ids(delta["value"].as_array().unwrap(), "leadid"),
        BTreeSet::from([seen])
    );
}

#[tokio::test]
async fn tracking_refuses_what_it_cannot_combine() {
    let org = Org::with(10).await;
    for option in ["$filter=lastname eq 'x'", "$orderby=lastname", "$top=3"] {
        let got = org
            .get_with(&format!("leads?{option}"), "odata.track-changes")
            .await;
        assert_eq!(got.status, 400);
        assert!(
            got.text
                .contains("isn't supported when Change Tracking is enabled"),
            "{}",
            got.text
        );
    }
    assert_code(
        &org.get_with("organizations", "odata.track-changes").await,
        400,
        "0x80072491",
    );
    let old = "leads?$select=lastname&$deltatoken=1000001%2101%2f01%2f2020%2008%3a10%3a44";
    assert_code(&org.get(old).await, 400, "0x80044352");
    let (_, link, _) = walk(&org, "leads?$select=lastname", "odata.track-changes").await;
    org.sandbox.world().dynamics.touch_schema("lead");
    assert_code(&org.get(&link.unwrap()).await, 400, "0x80044352");
}

#[tokio::test]
async fn preconditions_follow_the_vendors_table() {
    let org = Org::with(10).await;
    let id = org.lead("Matrix").await;
    let here = format!("leads({id})");
    let etag = org.get(&here).await.header("etag").to_owned();
    let stale = "If-Match: W/\"1\"".to_owned();
    let fresh = format!("If-Match: {etag}");
    let missing = |n: u8| format!("leads(00000000-0000-4000-8000-0000000000{n:02})");
    let body = || json!({"jobtitle": "CTO", "lastname": "Matrix"});
    assert_code(
        &org.patch(&here, &[&stale], body()).await,
        412,
        "0x80060882",
    );
    assert_eq!(org.patch(&here, &[&fresh], body()).await.status, 204);
    assert_code(
        &org.patch(&here, &[&fresh], body()).await,
        412,
        "0x80060882",
    );
    assert_eq!(org.patch(&here, &["If-Match: *"], body()).await.status, 204);
    assert_code(
        &org.patch(&here, &["If-None-Match: *"], body()).await,
        412,
        "0x80040237",
    );
    assert_eq!(
        org.patch(&here, &["If-None-Match: null"], body())
            .await
            .status,
        204
    );
    assert_code(
        &org.patch(&missing(1), &["If-Match: *"], body()).await,
        404,
        "0x80040217",
    );
    assert_code(
        &org.patch(&missing(1), &[&fresh], body()).await,
        404,
        "0x80040217",
    );
    assert_eq!(org.patch(&missing(1), &[], body()).await.status, 204);
    assert_eq!(org.get(&missing(1)).await.status, 200);
    assert_eq!(
        org.patch(&missing(2), &["If-None-Match: *"], body())
            .await
            .status,
        204
    );
    let etag = org.get(&here).await.header("etag").to_owned();
    let known = format!("If-None-Match: {etag}");
    assert_eq!(
        org.call(Method::GET, &here, &[&known], None).await.status,
        304
    );
    assert_code(
        &org.call(Method::DELETE, &here, &[&stale], None).await,
        412,
        "0x80060882",
    );
    assert_eq!(org.delete(&here).await.status, 204);
    assert_code(&org.delete(&here).await, 404, "0x80040217");
}

#[tokio::test]
async fn representation_returns_the_version_just_produced() {
    let org = Org::with(10).await;
    let prefer = ["Prefer: return=representation"];
    let body = json!({"lastname": "Orton", "subject": "x", "revenue": 1234.5});
    let got = org
        .call(
            Method::POST,
            "leads?$select=lastname,revenue",
            &prefer,
            Some(body.to_string()),
        )
        .await;
    assert_eq!(got.status, 201);
    assert_eq!(got.header("preference-applied"), "return=representation");
    assert!(got.text.contains("\"revenue\":1234.5000"), "{}", got.text);
    assert_eq!(got.json()["@odata.etag"], got.header("etag"));
    let id = got.json()["leadid"].as_str().unwrap().to_owned();
    let path = format!("leads({id})?$select=versionnumber,modifiedon");
    let changed = org.patch(&path, &prefer, json!({"jobtitle": "CEO"})).await;
    assert_eq!(changed.status, 200);
    let version = changed.json()["versionnumber"].as_i64().unwrap();
    assert_eq!(changed.json()["@odata.etag"], format!("W/\"{version}\""));
}

#[tokio::test]
async fn refusals_carry_the_vendors_codes() {
    let org = Org::with(10).await;
    let long = "x".repeat(301);
    let cases = [
        (json!({"lastname": "x", "subject": long}), "0x80044331"),
        (json!({"lastname": "bell\u{7}"}), "0x80040278"),
        (json!({"leadsourcecode": 99}), "0x8004431a"),
        (json!({"leadsourcecode": "Web"}), "0x80048d19"),
        (json!({"numberofemployees": -1}), "0x8004432f"),
        (json!({"nosuchcolumn": 1}), "0x80048d19"),
        (json!({"statecode": 0, "statuscode": 4}), "0x80048408"),
        (
            json!({"nosuch@odata.bind": "/accounts(00000000-0000-0000-0000-000000000000)"}),
            "0x80048d19",
        ),
        (json!({"lastname": 5}), "0x80048d19"),
    ];
    for (body, code) in cases {
        let got = org.post("leads", body.clone()).await;
        assert_eq!(got.code(), code, "{body}: {}", got.text);
        assert_eq!(got.status, 400, "{body}");
    }
    let nobody =
        json!({"parentaccountid@odata.bind": "/accounts(00000000-0000-0000-0000-000000000009)"});
    assert_code(&org.post("leads", nobody).await, 404, "0x80040217");
    assert_code(&org.get("nosuchset").await, 404, "0x80060888");
    let detailed = org
        .get_with(
            "leads(00000000-0000-0000-0000-000000000009)",
            "odata.include-annotations=\"*\"",
        )
        .await;
    let error = &detailed.json()["error"];
    assert_eq!(
        error["@Microsoft.PowerApps.CDS.ErrorDetails.ApiExceptionMessageName"],
        "ObjectDoesNotExist"
    );
}

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

#[tokio::test]
async fn definitions_tell_names_types_lengths_and_choices() {
    let org = Org::with(10).await;
    let lead = org.get("EntityDefinitions(LogicalName='lead')?$select=EntitySetName,PrimaryIdAttribute,ChangeTrackingEnabled&$expand=Keys($select=KeyAttributes,EntityKeyIndexStatus)").await.json();
    assert_eq!(lead["EntitySetName"], "leads");
    assert_eq!(lead["PrimaryIdAttribute"], "leadid");
    assert_eq!(lead["Keys"][0]["KeyAttributes"], json!(["mkto_leadid"]));
    assert!(lead.get("Attributes").is_none());
    let tracked = org.get("EntityDefinitions?$select=LogicalName&$filter=ChangeTrackingEnabled eq true and CanChangeTrackingBeEnabled/Value eq true").await.json();
    let names: BTreeSet<&str> = tracked["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["LogicalName"].as_str().unwrap())
        .collect();
    assert!(
        names.contains("lead") && !names.contains("organization"),
        "{names:?}"
    );
    let attributes = "EntityDefinitions(LogicalName='lead')/Attributes";
    let text = org.get(&format!("{attributes}/Microsoft.Dynamics.CRM.StringAttributeMetadata?$select=LogicalName,MaxLength")).await.json();
    let subject = text["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["LogicalName"] == "subject")
        .unwrap()
        .clone();
    assert_eq!(subject["MaxLength"], 300);
    let status = org.get(&format!("{attributes}/Microsoft.Dynamics.CRM.StatusAttributeMetadata?$select=LogicalName&$expand=OptionSet,GlobalOptionSet")).await.json();
    let options = status["value"][0]["OptionSet"]["Options"]
        .as_array()
        .unwrap();
    assert_eq!(
        (&options[2]["Value"], &options[2]["State"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(
        options[2]["Label"]["UserLocalizedLabel"]["Label"],
        "Qualified"
    );
    let picked = org.get(&format!("{attributes}?$select=LogicalName&$filter=AttributeType eq Microsoft.Dynamics.CRM.AttributeTypeCode'Picklist'")).await.json();
    assert!(
        picked["value"]
            .as_array()
            .unwrap()
            .iter()
            .any(|a| a["LogicalName"] == "leadsourcecode")
    );
}

#[tokio::test]
async fn whole_user_is_throttled_when_the_window_is_full() {
    use syncdeck::sandbox::{Faults, SandboxOptions};
    let faults = Faults::none();
    let org = Org::start(SandboxOptions {
        people: 10,
        faults: faults.clone(),
        ..SandboxOptions::default()
    })
    .await;
    faults
        .set("dynamics:429=x1,dynamics:429time=x2,dynamics:429concurrency=x1,retry-after=7")
        .unwrap();
    let mut codes = BTreeSet::new();
    for _ in 0..4 {
        let got = org.get("WhoAmI").await;
        assert_eq!((got.status, got.header("retry-after")), (429, "7"));
        codes.insert(got.code());
    }
    assert_eq!(
        codes.into_iter().collect::<Vec<_>>(),
        ["0x80072321", "0x80072322", "0x80072326"]
    );
    let left = org.get("WhoAmI").await;
    assert_eq!(
        left.header("x-ms-ratelimit-burst-remaining-xrm-requests"),
        "5995"
    );
}

#[tokio::test]
async fn people_are_the_same_for_the_same_seed_and_half_known_to_marketo() {
    use syncdeck::sandbox::people::people;
    let (once, again): (Vec<_>, Vec<_>) =
        (people(7).take(50).collect(), people(7).take(50).collect());
    assert_eq!(once, again);
    assert_ne!(once, people(8).take(50).collect::<Vec<_>>());
    let org = Org::with(1000).await;
    let world = org.sandbox.world();
    assert_eq!(org.get("leads/$count").await.text, "600");
    assert_eq!(org.get("contacts/$count").await.text, "400");
    assert!(
        (195..=205).contains(&world.marketo.people_count()),
        "{}",
        world.marketo.people_count()
    );
    let owned = org
        .get("contacts/$count?$filter=parentcustomerid_account/name ne null")
        .await;
    assert_eq!(owned.text, "400");
}

#[tokio::test]
async fn people_at_work_leave_their_own_names_on_changes() {
    let org = Org::with(200).await;
    let (_, link, _) = walk(
        &org,
        "leads?$select=jobtitle,_modifiedby_value",
        "odata.track-changes",
    )
    .await;
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..200 {
        syncdeck::sandbox::traffic::step(org.sandbox.world(), &mut random);
    }
    let me = org.get("WhoAmI").await.json()["UserId"].clone();
    let delta = org.get(&link.unwrap()).await.json();
    let rows: Vec<&Value> = delta["value"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r.get("leadid").is_some())
        .collect();
    assert!(rows.len() > 20, "{}", rows.len());
    assert!(
        rows.iter()
            .all(|row| row["_modifiedby_value"] != me && !row["_modifiedby_value"].is_null())
    );
}
