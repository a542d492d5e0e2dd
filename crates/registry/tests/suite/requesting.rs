//! Requests from Request Token to the activated token, and every turn that they can take.

use oath::{Hotp, Manufacturer, Seed, SerialNumber, TokenType, Totp, UnixTime};
use provisioning::{EnrolmentLink, PinPolicy};
use registry::{
    ActivationOrder, Actor, AssociateError, Association, DeactivationReason, EventKind,
    IdempotencyKey, Landing, Otp, PostalAddress, Processing, Replacement, RequestError,
    RequestState, RequestedBy, Session, Shipment, TokenOrder, TokenRequest, TokenState, Wanted,
    rules::request_states::RequestEvent,
};

use crate::{
    clinic::{App, Clinic, START, ada, ben, help_desk, label, rng},
    hard_tokens::put,
    stock::SEED,
};

const NOW: UnixTime = UnixTime(START.0 + 60);

fn address() -> PostalAddress {
    "1449 Whitehall Road\n\nAnnapolis\nMD\n21409".parse().unwrap()
}

pub(crate) fn order(wanted: Wanted) -> TokenOrder {
    TokenOrder {
        wanted,
        mail: "ada.phone@example.org".parse().unwrap(),
        idempotency_key: IdempotencyKey::generate(&mut rng()),
    }
}

pub(crate) fn replacement(serial: SerialNumber, reason: DeactivationReason) -> Replacement {
    Replacement {
        serial,
        reason,
        last_one_meant: false,
        mail: "ada@example.org".parse().unwrap(),
        address: None,
        idempotency_key: IdempotencyKey::generate(&mut rng()),
    }
}

pub(crate) fn processing() -> Processing {
    let activation = ActivationOrder {
        server: "https://clinic.example".parse().unwrap(),
        issuer: label("Example Clinic"),
        valid_for: 3 * 24 * 3600,
        pin: PinPolicy::default(),
    };
    Processing { activation, opens_access: true, proofing: None }
}

fn ups() -> Shipment {
    Shipment { carrier: label("UPS"), tracking: label("1Z 999 AA1") }
}

fn fob() -> SerialNumber {
    "GALH12345678".parse().unwrap()
}

/// A clinic, Ada's phone, and a session signed in by it at `NOW`.
pub(crate) async fn at_the_dashboard() -> (Clinic, App, Session) {
    let (clinic, phone) = Clinic::with_token().await;
    let session = clinic.by_token(ada(), &phone, NOW).await;
    (clinic, phone, session)
}

/// Takes hard tokens with a button into the stock.
async fn stock(clinic: &Clinic, serials: &[&str]) {
    let lines = serials.iter().map(|serial| format!("{serial},{SEED},hotp,,,0,,\n"));
    clinic.stock(&lines.collect::<String>()).await;
}

pub(crate) async fn make(clinic: &Clinic, session: &Session, wanted: Wanted) -> Vec<TokenRequest> {
    let by = RequestedBy::Session(session);
    clinic.registry.request_tokens(by, &order(wanted), NOW, &mut rng()).await.unwrap()
}

pub(crate) async fn state(clinic: &Clinic, request: &TokenRequest) -> RequestState {
    clinic.registry.request(request.id).await.unwrap().unwrap().state
}

/// Sends the mail that is due: the link that it carries, as text.
pub(crate) async fn mailed(clinic: &Clinic, request: &TokenRequest, now: UnixTime) -> String {
    let due = clinic.registry.mails_due(now, 10).await.unwrap();
    assert_eq!(due, [request.id]);
    let mail = clinic.registry.claim_mail(request.id, now).await.unwrap().unwrap();
    assert!(clinic.registry.claim_mail(request.id, now).await.unwrap().is_none(), "claimed once");
    clinic.registry.mail_done(&mail, Ok(()), now).await.unwrap();
    assert!(clinic.registry.mails_due(now.plus(1_000_000), 10).await.unwrap().is_empty());
    mail.link.expose_text().to_string()
}

