//! Lead conversion.

use syncdeck::connectors::Trouble;
use syncdeck::connectors::dynamics::Qualify;

use super::script::{API, Answer, Script, fault, id, json};

#[tokio::test(start_paused = true)]
async fn a_qualified_lead_tells_what_it_became() {
    let script = Script::of([json(format!(
        r##"{{"@odata.context":"{API}/$metadata#Collection(Microsoft.Dynamics.CRM.crmbaseentity)",
            "value":[{{"@odata.type":"#Microsoft.Dynamics.CRM.contact","contactid":"{}"}}]}}"##,
        id(2)
    ))]);
    let rows = script
        .dynamics()
        .qualify_lead(id(1), Qualify::default())
        .await
        .unwrap();
    assert_eq!((rows[0].table.as_str(), rows[0].id), ("contact", id(2)));
    let request = &script.seen()[0];
    let path = "leads(00000000-0000-0000-0000-000000000001)/Microsoft.Dynamics.CRM.QualifyLead";
    assert_eq!(request.uri().to_string(), format!("{API}/{path}"));
    let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
    let expected = serde_json::json!(
        {"CreateAccount": false, "CreateContact": true, "CreateOpportunity": false, "Status": 3}
    );
    assert_eq!(body, expected);
}

#[tokio::test(start_paused = true)]
async fn a_lead_that_is_no_longer_open_is_refused() {
    let script = Script::of([fault(400, "0x80040519", "The lead is already closed.")]);
    let error = script
        .dynamics()
        .qualify_lead(id(1), Qualify::default())
        .await
        .unwrap_err();
    assert_eq!(
        (error.trouble, error.code.as_str()),
        (Trouble::Refused, "0x80040519")
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_never_asked_again() {
    let script = Script::of([Answer::Cut]);
    let error = script
        .dynamics()
        .qualify_lead(id(1), Qualify::default())
        .await
        .unwrap_err();
    assert_eq!((error.trouble, script.seen().len()), (Trouble::Unknown, 1));
}
