//! What the server is sent over HTTP, by whoever may: refused, it is told back without what is secret in it.

use countersign_server::unread;
use serde_json::Value;

/// The boundary of the forms with a file in the corpus.
const BOUNDARY: &str = "boundary";

/// A request of the API, as each of its addresses reads it.
pub fn api_body(bytes: &[u8]) {
    let told = unread::of_api(bytes);
    let (mut names, mut values) = (Vec::new(), Vec::new());
    if let Ok(document) = serde_json::from_slice(bytes) {
        collect(document, &mut names, &mut values);
    }
    // A name that is not known is told back: it is no code.
    values.retain(|value| !names.iter().any(|name| name.contains(value)));
    assert_silent(&told, &values);
}

/// A form of the dashboard.
pub fn dashboard_form(bytes: &[u8]) {
    let (told, secrets) = unread::of_form(bytes);
    assert_silent(&told, &secrets);
}

/// A form with a file in it.
pub fn upload(bytes: &[u8]) {
    let Some(file) = unread::of_upload(BOUNDARY, bytes) else { return };
    assert!(bytes.windows(file.len()).any(|part| part == file), "the file is as it was sent");
}

fn collect(value: Value, names: &mut Vec<String>, values: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                names.push(name);
                collect(value, names, values);
            }
        }
        Value::Array(items) => items.into_iter().for_each(|item| collect(item, names, values)),
        Value::String(text) => values.push(text),
        Value::Number(number) => values.push(number.to_string()),
        Value::Null | Value::Bool(_) => {}
    }
}

/// What may be a code is repeated nowhere.
fn assert_silent(told: &[String], secrets: &[String]) {
    let is_code = |text: &&String| text.len() >= 6 && text.bytes().all(|b| b.is_ascii_digit());
    for code in secrets.iter().filter(is_code) {
        assert!(!told.iter().any(|told| told.contains(code.as_str())), "{code} in {told:?}");
    }
}
