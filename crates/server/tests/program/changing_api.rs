//! What relying parties change under `/v1`: each once good, once refused, once sent again after a restart.

use rusqlite::OptionalExtension;
use serde_json::{Value, json};

use crate::{
    app::App,
    own_token::two_tokens,
    process::{Folder, NPI, PASSPHRASE, Server, agent},
    verify_api::{Told, Vendor, assert_problem, with_vendor},
};

fn signed_in(app: &App) -> Value {
    json!({ "passphrase": PASSPHRASE, "credential_id": app.id.to_string(), "code": app.next_code() })
}

#[test]
fn a_first_token_is_added_by_passphrase_and_confirmation_code_once() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let vendor = Vendor::of(&server, &["tokens"]);
    let path = format!("/v1/accounts/{NPI}/tokens");
    let with = |passphrase: &str| {
        json!({
            "sign_in": { "passphrase": passphrase, "confirmation_code": confirmation },
            "credential_id": app.id.to_string(), "name": "iPhone token", "code": app.next_code(),
        })
        .to_string()
    };
    let refused = vendor.post(&path, &with("not hers at all"), Some("add-1"));
    assert_problem(&refused, 403, "sign-in-refused");
    assert_eq!(refused.body["cause"], "passphrase");
    let good = with(PASSPHRASE);
    let added = vendor.post(&path, &good, Some("add-2"));
    assert_eq!((added.status, &added.body["state"]), (201, &json!("active")), "{}", added.body);
    let told = json!({ "credential_id": app.id.as_str(), "state": "active", "wrong_codes": 0, "locked_until": null });
    assert_eq!(added.body, told, "and nothing that takes the scope `read`");

    let server = Server::start_in(server.stop(), &[]);
    let vendor = vendor.at(&server);
    let again = vendor.post(&path, &good, Some("add-2"));
    assert_eq!((again.status, again.replayed, again.body), (201, true, added.body));
    let still = vendor.post(&path, &with("not hers at all"), Some("add-2"));
    assert_problem(&still, 422, "idempotency-key-reused");
    let events = server.folder.json(&["events", "--npi", NPI], "");
    let added: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "token-associated")
        .collect();
    assert_eq!(added.len(), 1);
    assert_eq!(added[0]["actor"], json!({ "role": "relying_party", "name": "Example EHR" }));
    assert!(!server.log().contains(PASSPHRASE), "no passphrase in the log");
}

