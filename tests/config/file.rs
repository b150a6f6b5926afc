//! The file as a whole: keys, profiles, settings.

use std::time::Duration;

use syncdeck::config::{FirstCopy, LimitMode, Share, Shares, default_path, load, state_path};

use super::{WHOLE, file, profile, with};

#[test]
fn a_whole_profile_is_read_with_its_defaults() {
    let profile = profile(WHOLE).unwrap();
    assert_eq!(profile.name, "acme");
    assert_eq!(profile.dynamics.url, "http://127.0.0.1:7001");
    assert_eq!(profile.dynamics.tenant, "contoso.onmicrosoft.com");
    assert_eq!(
        profile.dynamics.token_url.as_deref(),
        Some("http://127.0.0.1:7001/token")
    );
    assert_eq!(profile.marketo.endpoint, "http://127.0.0.1:7002/rest");
    assert_eq!(profile.marketo.identity, "http://127.0.0.1:7002/identity");
    assert_eq!(profile.marketo.daily_calls, 50_000);
    assert_eq!(profile.sync.interval, Duration::from_secs(300));
    assert_eq!(profile.sync.settle, Duration::from_secs(120));
    assert_eq!(profile.sync.first_copy, FirstCopy::Ask);
    assert_eq!(profile.sync.limits, LimitMode::Auto);
}

#[test]
fn every_setting_can_be_changed() {
    let text = format!(
        "{WHOLE}daily_calls = 10000\npartition = \"EMEA\"\n[profiles.acme.sync]\ninterval = \"90s\"\nfirst_copy = \"go\"\nsettle = \"2s\"\n\
         share = 0.5\nreserve = 0.2\nretry_share = 0.6\nlimits = \"off\"\n"
    );
    let profile = profile(&text).unwrap();
    assert_eq!(profile.marketo.daily_calls, 10_000);
    assert_eq!(profile.marketo.partition.as_deref(), Some("EMEA"));
    assert_eq!(profile.sync.interval, Duration::from_secs(90));
    assert_eq!(profile.sync.settle, Duration::from_secs(2));
    assert_eq!(profile.sync.first_copy, FirstCopy::Go);
    assert_eq!(profile.sync.limits, LimitMode::Off);
    let share = Share {
        part: 0.5,
        reserve: 0.2,
    };
    let shares = Shares {
        dynamics: share,
        marketo: share,
        retries: 0.6,
    };
    assert_eq!(profile.sync.share, shares);
}

#[test]
fn each_end_may_have_a_share_and_a_reserve_of_its_own() {
    let text = format!("{WHOLE}share = 0.4\nreserve = 0.25\n[profiles.acme.sync]\nshare = 0.9\n");
    let shares = profile(&text).unwrap().sync.share;
    let marketo = Share {
        part: 0.4,
        reserve: 0.25,
    };
    assert_eq!((shares.dynamics, shares.marketo), (0.9.into(), marketo));
    for wrong in [
        "share = 0",
        "share = 1.5",
        "reserve = -0.1",
        "retry_share = \"a\"",
    ] {
        let text = format!("{WHOLE}[profiles.acme.sync]\n{wrong}\n");
        assert!(crate::config::profile(&text).is_err(), "{wrong}");
    }
}

