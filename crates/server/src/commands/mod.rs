//! The commands, one a file.

pub(crate) mod account_add;
pub(crate) mod account_mail;
pub(crate) mod account_phone;
pub(crate) mod account_unlock;
pub(crate) mod activation_begin;
pub(crate) mod admin;
pub(crate) mod api_key;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod events;
pub(crate) mod import;
pub(crate) mod issuer_card;
pub(crate) mod manual;
pub(crate) mod master_key;
pub(crate) mod request;
pub(crate) mod serve;
pub(crate) mod stock;
pub(crate) mod token_change;
pub(crate) mod token_list;
pub(crate) mod token_resynchronise;
pub(crate) mod token_show;
pub(crate) mod token_sync_again;
pub(crate) mod token_unlock;
pub(crate) mod webhook;

use registry::Actor;
use rustix::process::getuid;

use self::token_change::Change;
use crate::{
    cli::{
        AccountCommand, ActivationCommand, AdminCommand, ApiKeyCommand, AuditCommand, Cli, Command,
        MasterKeyCommand, StockCommand, TokenCommand, WebhookCommand,
    },
    failure::Failure,
};

/// Carries out what the command line asks for.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    let json = cli.json;
    match cli.command {
        Command::Serve(arguments) => serve::run(*arguments).await,
        Command::Account(AccountCommand::Add(arguments)) => account_add::run(arguments, json).await,
        Command::Account(AccountCommand::Mail(arguments)) => {
            account_mail::run(arguments, json).await
        }
        Command::Account(AccountCommand::Phone(arguments)) => {
            account_phone::run(arguments, json).await
        }
        Command::Account(AccountCommand::Unlock(arguments)) => {
            account_unlock::run(arguments, json).await
        }
        Command::Activation(ActivationCommand::Begin(arguments)) => {
            activation_begin::run(arguments, json).await
        }
        Command::Admin(AdminCommand::Add(arguments)) => admin::add(arguments, json).await,
        Command::Admin(AdminCommand::List(place)) => admin::list(&place, json).await,
        Command::Admin(AdminCommand::Unlock(arguments)) => admin::unlock(arguments, json).await,
        Command::Admin(AdminCommand::Remove(arguments)) => admin::remove(arguments, json).await,
        Command::ApiKey(ApiKeyCommand::Add(arguments)) => api_key::add(arguments, json).await,
        Command::ApiKey(ApiKeyCommand::List(place)) => api_key::list(&place, json).await,
        Command::ApiKey(ApiKeyCommand::Rotate(arguments)) => api_key::rotate(arguments, json).await,
        Command::ApiKey(ApiKeyCommand::Revoke(arguments)) => api_key::revoke(arguments, json).await,
        Command::Webhook(WebhookCommand::Add(arguments)) => webhook::add(arguments, json).await,
        Command::Webhook(WebhookCommand::List(place)) => webhook::list(&place, json).await,
        Command::Webhook(WebhookCommand::RotateSecret(arguments)) => {
            webhook::rotate_secret(arguments, json).await
        }
        Command::Webhook(WebhookCommand::Retry(arguments)) => webhook::retry(arguments, json).await,
        Command::Webhook(WebhookCommand::Skip(arguments)) => webhook::skip(arguments, json).await,
        Command::Webhook(WebhookCommand::Remove(arguments)) => {
            webhook::remove(arguments, json).await
        }
        Command::IssuerCard(arguments) => issuer_card::run(arguments, json).await,
        Command::Import(arguments) => import::run(arguments, json).await,
        Command::Token(TokenCommand::List(arguments)) => token_list::run(arguments, json).await,
        Command::Token(TokenCommand::Show(arguments)) => token_show::run(arguments, json).await,
        Command::Token(TokenCommand::Unlock(arguments)) => token_unlock::run(arguments, json).await,
        Command::Token(TokenCommand::Resynchronise(arguments)) => {
            token_resynchronise::run(arguments, json).await
        }
        Command::Token(TokenCommand::SyncAgain(arguments)) => {
            token_sync_again::run(arguments, json).await
        }
        Command::Token(TokenCommand::Suspend(arguments)) => {
            token_change::run(Change::Suspend, arguments, json).await
        }
        Command::Token(TokenCommand::Restore(arguments)) => {
            token_change::run(Change::Restore, arguments, json).await
        }
        Command::Token(TokenCommand::Deactivate(arguments)) => {
            token_change::deactivate(arguments, json).await
        }
        Command::Request(command) => request::run(command, json).await,
        Command::Stock(StockCommand::Export(arguments)) => stock::export(arguments, json).await,
        Command::Stock(StockCommand::Import(arguments)) => stock::import(arguments, json).await,
        Command::Completions(arguments) => manual::completions(&arguments),
        Command::Man(arguments) => manual::man(&arguments),
        Command::MasterKey(MasterKeyCommand::New(arguments)) => master_key::new(&arguments, json),
        Command::MasterKey(MasterKeyCommand::Rotate(place)) => {
            master_key::rotate(&place, json).await
        }
        Command::Backup(arguments) => backup::backup(arguments, json).await,
        Command::Restore(arguments) => backup::restore(arguments, json).await,
        Command::Events(arguments) => events::run(arguments, json).await,
        Command::Audit(AuditCommand::Verify(arguments)) => audit::verify(arguments, json).await,
        Command::Audit(AuditCommand::Report(arguments)) => audit::report(arguments, json).await,
        Command::Audit(AuditCommand::Key(place)) => audit::show_key(&place, json).await,
        Command::Audit(AuditCommand::RotateKey(place)) => audit::rotate_key(&place, json).await,
    }
}

/// Who works at the command line: the login name that the system says, or the number of the user.
pub(crate) fn operator() -> Actor {
    let login = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER"));
    let name = login.ok().and_then(|login| login.parse().ok());
    let name = name.or_else(|| format!("uid {}", getuid().as_raw()).parse().ok());
    name.map_or(Actor::System, |name| Actor::Administrator { name, session: None })
}
