//! What relying parties read under `/v1`: accounts, tokens, the audit.

use serde_json::{Value, json};

use crate::{
    administrators::Carrier,
    app::App,
    browser::Browser,
    process::{NPI, OTHER_NPI, PASSPHRASE, Server},
    verify_api::{Vendor, assert_problem, with_vendor},
};

/// Whatever nobody is to read over the API.
fn assert_no_secret(document: &Value) {
    let text = document.to_string();
    for word in ["seed", "passphrase", "sealed", "csk_", "hash", "countersign://"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

fn items(page: &Value) -> &[Value] {
    page["items"].as_array().unwrap()
}

/// The NPIs that begin with these nine digits, by their check digit.
fn npi(number: u32) -> String {
    let digits = format!("{number:09}");
    let doubled = |digit: u32| if digit < 5 { digit * 2 } else { digit * 2 - 9 };
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|digit| digit.to_digit(10))
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { doubled(digit) } else { digit })
        .sum();
    format!("{digits}{}", (10 - (sum + 24) % 10) % 10)
}

#[test]
fn an_account_and_its_tokens_are_read_as_they_are_now() {
    let (server, app, vendor) = with_vendor(&["verify", "read"]);
    let account = vendor.get(&format!("/v1/accounts/{NPI}"));
    assert_eq!(account.status, 200, "{}", account.body);
    assert_eq!(account.body["account"], NPI);
    assert_eq!(account.body["mail"], "prescriber@example.org");
    assert_eq!(
        (&account.body["phone_ends_in"], &account.body["access_ended"]),
        (&json!(null), &json!(null))
    );
    assert_no_secret(&account.body);

    let told = vendor.get(&format!("/v1/accounts/{NPI}/tokens"));
    assert_eq!((items(&told.body).len(), &told.body["next_cursor"]), (1, &json!(null)));
    let token = &items(&told.body)[0];
    assert_eq!((&token["state"], &token["account"]), (&json!("active"), &json!(NPI)));
    assert_eq!(token["can"], json!(["resynchronise", "suspend", "deactivate"]));
    assert_eq!(token["network_sync"]["state"], "not-needed");
    assert_no_secret(&told.body);

    // As it is typed, too.
    let typed = app.id.to_string().to_lowercase().replace(' ', "-");
    let path = format!("/v1/tokens/{typed}");
    assert_eq!(vendor.get(&path).body, *token);
    for _ in 0..2 {
        let wrong =
            json!({ "account": NPI, "credential_id": app.id.as_str(), "code": app.wrong_code() });
        assert_eq!(vendor.verify(&wrong).body["accepted"], false);
    }
    let after = vendor.get(&path).body;
    assert_eq!((&after["wrong_codes"], &after["last_used"]), (&json!(2), &token["last_used"]));
    assert_eq!(after["can"][0], "unlock");
    let suspended = ["token", "suspend", app.id.as_str(), "--reason", "lost"];
    server.folder.json(&suspended, "");
    let after = vendor.get(&path).body;
    assert_eq!(
        (&after["state"], &after["can"]),
        (&json!("suspended"), &json!(["restore", "deactivate"]))
    );
}

