//! The sandbox against documents written from the vendor's reference: a story in steps, each naming
//! the promise it proves. A document is a subset of the answer; `<kind>` stands for any value of that
//! kind, `<kind=name>` keeps the value, `{name}` uses it later.

use std::collections::HashMap;

use serde_json::{Value, json};
use syncdeck::sandbox::marketo::InstanceOptions;

use super::harness::Server;

struct Step {
    promise: &'static str,
    call: &'static str,
    body: Value,
    document: Value,
}

fn step(promise: &'static str, call: &'static str, body: Value, document: Value) -> Step {
    Step {
        promise,
        call,
        body,
        document,
    }
}

fn fits(kind: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match kind {
        "any" => true,
        "number" => value.is_number(),
        "text" => value.is_string(),
        "token" => text.len() % 8 == 0 && !text.is_empty(),
        "guid" => text.len() == 36 && text.split('-').count() == 5,
        "moment" => text.len() == 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T',
        "request" => text.contains('#'),
        _ => panic!("no such kind: {kind}"),
    }
}

/// Says where a value differs from its document, if it does.
fn differs(document: &Value, value: &Value, known: &mut HashMap<String, Value>) -> Option<String> {
    match (document, value) {
        (Value::String(mark), _) if mark.starts_with('<') => {
            let mark = mark.trim_matches(['<', '>']);
            let (kind, name) = mark.split_once('=').unwrap_or((mark, ""));
            known.insert(name.to_owned(), value.clone());
            (!fits(kind, value)).then(|| format!("{value} is no {kind}"))
        }
        (Value::String(text), _) => {
            let wanted = filled(text, known);
            let shown = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (wanted != shown).then(|| format!("{shown} instead of {wanted}"))
        }
        (Value::Object(members), Value::Object(found)) => members.iter().find_map(|(name, one)| {
            let Some(value) = found.get(name) else {
                return Some(format!("no {name}"));
            };
            differs(one, value, known).map(|what| format!("{name}: {what}"))
        }),
        (Value::Array(wanted), Value::Array(found)) => {
            if wanted.len() != found.len() {
                return Some(format!(
                    "{} elements instead of {}",
                    found.len(),
                    wanted.len()
                ));
            }
            wanted
                .iter()
                .zip(found)
                .find_map(|(one, value)| differs(one, value, known))
        }
        _ => (document != value).then(|| format!("{value} instead of {document}")),
    }
}

/// Puts kept values into a text.
fn filled(text: &str, known: &HashMap<String, Value>) -> String {
    known.iter().filter(|(name, _)| !name.is_empty()).fold(
        text.to_owned(),
        |text, (name, value)| {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            text.replace(&format!("{{{name}}}"), &value)
        },
    )
}