#[test]
fn every_error_says_which_file_which_key_and_what_to_do() {
    let sync = |line: &str| format!("{WHOLE}[profiles.acme.sync]\n{line}\n");
    let table = [
        (
            sync("intervall = \"5m\""),
            "config.toml: unknown key profiles.acme.sync.intervall; did you mean 'interval'?",
        ),
        (
            with("client_id = \"dynamics-client\"", "cliend_id = \"a\""),
            "config.toml: unknown key profiles.acme.dynamics.cliend_id; did you mean 'client_id'?",
        ),
        (
            "default_profil = \"acme\"".into(),
            "config.toml: unknown key default_profil; did you mean 'default_profile'?",
        ),
        (
            "[profiles.acme.hubspot]\n".into(),
            "config.toml: unknown key profiles.acme.hubspot",
        ),
        (
            sync("interval = \"5 parsecs\""),
            "config.toml: profiles.acme.sync.interval has to be a time such as \"5m\", \"90s\" or \"1h 30m\"",
        ),
        (
            sync("interval = 5"),
            "config.toml: profiles.acme.sync.interval has to be a text in quotes",
        ),
        (
            sync("settle = \"0s\""),
            "config.toml: profiles.acme.sync.settle has to be at least 1s",
        ),
        (
            sync("limits = \"real-ish\""),
            "config.toml: profiles.acme.sync.limits has to be one of auto, real, off, not 'real-ish'; did you mean 'real'?",
        ),
        (
            sync("share = 1.5"),
            "config.toml: profiles.acme.sync.share has to be a number above 0 and up to 1, as 0.7",
        ),
        (
            with("client_id = \"marketo-client\"", "client_id = \"\""),
            "config.toml: profiles.acme.marketo.client_id is missing: the custom service's client id",
        ),
        (
            "[profiles.\"a/b\"]\n".into(),
            "config.toml: profiles.a/b has to be a name of letters, digits, - and _, up to 64 (its state file bears it)",
        ),
        ("\n[profiles\n".into(), "config.toml: line 2 is not TOML"),
    ];
    for (text, wanted) in table {
        let error = profile(&text).unwrap_err();
        assert!(error.starts_with(wanted), "{error}\nwanted: {wanted}");
    }
}

#[test]
fn a_profile_needs_both_ends() {
    let only = WHOLE.split("[profiles.acme.marketo]").next().unwrap();
    let error = profile(only).unwrap_err();
    assert!(
        error.starts_with("config.toml: profiles.acme.marketo is missing: a sync needs both ends"),
        "{error}"
    );
}

#[test]
fn both_ends_never_share_a_client() {
    let error = profile(&with("marketo-client", "dynamics-client")).unwrap_err();
    let wanted = "config.toml: profiles.acme.marketo.client_id is the same as profiles.acme.dynamics.client_id: each end \
                  has its own";
    assert_eq!(error, wanted);
}

#[test]
fn the_only_profile_is_the_default_and_of_several_one_is_named() {
    let second = WHOLE.replace("acme", "beta");
    let both = format!("{WHOLE}{second}");
    assert_eq!(file(&both).unwrap().profile_names(), ["acme", "beta"]);
    let error = profile(&both).unwrap_err();
    assert!(
        error.contains("no profile chosen; there is: acme, beta. Give --profile NAME"),
        "{error}"
    );
    let named = format!("default_profile = \"beta\"\n{both}");
    assert_eq!(profile(&named).unwrap().name, "beta");
    assert_eq!(
        file(&named).unwrap().profile(Some("acme")).unwrap().name,
        "acme"
    );
    let error = file(&named)
        .unwrap()
        .profile(Some("gamma"))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "config.toml: there is no profile 'gamma'; there is: acme, beta"
    );
}

#[test]
fn a_broken_profile_does_not_stop_a_whole_one() {
    let text =
        format!("default_profile = \"acme\"\n{WHOLE}[profiles.later.dynamics]\nurl = \"soon\"\n");
    assert_eq!(profile(&text).unwrap().name, "acme");
}

#[test]
fn an_empty_file_has_no_profiles_and_says_how_to_make_one() {
    assert!(file("").unwrap().profile_names().is_empty());
    let error = profile("").unwrap_err();
    assert!(error.contains("syncdeck config init"), "{error}");
}

#[test]
fn a_named_file_has_to_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.toml");
    let error = load(Some(&path)).unwrap_err().to_string();
    assert!(
        error.contains("none.toml") && error.contains("--config"),
        "{error}"
    );
    std::fs::write(&path, WHOLE).unwrap();
    assert_eq!(load(Some(&path)).unwrap().profile_names(), ["acme"]);
}

#[test]
fn files_lie_in_our_folder_of_the_platforms_places() {
    assert!(default_path().ends_with("syncdeck/config.toml"));
    assert!(state_path("acme").ends_with("syncdeck/acme.db"));
}
