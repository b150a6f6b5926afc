//! Qualifying, merging, references, single values, impersonation.

use reqwest::Method;
use serde_json::json;

use super::harness::Org;

#[tokio::test]
async fn qualified_lead_becomes_account_contact_and_opportunity() {
    let org = Org::with(10).await;
    let body = json!({"lastname": "Buyer", "firstname": "Ida", "companyname": "Nod Ltd",
        "subject": "Pumps", "emailaddress1": "ida@nod.example"});
    let lead = org.make("leads", body).await;
    let action = format!("leads({lead})/Microsoft.Dynamics.CRM.QualifyLead");
    let all = json!({"CreateAccount": true, "CreateContact": true, "CreateOpportunity": true, "Status": 3});
    let got = org.post(&action, all.clone()).await;
    assert_eq!(got.status, 200, "{}", got.text);
    let made = got.json()["value"].clone();
    assert_eq!(made[1]["@odata.type"], "#Microsoft.Dynamics.CRM.contact");
    let contact = org.get(&format!("contacts({})?$select=_originatingleadid_value,emailaddress1&$expand=parentcustomerid_account($select=name,_primarycontactid_value)", made[1]["contactid"].as_str().unwrap())).await.json();
    assert_eq!(contact["_originatingleadid_value"], lead);
    assert_eq!(contact["emailaddress1"], "ida@nod.example");
    assert_eq!(contact["parentcustomerid_account"]["name"], "Nod Ltd");
    assert_eq!(
        contact["parentcustomerid_account"]["_primarycontactid_value"],
        made[1]["contactid"]
    );
    let after = org.get(&format!("leads({lead})?$select=statecode,statuscode,_parentcontactid_value,_qualifyingopportunityid_value")).await.json();
    assert_eq!(
        (&after["statecode"], &after["statuscode"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(after["_parentcontactid_value"], made[1]["contactid"]);
    assert_eq!(
        after["_qualifyingopportunityid_value"],
        made[2]["opportunityid"]
    );
    assert_eq!(org.post(&action, all).await.code(), "0x80040519");
    let missing = org.post(&action, json!({"CreateAccount": true})).await;
    assert_eq!(
        (missing.status, missing.code().as_str()),
        (400, "0x80040203")
    );
}

#[tokio::test]
async fn merged_row_is_deactivated_marked_and_kept() {
    let org = Org::with(10).await;
    let keep = org.make("contacts", json!({"lastname": "Keep"})).await;
    let lose = org
        .make(
            "contacts",
            json!({"lastname": "Lose", "jobtitle": "CFO", "mkto_leadid": 5}),
        )
        .await;
    let row = |id: &str| json!({"contactid": id, "@odata.type": "Microsoft.Dynamics.CRM.contact"});
    let body = json!({"Target": row(&keep), "Subordinate": row(&lose), "PerformParentingChecks": false,
        "UpdateContent": {"nickname": "K", "@odata.type": "Microsoft.Dynamics.CRM.contact"}});
    assert_eq!(org.post("Merge", body.clone()).await.status, 204);
    let select = "$select=lastname,jobtitle,nickname,mkto_leadid,statecode,merged,_masterid_value";
    let kept = org.get(&format!("contacts({keep})?{select}")).await.json();
    assert_eq!(
        (&kept["lastname"], &kept["jobtitle"], &kept["nickname"]),
        (&json!("Keep"), &json!("CFO"), &json!("K"))
    );
    assert_eq!(kept["mkto_leadid"], 5);
    let lost = org.get(&format!("contacts({lose})?{select}")).await.json();
    assert_eq!(
        (
            &lost["statecode"],
            &lost["merged"],
            &lost["_masterid_value"]
        ),
        (&json!(1), &json!(true), &json!(keep))
    );
    assert_eq!(org.post("Merge", body).await.code(), "0x80045304");
    let same =
        json!({"Target": row(&keep), "Subordinate": row(&keep), "PerformParentingChecks": false});
    assert_eq!(org.post("Merge", same).await.code(), "0x80045305");
}

#[tokio::test]
async fn references_are_set_and_cleared_from_both_ends() {
    let org = Org::with(10).await;
    let account = org.make("accounts", json!({"name": "Ref"})).await;
    let contact = org
        .make("contacts", json!({"lastname": "Ref", "jobtitle": "A"}))
        .await;
    let at = format!("{}/api/data/v9.2/", org.origin);
    let link = format!("accounts({account})/contact_customer_accounts/$ref");
    assert_eq!(
        org.post(
            &link,
            json!({"@odata.id": format!("{at}contacts({contact})")})
        )
        .await
        .status,
        204
    );
    let here = format!("contacts({contact})");
    assert_eq!(
        org.get(&format!("{here}/parentcustomerid_account?$select=name"))
            .await
            .json()["name"],
        "Ref"
    );
    assert_eq!(
        org.get(&format!(
            "accounts({account})/contact_customer_accounts/$count"
        ))
        .await
        .text,
        "1"
    );
    assert_eq!(
        org.delete(&format!("{here}/parentcustomerid_account/$ref"))
            .await
            .status,
        204
    );
    assert_eq!(
        org.get(&format!("{here}/parentcustomerid_account"))
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn single_values_are_put_and_deleted() {
    let org = Org::with(10).await;
    let contact = org
        .make("contacts", json!({"lastname": "Ref", "jobtitle": "A"}))
        .await;
    let here = format!("contacts({contact})");
    let put = org
        .call(
            Method::PUT,
            &format!("{here}/jobtitle"),
            &[],
            Some(r#"{"value":"B"}"#.into()),
        )
        .await;
    assert_eq!(put.status, 204);
    assert_eq!(
        org.get(&format!("{here}/jobtitle")).await.json()["value"],
        "B"
    );
    assert_eq!(org.delete(&format!("{here}/jobtitle")).await.status, 204);
    assert_eq!(org.get(&format!("{here}/jobtitle")).await.status, 204);
}

#[tokio::test]
async fn team_gains_and_loses_a_member_by_reference() {
    let org = Org::with(10).await;
    let at = format!("{}/api/data/v9.2/", org.origin);
    let team = org.get("teams?$select=teamid&$top=1").await.json()["value"][0]["teamid"]
        .as_str()
        .unwrap()
        .to_owned();
    let user = org.get("WhoAmI").await.json()["UserId"]
        .as_str()
        .unwrap()
        .to_owned();
    let members = format!("teams({team})/teammembership_association");
    assert_eq!(
        org.post(
            &format!("{members}/$ref"),
            json!({"@odata.id": format!("{at}systemusers({user})")})
        )
        .await
        .status,
        204
    );
    assert_eq!(org.get(&format!("{members}/$count")).await.text, "5");
    assert_eq!(
        org.delete(&format!("{members}({user})/$ref")).await.status,
        204
    );
    assert_eq!(org.get(&format!("{members}/$count")).await.text, "4");
}

#[tokio::test]
async fn impersonated_user_signs_and_the_application_stands_behind() {
    let org = Org::with(10).await;
    let human = org.get("systemusers?$select=systemuserid,azureactivedirectoryobjectid&$filter=lastname eq 'Quek'").await.json()["value"][0].clone();
    let me = org.get("WhoAmI").await.json()["UserId"].clone();
    let id = org.lead("Proxy").await;
    let header = format!(
        "CallerObjectId: {}",
        human["azureactivedirectoryobjectid"].as_str().unwrap()
    );
    org.patch(
        &format!("leads({id})"),
        &[&header],
        json!({"jobtitle": "x"}),
    )
    .await;
    let row = org
        .get(&format!(
            "leads({id})?$select=_modifiedby_value,_modifiedonbehalfby_value,_createdby_value"
        ))
        .await
        .json();
    assert_eq!(row["_modifiedby_value"], human["systemuserid"]);
    assert_eq!(
        (&row["_modifiedonbehalfby_value"], &row["_createdby_value"]),
        (&me, &me)
    );
}