#[test]
fn a_token_with_a_button_is_added_by_two_codes_and_by_one_is_refused_without_using_it_up() {
    let server = Server::start();
    let fob = App::new();
    server.folder.add_account(NPI, "Ada Quill");
    server.folder.put_fob(&fob);
    let (_, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let vendor = Vendor::of(&server, &["tokens"]);
    let path = format!("/v1/accounts/{NPI}/tokens");
    let mut new = json!({
        "sign_in": { "passphrase": PASSPHRASE, "confirmation_code": confirmation },
        "credential_id": fob.id.as_str(), "name": "Blue fob", "code": fob.press(0),
    });
    let refused = vendor.post(&path, &new.to_string(), Some("fob-1"));
    assert_problem(&refused, 409, "needs-second-code");
    new["second_code"] = fob.press(1).into();
    let added = vendor.post(&path, &new.to_string(), Some("fob-2"));
    assert_eq!((added.status, &added.body["state"]), (201, &json!("active")), "{}", added.body);
}

#[test]
fn a_token_is_resynchronised_suspended_and_given_up_and_each_answer_outlives_a_restart() {
    let (server, app, vendor) = with_vendor(&["tokens"]);
    let path = |what: &str| format!("/v1/tokens/{}/{what}", app.id.as_str());
    let wrong = json!({ "first_code": app.wrong_code(), "second_code": app.wrong_code() });
    let refused = vendor.post(&path("resync"), &wrong.to_string(), Some("r-1"));
    assert_problem(&refused, 409, "not-consecutive");
    let step = app.next_step() + 20;
    let pair = json!({ "first_code": app.code_of(step), "second_code": app.code_of(step + 1) });
    let done = vendor.post(&path("resync"), &pair.to_string(), Some("r-2"));
    assert_eq!((done.status, &done.body["wrong_codes"]), (200, &json!(0)), "{}", done.body);

    let end = |code: &str| {
        json!({
            "sign_in": { "passphrase": PASSPHRASE, "code": code },
            "reason": "faulty", "last_one_meant": false,
        })
        .to_string()
    };
    let last = vendor.post(&path("deactivate"), &end(&app.code_of(step + 2)), Some("d-1"));
    // Its clock was found to be ten minutes fast: what follows is good at once, or refused as a code.
    assert!([403, 409].contains(&last.status), "{}", last.body);
    let without = json!({ "reason": "faulty" }).to_string();
    assert_problem(&vendor.post(&path("deactivate"), &without, None), 400, "malformed");

    let reason = json!({ "reason": "left in a taxi" }).to_string();
    let lost = vendor.post(&path("suspend"), &reason, Some("s-1"));
    assert_eq!((lost.status, &lost.body["state"]), (200, &json!("suspended")), "{}", lost.body);
    assert_problem(
        &vendor.post("/v1/tokens/AVT812345678/suspend", &reason, None),
        404,
        "unknown-token",
    );
    let restored = json!({ "sign_in": signed_in(&app) }).to_string();
    assert_problem(&vendor.post(&path("restore"), &restored, None), 403, "sign-in-refused");

    let server = Server::start_in(server.stop(), &[]);
    let vendor = vendor.at(&server);
    for (what, body, key, first) in [
        ("resync", wrong.to_string(), "r-1", refused),
        ("resync", pair.to_string(), "r-2", done),
        ("suspend", reason, "s-1", lost),
    ] {
        let again = vendor.post(&path(what), &body, Some(key));
        assert_eq!((again.status, again.replayed), (first.status, true), "{what}");
        assert_eq!(again.body, first.body);
    }
}

#[test]
fn tokens_are_requested_and_replaced_by_the_prescribers_sign_in() {
    let (server, app, vendor) = with_vendor(&["tokens"]);
    let path = format!("/v1/accounts/{NPI}/requests");
    let unsigned = json!({
        "sign_in": { "passphrase": "not hers at all", "code": "123456" }, "type": "soft",
    });
    assert_problem(&vendor.post(&path, &unsigned.to_string(), None), 403, "sign-in-refused");
    let soft = json!({ "sign_in": signed_in(&app), "type": "soft" }).to_string();
    let made = vendor.post(&path, &soft, Some("req-1"));
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.body["requests"][0]["state"], "requested");

    let replace = format!("/v1/tokens/{}/replace", app.id.as_str());
    let body = json!({ "sign_in": signed_in(&app), "reason": "faulty", "last_one_meant": true });
    let body = body.to_string();
    let replaced = vendor.post(&replace, &body, Some("rep-1"));
    assert_eq!(replaced.status, 201, "{}", replaced.body);
    assert_eq!(replaced.body["requests"][0]["replaces"], app.id.as_str());

    let server = Server::start_in(server.stop(), &[]);
    let vendor = vendor.at(&server);
    for (path, body, key, first) in
        [(&path, &soft, "req-1", made), (&replace, &body, "rep-1", replaced)]
    {
        let again = vendor.post(path, body, Some(key));
        assert_eq!((again.status, again.replayed, again.body), (201, true, first.body));
    }
}

#[test]
fn why_a_sign_in_is_refused_is_told_and_only_tokens_whose_codes_count_are_in_question() {
    let (server, _, phone, tablet) = two_tokens();
    let vendor = Vendor::of(&server, &["tokens"]);
    let path = format!("/v1/accounts/{NPI}/requests");
    let ask = |passphrase: &str, token: Option<&App>, code: &str| {
        let id = token.map(|app| app.id.to_string());
        let sign_in = json!({ "passphrase": passphrase, "credential_id": id, "code": code });
        vendor.post(&path, &json!({ "sign_in": sign_in, "type": "soft" }).to_string(), None)
    };
    let stranger = App::new();
    let wrong = phone.wrong_code();
    for (cause, refused) in [
        ("passphrase", ask("not hers at all", Some(&phone), &wrong)),
        ("which-token", ask(PASSPHRASE, None, &wrong)),
        ("unknown-token", ask(PASSPHRASE, Some(&stranger), &wrong)),
        ("wrong", ask(PASSPHRASE, Some(&phone), &wrong)),
    ] {
        assert_problem(&refused, 403, "sign-in-refused");
        assert_eq!(refused.body["cause"], cause, "{}", refused.body);
    }
    let lost = format!("/v1/tokens/{}/suspend", tablet.id.as_str());
    let lost = vendor.post(&lost, &json!({ "reason": "left in a taxi" }).to_string(), None);
    assert_eq!(lost.status, 200, "{}", lost.body);
    let unnamed = ask(PASSPHRASE, None, &phone.next_code());
    assert_eq!(unnamed.status, 201, "{}", unnamed.body);
}

