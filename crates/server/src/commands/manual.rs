//! `completions` and `man`: what a shell and a manual's reader need, from the command line's own description.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{cli::Cli, failure::Failure};

const PROGRAM: &str = "countersign-server";

#[derive(Args)]
pub(crate) struct CompletionsArguments {
    /// For which shell
    shell: Shell,
}

#[derive(Args)]
pub(crate) struct ManArguments {
    /// The folder to write the pages into, one a command
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

pub(crate) fn completions(arguments: &CompletionsArguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), PROGRAM, &mut script);
    let mut out = io::stdout().lock();
    out.write_all(&script).and_then(|()| out.flush()).map_err(Failure::Output)
}

pub(crate) fn man(arguments: &ManArguments) -> Result<(), Failure> {
    clap_mangen::generate_to(Cli::command(), &arguments.to).map_err(Failure::Output)
}
