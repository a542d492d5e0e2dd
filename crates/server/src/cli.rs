//! What the command line takes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    account_add, account_mail, account_phone, account_unlock, activation_begin, admin, api_key,
    audit, backup, events, import, issuer_card, manual, master_key, request, serve, stock,
    token_change, token_list, token_resynchronise, token_show, token_sync_again, token_unlock,
    webhook,
};

/// The registry of tokens for electronic prescribing of controlled substances.
///
/// Exit codes: 0 done; 1 refused or not possible, with the reason on stderr; 2 a wrong call.
#[derive(Parser)]
#[command(name = "countersign-server", version)]
pub(crate) struct Cli {
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The configuration file: TOML, its keys the names of what `serve` takes
    #[arg(long, global = true, value_name = "FILE", env = "COUNTERSIGN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server until it is interrupted
    Serve(Box<serve::Arguments>),
    /// Accounts of prescribers
    #[command(subcommand)]
    Account(AccountCommand),
    /// Activations: an enrolment link and a confirmation code
    #[command(subcommand)]
    Activation(ActivationCommand),
    /// Administrators, who sign in on the dashboard under /admin
    #[command(subcommand)]
    Admin(AdminCommand),
    /// API keys of relying parties: the programs that let codes be judged
    #[command(subcommand)]
    ApiKey(ApiKeyCommand),
    /// Webhooks: relying parties that are told of what happens to tokens and accounts
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// Show the issuer card, to which an app seals an export
    IssuerCard(issuer_card::Arguments),
    /// Take the provisioning data that an app exported for this server's issuer card
    Import(import::Arguments),
    /// Tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Requests for tokens: the queue
    #[command(subcommand)]
    Request(RequestCommand),
    /// Stock: hard tokens that nobody owns yet
    #[command(subcommand)]
    Stock(StockCommand),
    /// Show what happened, latest first
    Events(events::Arguments),
    /// Whether the record of what happened was changed; a day of it; its key
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Print what a shell needs to complete this program's commands
    Completions(manual::CompletionsArguments),
    /// Write the manual, a page a command
    Man(manual::ManArguments),
    /// The master key, under which every seed is sealed
    #[command(subcommand)]
    MasterKey(MasterKeyCommand),
    /// Copy the whole database into one file, also while the server runs, and verify its audit
    Backup(backup::BackupArguments),
    /// Bring a database back from a backup whose audit is as it was written; never over another
    Restore(backup::RestoreArguments),
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Find what was edited, removed, exchanged or brought back; ends with 1 where there is anything
    Verify(audit::VerifyArguments),
    /// Report one day, also when there is nothing to report
    Report(audit::ReportArguments),
    /// Show the public keys that checkpoints are signed with
    Key(Place),
    /// Let a new key sign from now on; the old one signs that it follows
    RotateKey(Place),
}

#[derive(Subcommand)]
pub(crate) enum MasterKeyCommand {
    /// Make a new master key in a file
    New(master_key::NewArguments),
    /// Seal everything under the new master key that the former one sealed, while servers run that know both
    Rotate(Place),
}

#[derive(Subcommand)]
pub(crate) enum AdminCommand {
    /// Add an administrator, and show the setup link of their token once
    Add(admin::AddArguments),
    /// List administrators
    List(Place),
    /// End what wrong passphrases or codes put on an administrator's sign-in
    Unlock(admin::NameArguments),
    /// Remove an administrator: they are signed out, and never sign in again
    Remove(admin::NameArguments),
}

#[derive(Subcommand)]
pub(crate) enum ApiKeyCommand {
    /// Make a relying party's key, and show it once
    Add(api_key::AddArguments),
    /// List keys, what they are good for, and when they were used last
    List(Place),
    /// Make the key that follows another, which ends a while later
    Rotate(api_key::RotateArguments),
    /// End a key at once: within five seconds no server takes it any more
    Revoke(api_key::RevokeArguments),
}

#[derive(Subcommand)]
pub(crate) enum WebhookCommand {
    /// Tell a relying party of what happens from now on, and show its secret once
    Add(webhook::AddArguments),
    /// List webhooks, what waits for each, and why it does
    List(Place),
    /// Make a webhook's new secret; the one before signs too for 24 hours
    RotateSecret(webhook::RotateArguments),
    /// Try at once to deliver what waits
    Retry(webhook::Arguments),
    /// Let the next event be lost to a webhook that will never take it; it is named by its number
    Skip(webhook::SkipArguments),
    /// Tell a webhook of nothing any more, also not of what waits
    Remove(webhook::Arguments),
}

