//! A delta link from the future of a restored database.

use syncdeck::connectors::Trouble;
use syncdeck::connectors::dynamics::Next;

use super::script::{API, Script, json, lead};

fn link(version: u32) -> String {
    format!("{API}/leads?$select=leadid&$deltatoken={version}%2111%2f22%2f2026%2008%3a10%3a44")
}

fn nothing_new(version: u32) -> Script {
    let link = link(version);
    Script::of([json(format!(
        r#"{{"@odata.deltaLink":"{link}","value":[]}}"#
    ))])
}

#[tokio::test(start_paused = true)]
async fn fresh_link_behind_the_one_it_answers_asks_for_a_full_read() {
    let followed = link(919_042);
    let follow = nothing_new(919_041).dynamics();
    let error = follow.follow(&lead(), &followed, 500).await.unwrap_err();
    let (trouble, code) = (error.trouble, error.code.as_str());
    assert_eq!((trouble, code), (Trouble::CursorExpired, "restored"));
    for version in [919_042, 919_058] {
        let dynamics = nothing_new(version).dynamics();
        let page = dynamics.follow(&lead(), &followed, 500).await.unwrap();
        assert!(matches!(page.next, Next::Delta(_)), "{version}");
    }
}
