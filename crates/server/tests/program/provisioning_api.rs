//! `POST /v1/provisioning`: what an app sends, and every way in which it can be wrong.

use getrandom::{SysRng, rand_core::UnwrapErr};
use oath::UnixTime;
use provisioning::{ActivationId, EnrolmentLink};
use serde_json::Value;

use crate::{
    app::App,
    clock,
    process::{ISSUER, NPI, OTHER_NPI, Server, agent},
};

fn assert_problem((status, problem): (u16, Value), expected: u16, slug: &str) {
    assert_eq!(status, expected, "{problem}");
    assert_eq!(problem["type"], format!("/problems/{slug}"));
    assert_eq!(problem["status"], expected);
    for text in ["title", "detail"] {
        assert!(problem[text].as_str().unwrap().len() > 5, "{problem}");
    }
}

#[test]
fn taken_once_and_repeated_for_the_same_bytes() {
    let (server, link, _) = Server::with_prescriber();
    let app = App::new();
    let sealed = app.seal_for(&link);
    for (expected, repeated) in [(201, false), (200, true), (200, true)] {
        let before = clock::now();
        let (status, answer) = server.provision(&sealed);
        assert_eq!(status, expected);
        assert_eq!(answer["credential_id"], app.id.as_str());
        assert_eq!(answer["repeated"], repeated);
        let now = answer["now"].as_u64().unwrap();
        assert!((before.0..=clock::now().0).contains(&now), "{answer}");
    }
    let tokens = server.folder.json(&["token", "list"], "");
    assert_eq!(tokens.as_array().unwrap().len(), 1);
    assert_eq!(tokens[0]["serial"], app.id.as_str());
    assert_eq!(tokens[0]["state"], "provisioned");
}

#[test]
fn what_is_not_provisioning_data_is_damaged() {
    let (server, link, _) = Server::with_prescriber();
    let sealed = App::new().seal_for(&link);
    let last = if sealed.ends_with('A') { "B" } else { "A" };
    let changed = format!("{}{last}", &sealed[..sealed.len() - 1]);
    for body in ["", "hello", &link, &sealed[..sealed.len() / 2], &sealed[1..], &changed, "\u{0}"] {
        assert_problem(server.provision(body), 400, "damaged");
    }
    let unknown = sealed.replacen("#1.", "#2.", 1);
    assert_problem(server.provision(&unknown), 400, "unknown-version");

    let url = format!("{}/v1/provisioning", server.address);
    let not_text = agent().post(&url).send(&[0xff, 0xfe][..]).unwrap();
    assert_eq!(not_text.status(), 400);
}

#[test]
fn too_large_is_said_as_such() {
    let server = Server::start();
    assert_problem(server.provision(&"a".repeat(8 * 1024 + 1)), 413, "too-large");
    assert_problem(server.provision(&"a".repeat(16 * 1024 + 1)), 413, "too-large");
    assert_problem(server.provision(&"a".repeat(1024 * 1024)), 413, "too-large");
}

#[test]
fn sealed_to_another_server_or_for_no_activation_of_ours() {
    let (server, link, _) = Server::with_prescriber();
    let (_, other_link, _) = Server::with_prescriber();
    let app = App::new();
    assert_problem(server.provision(&app.seal_for(&other_link)), 422, "other-server");

    let mut guessed = EnrolmentLink::parse(&link).unwrap();
    guessed.activation = ActivationId::generate(&mut UnwrapErr(SysRng));
    let unknown_activation = server.provision(&app.seal_for(&guessed.to_text()));
    let mut guessed = EnrolmentLink::parse(&link).unwrap();
    guessed.secret = provisioning::ActivationSecret::generate(&mut UnwrapErr(SysRng));
    let wrong_secret = server.provision(&app.seal_for(&guessed.to_text()));
    assert_eq!(unknown_activation, wrong_secret, "a stranger learns nothing of activations");
    assert_problem(wrong_secret, 422, "cannot-open");

    let card = server.folder.json(&["issuer-card", "--issuer", ISSUER], "");
    let exported = app.seal_to(card["issuer_card"].as_str().unwrap());
    assert_problem(server.provision(&exported), 422, "cannot-open");
    assert_eq!(server.provision(&app.seal_for(&link)).0, 201, "the link is as good as before");
}

#[test]
fn an_activation_is_for_one_token() {
    let (server, link, _) = Server::with_prescriber();
    assert_eq!(server.provision(&App::new().seal_for(&link)).0, 201);
    assert_problem(server.provision(&App::new().seal_for(&link)), 409, "activation-used");
}

#[test]
fn a_superseded_activation_has_expired() {
    let (server, link, _) = Server::with_prescriber();
    let (newer, _) = server.folder.begin_activation(NPI, &server.address);
    assert_problem(server.provision(&App::new().seal_for(&link)), 410, "activation-expired");
    assert_eq!(server.provision(&App::new().seal_for(&newer)).0, 201);
}

#[test]
fn an_expired_activation_says_so() {
    let server = Server::start();
    server.folder.add_account(NPI, "Ada Quill");
    let link = server.folder.begin_activation_two_days_ago(NPI, &server.address);
    assert_problem(server.provision(&App::new().seal_for(&link)), 410, "activation-expired");
}

#[test]
fn the_expiry_is_the_servers_own_and_not_what_the_link_says() {
    let (server, link, _) = Server::with_prescriber();
    let mut altered = EnrolmentLink::parse(&link).unwrap();
    altered.expires = UnixTime(1);
    assert_eq!(server.provision(&App::new().seal_for(&altered.to_text())).0, 201);
}

#[test]
fn a_credential_id_belongs_to_one_seed() {
    let (server, link, _) = Server::with_prescriber();
    server.folder.add_account(OTHER_NPI, "Ben Rowan");
    let (other_link, _) = server.folder.begin_activation(OTHER_NPI, &server.address);
    let app = App::new();
    assert_eq!(server.provision(&app.seal_for(&link)).0, 201);
    let sealed = app.impostor().seal_for(&other_link);
    assert_problem(server.provision(&sealed), 409, "credential-id-taken");
}

#[test]
fn other_addresses_and_methods_are_problems_too() {
    let server = Server::start();
    let get = |path: &str| {
        let mut response = agent().get(format!("{}{path}", server.address)).call().unwrap();
        let body = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str::<Value>(&body).unwrap())
    };
    assert_problem(get("/v1/nothing"), 404, "not-found");
    assert_problem(get("/v1/provisioning"), 405, "method-not-allowed");
    assert_eq!(get("/healthz"), (200, serde_json::json!({"status": "ok"})));
}
