//! `POST /v1/accounts` and `/v1/accounts/{account}/activations`: what a relying party enters and a registrant
//! executes, and the link that a prescriber gets by a token in use.

use serde_json::{Value, json};

use crate::{
    administrators::Carrier,
    app::App,
    browser::Browser,
    process::{NPI, OTHER_NPI, PASSPHRASE, Server},
    two_people::execute,
    verify_api::{Vendor, assert_problem, with_vendor},
};

fn ada() -> Value {
    json!({
        "npi": NPI, "name": "Ada Quill", "mail": "ada@example.org", "passphrase": PASSPHRASE,
        "id": "dr-17", "phone": "+1 410 555 0134",
        "address": { "street": "1 Main St", "city": "Reno", "state": "NV", "zip": "89501" },
        "identity": {
            "checked_by": "Pat Doe", "checked_on": "2026-01-02", "evidence": "passport, in person",
        },
    })
}

fn page_of(entered: &Value) -> String {
    format!("/admin/access/changes/{}", entered["entry"].as_str().unwrap())
}

#[test]
fn from_an_account_that_a_relying_party_enters_to_a_token_that_the_prescriber_adds_there() {
    let server = Server::start();
    let rosa = Carrier::add(&server.folder, "Rosa", &["registrant"]).signed_in(&server);
    let eva = Carrier::add(&server.folder, "Eva", &["registrant"]).signed_in(&server);
    let vendor = Vendor::of(&server, &["accounts", "tokens", "read"]);
    let body = ada().to_string();
    let entered = vendor.post("/v1/accounts", &body, Some("a-1"));
    assert_eq!((entered.status, &entered.body["state"]), (202, &json!("pending")));
    let at = entered.body["at"].as_str().unwrap();
    assert_eq!(vendor.get(at).body, entered.body);
    assert_eq!(vendor.get(&format!("/v1/accounts/{NPI}")).status, 404, "nothing is open yet");
    let again = vendor.post("/v1/accounts", &body, Some("a-1"));
    assert_eq!((again.status, again.replayed, &again.body), (202, true, &entered.body));
    let twice = vendor.post("/v1/accounts", &body, Some("a-2"));
    assert_problem(&twice, 409, "entered-already");
    assert_eq!(twice.body["at"], at);
    // Where the server stopped before it kept its answer, what it entered is the answer.
    let database = server.folder.path().join("countersign.db");
    let database = rusqlite::Connection::open(database).unwrap();
    let set = "UPDATE kept_answers SET at = at - 60, status = 0, body = '' WHERE status = 202";
    assert_eq!(database.execute(set, []).unwrap(), 1);
    let again = vendor.post("/v1/accounts", &body, Some("a-1"));
    assert_eq!((again.status, again.replayed, &again.body), (202, true, &entered.body));

    let page = rosa.get(&page_of(&entered.body));
    for shown in ["relying party Example EHR", "Pat Doe, 2026-01-02", "dr-17", "1 Main St"] {
        assert!(page.html.contains(shown), "{shown}: {}", page.html);
    }
    assert!(page.element("by-party").is_some() && !page.html.contains(PASSPHRASE));
    let (done, _) = execute(&rosa, &page_of(&entered.body));
    assert_eq!(done.location, format!("/admin/accounts/{NPI}?opened"), "{}", done.html);
    assert_eq!(vendor.get(at).body["state"], "executed");
    assert_eq!(vendor.get("/v1/accounts/dr-17").body["account"], NPI);
    assert_problem(&vendor.post("/v1/accounts", &body, Some("a-3")), 409, "account-exists");
    let mut same_id = ada();
    same_id["npi"] = json!(OTHER_NPI);
    let same_id = vendor.post("/v1/accounts", &same_id.to_string(), None);
    assert_problem(&same_id, 409, "account-id-taken");

    let path = "/v1/accounts/dr-17/activations";
    let entered = vendor.post(path, &json!({ "hours": 48 }).to_string(), Some("act-1"));
    assert_eq!((entered.status, &entered.body["what"]), (202, &json!("activation")));
    let (refused, _) = execute(&rosa, &page_of(&entered.body));
    assert!(refused.html.contains("that a relying party entered with one"), "{}", refused.html);
    let (page, _) = execute(&eva, &page_of(&entered.body));
    let (link, code) = (page.element("link").unwrap(), page.element("confirmation-code").unwrap());
    let after = vendor.get(entered.body["at"].as_str().unwrap()).body;
    assert_eq!(after["state"], "executed");
    assert!(!after.to_string().contains("countersign://"), "the link is the registrant's to give");
    let app = App::new();
    assert_eq!(server.provision(&app.seal_for(&link)).0, 201);
    let body = json!({
        "sign_in": { "passphrase": PASSPHRASE, "confirmation_code": code },
        "credential_id": app.id.to_string(), "name": "Phone", "code": app.next_code(),
    });
    let added = vendor.post("/v1/accounts/dr-17/tokens", &body.to_string(), None);
    assert_eq!((added.status, &added.body["state"]), (201, &json!("active")), "{}", added.body);
    assert!(!server.log().contains(PASSPHRASE));
}

