//! SQL, FetchXML with links and aggregates, and `$apply`: the same questions in three languages.

use serde_json::{Value, json};

use super::harness::{Got, Org, assert_code};

/// Three accounts with their people, apart from everybody else by their city.
async fn springfield(org: &Org) -> [String; 3] {
    let mut ids = Vec::new();
    for (name, revenue, staff) in [
        ("Acme", 1000.50, Some(10)),
        ("Bolt", 500.0, Some(20)),
        ("Core", 250.25, None),
    ] {
        let body = json!({"name": name, "address1_city": "Springfield", "revenue": revenue,
            "numberofemployees": staff, "new_synctomkto": name == "Acme"});
        ids.push(org.make("accounts", body).await);
    }
    for (first, account, email) in [
        ("Ann", 0, "ann@one.test"),
        ("Bea", 0, "bea@one.test"),
        ("Cid", 1, "cid_x@two.test"),
    ] {
        let body = json!({"firstname": first, "lastname": "O'Hara", "emailaddress1": email,
            "parentcustomerid_account@odata.bind": format!("/accounts({})", ids[account])});
        org.make("contacts", body).await;
    }
    ids.try_into().unwrap()
}

fn escaped(text: &str) -> String {
    let byte = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(b).to_string(),
        _ => format!("%{b:02X}"),
    };
    text.bytes().map(byte).collect()
}

async fn sql(org: &Org, set: &str, statement: &str) -> Got {
    org.get(&format!("{set}?sql={}", escaped(statement))).await
}

async fn fetch(org: &Org, set: &str, document: &str) -> Got {
    let prefer = "odata.include-annotations=\"*\"";
    org.get_with(&format!("{set}?fetchXml={}", escaped(document)), prefer)
        .await
}

fn column(got: &Got, name: &str) -> Vec<Value> {
    assert_eq!(got.status, 200, "{}", got.text);
    let rows = got.json()["value"].as_array().unwrap().clone();
    rows.iter().map(|row| row[name].clone()).collect()
}

#[tokio::test]
async fn sql_selects_what_its_clauses_say() {
    let org = Org::with(10).await;
    let [acme, bolt, _] = springfield(&org).await;
    let both = format!("accountid IN ('{acme}', '{bolt}')");
    let cases: [(&str, Value); 17] = [
        ("ORDER BY name DESC", json!(["Core", "Bolt", "Acme"])),
        ("AND name = 'ACME'", json!(["Acme"])),
        ("AND name <> 'Acme' ORDER BY name", json!(["Bolt", "Core"])),
        ("AND name LIKE '_o%' ORDER BY name", json!(["Bolt", "Core"])),
        ("AND name NOT LIKE '%[a-b]%'", json!(["Core"])),
        ("AND numberofemployees IS NULL", json!(["Core"])),
        ("AND numberofemployees <> 10", json!(["Bolt"])),
        ("AND NOT numberofemployees = 10", json!(["Bolt"])),
        ("AND numberofemployees NOT IN (10, 30)", json!(["Bolt"])),
        ("AND numberofemployees BETWEEN 15 AND 25", json!(["Bolt"])),
        (
            "AND (name = 'Core' OR numberofemployees >= 20) ORDER BY name",
            json!(["Bolt", "Core"]),
        ),
        ("AND new_synctomkto = 1", json!(["Acme"])),
        (
            "AND revenue > 250.25 ORDER BY revenue",
            json!(["Bolt", "Acme"]),
        ),
        (&both, json!(["Acme", "Bolt"])),
        (
            "AND createdon > '2020-01-01' ORDER BY name",
            json!(["Acme", "Bolt", "Core"]),
        ),
        (
            "ORDER BY name OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY",
            json!(["Bolt"]),
        ),
        ("AND name = NULL", json!([])),
    ];
    for (clause, expected) in cases {
        let and = if clause.starts_with("accountid") {
            "AND "
        } else {
            ""
        };
        let statement =
            format!("SELECT name FROM account WHERE address1_city = 'Springfield' {and}{clause}");
        let got = sql(&org, "accounts", &statement).await;
        assert_eq!(json!(column(&got, "name")), expected, "{clause}");
    }
}

