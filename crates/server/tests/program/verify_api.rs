//! `POST /v1/verify`, and the API keys that open it.

use std::{collections::BTreeSet, process::Command};

use serde_json::{Value, json};

use crate::{
    app::App,
    browser::Browser,
    process::{self, NPI, OTHER_NPI, Server, agent, run, text},
};

/// What came back: status, body, and whether it was sent before.
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) replayed: bool,
}

/// A relying party that knows its key.
pub(crate) struct Vendor {
    pub(crate) address: String,
    pub(crate) key: String,
    pub(crate) id: String,
}

impl Vendor {
    pub(crate) fn of(server: &Server, scopes: &[&str]) -> Self {
        let mut arguments = vec!["api-key", "add", "--party", "Example EHR"];
        arguments.extend(scopes.iter().flat_map(|scope| ["--scope", scope]));
        let made = server.folder.json(&arguments, "");
        let field = |name: &str| made[name].as_str().unwrap().to_owned();
        Self { address: server.address.clone(), key: field("key"), id: field("id") }
    }

    /// The same party, at another server over the same database.
    pub(crate) fn at(&self, server: &Server) -> Self {
        let (key, id) = (self.key.clone(), self.id.clone());
        Self { address: server.address.clone(), key, id }
    }

    pub(crate) fn post(&self, path: &str, body: &str, once: Option<&str>) -> Told {
        self.try_post(path, body, once).unwrap()
    }

    /// The same of a server that may be gone before it has answered.
    pub(crate) fn try_post(
        &self,
        path: &str,
        body: &str,
        once: Option<&str>,
    ) -> Result<Told, ureq::Error> {
        let url = format!("{}{path}", self.address);
        let mut request = agent()
            .post(&url)
            .header("content-type", "application/json")
            .header("authorization", &format!("Bearer {}", self.key));
        if let Some(key) = once {
            request = request.header("idempotency-key", key);
        }
        told(request.send(body)?)
    }

    pub(crate) fn get(&self, path: &str) -> Told {
        let url = format!("{}{path}", self.address);
        let request = agent().get(&url).header("authorization", &format!("Bearer {}", self.key));
        told(request.call().unwrap()).unwrap()
    }

    pub(crate) fn verify(&self, body: &Value) -> Told {
        self.post("/v1/verify", &body.to_string(), None)
    }
}

fn told(mut response: ureq::http::Response<ureq::Body>) -> Result<Told, ureq::Error> {
    let status = response.status().as_u16();
    let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    let expected = if status < 400 { "application/json" } else { "application/problem+json" };
    assert_eq!(media_type, expected);
    assert_eq!(response.headers().contains_key("www-authenticate"), status == 401);
    let replayed = response.headers().contains_key("idempotency-replayed");
    let body = serde_json::from_str(&response.body_mut().read_to_string()?).unwrap();
    Ok(Told { status, body, replayed })
}

/// A server at which Ada's app has an active token, and a relying party.
pub(crate) fn with_vendor(scopes: &[&str]) -> (Server, App, Vendor) {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(crate::add_token::add(&browser, &app, "iPhone token").status, 303);
    let vendor = Vendor::of(&server, scopes);
    (server, app, vendor)
}

pub(crate) fn assert_problem(told: &Told, status: u16, slug: &str) {
    assert_eq!(
        (told.status, told.body["type"].as_str().unwrap()),
        (status, &*format!("/problems/{slug}"))
    );
    assert!(told.body["detail"].as_str().unwrap().len() > 10, "{}", told.body);
}