fn people() -> Vec<Step> {
    let person = json!([{"dynContactId": "6f1e0d3a", "email": "ann@contoso.example", "lastName": "Berg",
        "phone": null, "externalCompanyId": "a9b8", "externalSalesPersonId": "c7d6"}]);
    let sync = |action: &str, input: Value| json!({"action": action, "lookupField": "dynContactId", "input": input});
    vec![
        step(
            "key fields are created by the API",
            "POST /rest/v1/leads/schema/fields.json",
            json!({"input": [{"displayName": "Dynamics Contact GUID", "name": "dynContactId",
                "dataType": "string", "isHidden": false}]}),
            json!({"requestId": "<request>", "success": true,
                "result": [{"name": "dynContactId", "status": "created"}]}),
        ),
        step(
            "change feeds start at a paging token",
            "GET /rest/v1/activities/pagingtoken.json?sinceDatetime=2026-08-17T09%3A00%3A00Z",
            Value::Null,
            json!({"success": true, "nextPageToken": "<token=start>"}),
        ),
        step(
            "sales persons come first",
            "POST /rest/v1/salespersons.json",
            json!({"input": [{"externalSalesPersonId": "c7d6", "email": "s@contoso.example"}]}),
            json!({"success": true, "result": [{"seq": 0, "status": "created", "id": "<number>"}]}),
        ),
        step(
            "then companies",
            "POST /rest/v1/companies.json",
            json!({"action": "createOrUpdate", "dedupeBy": "dedupeFields",
                "input": [{"externalCompanyId": "a9b8", "company": "Contoso"}]}),
            json!({"success": true, "result": [{"seq": 0, "status": "created", "id": "<number>"}]}),
        ),
        step(
            "people are created by our key",
            "POST /rest/v1/leads.json",
            sync("createOrUpdate", person.clone()),
            json!({"success": true, "result": [{"id": "<number=ann>", "status": "created"}]}),
        ),
        step(
            "createOnly refuses who exists",
            "POST /rest/v1/leads.json",
            sync("createOnly", person),
            json!({"success": true, "result": [{"status": "skipped",
                "reasons": [{"code": "1005", "message": "<text>"}]}]}),
        ),
        step(
            "updateOnly refuses who does not",
            "POST /rest/v1/leads.json",
            sync("updateOnly", json!([{"dynContactId": "none", "city": "X"}])),
            json!({"success": true, "result": [{"status": "skipped",
                "reasons": [{"code": "1004", "message": "<text>"}]}]}),
        ),
        step(
            "a changed e-mail keeps its person",
            "POST /rest/v1/leads.json",
            sync(
                "createOrUpdate",
                json!([{"dynContactId": "6F1E0D3A", "email": "ann@fabrikam.example"}]),
            ),
            json!({"success": true, "result": [{"id": "{ann}", "status": "updated"}]}),
        ),
        step(
            "people are found by our key, and read with their company",
            "GET /rest/v1/leads.json?filterType=dynContactId&filterValues=6f1e0d3a&fields=email,company,createdAt,phone",
            Value::Null,
            json!({"success": true, "result": [{"id": "{ann}", "email": "ann@fabrikam.example",
                "company": "Contoso", "createdAt": "<moment>", "phone": null}]}),
        ),
        step(
            "lead changes carry old and new values",
            "GET /rest/v1/activities/leadchanges.json?fields=email&nextPageToken={start}",
            Value::Null,
            json!({"success": true, "moreResult": false, "nextPageToken": "<token>", "result": [
                {"activityTypeId": 12, "leadId": "{ann}", "marketoGUID": "<text>"},
                {"activityTypeId": 13, "leadId": "{ann}", "activityDate": "<moment>",
                 "fields": [{"id": 56, "name": "email", "newValue": "ann@fabrikam.example",
                    "oldValue": "ann@contoso.example"}]}]}),
        ),
        step(
            "company fields on a member are refused",
            "POST /rest/v1/leads.json",
            sync(
                "createOrUpdate",
                json!([{"dynContactId": "6f1e0d3a", "industry": "Steel"}]),
            ),
            json!({"success": true, "result": [{"status": "skipped", "reasons": [{"code": "1021"}]}]}),
        ),
    ]
}