#[tokio::test]
async fn sql_joins_groups_and_names_its_columns() {
    let org = Org::with(10).await;
    springfield(&org).await;
    let inner = "SELECT a.name, c.fullname AS person, c.parentcustomerid FROM account AS a \
        INNER JOIN contact c ON a.accountid = c.parentcustomerid \
        WHERE a.address1_city = 'Springfield' AND c.lastname = 'O''Hara' ORDER BY c.firstname";
    let got = sql(&org, "accounts", inner).await;
    assert_eq!(json!(column(&got, "name")), json!(["Acme", "Acme", "Bolt"]));
    assert_eq!(column(&got, "person")[2], json!("Cid O'Hara"));
    assert!(column(&got, "parentcustomerid")[0].is_string());
    let left = "SELECT a.name, COUNT(c.contactid) AS people FROM account a \
        LEFT JOIN contact c ON a.accountid = c.parentcustomerid \
        WHERE a.address1_city = 'Springfield' GROUP BY a.name ORDER BY people DESC";
    let got = sql(&org, "accounts", left).await;
    assert_eq!(json!(column(&got, "people")), json!([2, 1, 0]));
    let whole = "SELECT COUNT(*) AS n, SUM(revenue) AS total, AVG(numberofemployees) AS mean, \
        MIN(name) AS first, MAX(numberofemployees) AS most FROM account \
        WHERE address1_city = 'Springfield'";
    let row = sql(&org, "accounts", whole).await.json()["value"][0].clone();
    assert_eq!(
        (row["n"].clone(), row["mean"].clone()),
        (json!(3), json!(15))
    );
    assert_eq!(row["total"], json!(1750.75));
    assert_eq!(
        (row["first"].clone(), row["most"].clone()),
        (json!("Acme"), json!(20))
    );
    let distinct = "SELECT DISTINCT address1_city FROM account WHERE address1_city = 'springfield'";
    assert_eq!(
        column(&sql(&org, "accounts", distinct).await, "address1_city").len(),
        1
    );
}

#[tokio::test]
async fn sql_pages_advance_and_top_ends_them() {
    let org = Org::with(100).await;
    let first = "leads?sql=SELECT%20leadid%20FROM%20lead%20ORDER%20BY%20createdon";
    let (mut seen, mut next, mut pages) = (Vec::new(), first.to_owned(), 0);
    loop {
        let got = org.get_with(&next, "odata.maxpagesize=25").await;
        seen.extend(column(&got, "leadid").into_iter().map(|id| id.to_string()));
        pages += 1;
        match got.json()["@odata.nextLink"].as_str() {
            Some(link) => link.clone_into(&mut next),
            None => break,
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), pages), (60, 3));
    let top = "leads?sql=SELECT%20TOP%2030%20leadid%20FROM%20lead";
    let got = org.get_with(top, "odata.maxpagesize=20").await.json();
    let rest = org.get_with(
        got["@odata.nextLink"].as_str().unwrap(),
        "odata.maxpagesize=20",
    );
    let rest = rest.await.json();
    assert_eq!(rest["value"].as_array().unwrap().len(), 10);
    assert!(rest.get("@odata.nextLink").is_none());
}

#[tokio::test]
async fn sql_beyond_the_subset_is_refused_with_the_reason() {
    let org = Org::with(10).await;
    for (statement, reason) in [
        ("SELECT * FROM account", "SELECT * is not supported"),
        (
            "SELECT name FROM account UNION SELECT name FROM account",
            "UNION is not supported",
        ),
        (
            "SELECT name FROM account GROUP BY name HAVING COUNT(*) > 1",
            "HAVING is not supported",
        ),
        (
            "SELECT a.name FROM account a RIGHT JOIN contact c ON a.accountid = c.contactid",
            "RIGHT JOIN",
        ),
        (
            "SELECT name FROM account WHERE accountid IN (SELECT accountid FROM account)",
            "Subqueries",
        ),
        (
            "WITH x AS (SELECT name FROM account) SELECT name FROM x",
            "Common table expressions",
        ),
        ("DELETE FROM account", "Only SELECT"),
        ("SELECT UPPER(name) FROM account", "function 'upper'"),
        (
            "SELECT name FROM account; SELECT name FROM account",
            "Multiple SQL statements",
        ),
        ("SELECT nosuch FROM account", "Invalid column name 'nosuch'"),
        (
            "SELECT fullname FROM contact",
            "does not match the entity set",
        ),
        ("SELECT TOP 5001 name FROM account", "TOP must be"),
        ("SELECT name, COUNT(*) FROM account", "GROUP BY"),
        (
            "SELECT name FROM account WHERE numberofemployees = 'many'",
            "Conversion failed",
        ),
        (
            "SELECT name FROM account WHERE name = 'open",
            "Unclosed quotation",
        ),
    ] {
        let got = sql(&org, "accounts", statement).await;
        assert_code(&got, 400, "0x80060888");
        assert!(got.text.contains(reason), "{statement}: {}", got.text);
    }
}