#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    /// Open the account of a prescriber whose identity is proved
    Add(account_add::Arguments),
    /// Note a prescriber's mail address; where prescribers are told by mail, the old one and the new are
    Mail(account_mail::Arguments),
    /// Note a prescriber's telephone number, for codes before a token is added
    Phone(account_phone::Arguments),
    /// End the pauses that wrong passphrases put on a prescriber's sign-in, and wrong codes on those that name no token
    Unlock(account_unlock::Arguments),
}

#[derive(Subcommand)]
pub(crate) enum ActivationCommand {
    /// Begin the activation of a prescriber's soft token
    Begin(activation_begin::Arguments),
}

#[derive(Subcommand)]
pub(crate) enum StockCommand {
    /// Take the tokens of a file by their maker or another server, all of them or none
    Import(stock::ImportArguments),
    /// Write hard tokens, with counter and drift, into a file for another server
    Export(stock::ExportArguments),
}

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// List tokens
    List(token_list::Arguments),
    /// Show one token, how its clock or counter went, and when its codes leave the window
    Show(token_show::Arguments),
    /// End the lock of a token before its time, and forget its wrong codes
    Unlock(token_unlock::Arguments),
    /// Find a token's clock or counter again by two codes in a row
    Resynchronise(token_resynchronise::Arguments),
    /// Let the e-prescribing network be told once more of a token, where that was given up
    SyncAgain(token_sync_again::Arguments),
    /// Suspend a token that was reported lost
    Suspend(token_change::Arguments),
    /// Take a suspended token that was found into use again
    Restore(token_change::Arguments),
    /// Deactivate a token for good, so that its prescriber can enrol anew
    Deactivate(token_change::DeactivateArguments),
}

#[derive(Subcommand)]
pub(crate) enum RequestCommand {
    /// List requests, those first that have waited longest
    List(request::ListArguments),
    /// Request a token for a prescriber who called, or replace one
    Add(request::AddArguments),
    /// Take requests up: they can no longer be edited; links of soft tokens are mailed
    Process(request::ProcessArguments),
    /// Note that a hard token was given to a carrier; its activation mail goes out
    Ship(request::ShipArguments),
    /// Mail a new link in place of the last
    SendAgain(request::SendAgainArguments),
    /// Give a request up
    Cancel(request::CancelArguments),
}

/// Where the server keeps what it knows.
#[derive(Args)]
pub(crate) struct Place {
    /// The data folder; made, for its owner only, where it does not exist
    #[arg(
        long,
        value_name = "DIR",
        required_unless_present = "database_url",
        env = "COUNTERSIGN_DATA_DIR"
    )]
    pub(crate) data_dir: Option<PathBuf>,
    /// The PostgreSQL database, postgres://user@host/database, in place of one in the data folder;
    /// best given by the environment, as a password in it is otherwise seen among the processes
    #[arg(long, value_name = "URL", env = "COUNTERSIGN_DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// The file with the 32 bytes of the master key; made at first start [default: master.key in
    /// the data folder]
    #[arg(long, value_name = "FILE", env = "COUNTERSIGN_MASTER_KEY_FILE")]
    pub(crate) master_key_file: Option<PathBuf>,
    /// A command that prints the master key, as 32 bytes, 64 hexadecimal digits or Base64; or put it into
    /// the environment as COUNTERSIGN_MASTER_KEY
    #[arg(long, value_name = "COMMAND", env = "COUNTERSIGN_MASTER_KEY_COMMAND")]
    pub(crate) master_key_command: Option<String>,
    /// The file with the master key before, while it is changed
    #[arg(long, value_name = "FILE", env = "COUNTERSIGN_FORMER_MASTER_KEY_FILE")]
    pub(crate) former_master_key_file: Option<PathBuf>,
    /// A command that prints the master key before, while it is changed; or put it into the environment as
    /// COUNTERSIGN_FORMER_MASTER_KEY
    #[arg(long, value_name = "COMMAND", env = "COUNTERSIGN_FORMER_MASTER_KEY_COMMAND")]
    pub(crate) former_master_key_command: Option<String>,
}