#[test]
fn a_code_is_accepted_once_and_the_audit_says_for_what() {
    let (server, app, vendor) = with_vendor(&["verify"]);
    let code = app.next_code();
    let asked = json!({
        "account": NPI, "credential_id": app.id.to_string().to_lowercase(), "code": code,
        "purpose": "signing", "reference": "rx-2041",
    });
    let accepted = vendor.verify(&asked);
    assert_eq!(
        (accepted.status, &accepted.body["accepted"]),
        (200, &json!(true)),
        "{}",
        accepted.body
    );
    assert_eq!(accepted.body["credential_id"], app.id.as_str());
    assert_eq!(accepted.body["token_name"], "iPhone token");
    assert!(accepted.body["cause"].is_null());
    let again = vendor.verify(&asked);
    assert_eq!((again.status, &again.body["accepted"]), (200, &json!(false)));
    assert_eq!(again.body["cause"], "already-used");
    assert!(again.body["message"].as_str().unwrap().starts_with("This code was already used"));

    let event = server.folder.json(&["events", "--npi", NPI], "")[1].take();
    assert_eq!(event["actor"], json!({ "role": "relying_party", "name": "Example EHR" }));
    assert_eq!((&event["kind"], &event["reference"]), (&json!("code-judged"), &json!("rx-2041")));
    let mut lines = server.folder.command(&["events"]);
    lines.arg("--npi").arg(NPI);
    assert!(text(&run(lines, "").stdout).contains("for rx-2041"));
    assert!(!server.log().contains(&vendor.key), "no key in the log");
    server.stop();
}

#[test]
fn without_a_credential_id_a_tokens_code_is_found_and_a_wrong_one_refused() {
    let (_server, app, vendor) = with_vendor(&["verify"]);
    let found = vendor.verify(&json!({ "account": NPI, "code": app.next_code() }));
    assert_eq!(found.body["credential_id"], app.id.as_str(), "{}", found.body);
    for (asked, cause) in [
        (json!({ "account": NPI, "code": app.wrong_code() }), "wrong"),
        (json!({ "account": NPI, "code": "twelve", "purpose": "test" }), "malformed"),
        (json!({ "account": OTHER_NPI, "code": "123456", "purpose": "sign-in" }), "unknown-token"),
        (
            json!({ "account": NPI, "code": "123456", "credential_id": "SYMC12345678" }),
            "unknown-token",
        ),
    ] {
        let refused = vendor.verify(&asked);
        assert_eq!((refused.status, refused.body["cause"].as_str()), (200, Some(cause)), "{asked}");
    }
}

#[test]
fn the_same_request_gets_the_same_answer_also_of_the_next_process() {
    let (server, app, vendor) = with_vendor(&["verify"]);
    let asked = json!({ "account": NPI, "code": app.next_code() }).to_string();
    let first = vendor.post("/v1/verify", &asked, Some("sig-1"));
    assert_eq!((first.status, first.replayed, &first.body["accepted"]), (200, false, &json!(true)));
    let server = Server::start_in(server.stop(), &[]);
    let vendor = Vendor { address: server.address.clone(), ..vendor };
    // As a string of a structured field, too.
    for key in ["sig-1", "\"sig-1\""] {
        let again = vendor.post("/v1/verify", &asked, Some(key));
        assert_eq!((again.status, again.replayed), (200, true));
        assert_eq!(again.body, first.body);
    }
    let other = json!({ "account": NPI, "code": "000000" }).to_string();
    assert_problem(
        &vendor.post("/v1/verify", &other, Some("sig-1")),
        422,
        "idempotency-key-reused",
    );
    assert_problem(&vendor.post("/v1/verify", &other, Some("no key!")), 400, "malformed");
}

#[test]
fn what_cannot_be_read_is_told_by_its_field() {
    let (_server, _app, vendor) = with_vendor(&["verify"]);
    for (body, named) in [
        ("", "EOF"),
        ("[]", "expected an object"),
        ("{\"account\": \"1234567893\"}", "code"),
        ("{\"account\": 1, \"code\": \"123456\"}", "string"),
        ("{\"account\": \"1234567890\", \"code\": \"123456\"}", "account: this is not an NPI"),
        ("{\"account\": \"a b\", \"code\": \"123456\"}", "account: an account's own ID has"),
        (
            "{\"account\": \"1234567893\", \"code\": \"1\", \"credential_id\": \"\"}",
            "credential_id: ",
        ),
        ("{\"account\": \"1234567893\", \"code\": \"1\", \"reference\": \"a\\nb\"}", "reference: "),
        ("{\"account\": \"1234567893\", \"code\": \"1\", \"challenge\": \"1234\"}", "challenge: "),
        ("{\"account\": \"1234567893\", \"code\": \"1\", \"purpose\": \"fun\"}", "`signing`"),
        ("{\"account\": \"1234567893\", \"code\": \"1\", \"acount\": \"\"}", "unknown field"),
    ] {
        let problem = vendor.post("/v1/verify", body, None);
        assert_problem(&problem, 400, "malformed");
        assert!(
            problem.body["detail"].as_str().unwrap().contains(named),
            "{body}: {}",
            problem.body
        );
    }
    let large = format!("{{\"account\": \"{}\"}}", "1".repeat(20_000));
    assert_problem(&vendor.post("/v1/verify", &large, None), 413, "too-large");
}