#[test]
fn what_is_not_there_and_what_a_key_may_not_see_is_said() {
    let server = Server::start();
    server.folder.add_account(NPI, "Ada Quill");
    let reader = Vendor::of(&server, &["read"]);
    let auditor = Vendor::of(&server, &["audit"]);
    for path in [&*format!("/v1/accounts/{OTHER_NPI}"), "/v1/accounts/12", "/v1/accounts/12/tokens"]
    {
        assert_problem(&reader.get(path), 404, "unknown-account");
    }
    for path in ["/v1/tokens/SYMC12345678", "/v1/tokens/x"] {
        assert_problem(&reader.get(path), 404, "unknown-token");
    }
    for path in
        ["/v1/accounts", "/v1/tokens", "/v1/tokens/SYMC12345678", &format!("/v1/accounts/{NPI}")]
    {
        assert_problem(&auditor.get(path), 403, "scope");
    }
    assert_problem(&reader.get("/v1/audit"), 403, "scope");
    for (path, named) in [
        ("/v1/accounts?limit=0", "limit: "),
        ("/v1/accounts?limit=201", "limit: "),
        ("/v1/accounts?cursor=x", "cursor: "),
        ("/v1/accounts?text=a%00b", "text: "),
        ("/v1/accounts?txt=ada", "unknown field"),
        ("/v1/tokens?text=a&text=b", "duplicate field"),
    ] {
        let problem = reader.get(path);
        assert_problem(&problem, 400, "malformed");
        assert!(problem.body["detail"].as_str().unwrap().contains(named), "{}", problem.body);
    }
    for (path, named) in [
        ("/v1/audit?kind=fun", "kind: this is one of"),
        ("/v1/audit?outcome=fun", "outcome: this is one of attempted, success, refused"),
        ("/v1/audit?account=12", "account: "),
        ("/v1/audit?serial=x", "serial: "),
        ("/v1/audit?from=yesterday", "from: "),
    ] {
        let problem = auditor.get(path);
        assert_problem(&problem, 400, "malformed");
        assert!(problem.body["detail"].as_str().unwrap().contains(named), "{}", problem.body);
    }
    let forged = reader.key.replace(&reader.key[24..30], "AAAAAA");
    let wrong = Vendor { key: forged, ..reader };
    assert_problem(&wrong.get("/v1/accounts"), 401, "unauthorised");
}

/// The values of a field over all pages of a list; between two pages something is done.
fn walk(vendor: &Vendor, path: &str, field: &str, mut between: impl FnMut()) -> Vec<Value> {
    let (mut found, mut address) = (Vec::new(), format!("{path}limit=2"));
    loop {
        let page = vendor.get(&address);
        assert_eq!(page.status, 200, "{}", page.body);
        found.extend(items(&page.body).iter().map(|item| item[field].clone()));
        let Some(cursor) = page.body["next_cursor"].as_str() else { return found };
        assert_eq!(items(&page.body).len(), 2, "no page but the last is short");
        address = format!("{path}limit=2&cursor={cursor}");
        between();
    }
}

#[test]
fn a_list_that_grows_while_it_is_read_neither_repeats_nor_loses_what_was_there() {
    let server = Server::start();
    let there: Vec<_> = [10, 30, 50, 70, 90].map(|number| npi(123_000_000 + number)).into();
    for npi in &there {
        server.folder.add_account(npi, "Ada Quill");
    }
    let vendor = Vendor::of(&server, &["read", "audit"]);
    let mut added = [20, 80, 5].map(|number| npi(123_000_000 + number)).into_iter();
    let read = walk(&vendor, "/v1/accounts?text=quill&", "account", || {
        if let Some(npi) = added.next() {
            server.folder.add_account(&npi, "Ben Quill");
        }
    });
    let mut sorted: Vec<_> = read.iter().map(|npi| npi.as_str().unwrap()).collect();
    assert!(there.iter().all(|npi| sorted.contains(&&**npi)), "{read:?}");
    let number = sorted.len();
    assert!(sorted.is_sorted(), "{read:?}");
    sorted.dedup();
    assert_eq!(sorted.len(), number, "none twice: {read:?}");

    let before: Vec<_> = walk(&vendor, "/v1/audit?", "id", || {});
    assert!(before.len() > 8, "{before:?}");
    let again = walk(&vendor, "/v1/audit?", "id", || {
        Vendor::of(&server, &["read"]);
    });
    assert_eq!(again, before, "what came later is before the first page");
    let cursor = vendor.get("/v1/audit?limit=1").body["next_cursor"].as_str().unwrap().to_owned();
    assert_problem(&vendor.get(&format!("/v1/tokens?cursor={cursor}")), 400, "malformed");
}

