//! Service-protection limits and the fault dial.

use std::collections::BTreeSet;

use super::harness::Org;

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
