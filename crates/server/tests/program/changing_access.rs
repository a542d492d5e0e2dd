//! The pages on which two people end a prescriber's access, let a new passphrase be chosen, and change a
//! telephone number or a mail address; and the page on which the prescriber chooses.

use crate::{
    browser::Browser,
    mails::mails_of,
    process::{NPI, PASSPHRASE, Server, text},
    stand_in_network::until,
    two_people::{entered, execute, two_people},
};

const NEW: &str = "nine loud geese at dawn";

fn account() -> String {
    format!("/admin/accounts/{NPI}")
}

fn form(what: &str) -> String {
    format!("/admin/access/{what}/{NPI}")
}

fn with_ada() -> (Server, Browser, Browser) {
    let (server, ines, rosa) = two_people();
    server.folder.add_account(NPI, "Ada Quill");
    (server, ines, rosa)
}

/// Enters a reset and executes it: the path of the link, and the code.
fn link(server: &Server, ines: &Browser, rosa: &Browser) -> (String, String) {
    link_of(NPI, server, ines, rosa)
}

/// The same of anybody.
pub(crate) fn link_of(
    npi: &str,
    server: &Server,
    ines: &Browser,
    rosa: &Browser,
) -> (String, String) {
    let form = format!("/admin/access/passphrase/{npi}");
    let address = entered(ines, &form, &[("value", "called back")]);
    let (page, _) = execute(rosa, &address);
    assert_eq!(page.status, 200, "{}", page.html);
    let link = page.element("link").unwrap();
    let path = link.strip_prefix(&server.address).unwrap().to_owned();
    for other in [rosa.get(&address), ines.get(&address), rosa.get("/admin/access")] {
        assert!(!other.html.contains(&path), "shown once");
    }
    (path, page.element("confirmation-code").unwrap())
}

fn fields<'a>(code: &'a str, new: &'a str, again: &'a str) -> [(&'a str, &'a str); 3] {
    [("code", code), ("passphrase", new), ("again", again)]
}

#[test]
fn a_prescriber_chooses_a_new_passphrase_by_link_and_code() {
    let (server, ines, rosa) = with_ada();
    let unsaid = ines.submit(&form("passphrase"), &[("value", " ")]);
    assert!(unsaid.element("error-value").is_some());
    let (path, code) = link(&server, &ines, &rosa);
    let ada = Browser::of(&server);
    let page = ada.get(&path);
    assert_eq!(page.status, 200);
    for (code, new, again, at) in [
        ("x", NEW, NEW, "code"),
        (&*code, "short", "short", "passphrase"),
        (&*code, NEW, PASSPHRASE, "again"),
    ] {
        let refused = ada.submit(&path, &fields(code, new, again));
        assert_eq!(refused.status, 422);
        assert!(refused.element(&format!("error-{at}")).is_some(), "{at}: {}", refused.html);
        assert!(!refused.html.contains(NEW), "no passphrase is shown again");
    }
    let wrong = ada.submit(&path, &fields("AAAA AAAA", NEW, NEW));
    assert!(wrong.element("error-code").unwrap().contains("(4 tries left)"), "{}", wrong.html);

    let page = ada.get(&path);
    for answer in ada.post_at_once(&path, &page.with_hidden(&fields(&code, NEW, NEW))) {
        assert_eq!(answer.location, "/sign-in?new-passphrase", "{}", answer.html);
    }
    let done = ada.get("/sign-in?new-passphrase");
    assert!(done.element("confirmation").unwrap().contains("new passphrase is set"));
    assert_eq!(ada.get(&path).status, 410, "it works once");
    let other = [&fields(&code, NEW, NEW)[..], &[("idempotency_key", "other")]].concat();
    assert_eq!(ada.post(&path, &other).status, 410, "for another submit, the right code too");
    let old = ada.post("/sign-in", &[("npi", NPI), ("passphrase", PASSPHRASE)]);
    assert_eq!(old.status, 403);
    ada.first_factor(NPI, NEW);
    for path in ["/passphrase/x", "/passphrase/AAAAAAAAAAAAAAAAAAAAAA", "/passphrase/%FF"] {
        assert_eq!(ada.get(path).status, 410, "{path}");
    }
    let secret = path.rsplit('/').next().unwrap();
    assert!(!server.log().contains(secret), "no link in a log");
}