pub(crate) async fn lands(clinic: &Clinic, link: &str, now: UnixTime) -> Option<Landing> {
    clinic.registry.landing(&link.parse().unwrap(), now).await.unwrap()
}

pub(crate) fn enrolment(landing: Option<Landing>) -> EnrolmentLink {
    match landing {
        Some(Landing::Soft { link, .. }) => EnrolmentLink::parse(&link).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_soft_token_from_request_to_activated() {
    let (clinic, phone, session) = at_the_dashboard().await;
    let request = make(&clinic, &session, Wanted::Soft).await.remove(0);
    assert_eq!((request.token_type, request.state), (TokenType::Soft, RequestState::Requested));
    assert!(clinic.registry.mails_due(NOW, 10).await.unwrap().is_empty(), "nothing is sent yet");

    let registry = &clinic.registry;
    let processed =
        registry.process_request(&help_desk(), request.id, &processing(), NOW, &mut rng()).await;
    let processed = processed.unwrap();
    assert_eq!(processed.request.state, RequestState::Processed);
    assert!(processed.confirmation.is_none() && processed.has_token, "nobody needs a code");
    let again =
        registry.process_request(&help_desk(), request.id, &processing(), NOW, &mut rng()).await;
    let again = again.unwrap();
    assert_eq!(again.request.state, RequestState::Processed);
    assert!(again.confirmation.is_none(), "what was begun stays");

    let link = mailed(&clinic, &request, NOW).await;
    let tablet = App::new("Tablet");
    clinic.send(&tablet.seal(&enrolment(lands(&clinic, &link, NOW).await)), NOW).await.unwrap();
    registry.associate(&session, &tablet.form(NOW), NOW).await.unwrap();
    let done = registry.requests(&ada()).await.unwrap().remove(0);
    assert_eq!(done.state, RequestState::Activated);
    assert_eq!((done.activated, done.serial), (Some(NOW), Some(tablet.serial())));
    assert!(matches!(lands(&clinic, &link, NOW).await, Some(Landing::Activated(TokenType::Soft))));
    let kinds: Vec<_> = clinic.events().await.iter().map(|event| event.what.kind).collect();
    let place = |kind| kinds.iter().position(|found| *found == kind).unwrap();
    let order = [
        EventKind::TokenRequested,
        EventKind::RequestProcessed,
        EventKind::ActivationMailed,
        EventKind::RequestActivated,
    ];
    assert!(
        order.windows(2).all(|pair| place(pair[0]) > place(pair[1])),
        "latest first: {kinds:?}"
    );
    let mailed = clinic.events().await.swap_remove(place(EventKind::ActivationMailed)).what;
    let cause = mailed.cause.unwrap();
    assert!(cause.ends_with(&format!("{}, to {}", request.id, request.mail)), "{cause}");
    drop(phone);
}

#[tokio::test]
async fn a_hard_token_from_request_to_shipped_and_its_mail() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    let request = make(&clinic, &session, Wanted::Hard(address())).await.remove(0);
    assert_eq!(request.address, Some(address()));
    let account = clinic.registry.account(&ada()).await.unwrap().unwrap();
    assert_eq!(account.address, Some(address()), "kept for the next time");

    let registry = &clinic.registry;
    let ship = async |serial: SerialNumber| {
        registry.ship_request(&help_desk(), request.id, &serial, &ups(), NOW).await
    };
    let not_possible = |state| RequestError::NotPossible { event: RequestEvent::Ship, state };
    assert_eq!(ship(fob()).await.unwrap_err(), not_possible(RequestState::Requested));
    let processed =
        registry.process_request(&help_desk(), request.id, &processing(), NOW, &mut rng()).await;
    assert!(processed.unwrap().confirmation.is_none(), "no activation of an app begins");
    assert!(
        registry.mails_due(NOW, 10).await.unwrap().is_empty(),
        "its mail comes with the parcel"
    );

    let soft = ship("SYMC12345678".parse().unwrap()).await;
    assert_eq!(soft.unwrap_err(), RequestError::OtherType(TokenType::Soft));
    assert_eq!(ship(fob()).await.unwrap_err(), RequestError::NotInStock);
    stock(&clinic, &["GALH12345678", "GALH87654321"]).await;
    let shipped = ship(fob()).await.unwrap();
    assert_eq!(shipped.state, RequestState::Shipped);
    let cause = clinic.events().await.remove(0).what.cause.unwrap();
    assert!(cause.ends_with(&format!(", to {}, by UPS 1Z 999 AA1", address())), "{cause}");
    assert_eq!((shipped.serial, shipped.shipment), (Some(fob()), Some(ups())));
    assert_eq!(ship(fob()).await.unwrap().state, RequestState::Shipped, "the same answer twice");
    let other = ship("GALH87654321".parse().unwrap()).await;
    assert_eq!(other.unwrap_err(), not_possible(RequestState::Shipped));

    let link = mailed(&clinic, &request, NOW).await;
    match lands(&clinic, &link, NOW.plus(60 * 24 * 3600)).await {
        Some(Landing::Hard { serial, shipment }) => assert_eq!((serial, shipment), (fob(), ups())),
        other => panic!("{other:?}"),
    }

    // Another one's codes are of no use to it; its own two activate it.
    let seed = Seed::from_bytes(b"12345678901234567890".to_vec().into()).unwrap();
    let add = async |serial: SerialNumber, counter: u64| {
        let code = |counter| Hotp::default().code(&seed, counter);
        let form = Association {
            manufacturer: Manufacturer::Thales,
            issuer: label("Example Clinic"),
            token_type: TokenType::Hard,
            name: label("Fob"),
            serial,
            code: code(counter),
            second_code: Some(code(counter + 1)),
            seen: registry::Seen::default(),
            idempotency_key: IdempotencyKey::generate(&mut rng()),
        };
        registry.associate(&session, &form, NOW).await
    };
    add("GALH87654321".parse().unwrap(), 0).await.unwrap();
    assert_eq!(state(&clinic, &request).await, RequestState::Shipped, "that was not the one");
    add(fob(), 0).await.unwrap();
    assert_eq!(state(&clinic, &request).await, RequestState::Activated);
    assert!(matches!(lands(&clinic, &link, NOW).await, Some(Landing::Activated(TokenType::Hard))));
}

#[tokio::test]
async fn a_hard_token_goes_to_one_prescriber() {
    let (clinic, phone, session) = at_the_dashboard().await;
    clinic.open_account(ben()).await;
    let of_ada = make(&clinic, &session, Wanted::Hard(address())).await.remove(0);
    let desk = help_desk();
    let by = RequestedBy::HelpDesk { actor: &desk, npi: ben() };
    let wanted = order(Wanted::Hard(address()));
    let of_ben = clinic.registry.request_tokens(by, &wanted, NOW, &mut rng()).await.unwrap();
    let registry = &clinic.registry;
    for id in [of_ada.id, of_ben[0].id] {
        registry.process_request(&desk, id, &processing(), NOW, &mut rng()).await.unwrap();
    }
    stock(&clinic, &["GALH12345678"]).await;
    registry.ship_request(&desk, of_ada.id, &fob(), &ups(), NOW).await.unwrap();
    let to_two = registry.ship_request(&desk, of_ben[0].id, &fob(), &ups(), NOW).await;
    assert_eq!(to_two.unwrap_err(), RequestError::SerialTaken);
    let in_use = registry.ship_request(&desk, of_ben[0].id, &phone.serial(), &ups(), NOW).await;
    assert_eq!(in_use.unwrap_err(), RequestError::OtherType(TokenType::Soft));
}

#[tokio::test]
async fn both_are_two_requests_and_a_second_submit_gets_the_same_two() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    let wanted = order(Wanted::Both(address()));
    let by = RequestedBy::Session(&session);
    let registry = &clinic.registry;
    let made = registry.request_tokens(by, &wanted, NOW, &mut rng()).await.unwrap();
    assert_eq!(made.len(), 2);
    assert_eq!((made[0].token_type, made[1].token_type), (TokenType::Hard, TokenType::Soft));
    assert_eq!(made[1].address, None);
    let again = registry.request_tokens(by, &wanted, NOW, &mut rng()).await.unwrap();
    assert_eq!(again, made);
    let other = TokenOrder { wanted: Wanted::Soft, ..wanted.clone() };
    let used = registry.request_tokens(by, &other, NOW, &mut rng()).await;
    assert_eq!(used.unwrap_err(), RequestError::FormUsed);
    // Back, corrected and confirmed: nothing is said to be made that was not.
    let moved = "2 Main St\n\nReno\nNV\n89501".parse().unwrap();
    let corrected = [
        TokenOrder { wanted: Wanted::Both(moved), ..wanted.clone() },
        TokenOrder { mail: "other@example.org".parse().unwrap(), ..wanted.clone() },
    ];
    for corrected in corrected {
        let refused = registry.request_tokens(by, &corrected, NOW, &mut rng()).await;
        assert_eq!(refused.unwrap_err(), RequestError::FormUsed);
    }
    let requested = clinic.events().await;
    let requested =
        requested.iter().filter(|event| event.what.kind == EventKind::TokenRequested).count();
    assert_eq!(requested, 2);
}

