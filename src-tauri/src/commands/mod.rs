//! What the pages may ask for: thin, one file an area. Each is named in `build.rs` and granted in
//! `capabilities/main.json`; each that needs a seed is refused by the session while it is locked.

pub(crate) mod codes;
pub(crate) mod enrolment;
pub(crate) mod export;
pub(crate) mod lock;

use crate::{problem::Refusal, shell::Shell};

type Answer<T> = Result<T, Refusal>;
type Managed<'a> = tauri::State<'a, Shell>;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// What stands between `begin` and `end`, line by line, without quotes, commas and paths.
    fn listed<'a>(text: &'a str, begin: &str, end: &str) -> BTreeSet<&'a str> {
        let (_, rest) = text.split_once(begin).unwrap();
        let (list, _) = rest.split_once(end).unwrap();
        list.split(',')
            .map(|line| line.trim().trim_matches('"'))
            .map(|line| line.rsplit("::").next().unwrap())
            .filter(|line| !line.is_empty())
            .collect()
    }

    #[test]
    fn every_command_is_named_and_granted_and_nothing_else_is() {
        let handled = listed(include_str!("../lib.rs"), "generate_handler![", "]");
        let named = listed(include_str!("../../build.rs"), "COMMANDS: &[&str] = &[", "]");
        let granted: BTreeSet<_> =
            listed(include_str!("../../capabilities/main.json"), "\"permissions\": [", "]")
                .iter()
                .map(|permission| permission.strip_prefix("allow-").unwrap().replace('-', "_"))
                .collect();
        assert_eq!(handled, named);
        assert_eq!(named, granted.iter().map(String::as_str).collect());
    }
}