#[test]
fn access_that_two_people_ended_is_over_and_the_account_says_so() {
    let (server, ines, rosa) = with_ada();
    let ada = Browser::of(&server);
    ada.first_factor(NPI, PASSPHRASE);
    assert_eq!(ada.get("/sign-in/code").status, 200);
    let form = form("end");
    assert!(ines.get(&form).html.contains("token administrator suspends each token alone"));
    let unsure = ines.submit(&form, &[("value", "left the clinic")]);
    assert!(unsure.element("error-sure").is_some());
    let address = entered(&ines, &form, &[("value", "left the clinic"), ("sure", "yes")]);
    assert!(rosa.get(&address).element("what-ends").is_some());
    assert!(ines.get(&account()).element("ended").is_none());
    let (page, _) = execute(&rosa, &address);
    assert_eq!(page.location, format!("{}?ended", account()), "{}", page.html);
    assert!(rosa.get(&page.location).element("confirmation").is_some());
    let shown = ines.get(&account());
    assert!(shown.element("ended").is_some() && shown.element("end-access").is_none());
    assert!(shown.element("begin-activation").is_some(), "which gives it back");

    assert_eq!(ada.get("/sign-in/code").location, "/sign-in", "signed out");
    let refused = |npi: &str| {
        let stranger = Browser::of(&server);
        let page = stranger.post("/sign-in", &[("npi", npi), ("passphrase", PASSPHRASE)]);
        (page.status, page.html)
    };
    assert_eq!(refused(NPI), refused("1245319599"), "the same as for nobody");
    let twice = ines.submit(&form, &[("value", "again"), ("sure", "yes")]);
    assert!(twice.element("error").unwrap().contains("ended already"), "{}", twice.html);
    let anew = ines.get(&format!("/admin/access/activation/{NPI}"));
    assert!(anew.html.contains("Identity-proofing record"), "{}", anew.html);
}

#[test]
fn a_telephone_number_is_changed_by_two_people_and_masked_but_for_them() {
    let (_server, ines, rosa) = with_ada();
    assert_eq!(ines.get(&account()).element("phone").unwrap(), "None on record");
    let wrong = ines.submit(&form("phone"), &[("value", "555 0134")]);
    assert!(wrong.element("error-value").is_some() && wrong.html.contains("555 0134"));
    let same = ines.submit(&form("phone"), &[("value", "")]);
    assert!(same.element("error").unwrap().contains("on record already"));
    let address = entered(&ines, &form("phone"), &[("value", "+1 (410) 555-0134")]);
    assert!(rosa.get(&address).html.contains("+14105550134"), "to be compared");
    let (page, _) = execute(&rosa, &address);
    assert_eq!(page.location, format!("{}?phone", account()), "{}", page.html);
    assert_eq!(ines.get(&account()).element("phone").unwrap(), "ends in 34");
    assert!(!rosa.get(&address).html.contains("555"), "decided, and masked again");
    assert!(ines.get(&form("phone")).element("now").unwrap().contains("ends in 34"));
    for path in [form("other"), "/admin/access/end/1245319599".to_owned()] {
        assert_eq!(ines.get(&path).status, 404, "{path}");
    }
    assert_eq!(rosa.get(&form("phone")).status, 403, "a registrant enters nothing");
}

#[test]
fn a_mail_address_is_changed_by_two_people_and_both_addresses_are_told() {
    const SUBJECT: &str = "Example Clinic: your mail address was changed";
    const NEW: &str = "ada.quill@example.net";
    let (server, ines, rosa) = with_ada();
    let old = ines.get(&account()).element("mail").unwrap();
    for wrong in ["a..b@x", ".a@x", "nowhere", ""] {
        let page = ines.submit(&form("mail"), &[("value", wrong)]);
        assert!(page.element("error-value").is_some() && page.html.contains(wrong), "{wrong}");
    }
    let same = ines.submit(&form("mail"), &[("value", &old)]);
    assert!(same.element("error").unwrap().contains("on record already"), "{}", same.html);
    let address = entered(&ines, &form("mail"), &[("value", NEW)]);
    assert!(rosa.get(&address).html.contains(NEW), "to be compared");
    assert_eq!(ines.get(&account()).element("mail").unwrap(), old, "not by one person");
    let (page, _) = execute(&rosa, &address);
    assert_eq!(page.location, format!("{}?mail", account()), "{}", page.html);
    let shown = rosa.get(&page.location);
    assert!(shown.element("confirmation").unwrap().contains("both told"), "{}", shown.html);
    assert_eq!(shown.element("mail").unwrap(), NEW);

    let line = ["account", "mail", "--npi", NPI, "--address"];
    let refused = server.folder.run(&[&line[..], &["a..b@x"]].concat(), "");
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("not a mail address"), "{}", text(&refused.stderr));
    let noted = server.folder.json(&[&line[..], &["ada@example.com"]].concat(), "");
    assert_eq!(noted["mail"], "ada@example.com");
    let mails = server.folder.path().join("mail");
    let told =
        until("four mails", || Some(mails_of(&mails, SUBJECT)).filter(|told| told.len() == 4));
    let count = |to: &str, says: &str| {
        let to = format!("To: {to}\n");
        told.iter().filter(|mail| mail.contains(&to) && mail.contains(says)).count()
    };
    let (left, begun) = ("This one is told nothing more", "this is now the mail address");
    assert_eq!((count(&old, left), count(&old, begun)), (1, 0), "{told:?}");
    assert_eq!((count(NEW, left), count(NEW, begun)), (1, 1), "{told:?}");
    assert_eq!((count("ada@example.com", left), count("ada@example.com", begun)), (0, 1));
}
