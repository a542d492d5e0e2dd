//! 100 KB in every text field of every page of the dashboard: a page with a sentence, the other fields
//! kept, and nothing changed.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    path::Path,
    time::Duration,
};

use rusqlite::{Connection, types::Value};
use url::form_urlencoded;

use crate::{
    administrators::Carrier,
    app::App,
    browser::{Browser, Page},
    changing_access,
    forms::{Field, Form, forms, links, tags},
    own_token::two_tokens,
    process::{NPI, OTHER_NPI, PASSPHRASE, Server},
    requests,
    stand_in_network::{Mood, Network},
    step_up,
};

const LENGTH: usize = 100 * 1024;

/// The longest page that answers.
const MOST: usize = 20_000;

/// What somebody fills into the other fields.
const GOOD: [(&str, &str); 22] = [
    ("npi", "1003000126"),
    ("name", "Ada Quill"),
    ("mail", "ada@example.org"),
    ("phone", "+1 410 555 0134"),
    ("checked-by", "Ines Pol"),
    ("checked-on", "2026-01-02"),
    ("evidence", "passport, in person"),
    ("passphrase", PASSPHRASE),
    ("serial", "CSST 4F7K 92MQ"),
    ("code", "123456"),
    ("second_code", "123457"),
    ("code-1", "123456"),
    ("code-2", "123457"),
    ("street", "1449 Whitehall Road"),
    ("second", "Suite 4"),
    ("city", "Annapolis"),
    ("state", "MD"),
    ("zip", "21409"),
    ("date", "2026-01-02"),
    ("time", "14:05"),
    ("secret", "a passphrase of the maker"),
    ("value", "x"),
];

/// The tables and columns where failed attempts are noted and counted, who is signed in, and what is told
/// of events a moment later.
const COUNTS: [&str; 12] = [
    "administrator_sessions",
    "administrators",
    "audit_checkpoints",
    "audit_links",
    "code_misses",
    "cursors",
    "events",
    "notices",
    "sessions",
    "session_step_ups",
    "sign_in_failures",
    "version",
];

#[test]
fn every_text_field_says_what_is_too_long_and_nothing_is_lost() {
    let (server, browser, phone, tablet) = two_tokens();
    let mut walked = Walk::of(&server);
    walk(&mut walked, &browser, &phone, &tablet);
    let carrier = Network::start(&[Mood::Slow(Duration::ZERO)]);
    let (by_phone, waiting, _) = step_up::start(&carrier, Some(step_up::PHONE));
    assert_eq!(step_up::send(&waiting, "sms").status, 303);
    let mut step_ups = Walk::of(&by_phone);
    step_ups.pages(&waiting, &["/tokens/new/phone"]);

    let wrong = [walked.wrong, step_ups.wrong].concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut names = BTreeSet::new();
    names_in_templates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut names);
    let tried: Vec<_> = walked.tried.iter().chain(&step_ups.tried).collect();
    names.retain(|name| !tried.iter().any(|(_, field)| is_named(field, name)));
    assert!(names.is_empty(), "no page with these was found: {names:?}");
    assert!(tried.len() > 50, "{}", tried.len());
}

/// Everything that somebody can see, with somebody in each state who sees it.
fn walk(walk: &mut Walk, browser: &Browser, phone: &App, tablet: &App) {
    let (server, folder) = (walk.server, &walk.server.folder);
    walk.pages(&Browser::of(server), &["/sign-in", "/admin/sign-in"]);
    let half = Browser::of(server);
    half.first_factor(NPI, PASSPHRASE);
    walk.pages(&half, &["/sign-in/code", "/sign-in/code?codes=2"]);

    requests::request(browser, "both");
    let listed = folder.json(&["request", "list"], "");
    let listed = listed.as_array().unwrap();
    let hard = listed.iter().find(|request| !request["address"].is_null()).unwrap();
    requests::process(folder, hard["id"].as_str().unwrap());
    folder.json(&["token", "suspend", tablet.id.as_str(), "--reason", "left in a taxi"], "");
    let moving = format!("/tokens/{}/move", phone.id.as_str());
    assert_eq!(browser.submit(&moving, &[("sure", "yes")]).status, 303);
    walk.pages(browser, &["/tokens", "/tokens/new?codes=2", &moving]);

    let all = ["token-administrator", "access-administrator", "registrant", "auditor"];
    let hedy = Carrier::add(folder, "Hedy", &all);
    let half = Browser::of(server);
    hedy.first_factor(&half);
    walk.pages(&half, &["/admin/sign-in/code"]);
    let hedy = hedy.signed_in(server);
    let rosa = Carrier::add(folder, "Rosa", &["registrant"]).signed_in(server);
    folder.add_account(OTHER_NPI, "Ben Rowan");
    let (reset, _) = changing_access::link_of(OTHER_NPI, server, &hedy, &rosa);
    walk.pages(&Browser::of(server), &[&reset]);
    let order = format!("/admin/access/mail/{OTHER_NPI}");
    assert_eq!(hedy.submit(&order, &[("value", "ben@example.org")]).status, 303);
    walk.pages(&hedy, &["/admin", "/admin/requests?state=processed"]);
}

