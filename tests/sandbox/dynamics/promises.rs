//! One row for each promise of the sandbox that takes more than a GET: what is sent, and the status,
//! header or member of the answer that keeps it. Plain HTTP, no program of ours.

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::Org;

/// A promise, method, path (`{lead}`, `{twin}`, `{account}`, `{contact}` are ids), headers, body,
/// status, and a pointer into the answer (or `header:` and its name) with the text found there.
type Promise = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    u16,
    &'static str,
    &'static str,
);

const KEYED: &str = "contacts(externaluseridentifier='P-1')";
const NOTES: &str = "Prefer: odata.include-annotations=\"*\"";

#[rustfmt::skip]
const PROMISES: [Promise; 34] = [
    ("create with our own id", "POST", "leads", &[], r#"{"leadid":"00000000-0000-0000-0000-0000000000a1","lastname":"Own","subject":"s"}"#, 204, "header:odata-entityid", "00000000-0000-0000-0000-0000000000a1"),
    ("the same id again", "POST", "leads", &[], r#"{"leadid":"00000000-0000-0000-0000-0000000000a1","lastname":"Own","subject":"s"}"#, 412, "/error/code", "0x80040237"),
    ("If-None-Match keeps a row", "PATCH", "leads({lead})", &["If-None-Match: *"], r#"{"jobtitle":"x"}"#, 412, "/error/code", "0x80040237"),
    ("If-Match on a stale version", "PATCH", "leads({lead})", &["If-Match: W/\"1\""], r#"{"jobtitle":"x"}"#, 412, "/error/code", "0x80060882"),
    ("If-Match on a missing row", "PATCH", "leads(00000000-0000-0000-0000-0000000000ff)", &["If-Match: *"], r#"{"jobtitle":"x"}"#, 404, "/error/code", "0x80040217"),
    ("representation", "PATCH", "leads({lead})?$select=jobtitle", &["Prefer: return=representation"], r#"{"jobtitle":"CTO"}"#, 200, "/jobtitle", "CTO"),
    ("lookup by @odata.bind", "PATCH", "contacts({contact})?$select=_parentcustomerid_value", &["Prefer: return=representation"], r#"{"parentcustomerid_account@odata.bind":"/accounts({account})"}"#, 200, "/_parentcustomerid_value", "{account}"),
    ("lookup annotations", "GET", "contacts({contact})?$select=_parentcustomerid_value", &[NOTES], "", 200, "/_parentcustomerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty", "parentcustomerid_account"),
    ("formatted values", "GET", "contacts({contact})?$select=statecode", &[NOTES], "", 200, "/statecode@OData.Community.Display.V1.FormattedValue", "Active"),
    ("expand with nested options", "GET", "accounts({account})?$select=name&$expand=contact_customer_accounts($select=lastname;$filter=statecode eq 0;$top=1;$expand=ownerid($select=name))", &[], "", 200, "/contact_customer_accounts/0/lastname", "Promised"),
    ("upsert by alternate key creates", "PATCH", KEYED, &["Prefer: return=representation"], r#"{"lastname":"Keyed"}"#, 201, "/externaluseridentifier", "P-1"),
    ("upsert by alternate key updates", "PATCH", KEYED, &["Prefer: return=representation"], r#"{"jobtitle":"Clerk"}"#, 200, "/jobtitle", "Clerk"),
    ("alternate key taken", "POST", "contacts", &[], r#"{"lastname":"Twin","externaluseridentifier":"P-1"}"#, 412, "/error/code", "0x80060892"),
    ("alternate key finds nothing", "GET", "contacts(externaluseridentifier='none')", &[], "", 404, "/error/code", "0x80060891"),
    ("a key that is none", "GET", "contacts(jobtitle='x')", &[], "", 400, "/error/code", "0x80060888"),
    ("CreateMultiple", "POST", "leads/Microsoft.Dynamics.CRM.CreateMultiple", &[], r#"{"Targets":[{"@odata.type":"Microsoft.Dynamics.CRM.lead","lastname":"M1","subject":"s"}]}"#, 200, "/Ids/0", "*"),
    ("UpdateMultiple", "POST", "leads/Microsoft.Dynamics.CRM.UpdateMultiple", &[], r#"{"Targets":[{"@odata.type":"Microsoft.Dynamics.CRM.lead","leadid":"{lead}","jobtitle":"M"}]}"#, 204, "", ""),
    ("UpsertMultiple", "POST", "contacts/Microsoft.Dynamics.CRM.UpsertMultiple", &[], r#"{"Targets":[{"@odata.type":"Microsoft.Dynamics.CRM.contact","@odata.id":"contacts(externaluseridentifier='P-2')","lastname":"U"}]}"#, 204, "", ""),
    ("duplicates pass unasked", "POST", "leads", &[], r#"{"lastname":"Dup","subject":"s","emailaddress1":"promised@dup.test"}"#, 204, "", ""),
    ("duplicate rules when asked", "POST", "leads", &["MSCRM.SuppressDuplicateDetection: false"], r#"{"lastname":"Dup","subject":"s","emailaddress1":"promised@dup.test"}"#, 412, "/error/code", "0x80040333"),
    ("state and status must agree", "PATCH", "leads({lead})", &[], r#"{"statecode":0,"statuscode":3}"#, 400, "/error/code", "0x80048408"),
    ("text too long", "PATCH", "contacts({contact})", &[], r#"{"employeeid":"0123456789012345678901234567890123456789012345678901234567890123456789"}"#, 400, "/error/code", "0x80044331"),
    ("unknown option", "PATCH", "leads({lead})", &[], r#"{"leadsourcecode":4711}"#, 400, "/error/code", "0x8004431a"),
    ("control character", "PATCH", "leads({lead})", &[], r#"{"jobtitle":"a\u0007"}"#, 400, "/error/code", "0x80040278"),
    ("unknown member", "PATCH", "leads({lead})", &[], r#"{"nosuch":1}"#, 400, "/error/code", "0x80048d19"),
    ("error details with annotations", "PATCH", "leads({lead})", &[NOTES], r#"{"leadsourcecode":4711}"#, 400, "/error/@Microsoft.PowerApps.CDS.ErrorDetails.ApiExceptionMessageName", "PicklistValueOutOfRange"),
    ("merge", "POST", "Merge", &[], r#"{"Target":{"leadid":"{lead}","@odata.type":"Microsoft.Dynamics.CRM.lead"},"Subordinate":{"leadid":"{twin}","@odata.type":"Microsoft.Dynamics.CRM.lead"},"PerformParentingChecks":false}"#, 204, "", ""),
    ("the merged row says into whom", "GET", "leads({twin})?$select=_masterid_value,merged", &[], "", 200, "/_masterid_value", "{lead}"),
    ("qualify", "POST", "leads({lead})/Microsoft.Dynamics.CRM.QualifyLead", &[], r#"{"CreateAccount":false,"CreateContact":true,"CreateOpportunity":false,"Status":3}"#, 200, "/value/0/@odata.type", "#Microsoft.Dynamics.CRM.contact"),
    ("qualify twice", "POST", "leads({lead})/Microsoft.Dynamics.CRM.QualifyLead", &[], r#"{"CreateAccount":false,"CreateContact":true,"CreateOpportunity":false,"Status":3}"#, 400, "/error/code", "0x80040519"),
    ("no $filter on tracked reads", "GET", "leads?$filter=statecode eq 0", &["Prefer: odata.track-changes"], "", 400, "/error/code", "0x80060888"),
    ("no $skip", "GET", "leads?$skip=1", &[], "", 400, "/error/code", "0x80060888"),
    ("impersonation", "PATCH", "contacts({contact})?$select=jobtitle&$expand=modifiedonbehalfby($select=fullname)", &["CallerObjectId: {human}", "Prefer: return=representation"], r#"{"jobtitle":"Seen"}"#, 200, "/modifiedonbehalfby/fullname", "*"),
    ("delete", "DELETE", "contacts({contact})", &[], "", 204, "", ""),
];

#[tokio::test]
async fn every_promised_write_is_kept() {
    let org = Org::with(20).await;
    let contact = org.make("contacts", json!({"lastname": "Promised"})).await;
    let human =
        org.get("systemusers?$select=azureactivedirectoryobjectid&$filter=lastname eq 'Quek'");
    let human = human.await.json()["value"][0]["azureactivedirectoryobjectid"].clone();
    let names = [
        ("{lead}", org.lead("Kept").await),
        ("{twin}", org.lead("Gone").await),
        (
            "{account}",
            org.make("accounts", json!({"name": "Acme"})).await,
        ),
        ("{contact}", contact),
        ("{human}", human.as_str().unwrap_or_default().to_owned()),
    ];
    let named = |text: &str| {
        let one = |text: String, (name, id): &(&str, String)| text.replace(name, id);
        names.iter().fold(text.to_owned(), one)
    };
    for (promise, method, path, headers, body, status, pointer, expected) in PROMISES {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let headers: Vec<String> = headers.iter().map(|header| named(header)).collect();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let body = (!body.is_empty()).then(|| named(body));
        let got = org.call(method, &named(path), &headers, body).await;
        assert_eq!(got.status, status, "{promise}: {}", got.text);
        let expected = named(expected);
        if let Some(header) = pointer.strip_prefix("header:") {
            assert!(got.header(header).contains(&expected), "{promise}");
        } else if !pointer.is_empty() {
            let answer = got.json();
            // Annotation names hold no slash, so a pointer's last part is one member.
            let found = answer.pointer(pointer).unwrap_or(&Value::Null);
            let text = found.as_str().unwrap_or_default();
            assert!(found.is_string(), "{promise}: {}", got.text);
            assert!(
                expected == "*" || text.eq_ignore_ascii_case(&expected),
                "{promise}: {text}"
            );
        }
    }
}