#[test]
fn what_was_entered_is_answered_again_after_a_kill_and_after_a_restart() {
    let server = Server::start();
    server.folder.add_account(OTHER_NPI, "Ben Sorrel");
    let vendor = Vendor::of(&server, &["accounts"]);
    let activations = format!("/v1/accounts/{OTHER_NPI}/activations");
    let asked = [
        ("/v1/accounts", ada().to_string(), "a-1"),
        (&*activations, json!({ "hours": 48 }).to_string(), "act-1"),
    ];
    let entered = asked.each_ref().map(|(path, body, key)| {
        let told = vendor.post(path, body, Some(key));
        assert_eq!((told.status, told.replayed), (202, false), "{}", told.body);
        told.body
    });
    let answered_again = |server: &Server| {
        let vendor = vendor.at(server);
        for ((path, body, key), first) in asked.iter().zip(&entered) {
            let again = vendor.post(path, body, Some(key));
            assert_eq!((again.status, again.replayed, &again.body), (202, true, first), "{path}");
            let other = vendor.post(path, r#"{"hours": 1}"#, Some(key));
            assert_problem(&other, 422, "idempotency-key-reused");
        }
    };
    server.signal("KILL");
    let server = Server::start_in(server.killed(), &[]);
    answered_again(&server);
    let folder = server.stop();
    let server = Server::start_in(folder, &[]);
    answered_again(&server);

    // Killed before it kept its answers: what it entered is the answer.
    server.signal("KILL");
    let folder = server.killed();
    let database = rusqlite::Connection::open(folder.path().join("countersign.db")).unwrap();
    let begun = "UPDATE kept_answers SET at = at - 60, status = 0, body = '' WHERE status = 202";
    assert_eq!(database.execute(begun, []).unwrap(), 2);
    drop(database);
    let server = Server::start_in(folder, &[]);
    answered_again(&server);
    for npi in [NPI, OTHER_NPI] {
        let events = server.folder.json(&["events", "--npi", npi], "");
        let entered = events.as_array().unwrap().iter().filter(|e| e["kind"] == "access-entered");
        assert_eq!(entered.count(), 1, "{npi}");
    }
}

#[test]
fn fifty_of_a_party_wait_and_no_more() {
    let server = Server::start();
    let vendor = Vendor::of(&server, &["accounts"]);
    let of = |number: u64| {
        let mut body = ada();
        let checks = (0..10).map(|check| format!("{}{check}", 100_000_000 + number));
        let npi = checks.into_iter().find(|digits| digits.parse::<registry::Npi>().is_ok());
        body["npi"] = json!(npi.unwrap());
        body.to_string()
    };
    for number in 0..50 {
        assert_eq!(vendor.post("/v1/accounts", &of(number), None).status, 202, "{number}");
    }
    for _ in 0..2 {
        let told = vendor.post("/v1/accounts", &of(50), Some("k"));
        assert_problem(&told, 429, "too-many-wait");
        assert!(!told.replayed, "it may be done later");
    }
}

#[test]
fn what_is_declined_says_why_and_nobody_else_sees_it() {
    let server = Server::start();
    let rosa = Carrier::add(&server.folder, "Rosa", &["registrant"]).signed_in(&server);
    let vendor = Vendor::of(&server, &["accounts"]);
    let entered = vendor.post("/v1/accounts", &ada().to_string(), None);
    let at = entered.body["at"].as_str().unwrap();
    let address = page_of(&entered.body);
    let form = rosa.get(&address);
    let done = rosa.post(&format!("{address}/decline"), &form.with_hidden(&[("reason", "who?")]));
    assert_eq!(done.location, "/admin/access");
    let told = vendor.get(at).body;
    assert_eq!((&told["state"], &told["reason"]), (&json!("declined"), &json!("who?")));
    assert!(!told.to_string().contains("Rosa"));

    let arguments = ["api-key", "add", "--party", "Another", "--scope", "accounts"];
    let key = server.folder.json(&arguments, "")["key"].as_str().unwrap().to_owned();
    let other = Vendor { key, ..vendor.at(&server) };
    assert_problem(&other.get(at), 404, "unknown-entry");
    assert_problem(&vendor.get("/v1/access/none"), 404, "unknown-entry");
    assert_problem(&vendor.get("/v1/access/%FF"), 400, "malformed");
}

#[test]
fn without_the_scope_nobody_learns_who_has_an_account_and_what_is_not_well_formed_is_named() {
    let server = Server::start();
    server.folder.add_account(NPI, "Ada Quill");
    let without = Vendor::of(&server, &["verify", "read", "audit", "tokens"]);
    let path = format!("/v1/accounts/{NPI}/activations");
    for told in [
        without.post("/v1/accounts", &ada().to_string(), None),
        without.post(&path, "{}", None),
        without.get("/v1/access/x"),
    ] {
        assert_problem(&told, 403, "scope");
        assert!(!told.body.to_string().contains("exists"));
    }
    let vendor = Vendor::of(&server, &["accounts"]);
    for (field, value) in [
        ("npi", json!("1234567890")),
        ("name", json!(" ")),
        ("mail", json!("nowhere")),
        ("passphrase", json!("short")),
        ("id", json!("1234567893")),
        ("phone", json!("555 0134")),
        ("identity.checked_on", json!("2199-01-01")),
        ("identity.checked_on", json!("2026-02-30")),
        ("identity.evidence", json!(" ")),
        ("identity.checked_by", json!("")),
    ] {
        let mut body = ada();
        match field.split_once('.') {
            Some((outer, inner)) => body[outer][inner] = value,
            None => body[field] = value,
        }
        let told = vendor.post("/v1/accounts", &body.to_string(), None);
        assert_problem(&told, 400, "malformed");
        assert!(told.body["detail"].as_str().unwrap().starts_with(field), "{}", told.body);
    }
    for body in [json!({ "hours": 0 }), json!({ "hours": 721 }), json!({ "pin_digits": 3 })] {
        assert_problem(&vendor.post(&path, &body.to_string(), None), 400, "malformed");
    }
    let stands = json!({ "identity": ada()["identity"] }).to_string();
    assert_problem(&vendor.post(&path, &stands, None), 409, "proofing-stands");
    let nobody = format!("/v1/accounts/{OTHER_NPI}/activations");
    assert_problem(&vendor.post(&nobody, "{}", None), 404, "unknown-account");
}

#[test]
fn who_signs_in_with_a_token_gets_a_link_that_adds_nothing_by_itself() {
    let (server, phone, vendor) = with_vendor(&["accounts", "read"]);
    let path = format!("/v1/accounts/{NPI}/activations");
    let with = |code: &str| json!({ "sign_in": { "passphrase": PASSPHRASE, "code": code } });
    let wrong = with(&phone.wrong_code()).to_string();
    assert_problem(&vendor.post(&path, &wrong, None), 403, "sign-in-refused");
    let body = with(&phone.next_code()).to_string();
    let begun = vendor.post(&path, &body, Some("b-1"));
    assert_eq!(begun.status, 201, "{}", begun.body);
    assert!(begun.body["confirmation_code"].is_null(), "it would open nothing");

    let server = Server::start_in(server.stop(), &[]);
    let vendor = vendor.at(&server);
    let again = vendor.post(&path, &body, Some("b-1"));
    assert_eq!((again.status, again.replayed, &again.body), (201, true, &begun.body));
    let open = vendor.get(&path).body["items"][0].take();
    assert_eq!((&open["opens_access"], &open["expires"]), (&json!(false), &begun.body["expires"]));
    let tablet = App::new();
    // The link names the address that the server had then.
    let sealed = tablet.seal_for(begun.body["link"].as_str().unwrap());
    assert_eq!(server.provision(&sealed).0, 201);
    let browser = Browser::of(&server);
    browser.first_factor(NPI, PASSPHRASE);
    assert_eq!(
        browser.get("/tokens/new").location,
        "/sign-in/code",
        "the passphrase is not enough"
    );
    let token = vendor.get(&format!("/v1/tokens/{}", tablet.id.as_str())).body;
    assert_eq!((&token["state"], &token["account"]), (&json!("provisioned"), &json!(null)));
    assert!(!server.log().contains("countersign://"), "no link in a log");
}