#[test]
fn a_key_is_rotated_and_revoked_while_the_server_runs() {
    let (server, _app, vendor) = with_vendor(&["verify"]);
    let asked = json!({ "account": NPI, "code": "000000", "purpose": "test" });
    assert_eq!(vendor.verify(&asked).status, 200);
    let next = server.folder.json(&["api-key", "rotate", &vendor.id, "--overlap-hours", "1"], "");
    let field = |name: &str| next[name].as_str().unwrap().to_owned();
    let next = Vendor { address: server.address.clone(), key: field("key"), id: field("id") };
    assert_eq!((vendor.verify(&asked).status, next.verify(&asked).status), (200, 200));

    let revoked = server.folder.json(&["api-key", "revoke", &vendor.id], "");
    assert_eq!(revoked["state"], "over");
    let deadline = crate::clock::now().0 + 20;
    while vendor.verify(&asked).status == 200 {
        assert!(crate::clock::now().0 < deadline, "it is still good");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_problem(&vendor.verify(&asked), 401, "unauthorised");
    assert_eq!(next.verify(&asked).status, 200);
    let listed = server.folder.json(&["api-key", "list"], "");
    let states: Vec<_> = listed.as_array().unwrap().iter().map(|key| &key["state"]).collect();
    assert!(states.contains(&&json!("good")) && states.contains(&&json!("over")), "{listed}");
    assert!(listed.as_array().unwrap().iter().all(|key| key["last_used"].is_string()), "{listed}");
    assert!(!listed.to_string().contains("csk_"), "a key is shown once");
}

#[test]
fn without_a_good_key_nothing_is_judged() {
    let (server, _app, vendor) = with_vendor(&["verify"]);
    let url = format!("{}/v1/verify", server.address);
    let forged = vendor.key.replace(&vendor.key[24..30], "AAAAAA");
    for header in [
        None,
        Some("Basic YTpi"),
        Some("Bearer "),
        Some("Bearer nonsense"),
        Some(&*format!("Bearer {forged}")),
    ] {
        let mut request = agent().post(&url);
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let sent = request.send("{\"account\":\"1234567893\",\"code\":\"123456\"}").unwrap();
        let refused = told(sent).unwrap();
        assert_problem(&refused, 401, "unauthorised");
    }
    let events = server.folder.json(&["events"], "");
    let by_vendor = |event: &&Value| event["actor"]["role"] == "relying_party";
    assert_eq!(events.as_array().unwrap().iter().filter(by_vendor).count(), 0);
}

#[test]
fn a_key_of_other_scopes_is_told_which_it_needs() {
    let server = Server::start();
    let vendor = Vendor::of(&server, &["read", "audit", "tokens"]);
    let asked = json!({ "account": NPI, "code": "123456" });
    let refused = vendor.verify(&asked);
    assert_problem(&refused, 403, "scope");
    assert!(refused.body["detail"].as_str().unwrap().ends_with("it needs the scope verify"));
    let listed = server.folder.json(&["api-key", "list"], "");
    assert_eq!(listed[0]["scopes"], json!(["read", "audit", "tokens"]));

    let unknown = ["api-key", "add", "--party", "Example EHR", "--scope", "all"];
    let unknown = text(&server.folder.run(&unknown, "").stderr);
    assert!(unknown.contains("one of verify, read, audit, tokens, accounts"), "{unknown}");
    let mut help = process::program();
    let help = text(&help.args(["api-key", "add", "--help"]).output().unwrap().stdout);
    for scope in ["verify (", "read (", "audit (", "tokens (", "accounts ("] {
        assert!(help.contains(scope), "{scope}: {help}");
    }
}

#[test]
fn privacyideas_plugins_are_answered_as_they_expect() {
    let (server, app, vendor) = with_vendor(&["verify"]);
    let check = |path: &str, body: &str| {
        let url = format!("{}{path}", server.address);
        let media_type = "application/x-www-form-urlencoded";
        let mut answer = agent().post(&url).header("content-type", media_type).send(body).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str::<Value>(&text).unwrap())
    };
    let path = format!("/as/{}/validate/check", vendor.key);
    let code = app.next_code();
    let (status, accepted) = check(&path, &format!("user={NPI}&pass={code}&realm=x"));
    assert_eq!((status, &accepted["result"]["value"]), (200, &json!(true)), "{accepted}");
    assert_eq!(accepted["result"]["authentication"], "ACCEPT");
    assert_eq!(accepted["detail"]["serial"], app.id.as_str());
    let wrong = app.wrong_code();
    for body in [
        format!("serial={}&pass={code}", app.id.as_str()),
        format!("user={NPI}&pass={wrong}"),
        format!("user=nobody&pass={wrong}"),
        format!("serial=SYMC12345678&pass={wrong}"),
        format!("user={NPI}&pass=1234abc"),
        format!("user={NPI}&pass="),
    ] {
        let (status, refused) = check(&path, &body);
        let result = json!({ "status": true, "value": false, "authentication": "REJECT" });
        assert_eq!((status, &refused["result"]), (200, &result), "{body}");
        assert_eq!(refused["detail"]["message"], "wrong otp value", "one refusal for all");
    }
    let (status, missing) = check(&path, "pass=123456");
    assert_eq!((status, &missing["result"]["error"]["code"]), (400, &json!(905)));
    let (status, stranger) = check("/validate/check", &format!("user={NPI}&pass={wrong}"));
    assert_eq!((status, &stranger["result"]["status"]), (401, &json!(false)));

    let serial = json!({ "serial": app.id.as_str(), "pass": app.next_code() });
    let accepted = vendor.post("/validate/check", &serial.to_string(), None);
    assert_eq!(accepted.body["result"]["value"], true, "JSON, with the key in the header");

    let in_query = format!("{path}?user={NPI}&pass={wrong}");
    let (status, refused) = check(&in_query, "");
    assert_eq!((status, &refused["result"]["value"]), (200, &json!(false)), "{refused}");
    let url = format!("{}{in_query}", server.address);
    let mut got = agent().get(&url).call().unwrap();
    assert_eq!((got.status().as_u16(), got.headers()["allow"].to_str().unwrap()), (405, "POST"));
    let got: Value = serde_json::from_str(&got.body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!(got["result"]["error"]["code"], 405, "{got}");
    assert!(!server.log().contains(&vendor.key), "no key in the log");
}

/// As PHP's curl sends an array, by the same library.
fn sent_in_parts(url: &str, fields: &[&str], once: Option<&str>) -> (bool, Value) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--include", url]);
    for field in fields {
        curl.args(["--form", field]);
    }
    if let Some(key) = once {
        curl.args(["--header", &format!("Idempotency-Key: {key}")]);
    }
    let output = curl.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answer = text(&output.stdout);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.contains("idempotency-replayed: true"), serde_json::from_str(body).unwrap())
}