/// Walks the pages of one person after the other, and pastes into each field on its way.
struct Walk<'a> {
    server: &'a Server,
    database: Connection,
    /// The fields that were tried, each with its form's address.
    tried: BTreeSet<(String, String)>,
    wrong: Vec<String>,
}

impl<'a> Walk<'a> {
    fn of(server: &'a Server) -> Self {
        let database = Connection::open(server.folder.path().join("countersign.db")).unwrap();
        Self { server, database, tried: BTreeSet::new(), wrong: Vec::new() }
    }

    /// The pages that links lead to from these, each once; a list of other rows is the same page.
    fn pages(&mut self, browser: &Browser, begin: &[&str]) {
        let mut seen = BTreeSet::new();
        let mut next: VecDeque<String> = begin.iter().map(ToString::to_string).collect();
        while let Some(path) = next.pop_front() {
            if !seen.insert(kind_of_page(&path)) {
                continue;
            }
            let page = browser.get(&path);
            if page.status == 303 {
                next.push_back(page.location);
            } else if page.html.starts_with("<!doctype html>") {
                assert_eq!(page.status, 200, "{path}");
                next.extend(links(&page.html));
                self.fields(browser, &path, &page);
            }
        }
    }

    /// Each text field of a page, in turn.
    fn fields(&mut self, browser: &Browser, path: &str, page: &Page) {
        for form in forms(&page.html) {
            for field in form.fields.iter().filter(|field| field.is_text()) {
                let is_new = self.tried.insert((form.action.clone(), field.name.clone()));
                let at = format!("{path}, {}, {}", form.action, field.name);
                if is_new && form.is_search && field.most.is_none() {
                    self.wrong.push(format!("{at}: it lets more in than an address may hold"));
                } else if is_new {
                    let before = self.everything();
                    let (typed, answer) = paste(browser, &form, field);
                    let mut wrong = complaints(&form, field, &typed, &answer);
                    let after = self.everything();
                    let changed =
                        after.iter().filter(|(table, rows)| before.get(*table) != Some(rows));
                    wrong.extend(changed.map(|(table, _)| format!("it changed {table}")));
                    self.wrong.extend(wrong.into_iter().map(|what| format!("{at}: {what}")));
                }
            }
        }
    }

    /// Every row of every table, but for what is counted and who is signed in.
    fn everything(&self) -> BTreeMap<String, Vec<Vec<Value>>> {
        let names =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
        let mut names = self.database.prepare(names).unwrap();
        let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let names = names.map(Result::unwrap).filter(|name| !COUNTS.contains(&name.as_str()));
        names.map(|name| (name.clone(), self.rows(&name))).collect()
    }

    fn rows(&self, table: &str) -> Vec<Vec<Value>> {
        let mut rows = self.database.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let names: Vec<String> = rows.column_names().map(str::to_owned).collect();
        let columns = (0..names.len()).filter(|at| !COUNTS.contains(&names[*at].as_str()));
        let columns: Vec<usize> = columns.collect();
        let read = rows.query_map([], |row| columns.iter().map(|at| row.get(*at)).collect());
        read.unwrap().map(Result::unwrap).collect()
    }
}

/// An address without what only tells which rows a list has.
fn kind_of_page(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| format!("?{name}"));
    [path.to_owned()].into_iter().chain(names).collect()
}

