//! How often the API may be asked, by a key and without one.

use serde_json::Value;

use crate::{
    clock,
    process::{Folder, Server, agent},
    verify_api::Vendor,
};

/// A status, the fields that tell of a limit, and the slug of a problem.
fn ask(server: &Server, path: &str, key: &str) -> (u16, Vec<String>, String) {
    let url = format!("{}{path}", server.address);
    let mut answer =
        agent().get(&url).header("authorization", &format!("Bearer {key}")).call().unwrap();
    let field =
        |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let fields =
        ["retry-after", "ratelimit-policy", "ratelimit"].map(field).into_iter().flatten().collect();
    let document: Value =
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    let slug = document["type"].as_str().unwrap_or_default().to_owned();
    (answer.status().as_u16(), fields, slug)
}

#[test]
fn who_shows_too_many_wrong_keys_is_not_heard_and_a_known_key_is() {
    let server = Server::start_in(Folder::new(), &["--wrong-keys-per-minute", "3"]);
    let vendor = Vendor::of(&server, &["read"]);
    assert_eq!(ask(&server, "/v1/accounts", &vendor.key).0, 200);
    let other_secret = vendor.key.replace(&vendor.key[24..30], "AAAAAA");
    is_heard_beside(&server, &vendor.key, &other_secret);

    // It is known before it is used for the first time since the start.
    let server = Server::start_in(server.stop(), &["--wrong-keys-per-minute", "3"]);
    let (name, rest) = vendor.key.split_once('_').unwrap();
    let unknown = format!("{name}_0000000000000000{}", &rest[16..]);
    is_heard_beside(&server, &vendor.key, &unknown);
    let healthy = agent().get(format!("{}/healthz", server.address)).call().unwrap();
    assert_eq!(healthy.status().as_u16(), 200);
}

/// Shows wrong keys until they are not heard any more, and then the good one.
fn is_heard_beside(server: &Server, good: &str, wrong: &str) {
    for shown in [wrong, "nonsense", wrong] {
        assert_eq!(ask(server, "/v1/accounts", shown).0, 401);
    }
    let path = format!("/as/{wrong}/validate/check");
    for (path, shown) in [("/v1/accounts", wrong), ("/v1/audit", ""), (&*path, "nonsense")] {
        let (status, fields, slug) = ask(server, path, shown);
        assert_eq!((status, &*slug), (429, "/problems/too-many-requests"), "{path}");
        let wait: u64 = fields[0].parse().unwrap();
        assert!((1..=20).contains(&wait), "{fields:?}");
        assert_eq!(
            fields[1..],
            ["\"address\";q=3;w=60".to_owned(), format!("\"address\";r=0;t={wait}")]
        );
    }
    assert_eq!(ask(server, "/v1/accounts", good).0, 200);
}

#[test]
fn a_key_is_good_for_so_many_requests_a_second_and_others_are_not_touched() {
    let server = Server::start_in(Folder::new(), &["--requests-per-second", "2"]);
    let (busy, quiet) = (Vendor::of(&server, &["read"]), Vendor::of(&server, &["read"]));
    let deadline = clock::now().0 + 20;
    // Of many in a row two a second are answered; a slow machine sees no more than it asks.
    let refused = loop {
        assert!(clock::now().0 < deadline, "never refused");
        let (status, fields, slug) = ask(&server, "/v1/accounts", &busy.key);
        if status == 429 {
            break (fields, slug);
        }
    };
    let fields = ["1", "\"key\";q=2;w=1", "\"key\";r=0;t=1"].map(ToOwned::to_owned).to_vec();
    assert_eq!(refused, (fields, "/problems/too-many-requests".to_owned()));
    assert_eq!(ask(&server, "/v1/accounts", &quiet.key).0, 200);
    while ask(&server, "/v1/accounts", &busy.key).0 == 429 {
        assert!(clock::now().0 < deadline, "it is good again");
    }
}