#[test]
fn without_the_scope_nothing_is_changed() {
    let (_server, app, vendor) = with_vendor(&["verify", "read", "audit"]);
    let path = format!("/v1/tokens/{}/suspend", app.id.as_str());
    let refused = vendor.post(&path, &json!({ "reason": "lost" }).to_string(), None);
    assert_problem(&refused, 403, "scope");
    assert_eq!(vendor.get(&format!("/v1/tokens/{}", app.id.as_str())).body["state"], "active");
}

#[test]
fn a_locked_token_is_unlocked_by_another_token_of_its_owner_and_not_by_the_key() {
    let (server, _, phone, tablet) = two_tokens();
    let vendor = Vendor::of(&server, &["tokens", "verify"]);
    let path = format!("/v1/tokens/{}/unlock", tablet.id.as_str());
    for _ in 0..10 {
        let id = tablet.id.as_str();
        vendor.verify(&json!({ "account": NPI, "credential_id": id, "code": tablet.wrong_code() }));
    }
    assert_problem(&vendor.post(&path, "{}", None), 400, "malformed");
    let own = json!({ "sign_in": signed_in(&tablet) }).to_string();
    assert_problem(&vendor.post(&path, &own, None), 403, "sign-in-refused");
    let body = json!({ "sign_in": signed_in(&phone) }).to_string();
    let unlocked = vendor.post(&path, &body, Some("u-1"));
    let told = (&unlocked.body["state"], &unlocked.body["wrong_codes"]);
    assert_eq!((unlocked.status, told), (200, (&json!("active"), &json!(10))), "{}", unlocked.body);
    let told = [(path.as_str(), body.as_str(), "u-1", unlocked)];
    let server = assert_same_after_restart(server, &vendor, &told);
    let events = server.folder.json(&["events", "--limit", "20"], "");
    let unlocked = events.as_array().unwrap().iter().find(|e| e["kind"] == "token-unlocked");
    assert_eq!(unlocked.unwrap()["actor"]["name"], "Example EHR");
}