/// Fills in a form, one field with the long text, and sends it: what stood in it, and the answer.
fn paste(browser: &Browser, form: &Form, long: &Field) -> (Vec<(String, String)>, Page) {
    let mut typed: Vec<(String, String)> = Vec::new();
    for field in &form.fields {
        let value = match &*field.kind {
            "checkbox" if field.name.starts_with("take-") => continue,
            "checkbox" => field.value.clone(),
            "radio" if typed.iter().any(|(name, _)| *name == field.name) && !field.is_checked => {
                continue;
            }
            "file" => continue,
            // Then the other fields count.
            _ if field.name == "wanted" => "both".to_owned(),
            _ if field.name == "under" => "passphrase".to_owned(),
            _ if field.name == long.name => long_text(form, field),
            _ if field.is_text() && field.value.is_empty() && !form.is_search => {
                let good = GOOD.iter().find(|(name, _)| *name == field.name);
                good.map_or_else(|| "1234".to_owned(), |(_, value)| (*value).to_owned())
            }
            _ => field.value.clone(),
        };
        typed.retain(|(name, _)| *name != field.name);
        typed.push((field.name.clone(), value));
    }
    let sent: Vec<(&str, &str)> =
        typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = if form.takes_files {
        browser.upload(&form.action, &sent, ("fobs.csv", "serial,seed_hex\n"))
    } else if form.is_search {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(sent).finish();
        browser.get(&format!("{}?{query}", form.action))
    } else {
        browser.post(&form.action, &sent)
    };
    (typed, answer)
}

/// What a search sends stands in an address, which must not be as long: there the browser lets in less.
fn long_text(form: &Form, field: &Field) -> String {
    let all = "x<é".repeat(LENGTH / 4);
    match field.most {
        Some(most) if form.is_search => all.chars().take(most).collect(),
        _ => all,
    }
}

fn complaints(form: &Form, long: &Field, typed: &[(String, String)], answer: &Page) -> Vec<String> {
    let mut wrong = Vec::new();
    let Page { status, html, .. } = answer;
    if !html.starts_with("<!doctype html>") || !(200..500).contains(status) || *status == 303 {
        wrong.push(format!("no page: {status} {} {} B", answer.location, html.len()));
        return wrong;
    }
    let pictures = tags(html).filter(|tag| tag.contains(" src=\"data:")).map(str::len);
    let length = html.len() - pictures.sum::<usize>();
    if length > MOST {
        wrong.push(format!("{length} B"));
    }
    let at_the_field = format!("error-{}", long.name);
    let places = [at_the_field.as_str(), "error", "result", "nothing", "message"];
    let said = places.iter().find_map(|place| answer.element(place)).unwrap_or_default();
    if !said.ends_with('.') || said.split(' ').count() < 4 || said.len() > 1_000 {
        wrong.push(format!("no sentence: {said:?}"));
    }
    // Who is refused sees the same as every stranger, who has typed something else.
    let again = forms(html).into_iter().find(|other| other.action == form.action);
    let again = again.filter(|_| !form.action.ends_with("/sign-in"));
    for (name, value) in typed.iter().filter(|(name, _)| *name != long.name) {
        let field = again.as_ref().and_then(|form| form.field(name));
        if let Some(field) = field.filter(|field| field.is_shown_again() && field.value != *value) {
            wrong.push(format!("{name} is now {:?}", field.value));
        }
    }
    wrong
}

/// Inputs that nobody types into.
const NO_TEXT: [&str; 4] =
    ["type=\"hidden\"", "type=\"checkbox\"", "type=\"radio\"", "type=\"file\""];

/// The names of the text fields that the pages are made from; of one that ends with a request's number,
/// the beginning.
fn names_in_templates(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names_in_templates(&path, names);
            continue;
        }
        let html = fs::read_to_string(path).unwrap();
        let called = html.split("text_field(\"").skip(1);
        names.extend(called.map(|text| text.split('"').next().unwrap().to_owned()));
        let written =
            tags(&html).filter(|tag| tag.starts_with("input ") || tag.starts_with("textarea "));
        let written = written.filter(|tag| !NO_TEXT.iter().any(|kind| tag.contains(kind)));
        let written = written.filter_map(|tag| tag.split_once(" name=\""));
        names.extend(written.map(|(_, name)| name.split(['"', '{']).next().unwrap().to_owned()));
    }
    // Of one whose name its template is given, nothing is known here.
    names.remove("");
}

fn is_named(field: &str, name: &str) -> bool {
    field == name || name.ends_with('-') && field.starts_with(name)
}