#[tokio::test]
async fn of_many_submits_at_once_one_makes_the_request() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    let (wanted, other) = (order(Wanted::Both(address())), clinic.second_process().await);
    let submits = (0..8).map(|number| {
        let registry = if number % 2 == 0 { clinic.registry.clone() } else { other.clone() };
        let (wanted, session) = (wanted.clone(), session.clone());
        tokio::spawn(async move {
            let by = RequestedBy::Session(&session);
            registry.request_tokens(by, &wanted, NOW, &mut rng()).await.unwrap()
        })
    });
    let mut answers = Vec::new();
    for submit in submits.collect::<Vec<_>>() {
        answers.push(submit.await.unwrap());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(clinic.registry.requests(&ada()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn requests_need_a_full_and_fresh_sign_in() {
    let (clinic, phone, session) = at_the_dashboard().await;
    let half = clinic.half_session(ada(), NOW).await;
    let registry = &clinic.registry;
    let wanted = order(Wanted::Soft);
    let by = RequestedBy::Session(&half);
    let refused = registry.request_tokens(by, &wanted, NOW, &mut rng()).await;
    assert_eq!(refused.unwrap_err(), RequestError::NotSignedIn);
    // Seen now and then, so that it is not idle.
    let secret = {
        let session = clinic.half_session(ada(), NOW.plus(30)).await;
        let code = phone.code(NOW.plus(30));
        registry.confirm_with_code(&session, None, &code, NOW.plus(30)).await.unwrap().unwrap()
    };
    let later = NOW.plus(30 + 14 * 60);
    registry.session(&secret, later).await.unwrap();
    let old = NOW.plus(30 + 21 * 60);
    let old_session = registry.session(&secret, old).await.unwrap();
    let by = RequestedBy::Session(&old_session);
    let refused = registry.request_tokens(by, &wanted, old, &mut rng()).await;
    assert_eq!(refused.unwrap_err(), RequestError::NotFresh);
    let serial = phone.serial();
    let form = replacement(serial, DeactivationReason::Lost);
    let refused = registry.replace_token(by, &form, old, &mut rng()).await;
    assert_eq!(refused.unwrap_err(), RequestError::NotFresh);
    // Giving a request up takes nothing from anybody.
    let request = make(&clinic, &session, Wanted::Soft).await.remove(0);
    let given_up = registry.cancel_request(by, request.id, old).await.unwrap();
    assert_eq!(given_up.state, RequestState::Cancelled);
}

#[tokio::test]
async fn until_it_is_processed_a_request_can_be_edited_and_then_only_cancelled() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    let request = make(&clinic, &session, Wanted::Hard(address())).await.remove(0);
    let registry = &clinic.registry;
    let mail = "new@example.org".parse().unwrap();
    let moved: PostalAddress = "2 Main St\n\nReno\nNV\n89501".parse().unwrap();
    let edit = async || {
        registry.edit_request(&session, request.id, &mail, Some(&moved), NOW.plus(5)).await
    };
    let edited = edit().await.unwrap();
    assert_eq!((&edited.mail, edited.address.as_ref()), (&mail, Some(&moved)));
    assert_eq!(edited.edited, Some(NOW.plus(5)));
    assert_eq!(edit().await.unwrap(), edited, "a second submit changes nothing");
    let nowhere = registry.edit_request(&session, request.id, &mail, None, NOW).await;
    assert_eq!(nowhere.unwrap_err(), RequestError::NeedsAddress);

    registry
        .process_request(&help_desk(), request.id, &processing(), NOW, &mut rng())
        .await
        .unwrap();
    assert_eq!(edit().await.unwrap().state, RequestState::Processed, "the same answer, still");
    let back = registry.edit_request(&session, request.id, &mail, Some(&address()), NOW).await;
    let state = RequestState::Processed;
    let refusal = RequestError::NotPossible { event: RequestEvent::Edit, state };
    assert_eq!(back.unwrap_err(), refusal);
    assert!(refusal.to_string().contains("only be cancelled"), "{refusal}");
    let by = RequestedBy::Session(&session);
    let cancelled = registry.cancel_request(by, request.id, NOW.plus(9)).await.unwrap();
    assert_eq!(cancelled.state, RequestState::Cancelled);
    let again = registry.cancel_request(by, request.id, NOW.plus(10)).await.unwrap();
    assert_eq!(again.cancelled, Some(NOW.plus(9)), "the same answer twice");
}

#[tokio::test]
async fn replacing_deactivates_the_old_and_requests_the_new_in_one_commit() {
    let (clinic, phone, session) = at_the_dashboard().await;
    let tablet = App::new("Tablet");
    let later = NOW.plus(60);
    clinic.enrol_further(ada(), &phone, &tablet, later).await.unwrap();
    let registry = &clinic.registry;
    let form = replacement(tablet.serial(), DeactivationReason::Uninstalled);
    let by = RequestedBy::Session(&session);
    let request = registry.replace_token(by, &form, later, &mut rng()).await.unwrap();
    assert_eq!(request.token_type, TokenType::Soft);
    let replaced = request.replaces.clone().unwrap();
    assert_eq!(
        (replaced.serial, replaced.reason),
        (tablet.serial(), DeactivationReason::Uninstalled)
    );
    assert_eq!(clinic.token(&tablet, later).await.state, TokenState::Deactivated);
    let again = registry.replace_token(by, &form, later, &mut rng()).await.unwrap();
    assert_eq!(again, request, "the same answer twice");
    let corrected = [
        Replacement { mail: "other@example.org".parse().unwrap(), ..form.clone() },
        Replacement { reason: DeactivationReason::Lost, ..form.clone() },
    ];
    for corrected in corrected {
        let refused = registry.replace_token(by, &corrected, later, &mut rng()).await;
        assert_eq!(refused.unwrap_err(), RequestError::FormUsed);
    }
    let events = clinic.events().await;
    let cause = events[1].what.cause.clone().unwrap();
    assert_eq!(events[1].what.kind, EventKind::TokenDeactivated);
    assert_eq!(cause, format!("uninstalled, replaced by request {}", request.id));
    assert_eq!(events[0].what.kind, EventKind::TokenRequested);

    let no_reason = replacement(phone.serial(), DeactivationReason::NotNeeded);
    let refused = registry.replace_token(by, &no_reason, later, &mut rng()).await.unwrap_err();
    assert_eq!(refused, RequestError::OtherReason);
    let anew = replacement(tablet.serial(), DeactivationReason::Lost);
    let refused = registry.replace_token(by, &anew, later, &mut rng()).await.unwrap_err();
    assert_eq!(refused, RequestError::CannotReplace(TokenState::Deactivated));
    let nobodys = replacement(fob(), DeactivationReason::Lost);
    let refused = registry.replace_token(by, &nobodys, later, &mut rng()).await.unwrap_err();
    assert_eq!(refused, RequestError::UnknownToken);
    assert_eq!(registry.requests(&ada()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn after_the_last_token_identity_proofing_starts_again() {
    let (clinic, phone, session) = at_the_dashboard().await;
    let registry = &clinic.registry;
    let form = replacement(phone.serial(), DeactivationReason::Lost);
    let by = RequestedBy::Session(&session);
    let unmeant = registry.replace_token(by, &form, NOW, &mut rng()).await.unwrap_err();
    assert_eq!(unmeant, RequestError::LastToken);
    let form = Replacement { last_one_meant: true, ..form };
    let request = registry.replace_token(by, &form, NOW, &mut rng()).await.unwrap();
    let desk = help_desk();
    let process = async |processing: &Processing| {
        registry.process_request(&desk, request.id, processing, NOW, &mut rng()).await
    };
    assert_eq!(process(&processing()).await.unwrap_err(), RequestError::NeedsProofing);
    assert_eq!(state(&clinic, &request).await, RequestState::Requested);
    let proofing = "Hedy saw the driving licence".parse().unwrap();
    let proved = Processing { proofing: Some(proofing), ..processing() };
    let processed = process(&proved).await.unwrap();
    assert!(!processed.has_token, "so that the confirmation code opens the sign-in");
    let account = registry.account(&ada()).await.unwrap().unwrap();
    assert_eq!(account.proofing.as_str(), "Hedy saw the driving licence");

    let link = mailed(&clinic, &request, NOW).await;
    let new = App::new("New phone");
    clinic.send(&new.seal(&enrolment(lands(&clinic, &link, NOW).await)), NOW).await.unwrap();
    let session = clinic.confirmed(ada(), &processed.confirmation.unwrap(), NOW).await;
    registry.associate(&session, &new.form(NOW), NOW).await.unwrap();
    assert_eq!(state(&clinic, &request).await, RequestState::Activated);
}

#[tokio::test]
async fn where_access_takes_two_people_the_link_of_their_activation_is_mailed() {
    let clinic = Clinic::with_ada().await;
    let (registry, desk) = (&clinic.registry, help_desk());
    let by = RequestedBy::HelpDesk { actor: &desk, npi: ada() };
    let request = registry.request_tokens(by, &order(Wanted::Soft), NOW, &mut rng()).await;
    let request = request.unwrap().remove(0);
    let mut alone = Processing { opens_access: false, ..processing() };
    // The PIN is as the two ordered it, not as whoever processes would have it.
    alone.activation.pin = PinPolicy::new(8).unwrap();
    let process =
        async |now| registry.process_request(&desk, request.id, &alone, now, &mut rng()).await;
    assert_eq!(process(NOW).await.unwrap_err(), RequestError::TwoPeople);
    assert_eq!(state(&clinic, &request).await, RequestState::Requested);
    let (begun, confirmation) = clinic.begin(ada(), NOW).await;
    let late = NOW.plus(2 * 24 * 3600);
    assert_eq!(process(late).await.unwrap_err(), RequestError::TwoPeople, "it has expired");
    let processed = process(NOW).await.unwrap();
    assert!(processed.confirmation.is_none(), "whoever executed it has it");
    assert_eq!(processed.request.link_expires, Some(begun.expires));

    let link = mailed(&clinic, &request, NOW).await;
    let mailed = enrolment(lands(&clinic, &link, NOW).await);
    assert_eq!(mailed.to_text(), begun.to_text(), "the very link that two people began");
    let phone = App::new("Phone");
    clinic.send(&phone.seal(&mailed), NOW).await.unwrap();
    let session = clinic.confirmed(ada(), &confirmation, NOW).await;
    registry.associate(&session, &phone.form(NOW), NOW).await.unwrap();
    assert_eq!(state(&clinic, &request).await, RequestState::Activated);
}

#[tokio::test]
async fn an_account_has_one_soft_token_under_way() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    let first = make(&clinic, &session, Wanted::Soft).await.remove(0);
    let second = make(&clinic, &session, Wanted::Soft).await.remove(0);
    let (registry, desk) = (&clinic.registry, help_desk());
    let process =
        async |id| registry.process_request(&desk, id, &processing(), NOW, &mut rng()).await;
    process(first.id).await.unwrap();
    assert_eq!(process(second.id).await.unwrap_err(), RequestError::OtherFirst(first.id));
    registry.cancel_request(RequestedBy::Session(&session), first.id, NOW).await.unwrap();
    process(second.id).await.unwrap();
}

#[tokio::test]
async fn a_request_is_its_owners_and_its_work_the_help_desks() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    clinic.open_account(ben()).await;
    let desk = help_desk();
    let registry = &clinic.registry;
    let of_ben = RequestedBy::HelpDesk { actor: &desk, npi: ben() };
    let bens = registry.request_tokens(of_ben, &order(Wanted::Soft), NOW, &mut rng()).await;
    let bens = bens.unwrap().remove(0);
    let by = RequestedBy::Session(&session);
    assert_eq!(registry.cancel_request(by, bens.id, NOW).await, Err(RequestError::Unknown));
    let mail = "new@example.org".parse().unwrap();
    let edited = registry.edit_request(&session, bens.id, &mail, None, NOW).await;
    assert_eq!(edited, Err(RequestError::Unknown));
    for actor in [Actor::Prescriber { npi: ben() }, Actor::App, Actor::Stranger] {
        let refused = Err(RequestError::NotAllowed);
        let by = RequestedBy::HelpDesk { actor: &actor, npi: ben() };
        let made = registry.request_tokens(by, &order(Wanted::Soft), NOW, &mut rng()).await;
        assert_eq!(made.map(drop), refused);
        let processed =
            registry.process_request(&actor, bens.id, &processing(), NOW, &mut rng()).await;
        assert_eq!(processed.map(drop), refused);
        let shipped = registry.ship_request(&actor, bens.id, &fob(), &ups(), NOW).await;
        assert_eq!(shipped.map(drop), refused);
        let order = processing();
        let sent = registry.send_request_again(&actor, bens.id, &order, NOW, &mut rng()).await;
        assert_eq!(sent.map(drop), refused);
    }
    assert_eq!(state(&clinic, &bens).await, RequestState::Requested);
}

#[tokio::test]
async fn the_number_of_open_requests_is_bounded() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    for _ in 0..3 {
        make(&clinic, &session, Wanted::Both(address())).await;
    }
    let by = RequestedBy::Session(&session);
    let more = clinic.registry.request_tokens(by, &order(Wanted::Soft), NOW, &mut rng()).await;
    assert_eq!(more.unwrap_err(), RequestError::TooMany(6));
}

#[tokio::test]
async fn whoever_works_the_queue_alone_neither_writes_the_proofing_record_nor_opens_access() {
    let (clinic, phone, session) = at_the_dashboard().await;
    let request = make(&clinic, &session, Wanted::Soft).await.remove(0);
    let (registry, desk) = (&clinic.registry, help_desk());
    let alone = || Processing { opens_access: false, ..processing() };
    let proved =
        |processing| Processing { proofing: Some("whatever".parse().unwrap()), ..processing };
    let process = async |processing: &Processing| {
        registry.process_request(&desk, request.id, processing, NOW, &mut rng()).await
    };
    let again = async |processing: &Processing| {
        registry.send_request_again(&desk, request.id, processing, NOW, &mut rng()).await
    };
    for processing in [proved(alone()), proved(processing())] {
        let refused = process(&processing).await.unwrap_err();
        assert_eq!(refused, RequestError::ProofingStands, "there is a token");
    }
    assert!(process(&alone()).await.unwrap().confirmation.is_none(), "nobody needs it");

    let lost = DeactivationReason::Lost;
    registry.deactivate_token(&desk, &phone.serial(), lost, NOW).await.unwrap();
    // The activation that one person began leads nowhere now, nor does that person begin another.
    for processing in [alone(), processing()] {
        assert_eq!(again(&processing).await.unwrap_err(), RequestError::NeedsProofing);
    }
    assert_eq!(again(&proved(alone())).await.unwrap_err(), RequestError::ProofingStands);
    let account = registry.account(&ada()).await.unwrap().unwrap();
    assert_eq!(account.proofing.as_str(), "Hedy saw the passport");
    assert!(again(&proved(processing())).await.unwrap().confirmation.is_some(), "the command line");
    assert!(again(&processing()).await.unwrap().confirmation.is_some(), "its record holds");
}

#[tokio::test]
async fn a_token_that_came_another_way_leaves_a_request_whose_activation_is_open() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    let request = make(&clinic, &session, Wanted::Soft).await.remove(0);
    let (registry, desk) = (&clinic.registry, help_desk());
    registry.process_request(&desk, request.id, &processing(), NOW, &mut rng()).await.unwrap();
    let add = async |name: &str, session: &Session, now| {
        let made_first = App::new(name);
        let sealed = made_first.export(registry.server_key());
        registry.consume(&sealed, now, &mut rng()).await.unwrap();
        registry.associate(session, &made_first.form(now), now).await.unwrap();
    };
    add("Tablet", &session, NOW).await;
    assert_eq!(state(&clinic, &request).await, RequestState::Processed, "its link is good still");
    clinic.begin(ada(), NOW).await;
    add("Laptop", &session, NOW).await;
    assert_eq!(state(&clinic, &request).await, RequestState::Activated, "it leads nowhere now");
}

#[tokio::test]
async fn a_token_on_its_way_to_one_prescriber_is_not_added_by_another() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    clinic.open_account(ben()).await;
    let (registry, desk) = (&clinic.registry, help_desk());
    let fob = App::new("Fob");
    put(&clinic, &fob, Otp::Totp(Totp::default()), None).await;
    clinic.make_hard(&fob).await;
    let by = RequestedBy::HelpDesk { actor: &desk, npi: ben() };
    let wanted = order(Wanted::Hard(address()));
    let of_ben = registry.request_tokens(by, &wanted, NOW, &mut rng()).await.unwrap().remove(0);
    let own = make(&clinic, &session, Wanted::Hard(address())).await.remove(0);
    for request in [&of_ben, &own] {
        registry.process_request(&desk, request.id, &processing(), NOW, &mut rng()).await.unwrap();
    }
    registry.ship_request(&desk, of_ben.id, &fob.serial(), &ups(), NOW).await.unwrap();
    let add = async || registry.associate(&session, &fob.form(NOW), NOW).await;
    assert_eq!(add().await.unwrap_err(), AssociateError::NotWaiting);

    // Sent to her instead, it fulfils her request, whatever type she types.
    registry.cancel_request(by, of_ben.id, NOW).await.unwrap();
    registry.ship_request(&desk, own.id, &fob.serial(), &ups(), NOW).await.unwrap();
    assert_eq!(fob.form(NOW).token_type, TokenType::Soft);
    add().await.unwrap();
    assert_eq!(state(&clinic, &own).await, RequestState::Activated);
}
