//! What stands in the environment for this program, and is none of its settings.

use std::{collections::BTreeSet, ffi::OsString};

use clap::Command;

use crate::master_key;

/// What the names of all settings begin with.
const OURS: &str = "COUNTERSIGN_";
/// A name that is further from a setting's, in letters, is not taken for a mistyped one.
const MISTYPED: usize = 3;

/// Refuses a variable that is no setting of any command. Its value is not told: it may be a secret.
pub(super) fn check(
    root: &Command,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<(), String> {
    let mut known = BTreeSet::from([master_key::KEY, master_key::FORMER_KEY].map(OsString::from));
    collect(root, &mut known);
    for (name, value) in environment {
        let text = name.to_string_lossy();
        let Some(rest) = text.strip_prefix(OURS) else { continue };
        if !known.contains(&name) && !is_service_link(rest, &value.to_string_lossy()) {
            return Err(unknown(&text, &known));
        }
    }
    Ok(())
}

fn collect(command: &Command, known: &mut BTreeSet<OsString>) {
    known.extend(command.get_arguments().filter_map(|argument| argument.get_env()).map(Into::into));
    command.get_subcommands().for_each(|deeper| collect(deeper, known));
}

/// Kubernetes tells every container of the services beside it, and one of them may have our name.
fn is_service_link(rest: &str, value: &str) -> bool {
    let port =
        rest.rsplit_once("PORT_").is_some_and(|(_, then)| then.starts_with(char::is_numeric));
    let address = rest.ends_with("PORT") && value.contains("://");
    port || address || rest.contains("SERVICE_PORT") || rest.ends_with("SERVICE_HOST")
}

fn unknown(name: &str, known: &BTreeSet<OsString>) -> String {
    let known = known.iter().filter_map(|name| name.to_str());
    let nearest = known.map(|known| (strsim::osa_distance(name, known), known)).min();
    let nearest = nearest.filter(|(distance, _)| *distance <= MISTYPED);
    let next = match nearest {
        Some((_, nearest)) => format!("did you mean {nearest}?"),
        None => "`countersign-server serve --help` lists them".to_owned(),
    };
    format!("the environment's {name} is no setting: {next}")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn checked(name: &str, value: &str) -> Result<(), String> {
        check(&crate::cli::Cli::command(), [(name.into(), value.into())])
    }

    #[test]
    fn what_kubernetes_tells_of_services_is_let_be() {
        for (name, value) in [
            ("COUNTERSIGN_SERVICE_HOST", "10.0.0.7"),
            ("COUNTERSIGN_SERVICE_PORT_HTTPS", "8443"),
            ("COUNTERSIGN_PORT", "tcp://10.0.0.7:8443"),
            ("COUNTERSIGN_PORT_8443_TCP", "tcp://10.0.0.7:8443"),
            ("COUNTERSIGN_PORT_8443_TCP_ADDR", "10.0.0.7"),
            ("COUNTERSIGN_SERVER_URL", "https://tokens.example.org"),
            ("COUNTERSIGN_FORMER_MASTER_KEY", "not looked at here"),
        ] {
            assert_eq!(checked(name, value), Ok(()), "{name}");
        }
        assert!(checked("COUNTERSIGN_PORT", "8443").is_err());
    }
}