fn objects() -> Vec<Step> {
    vec![
        step(
            "a used sales person stays",
            "POST /rest/v1/salespersons/delete.json",
            json!({"deleteBy": "dedupeFields", "input": [{"externalSalesPersonId": "c7d6"},
                {"externalSalesPersonId": "none"}]}),
            json!({"success": true, "result": [
                {"seq": 0, "status": "skipped", "reasons": [{"code": "1022"}]},
                {"seq": 1, "status": "skipped", "reasons": [{"code": "1013", "message": "Record not found"}]}]}),
        ),
        step(
            "opportunities know their owner",
            "POST /rest/v1/opportunities.json",
            json!({"input": [{"externalOpportunityId": "o1", "name": "Deal", "amount": 10,
                "externalSalesPersonId": "c7d6"}]}),
            json!({"success": true, "result": [{"seq": 0, "status": "created", "marketoGUID": "<guid>"}]}),
        ),
        step(
            "roles tie people to opportunities",
            "POST /rest/v1/opportunities/roles.json",
            json!({"input": [{"externalOpportunityId": "o1", "leadId": "{ann}", "role": "Buyer"}]}),
            json!({"success": true, "result": [{"seq": 0, "status": "created", "marketoGUID": "<guid>"}]}),
        ),
        step(
            "a custom object type is drafted",
            "POST /rest/v1/customobjects/schema.json",
            json!({"action": "createOnly", "apiName": "crmAsset", "displayName": "CRM Asset",
                "pluralName": "CRM Assets", "description": "Installed base", "showInLeadDetail": true}),
            json!({"success": true, "result": []}),
        ),
        step(
            "given fields and a link",
            "POST /rest/v1/customobjects/schema/crmAsset/addField.json",
            json!({"input": [
                {"name": "assetNo", "displayName": "Asset No", "dataType": "string", "isDedupeField": true},
                {"name": "leadID", "displayName": "Lead", "dataType": "link",
                 "relatedTo": {"name": "Lead", "field": "Id"}}]}),
            json!({"success": true, "result": []}),
        ),
        step(
            "and approved",
            "POST /rest/v1/customobjects/schema/crmAsset/approve.json",
            Value::Null,
            json!({"success": true, "result": []}),
        ),
        step(
            "custom objects are written by their key",
            "POST /rest/v1/customobjects/crmAsset_c.json",
            json!({"action": "createOrUpdate", "dedupeBy": "dedupeFields",
                "input": [{"assetNo": "A-17", "leadID": "{ann}"}]}),
            json!({"success": true, "result": [{"seq": 0, "status": "created", "marketoGUID": "<guid>"}]}),
        ),
        step(
            "an extract starts as created",
            "POST /bulk/v1/leads/export/create.json",
            json!({"fields": ["id", "email", "updatedAt"], "format": "CSV",
                "filter": {"updatedAt": {"startAt": "2026-08-01T00:00:00Z", "endAt": "2026-08-31T00:00:00Z"}}}),
            json!({"success": true, "result": [{"exportId": "<guid=job>", "format": "CSV",
                "status": "Created", "createdAt": "<moment>"}]}),
        ),
        step(
            "is queued",
            "POST /rest/../bulk//v1/leads/export/{job}/enqueue.json",
            Value::Null,
            json!({"success": true, "result": [{"exportId": "{job}", "status": "Queued", "queuedAt": "<moment>"}]}),
        ),
        step(
            "and ends with a checksum",
            "GET /bulk/v1/leads/export/{job}/status.json",
            Value::Null,
            json!({"success": true, "result": [{"status": "Completed", "finishedAt": "<moment>",
                "numberOfRecords": 1, "fileSize": "<number>", "fileChecksum": "<text>"}]}),
        ),
        step(
            "a delete shows in its feed: the delete",
            "DELETE /rest/v1/leads.json",
            json!({"input": [{"id": "{ann}"}]}),
            json!({"success": true, "result": [{"id": "{ann}", "status": "deleted"}]}),
        ),
        step(
            "a delete shows in its feed: the feed",
            "GET /rest/v1/activities/deletedleads.json?nextPageToken={start}",
            Value::Null,
            json!({"success": true, "moreResult": false, "result": [{"activityTypeId": 37,
                "primaryAttributeValueId": "{ann}", "primaryAttributeValue": "Berg", "attributes": []}]}),
        ),
        step(
            "unknown paths are 610",
            "GET /rest/v1/nothing.json",
            Value::Null,
            json!({"requestId": "<request>", "success": false, "errors": [{"code": "610", "message": "<text>"}]}),
        ),
        step(
            "usage counts by user",
            "GET /rest/v1/stats/usage.json",
            Value::Null,
            json!({"success": true, "result": [{"date": "<text>", "total": 24,
                "users": [{"userId": "<text>", "count": 24}]}]}),
        ),
        step(
            "errors are counted by code",
            "GET /rest/v1/stats/errors.json",
            Value::Null,
            json!({"success": true, "result": [{"date": "<text>", "total": 1,
                "errors": [{"errorCode": "610", "count": 1}]}]}),
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn each_promise_is_kept_to_the_letter_of_its_document() {
    let options = InstanceOptions {
        bulk_time: std::time::Duration::ZERO,
        ..Default::default()
    };
    let server = Server::direct(options).await;
    let mut known = HashMap::new();
    let bearer = format!("Bearer {}", server.token);
    for step in people().into_iter().chain(objects()) {
        let call = filled(step.call, &known).replace("==", "%3D%3D");
        let (verb, path) = call.split_once(' ').unwrap();
        let body = if step.body.is_null() {
            String::new()
        } else {
            step.body.to_string()
        };
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let answer = server
            .send(verb, path, &headers, filled(&body, &known))
            .await
            .json();
        let wrong = differs(&step.document, &answer, &mut known);
        assert_eq!(wrong, None, "{}: {answer}", step.promise);
    }
}