#[test]
fn privacyideas_php_client_sends_its_form_in_parts() {
    let (server, app, vendor) = with_vendor(&["verify"]);
    let url = format!("{}/as/{}/validate/check", server.address, vendor.key);
    let (user, wrong) = (format!("user={NPI}"), format!("pass={}", app.wrong_code()));
    let failures = || {
        let shown = server.folder.json(&["token", "show", app.id.as_str()], "");
        shown["failures"].as_u64().unwrap()
    };
    let serial = format!("serial={}", app.id.as_str());
    for (pass, charged) in [("pass=", 0), (&*wrong, 1), ("pass=", 1)] {
        let (_, refused) = sent_in_parts(&url, &[&user, &serial, pass], None);
        assert_eq!(refused["result"]["authentication"], "REJECT", "{refused}");
        assert_eq!(failures(), charged, "after {pass}");
    }
    let pass = format!("pass={}", app.next_code());
    let (_, accepted) = sent_in_parts(&url, &[&user, &pass, "realm=x"], None);
    assert_eq!(accepted["result"]["authentication"], "ACCEPT", "{accepted}");
    let (_, missing) = sent_in_parts(&url, &[&user], None);
    assert_eq!(missing["result"]["error"]["code"], 905, "{missing}");
}

#[test]
fn a_plugins_request_under_the_same_key_gets_the_same_answer() {
    let (server, app, vendor) = with_vendor(&["verify"]);
    let url = format!("{}/as/{}/validate/check", server.address, vendor.key);
    let (user, pass) = (format!("user={NPI}"), format!("pass={}", app.next_code()));
    for replayed in [false, true] {
        // Between other boundaries each time.
        let (again, answer) = sent_in_parts(&url, &[&user, &pass], Some("same-1"));
        assert_eq!((again, &answer["result"]["authentication"]), (replayed, &json!("ACCEPT")));
    }
    let (_, other) = sent_in_parts(&url, &[&user, "pass=nothing"], Some("same-1"));
    assert_eq!(other["status"], 422, "{other}");
    let no_code = json!({ "account": NPI, "code": "twelve" }).to_string();
    for replayed in [false, true] {
        let refused = vendor.post("/v1/verify", &no_code, Some("same-2"));
        assert_eq!((refused.replayed, &refused.body["cause"]), (replayed, &json!("malformed")));
    }
    let code = json!({ "account": NPI, "code": app.wrong_code() }).to_string();
    assert_problem(
        &vendor.post("/v1/verify", &code, Some("same-2")),
        422,
        "idempotency-key-reused",
    );
}

