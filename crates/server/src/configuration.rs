//! The configuration file: TOML, its keys the long names of what `serve` takes. The other commands take
//! from the same file what they know too. What stands on the command line counts before the environment,
//! and that before the file.

mod environment;

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use clap::{
    ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches,
    error::{Error, ErrorKind},
    parser::ValueSource,
};
use toml::{Table, Value};

use crate::cli::Cli;

/// Write permission for the group or for everybody: the file may name a command to be run.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Parses a command line, with what the configuration file adds to it.
pub(crate) fn parse(mut arguments: Vec<OsString>) -> Result<Cli, Error> {
    let mut command = Cli::command();
    let found = command.clone().ignore_errors(true).try_get_matches_from(&arguments)?;
    let wrong = |why: String| Cli::command().error(ErrorKind::InvalidValue, why);
    let environment = environment::check(&command, std::env::vars_os()).map_err(wrong);
    let Some(path) = found.get_one::<PathBuf>("config").cloned() else {
        let parsed = command.try_get_matches_from_mut(arguments)?;
        return environment.and_then(|()| Cli::from_arg_matches(&parsed));
    };
    environment?;
    let added = added(&command, &found, &read(&path).map_err(wrong)?)
        .map_err(|why| wrong(format!("{}: {why}", path.display())))?;
    let end = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    arguments.splice(end..end, added.iter().map(OsString::from));
    let parsed = command.try_get_matches_from_mut(arguments);
    if parsed.is_err() && !added.is_empty() {
        // Without their values: one may be a database's address with a password in it.
        let keys: Vec<_> = added.iter().filter_map(|text| text.split('=').next()).collect();
        eprintln!("note: these are from {}: {}", path.display(), keys.join(" "));
    }
    Cli::from_arg_matches(&parsed?)
}

fn read(path: &Path) -> Result<Table, String> {
    let shown = path.display();
    let unreadable =
        |cause| format!("the configuration file {shown} cannot be read ({cause}): check its name");
    let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode();
    if mode & WRITABLE_BY_OTHERS != 0 {
        return Err(format!(
            "others can write to the configuration file {shown}: run `chmod go-w {shown}`, then check what stands in it"
        ));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    text.parse().map_err(|error: toml::de::Error| {
        format!("the configuration file {shown} is not TOML: {error}")
    })
}

/// The arguments that a file adds to a command: those that were not given otherwise.
fn added(root: &Command, found: &ArgMatches, table: &Table) -> Result<Vec<String>, String> {
    let serve = root.find_subcommand("serve").ok_or("there is no command `serve`")?;
    let (mut command, mut matches) = (root, found);
    while let Some((name, deeper)) = matches.subcommand() {
        matches = deeper;
        command = command.find_subcommand(name).ok_or("there is no such command")?;
    }
    let mut added = Vec::new();
    for (key, value) in table {
        let known = |command: &Command| {
            command.get_arguments().find(|argument| argument.get_long() == Some(key)).cloned()
        };
        let in_serve = known(serve).ok_or_else(|| unknown(serve, key))?;
        let flag = matches!(in_serve.get_action(), ArgAction::SetTrue);
        let text = argument(key, value, flag)?;
        let Some(argument) = known(command) else { continue };
        let source = matches.value_source(argument.get_id().as_str());
        if !matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable)) {
            added.extend(text);
        }
    }
    Ok(added)
}

fn unknown(serve: &Command, key: &str) -> String {
    let known: Vec<_> = serve.get_arguments().filter_map(clap::Arg::get_long).collect();
    format!("there is no key `{key}`; the keys are {}", known.join(", "))
}

/// A key and its value as the command line has them; none for what is switched off.
fn argument(key: &str, value: &Value, flag: bool) -> Result<Option<String>, String> {
    match (value, flag) {
        (Value::Boolean(on), true) => Ok(on.then(|| format!("--{key}"))),
        (Value::String(text), false) => Ok(Some(format!("--{key}={text}"))),
        (Value::Integer(number), false) => Ok(Some(format!("--{key}={number}"))),
        (_, true) => Err(format!("`{key}` is true or false")),
        (_, false) => Err(format!("`{key}` is a text in quotation marks, or a number")),
    }
}
