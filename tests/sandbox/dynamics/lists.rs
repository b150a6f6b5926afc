//! Lists: pages, order, filters.

use serde_json::json;

use super::harness::{Org, assert_code, ids, walk};

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
}

#[tokio::test]
async fn senseless_filters_are_refused() {
    let org = Org::with(10).await;
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
}

#[tokio::test]
async fn top_ends_the_list_and_count_does_not() {
    let org = Org::with(10).await;
    org.lead("Zimt").await;
    let top = org
        .get("leads?$select=lastname&$top=2&$orderby=versionnumber desc&$count=true")
        .await
        .json();
    assert_eq!(top["value"].as_array().unwrap().len(), 2);
    assert_eq!(top["value"][0]["lastname"], "Zimt");
    assert_eq!(top["@odata.count"], 7);
    assert!(top.get("@odata.nextLink").is_none());
}
