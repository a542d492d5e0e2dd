//! The queue of token requests at the command line.

use serde_json::Value;

use crate::process::{Folder, ISSUER, NPI, OTHER_NPI, text};

const ADDRESS: [&str; 8] =
    ["--street", "1449 Whitehall Road", "--city", "Annapolis", "--state", "MD", "--zip", "21409"];
const ORDER: [&str; 4] = ["--server-url", "https://tokens.example.org", "--issuer", ISSUER];

impl Folder {
    /// Puts hard tokens with these serial numbers into the stock; their seeds are all the same.
    pub(crate) fn put_in_stock(&self, serials: &[&str]) {
        const SEED: &str = "3132333435363738393031323334353637383930";
        let rows = serials.iter().map(|serial| format!("{serial},{SEED},hotp,0\n"));
        let file = self.path().with_file_name("fobs.csv");
        let content = format!("serial,seed_hex,type,counter\n{}", rows.collect::<String>());
        std::fs::write(&file, content).unwrap();
        self.json(&["stock", "import", file.to_str().unwrap()], "");
    }
}

fn add(folder: &Folder, npi: &str, more: &[&str]) -> Vec<Value> {
    let arguments = [&["request", "add", "--npi", npi], more].concat();
    folder.json(&arguments, "").as_array().unwrap().clone()
}

fn id(request: &Value) -> String {
    request["id"].as_str().unwrap().to_owned()
}

fn process(ids: &[&str], more: &[&str]) -> Vec<String> {
    let arguments = [&["request", "process"], ids, &ORDER, more].concat();
    arguments.into_iter().map(ToOwned::to_owned).collect()
}

fn run(folder: &Folder, arguments: &[String]) -> (Option<i32>, String, String) {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = folder.run(&arguments, "");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn requests_are_added_listed_processed_and_shipped_in_a_batch() {
    let folder = Folder::new();
    folder.add_account(NPI, "Ada Quill");
    folder.add_account(OTHER_NPI, "Ben Rowan");
    let both = [&["--type", "both"], &ADDRESS[..]].concat();
    let of_ada = add(&folder, NPI, &both);
    assert_eq!(of_ada.len(), 2);
    assert_eq!(of_ada[0]["mail"], "prescriber@example.org", "the account's");
    let of_ben = add(&folder, OTHER_NPI, &[&["--type", "hard"], &ADDRESS[..]].concat());
    let (hard, soft, bens) = (id(&of_ada[0]), id(&of_ada[1]), id(&of_ben[0]));

    let unknown = "R-0000-0000";
    let (code, out, err) = run(&folder, &process(&[&hard, unknown, &soft, &bens], &[]));
    assert_eq!(code, Some(1), "one of them is unknown");
    assert!(err.contains("R-0000-0000 was left as it is: there is no request"), "{err}");
    assert!(err.contains("1 of the requests"), "{err}");
    assert_eq!(out.matches("processed").count(), 3, "{out}");
    assert_eq!(out.matches("Confirmation code (not by mail").count(), 1, "the soft one's: {out}");
    let again =
        folder.json(&process(&[&soft], &[]).iter().map(String::as_str).collect::<Vec<_>>(), "");
    assert!(again[0].get("confirmation_code").is_none(), "{again}");

    folder.put_in_stock(&["GALH12345678", "GALH87654321"]);
    let file = folder.path().with_file_name("shipped.csv");
    std::fs::write(&file, format!("{hard},GALH12345678,UPS,1Z 999\n\n{bens},GALH1,UPS\n")).unwrap();
    let ship = ["request", "ship", "--from", file.to_str().unwrap()];
    let refused = folder.run(&ship, "");
    assert!(text(&refused.stderr).contains("line 3 of"), "{}", text(&refused.stderr));
    let processed = folder.json(&["request", "list", "--state", "processed"], "");
    assert_eq!(processed.as_array().unwrap().len(), 3, "nothing was changed");
    std::fs::write(
        &file,
        format!("{hard},GALH12345678,UPS,1Z 999\n{bens}, GALH 8765 4321,USPS,9400\n"),
    )
    .unwrap();
    let shipped = folder.json(&ship, "");
    assert_eq!(shipped.as_array().unwrap().len(), 2);
    assert_eq!(shipped[1]["serial"], "GALH87654321");
    assert_eq!(folder.json(&ship, ""), shipped, "sent again, it is answered the same");

    let listed = text(&folder.run(&["request", "list", "--npi", NPI], "").stdout);
    assert!(listed.contains("to 1449 Whitehall Road, Annapolis, MD 21409"), "{listed}");
    assert!(listed.contains("token GALH12345678  by UPS 1Z 999"), "{listed}");
    assert!(listed.contains("mail waits to be sent"), "{listed}");
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let given_up = folder.json(&["request", "cancel", &bens], "");
    assert_eq!(given_up["state"], "cancelled");
}

#[test]
fn the_address_of_the_last_time_is_used_again() {
    let folder = Folder::new();
    folder.add_account(NPI, "Ada Quill");
    let refused = folder.run(&["request", "add", "--npi", NPI, "--type", "hard"], "");
    assert!(text(&refused.stderr).contains("enter the address that it goes to"));
    let half = folder
        .run(&["request", "add", "--npi", NPI, "--type", "hard", "--street", "1 Main St"], "");
    assert_eq!(half.status.code(), Some(2), "an address is whole");
    add(&folder, NPI, &[&["--type", "hard"], &ADDRESS[..]].concat());
    let second = add(&folder, NPI, &["--type", "hard"]);
    assert_eq!(second[0]["address"]["zip"], "21409");
}