#[test]
fn requests_are_read_by_their_state_and_an_open_activation_without_its_secrets() {
    let server = Server::start();
    server.folder.add_account(NPI, "Ada Quill");
    let vendor = Vendor::of(&server, &["read"]);
    let of_ada = |what: &str| vendor.get(&format!("/v1/accounts/{NPI}/{what}")).body;
    assert_eq!(of_ada("activations"), json!({ "items": [], "next_cursor": null }));
    let (link, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let open = of_ada("activations");
    let activation = &items(&open)[0];
    assert_eq!(
        (&activation["state"], &activation["opens_access"]),
        (&json!("begun"), &json!(true))
    );
    let text = open.to_string();
    assert!(!text.contains(&confirmation) && !text.contains(&link), "{text}");
    assert_no_secret(&open);

    let mut made = Vec::new();
    for _ in 0..3 {
        let order = ["request", "add", "--npi", NPI, "--type", "soft"];
        let id = server.folder.json(&order, "")[0]["id"].as_str().unwrap().to_owned();
        made.push(id);
    }
    let read = of_ada("requests");
    assert_eq!((items(&read).len(), &read["next_cursor"]), (3, &json!(null)));
    let one = vendor.get(&format!("/v1/requests/{}", made[0].to_lowercase()));
    assert_eq!((one.status, &one.body["id"]), (200, &json!(made[0])));
    assert_eq!(one.body["activation_mail"]["state"], "none");
    assert!(items(&read).contains(&one.body), "the same everywhere");
    server.folder.json(&["request", "cancel", &made[0]], "");
    let ids = |path| {
        let mut ids = walk(&vendor, path, "id", || {});
        ids.sort_by_key(ToString::to_string);
        ids
    };
    let mut sorted: Vec<_> = made.iter().map(|id| json!(id)).collect();
    sorted.sort_by_key(ToString::to_string);
    assert_eq!(ids("/v1/requests?"), sorted);
    assert_eq!(ids("/v1/requests?state=cancelled&"), [json!(made[0])]);
    assert_eq!(ids("/v1/requests?state=requested&").len(), 2);
    assert_problem(&vendor.get("/v1/requests?state=lost"), 400, "malformed");
    for path in ["/v1/requests/R-0000-0000", "/v1/requests/x"] {
        assert_problem(&vendor.get(path), 404, "unknown-request");
    }
}

#[test]
fn the_audit_is_searched() {
    let (server, app, vendor) = with_vendor(&["verify", "audit"]);
    let code = app.next_code();
    let asked = json!({ "account": NPI, "code": code, "reference": "rx-2041" });
    assert_eq!(vendor.verify(&asked).body["accepted"], true);
    assert_eq!(vendor.verify(&asked).body["accepted"], false);
    server.folder.add_account(OTHER_NPI, "Ben Quill");

    let found =
        vendor.get(&format!("/v1/audit?account={NPI}&kind=code-judged&outcome=success")).body;
    let event = &items(&found)[0];
    let actor = json!({ "role": "relying-party", "name": "Example EHR", "account": null, "credential_id": null });
    assert_eq!((&event["actor"], &event["reference"]), (&actor, &json!("rx-2041")));
    assert_eq!(
        (&event["purpose"], &event["credential_id"]),
        (&json!("signing"), &json!(app.id.as_str()))
    );
    assert!(!found.to_string().contains(&code), "no code stands in the audit");
    let count = |query: &str| items(&vendor.get(&format!("/v1/audit?{query}")).body).len();
    assert_eq!(count("kind=code-judged&outcome=refused"), 1);
    assert_eq!(count(&format!("account={OTHER_NPI}")), 1);
    assert!(count(&format!("serial={}", app.id.as_str())) >= 3);
    let at = event["at"].as_str().unwrap();
    let is_in =
        |query: &str| items(&vendor.get(&format!("/v1/audit?{query}")).body).contains(event);
    assert!(is_in(&format!("from={at}")) && !is_in(&format!("to={at}")), "`to` is too late");
    assert_eq!(count("kind=account-opened&from=2000-01-01"), 2);
    assert_eq!(count("kind=account-opened&to=2000-01-01"), 0);
}

#[test]
fn an_account_is_named_by_an_id_of_the_operators_own_too() {
    let (server, app, vendor) = with_vendor(&["verify", "read", "audit"]);
    let add = |npi: &str, id: &str| {
        let who = ["account", "add", "--npi", npi, "--id", id, "--name", "Ben Quill"];
        let more = ["--mail", "ben@example.org", "--passphrase-stdin", "--proofing", "Seen"];
        server.folder.run(&[&who[..], &more[..]].concat(), "seven quiet herons at dusk\n")
    };
    assert!(add(OTHER_NPI, "EHR-00042").status.success());
    let third = npi(123_000_010);
    let taken = String::from_utf8(add(&third, "EHR-00042").stderr).unwrap();
    assert!(taken.contains("another account has this ID"), "{taken}");
    for id in ["1234567890", "12-34567890", "a b"] {
        assert!(!add(&third, id).status.success(), "{id}");
    }
    let ben = vendor.get("/v1/accounts/EHR-00042").body;
    assert_eq!((&ben["account"], &ben["id"]), (&json!(OTHER_NPI), &json!("EHR-00042")));
    assert_eq!(vendor.get(&format!("/v1/accounts/{OTHER_NPI}")).body, ben);
    assert_eq!(vendor.get("/v1/accounts?text=ehr-0004").body["items"], json!([ben]));
    assert_problem(&vendor.get("/v1/accounts/ehr-00042"), 404, "unknown-account");
    let opened = vendor.get("/v1/audit?account=EHR-00042").body;
    assert_eq!(items(&opened)[0]["account"], OTHER_NPI);
    assert_problem(&vendor.get("/v1/audit?account=EHR-1"), 400, "malformed");

    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    let page = hedy.get(&format!("/admin/accounts/{OTHER_NPI}"));
    assert_eq!(page.element("account-id").unwrap(), "EHR-00042");
    assert_eq!(hedy.get(&format!("/admin/accounts/{NPI}")).element("account-id"), None);

    // Ada's token is not Ben's, and nobody is called so.
    for (account, about) in [("EHR-00042", json!(OTHER_NPI)), ("EHR-1", json!(null))] {
        let asked =
            json!({ "account": account, "credential_id": app.id.as_str(), "code": "123456" });
        assert_eq!(vendor.verify(&asked).body["cause"], "unknown-token", "{account}");
        let event = vendor.get("/v1/audit?kind=code-judged&limit=1").body["items"][0].take();
        assert_eq!((&event["account"], &event["cause"]), (&about, &json!("unknown-token")));
    }
    let by_id = json!({ "user": "EHR-00042", "pass": "123456" });
    let checked = vendor.post("/validate/check", &by_id.to_string(), None);
    assert_eq!((checked.status, &checked.body["result"]["value"]), (200, &json!(false)));
}

#[test]
fn a_code_is_accepted_for_an_account_that_is_named_by_its_own_id() {
    let server = Server::start();
    let who = ["account", "add", "--npi", NPI, "--id", "ada", "--name", "Ada Quill"];
    let more = ["--mail", "ada@example.org", "--passphrase-stdin", "--proofing", "Seen"];
    server.folder.json(&[&who[..], &more[..]].concat(), &format!("{PASSPHRASE}\n"));
    let (link, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let app = App::new();
    assert_eq!(server.provision(&app.seal_for(&link)).0, 201);
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(crate::add_token::add(&browser, &app, "iPhone token").status, 303);
    let vendor = Vendor::of(&server, &["verify"]);
    let accepted = vendor.verify(&json!({ "account": "ada", "code": app.next_code() }));
    assert_eq!(accepted.body["credential_id"], app.id.as_str(), "{}", accepted.body);
    let check = json!({ "user": "ada", "pass": app.next_code() }).to_string();
    assert_eq!(vendor.post("/validate/check", &check, None).body["result"]["value"], true);
}
