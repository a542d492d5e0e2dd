//! Whether a token is on another device than the browser in which it is added: kept with the token and in
//! the audit, and never in the way.

use std::net::IpAddr;

use registry::{Association, Devices, EventKind, Platform, Seen, Token};

use crate::clinic::{App, Clinic, START, ada, rng};

/// Ada's first token, sent from an address and added in a browser; its app says that it is on Linux.
async fn added(
    from: Option<&str>,
    platform: Option<Platform>,
    at: Option<&str>,
) -> (Clinic, Token) {
    let address = |text: &str| -> IpAddr { text.parse().unwrap() };
    let clinic = Clinic::with_ada().await;
    let app = App::new("Phone");
    let (link, confirmation) = clinic.begin(ada(), START).await;
    let (sealed, from) = (app.seal(&link), from.map(address));
    clinic.registry.consume_from(&sealed, from, START, &mut rng()).await.unwrap();
    let session = clinic.confirmed(ada(), &confirmation, START).await;
    let seen = Seen { platform, address: at.map(address) };
    let form = Association { seen, ..app.form(START) };
    clinic.registry.associate(&session, &form, START).await.unwrap();
    let token = clinic.token(&app, START).await;
    (clinic, token)
}

#[tokio::test]
async fn what_looks_like_one_device_is_kept_and_recorded_and_blocks_nothing() {
    const OWN: Option<&str> = Some("192.0.2.7");
    const OTHER: Option<&str> = Some("192.0.2.8");
    for (from, platform, at, expected, words) in [
        (OWN, Some(Platform::Linux), OWN, Devices::Same, "looks like the same device"),
        (OWN, Some(Platform::Windows), OWN, Devices::Different, "on another device"),
        (OWN, Some(Platform::Linux), OTHER, Devices::Unknown, "not known"),
        (None, Some(Platform::Linux), OWN, Devices::Unknown, "not known"),
        (OWN, Some(Platform::Linux), None, Devices::Unknown, "not known"),
        (OWN, None, OWN, Devices::Unknown, "not known"),
    ] {
        let (clinic, token) = added(from, platform, at).await;
        assert_eq!(token.devices, expected, "{from:?} {platform:?} {at:?}");
        let events = clinic.events().await;
        let event = events.iter().find(|event| event.what.kind == EventKind::TokenAssociated);
        let cause = event.unwrap().what.cause.clone().unwrap();
        assert!(cause.contains(words), "{cause}");
        let told = serde_json::to_string(&token).unwrap();
        assert!(told.contains(&format!("\"devices\":\"{expected}\"")), "{told}");
        assert!(!told.contains("192.0.2"), "an address is told to nobody");
        let tag = token.provisioned_from.map(|tag| format!("{tag:?}"));
        assert!(tag.is_none_or(|tag| tag.len() > 64 && !tag.contains("192, 0, 2, 7")));
    }
}

#[tokio::test]
async fn before_it_is_added_nothing_is_known() {
    let clinic = Clinic::with_ada().await;
    let app = App::new("Phone");
    let (link, _) = clinic.begin(ada(), START).await;
    clinic.send(&app.seal(&link), START).await.unwrap();
    assert_eq!(clinic.token(&app, START).await.devices, Devices::Unknown);
}