#[tokio::test]
async fn fetchxml_follows_links_both_ways() {
    let org = Org::with(10).await;
    springfield(&org).await;
    let city =
        "<filter><condition attribute='address1_city' operator='eq' value='Springfield'/></filter>";
    let inner = format!(
        "<fetch><entity name='account'><attribute name='name'/>{city}<order attribute='name'/>\
         <link-entity name='contact' from='parentcustomerid' to='accountid' alias='c'>\
         <attribute name='fullname'/><attribute name='parentcustomerid'/>\
         <filter><condition attribute='firstname' operator='ne' value='Bea'/></filter>\
         </link-entity></entity></fetch>"
    );
    let got = fetch(&org, "accounts", &inner).await;
    assert_eq!(
        json!(column(&got, "c.fullname")),
        json!(["Ann O'Hara", "Cid O'Hara"])
    );
    let first = got.json()["value"][0].clone();
    assert!(first["@odata.etag"].is_string() && first["accountid"].is_string());
    assert_eq!(
        first["c.parentcustomerid@Microsoft.Dynamics.CRM.lookuplogicalname"],
        "account"
    );
    let none = format!(
        "<fetch><entity name='account'><attribute name='name' alias='called'/>{city}\
         <link-entity name='contact' from='parentcustomerid' to='accountid' alias='c' link-type='outer'/>\
         <filter><condition entityname='c' attribute='contactid' operator='null'/></filter>\
         </entity></fetch>"
    );
    let got = fetch(&org, "accounts", &none).await;
    assert_eq!(json!(column(&got, "called")), json!(["Core"]));
    let up = "<fetch><entity name='contact'><attribute name='fullname'/>\
         <link-entity name='account' from='accountid' to='parentcustomerid' alias='a'>\
         <attribute name='name'/><order attribute='name' descending='true'/>\
         <link-entity name='systemuser' from='systemuserid' to='owninguser' alias='u'>\
         <attribute name='fullname'/></link-entity></link-entity>\
         <filter><condition entityname='a' attribute='address1_city' operator='eq' value='Springfield'/></filter>\
         </entity></fetch>";
    let got = fetch(&org, "contacts", up).await;
    assert_eq!(
        json!(column(&got, "a.name")),
        json!(["Bolt", "Acme", "Acme"])
    );
    assert!(column(&got, "u.fullname")[0].is_string());
    let teams = "<fetch><entity name='systemuser'><attribute name='fullname'/>\
         <link-entity name='teammembership' from='systemuserid' to='systemuserid' intersect='true'>\
         <link-entity name='team' from='teamid' to='teamid' alias='t'><attribute name='name'/>\
         </link-entity></link-entity></entity></fetch>";
    assert_eq!(
        column(&fetch(&org, "systemusers", teams).await, "t.name").len(),
        12
    );
}

#[tokio::test]
async fn fetchxml_counts_sums_and_groups() {
    let org = Org::with(10).await;
    springfield(&org).await;
    let document = |attributes: &str| {
        format!(
            "<fetch aggregate='true'><entity name='account'>{attributes}\
             <filter><condition attribute='address1_city' operator='eq' value='Springfield'/></filter>\
             </entity></fetch>"
        )
    };
    let all = "<attribute name='numberofemployees' alias='Average' aggregate='avg'/>\
        <attribute name='numberofemployees' alias='Count' aggregate='count'/>\
        <attribute name='numberofemployees' alias='ColumnCount' aggregate='countcolumn' distinct='true'/>\
        <attribute name='numberofemployees' alias='Maximum' aggregate='max'/>\
        <attribute name='numberofemployees' alias='Minimum' aggregate='min'/>\
        <attribute name='revenue' alias='Sum' aggregate='sum'/>";
    let row = fetch(&org, "accounts", &document(all)).await.json()["value"][0].clone();
    assert_eq!(row["Average"], 15);
    assert_eq!(
        (row["Count"].clone(), row["ColumnCount"].clone()),
        (json!(3), json!(2))
    );
    assert_eq!(
        (row["Maximum"].clone(), row["Minimum"].clone()),
        (json!(20), json!(10))
    );
    assert_eq!(
        row["Sum@OData.Community.Display.V1.FormattedValue"],
        "$1,750.75"
    );
    let groups = "<attribute name='name' alias='n' aggregate='count'/>\
        <attribute name='new_synctomkto' alias='no' groupby='true'/><order alias='no'/>";
    let got = fetch(&org, "accounts", &document(groups)).await;
    assert_eq!(json!(column(&got, "n")), json!([2, 1]));
    let dates = "<attribute name='accountid' alias='n' aggregate='count'/>\
        <attribute name='createdon' alias='y' groupby='true' dategrouping='year'/>";
    let got = fetch(&org, "accounts", &document(dates)).await;
    assert_eq!(json!(column(&got, "n")), json!([3]));
    let limited =
        document(all).replace("aggregate='true'>", "aggregate='true' aggregatelimit='2'>");
    assert_code(&fetch(&org, "accounts", &limited).await, 400, "0x8004E023");
}

