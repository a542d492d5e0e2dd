//! Another mail address of a prescriber's: by two people, and told to both addresses.

use oath::UnixTime;
use registry::{
    EventKind, Mail, NoticeKind, RequestId, RequestedBy, TokenOrder, Wanted,
    access::{AccessOrder, NewAccess},
    rules::access::AccessRefusal,
};

use crate::{
    clinic::{Clinic, START, ada, help_desk, rng},
    requesting::order as soft,
    two_people::{entering_at, key},
};

const NEW: &str = "ada@example.net";

fn address(text: &str) -> Mail {
    text.parse().unwrap()
}

fn order(id: &str, text: &str) -> NewAccess {
    let order = AccessOrder::Mail { mail: address(text) };
    NewAccess { id: key(id), npi: ada(), order, passphrase: None }
}

async fn on_record(clinic: &Clinic) -> Mail {
    clinic.registry.account(&ada()).await.unwrap().unwrap().mail
}

/// What is told, and where.
async fn told(clinic: &Clinic, now: UnixTime) -> Vec<(NoticeKind, String)> {
    let last = clinic.registry.last_checkpoint().await.unwrap();
    clinic.registry.seal_audit(last.as_ref(), now, &mut rng()).await.unwrap();
    clinic.registry.queue_notices(now).await.unwrap();
    let mut told = Vec::new();
    loop {
        let round = clinic.registry.notices_due(now).await.unwrap();
        if round.is_empty() {
            break;
        }
        for event in round {
            let notice = clinic.registry.claim_notice(event, now).await.unwrap().unwrap();
            clinic.registry.notice_done(&notice, Ok(()), now).await.unwrap();
            told.push((notice.kind, notice.mail.to_string()));
        }
    }
    told.sort_by_key(|(kind, _)| kind.name());
    told
}

/// Asks for a soft token whose link goes to an address.
async fn asked_at(clinic: &Clinic, mail: Mail) -> RequestId {
    let (actor, npi) = (help_desk(), ada());
    let by = RequestedBy::HelpDesk { actor: &actor, npi };
    let order = TokenOrder { mail, ..soft(Wanted::Soft) };
    clinic.registry.request_tokens(by, &order, START, &mut rng()).await.unwrap().remove(0).id
}

/// The activation link of what is under way must not go to the address that was given up.
async fn an_open_request_is_answered_at_the_new_address(clinic: Clinic) {
    clinic.open_account(ada()).await;
    let (registry, actor) = (&clinic.registry, help_desk());
    let changed_to = |text| async move {
        registry.note_mail(&help_desk(), &ada(), &address(text), START).await.unwrap();
    };
    let at = |id| async move { registry.request(id).await.unwrap().unwrap().mail };
    let asked = asked_at(&clinic, on_record(&clinic).await).await;
    changed_to(NEW).await;
    assert_eq!(at(asked).await, address(NEW));

    let by = RequestedBy::HelpDesk { actor: &actor, npi: ada() };
    registry.cancel_request(by, asked, START).await.unwrap();
    let chosen = asked_at(&clinic, address("ada.phone@example.org")).await;
    changed_to("ada@example.com").await;
    assert_eq!(at(chosen).await, address("ada.phone@example.org"), "it was chosen for this one");
    assert_eq!(at(asked).await, address(NEW), "what has ended stays as it was");
}

#[tokio::test]
async fn on_sqlite_an_open_request_is_answered_at_the_new_address() {
    an_open_request_is_answered_at_the_new_address(Clinic::new().await).await;
}

#[tokio::test]
async fn on_postgres_an_open_request_is_answered_at_the_new_address() {
    an_open_request_is_answered_at_the_new_address(Clinic::on_postgres().await).await;
}

async fn it_is_changed_by_two_people_and_told_to_both(clinic: Clinic) {
    clinic.open_account(ada()).await;
    let [ines, rosa] = entering_at(&clinic).await;
    clinic.registry.begin_notices().await.unwrap();
    let old = on_record(&clinic).await;
    let same = clinic.enter(&ines, order("n", old.as_str()), START).await;
    assert_eq!(same.unwrap_err(), AccessRefusal::SameMail.into());
    clinic.enter(&ines, order("m", NEW), START).await.unwrap();
    let own = clinic.execute(&ines, "m", "s", START).await;
    assert!(own.is_err());
    assert_eq!(on_record(&clinic).await, old, "not by one person");
    assert_eq!(told(&clinic, START).await, []);
    for _ in 0..2 {
        clinic.execute(&rosa, "m", "s", START).await.unwrap();
    }
    assert_eq!(on_record(&clinic).await, address(NEW));
    // Before either is told, the address is changed once more.
    clinic
        .registry
        .note_mail(&help_desk(), &ada(), &address("ada@example.com"), START)
        .await
        .unwrap();
    clinic
        .registry
        .note_mail(&help_desk(), &ada(), &address("ada@example.com"), START)
        .await
        .unwrap();
    let expected = [
        (NoticeKind::MailChanged, NEW.to_owned()),
        (NoticeKind::MailChanged, "ada@example.com".to_owned()),
        (NoticeKind::MailReplaced, old.to_string()),
        (NoticeKind::MailReplaced, NEW.to_owned()),
    ];
    assert_eq!(told(&clinic, START).await, expected);
    let events = clinic.events().await;
    for kind in [EventKind::MailReplaced, EventKind::MailNoted] {
        let of_kind = events.iter().filter(|event| event.what.kind == kind);
        assert_eq!(of_kind.count(), 2, "{kind}");
    }
}

#[tokio::test]
async fn a_mail_address_is_changed_by_two_people_and_told_to_both() {
    it_is_changed_by_two_people_and_told_to_both(Clinic::new().await).await;
}

#[tokio::test]
async fn a_mail_address_is_changed_by_two_people_and_told_to_both_on_postgres() {
    it_is_changed_by_two_people_and_told_to_both(Clinic::on_postgres().await).await;
}