/// What was answered is answered again after a restart, and another body under its key is refused.
fn assert_same_after_restart(
    server: Server,
    vendor: &Vendor,
    told: &[(&str, &str, &str, Told)],
) -> Server {
    let server = Server::start_in(server.stop(), &[]);
    let vendor = vendor.at(&server);
    for (path, body, key, first) in told {
        let again = vendor.post(path, body, Some(key));
        assert_eq!((again.status, again.replayed), (first.status, true), "{path}");
        assert_eq!(again.body, first.body, "{path}");
        let other = vendor.post(path, r#"{"reason": "another"}"#, Some(key));
        assert_problem(&other, 422, "idempotency-key-reused");
    }
    server
}

#[test]
fn a_token_is_restored_and_given_up_by_another_and_each_answer_outlives_a_restart() {
    let (server, _, phone, tablet) = two_tokens();
    let vendor = Vendor::of(&server, &["tokens"]);
    let path = |what: &str| format!("/v1/tokens/{}/{what}", tablet.id.as_str());
    let mut told = Vec::new();
    let mut change = |what: &str, body: Value, state: &str| {
        let (path, body, key) = (path(what), body.to_string(), format!("{what}-1"));
        let first = vendor.post(&path, &body, Some(&key));
        assert_eq!((first.status, &first.body["state"]), (200, &json!(state)), "{}", first.body);
        assert_eq!(first.body.as_object().unwrap().len(), 4, "no more than it has to be");
        told.push((path, body, key, first));
    };
    change("suspend", json!({ "reason": "left in a taxi" }), "suspended");
    change("restore", json!({ "sign_in": signed_in(&phone) }), "active");
    let end = json!({ "sign_in": signed_in(&phone), "reason": "faulty" });
    change("deactivate", end, "deactivated");
    let refused = json!({ "sign_in": { "passphrase": PASSPHRASE, "code": "123456" }, "reason": "not-needed" });
    let replace = format!("/v1/tokens/{}/replace", phone.id.as_str());
    let refused = vendor.post(&replace, &refused.to_string(), None);
    assert_problem(&refused, 400, "malformed");

    let told: Vec<_> = told
        .iter()
        .map(|(path, body, key, first)| {
            let first = Told { status: first.status, body: first.body.clone(), replayed: false };
            (path.as_str(), body.as_str(), key.as_str(), first)
        })
        .collect();
    let server = assert_same_after_restart(server, &vendor, &told);
    let events = server.folder.json(&["events", "--npi", NPI], "");
    for kind in ["token-suspended", "token-found", "token-deactivated"] {
        let of_kind = events.as_array().unwrap().iter().filter(|event| event["kind"] == kind);
        let by: Vec<_> = of_kind.map(|event| &event["actor"]["name"]).collect();
        assert_eq!(by, ["Example EHR"], "{kind}");
    }
}

/// Whether a request is begun (`Some`), and is under way (`Some(true)`).
fn under_way(folder: &Folder, key: &str) -> Option<bool> {
    let database = rusqlite::Connection::open(folder.path().join("countersign.db")).unwrap();
    let sql = "SELECT body = '' FROM kept_answers WHERE key = ?1";
    database.query_row(sql, [key], |row| row.get(0)).optional().unwrap()
}

#[test]
fn of_a_server_that_is_killed_at_work_the_same_key_gets_no_second_try() {
    let mut server = Server::start();
    let vendor = Vendor::of(&server, &["accounts"]);
    let body = json!({
        "npi": NPI, "name": "Ada Quill", "mail": "ada@example.org", "passphrase": PASSPHRASE,
        "identity": { "checked_by": "Pat Doe", "checked_on": "2026-01-02", "evidence": "passport" },
    });
    let body = body.to_string();
    // Killed while the passphrase is hashed; where it was quicker, once more.
    let mut keys = (0..20).map(|number| format!("k-{number}"));
    let key = loop {
        let key = keys.next().expect("one of them is killed at work");
        std::thread::scope(|scope| {
            let url = format!("{}/v1/accounts", server.address);
            let request = agent()
                .post(&url)
                .header("authorization", &format!("Bearer {}", vendor.key))
                .header("idempotency-key", &key);
            let sent = scope.spawn(|| drop(request.send(&body)));
            while under_way(&server.folder, &key).is_none() {
                std::thread::yield_now();
            }
            server.signal("KILL");
            sent.join().unwrap();
        });
        server.wait();
        let folder = server.killed();
        let caught = under_way(&folder, &key) == Some(true);
        server = Server::start_in(folder, &[]);
        if caught {
            break key;
        }
    };
    let vendor = vendor.at(&server);
    let post = |key| vendor.post("/v1/accounts", &body, Some(key));
    assert_problem(&post(&key), 409, "in-progress");
    let database = rusqlite::Connection::open(server.folder.path().join("countersign.db")).unwrap();
    let later = "UPDATE kept_answers SET at = at - 61";
    database.execute_batch(later).unwrap();
    for _ in 0..2 {
        assert_problem(&post(&key), 409, "unknown-outcome");
    }
    assert!([202, 409].contains(&post("new").status));
    let events = server.folder.json(&["events", "--npi", NPI], "");
    let entered = events.as_array().unwrap().iter().filter(|e| e["kind"] == "access-entered");
    assert_eq!(entered.count(), 1, "once, whichever it was");
}

#[test]
fn an_address_that_is_no_text_is_a_problem_as_any_other() {
    let server = Server::start();
    let vendor = Vendor::of(&server, &["tokens", "read"]);
    for path in ["/v1/accounts/%FF", "/v1/tokens/%FF", "/v1/requests/%FF"] {
        assert_problem(&vendor.get(path), 400, "malformed");
    }
    for path in ["/v1/tokens/%FF/suspend", "/v1/accounts/%FF/tokens", "/as/%FF/validate/check"] {
        assert_problem(&vendor.post(path, "{}", None), 400, "malformed");
    }
}