#[tokio::test]
async fn fetchxml_pages_by_number_and_cookie() {
    let org = Org::with(60).await;
    let page = |number: usize| {
        format!(
            "<fetch count='10' page='{number}'><entity name='lead'><attribute name='fullname'/>\
             <link-entity name='systemuser' from='systemuserid' to='owninguser' alias='u'/>\
             </entity></fetch>"
        )
    };
    let mut seen = std::collections::BTreeSet::new();
    for number in 1.. {
        let got = fetch(&org, "leads", &page(number)).await;
        seen.extend(column(&got, "leadid").into_iter().map(|id| id.to_string()));
        let body = got.json();
        if body["@Microsoft.Dynamics.CRM.morerecords"] == false {
            assert!(
                body.get("@Microsoft.Dynamics.CRM.fetchxmlpagingcookie")
                    .is_none()
            );
            break;
        }
        let cookie = body["@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"]
            .as_str()
            .unwrap();
        assert!(cookie.contains(&format!("pagenumber=\"{}\"", number + 1)));
    }
    assert_eq!(seen.len(), 36);
    let both = "<fetch top='5' page='1'><entity name='lead'/></fetch>";
    assert_code(&fetch(&org, "leads", both).await, 400, "0x80040203");
    let links = "<link-entity name='systemuser' from='systemuserid' to='owninguser'/>".repeat(16);
    let many = format!("<fetch><entity name='lead'>{links}</entity></fetch>");
    assert_code(&fetch(&org, "leads", &many).await, 400, "0x8004430D");
}

#[tokio::test]
async fn apply_filters_groups_and_aggregates() {
    let org = Org::with(10).await;
    let [acme, ..] = springfield(&org).await;
    let ann = org
        .get("contacts?$select=contactid&$filter=firstname eq 'Ann'")
        .await;
    let ann = column(&ann, "contactid")[0].as_str().unwrap().to_owned();
    let body = json!({"primarycontactid@odata.bind": format!("/contacts({ann})")});
    org.patch(&format!("accounts({acme})"), &[], body).await;
    let here = "filter(address1_city eq 'Springfield')";
    let note = "odata.include-annotations=\"OData.Community.Display.V1.FormattedValue\"";
    let ask = async |steps: &str| {
        let got = org
            .get_with(&format!("accounts?$apply={here}/{steps}"), note)
            .await;
        assert_eq!(got.status, 200, "{steps}: {}", got.text);
        got.json()["value"].clone()
    };
    let total = ask("aggregate(revenue with sum as total,$count as n)").await;
    assert_eq!(
        total[0]["total@OData.Community.Display.V1.FormattedValue"],
        "$1,750.75"
    );
    assert_eq!(total[0]["n"], 3);
    let states = ask("groupby((statuscode),aggregate($count as count))").await;
    assert_eq!(
        states,
        json!([{"statuscode@OData.Community.Display.V1.FormattedValue": "Active", "statuscode": 1,
            "count@OData.Community.Display.V1.FormattedValue": "3", "count": 3}])
    );
    let by_name =
        ask("groupby((primarycontactid/fullname),aggregate(revenue with max as most))").await;
    let named = by_name
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row.get("contact_fullname").is_some());
    assert_eq!(named.unwrap()["contact_fullname"], "Ann O'Hara");
    let distinct = ask("groupby((new_synctomkto))").await;
    assert_eq!(distinct.as_array().unwrap().len(), 2);
    let newest = ask("aggregate(createdon with max as lastCreate)").await;
    assert!(newest[0]["lastCreate"].as_str().unwrap().ends_with('Z'));
    for bad in [
        "groupby((createdon))",
        "aggregate(revenue with countdistinct as n)",
        "groupby((statuscode),aggregate($count as n))&$orderby=n",
        "compute(revenue as r)",
        "aggregate(nosuch with sum as n)",
    ] {
        assert_code(
            &org.get(&format!("accounts?$apply={bad}")).await,
            400,
            "0x80060888",
        );
    }
}