#[test]
fn the_api_describes_itself() {
    let server = Server::start();
    let mut answer = agent().get(format!("{}/openapi.json", server.address)).call().unwrap();
    let document: Value =
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let verify = &document["paths"]["/v1/verify"]["post"];
    for status in ["200", "400", "401", "403", "413", "422", "503"] {
        assert!(verify["responses"][status]["content"].is_object(), "{status}: {verify}");
    }
    assert!(document["paths"]["/validate/check"]["post"].is_object());
    let schemas = &document["components"]["schemas"];
    for schema in ["VerifyRequest", "Verdict", "Problem"] {
        assert!(schemas[schema]["example"].is_object(), "{schema}: {schemas}");
    }
    assert_eq!(document["components"]["securitySchemes"]["key"]["scheme"], "bearer");
    for path in ["/v1/accounts", "/v1/accounts/{account}/activations"] {
        let told = &document["paths"][path]["post"]["responses"];
        let waits = &told["429"]["content"]["application/problem+json"];
        assert_eq!(waits["example"]["type"], "/problems/too-many-wait", "{told}");
        assert!(told["429"]["headers"]["Retry-After"].is_object(), "{told}");
        let already = &told["409"]["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(already, "#/components/schemas/EnteredAlready", "{told}");
    }
    let at = schemas["EnteredAlready"]["example"]["at"].as_str().unwrap();
    assert!(at.starts_with("/v1/access/"), "{at}");
}

#[test]
fn each_operation_has_an_id_of_its_own_and_each_link_leads_to_one() {
    let server = Server::start();
    let mut answer = agent().get(format!("{}/openapi.json", server.address)).call().unwrap();
    let document: Value =
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    let items = document["paths"].as_object().unwrap().values();
    let operations: Vec<_> = items.flat_map(|item| item.as_object().unwrap().values()).collect();
    let ids: BTreeSet<_> =
        operations.iter().map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations.len(), "{ids:?}");
    let answers = operations.iter().flat_map(|it| it["responses"].as_object().unwrap().values());
    let links: Vec<_> = answers
        .filter_map(|answer| answer["links"].as_object())
        .flat_map(|links| links.values())
        .collect();
    assert!(links.len() >= 11, "{links:?}");
    for link in links {
        let target = link["operationId"].as_str().unwrap();
        let operation = operations.iter().find(|it| it["operationId"] == target);
        let known = operation.unwrap()["parameters"].as_array().unwrap();
        for name in link["parameters"].as_object().unwrap().keys() {
            assert!(known.iter().any(|it| it["name"] == *name), "{link}");
        }
    }
}
