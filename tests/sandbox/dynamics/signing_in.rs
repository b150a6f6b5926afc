//! Signing in, being told who one is, and being refused.

use serde_json::{Value, json};

use super::harness::{self, Org};

#[tokio::test]
async fn call_without_token_is_challenged_with_authority_and_resource() {
    let org = Org::with(10).await;
    let url = format!("{}/api/data/v9.2/WhoAmI", org.origin);
    let got = harness::read(org.http.get(url).send().await.unwrap()).await;
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
