//! What a mail says that tells a prescriber what was done: what, to which token, when, by whom, and what
//! to do where it was none of theirs. It holds no link, so that nobody learns to follow one from it.

use oath::TokenType;
use registry::{Actor, Notice, NoticeKind, NoticedToken};

use super::text::{Letter, Sender};
use crate::time_text;

impl Letter {
    /// Of what was done to a prescriber's tokens or account.
    pub(super) fn of_notice(notice: &Notice, sender: &Sender<'_>) -> Self {
        let (subject, happened) = happened(notice.kind);
        let body = format!(
            "Dear {},\n\n{happened}\n\n{}\n{}\n{}.\n\nThis mail has no link, and nobody asks you for a code because of it.\n",
            notice.name,
            facts(notice, sender),
            what_now(notice.kind),
            sender.reach(),
        );
        Self { subject: format!("{}: {subject}", sender.issuer), body }
    }
}

/// As the subject has it, and as a sentence.
const fn happened(kind: NoticeKind) -> (&'static str, &'static str) {
    match kind {
        NoticeKind::TokenAdded => (
            "a token was added to your account",
            "a token was added to your account. Its codes count as yours.",
        ),
        NoticeKind::TokenMoved => (
            "your token was moved to a new phone",
            "your token was moved to a new phone. The one on the old phone is deactivated.",
        ),
        NoticeKind::TokenSuspended => (
            "your token was reported lost",
            "your token was reported lost, and is suspended: its codes are refused until\nit is found.",
        ),
        NoticeKind::NewPhoneSuspended => (
            "the token on your new phone was suspended",
            "another of your tokens was reported lost. So the one that was being set up on\na new phone is suspended too: its codes are refused until it is taken back.",
        ),
        NoticeKind::TokenRestored => (
            "your token is back in use",
            "your token was suspended, and is back in use: its codes are accepted again.",
        ),
        NoticeKind::TokenDeactivated => (
            "your token was deactivated",
            "your token was deactivated for good. Its codes are refused.",
        ),
        NoticeKind::PassphraseChanged => {
            ("your passphrase was changed", "the passphrase of your account was changed.")
        }
        NoticeKind::PhoneAdded => (
            "a telephone number was added to your account",
            "a telephone number was added to your account. Codes that confirm a new token\nare sent there.",
        ),
        NoticeKind::PhoneRemoved => (
            "your telephone number was removed",
            "the telephone number of your account was removed. No code is sent there any\nmore.",
        ),
        NoticeKind::PhoneChanged => (
            "your telephone number was changed",
            "the telephone number of your account was changed. Codes that confirm a new\ntoken are sent there.",
        ),
        NoticeKind::MailReplaced => (
            "your mail address was changed",
            "the mail address of your account was changed. This one is told nothing more;\nwhat is done to your account is told to the new one.",
        ),
        NoticeKind::MailChanged => (
            "your mail address was changed",
            "this is now the mail address of your account. What is done to your account is\ntold here.",
        ),
        NoticeKind::AccessEnded => (
            "your access has ended",
            "your access has ended. All your tokens are deactivated, and you can no longer\nsign in.",
        ),
    }
}

/// Which token, when, by whom, whose account: a line each.
fn facts(notice: &Notice, sender: &Sender<'_>) -> String {
    let mut facts = String::new();
    if let Some(NoticedToken { name, serial, token_type }) = &notice.token {
        let number = match token_type {
            TokenType::Soft => "credential ID",
            TokenType::Hard => "serial number",
        };
        facts += &format!("Token: {name}\n       {number} ending in {}\n", end_of(serial.as_str()));
    }
    if let Some(new) = &notice.moved_to {
        facts += &format!("       on the new phone ending in {}\n", end_of(new.as_str()));
    }
    let when = time_text::to_the_minute(notice.at);
    let (by, npi, issuer) = (by(notice), notice.npi, sender.issuer);
    facts + &format!("When:  {when}\nBy:    {by}\nFor:   NPI {npi} at {issuer}\n")
}

fn by(notice: &Notice) -> String {
    match (&notice.by, notice.kind) {
        (Actor::Prescriber { .. }, NoticeKind::PassphraseChanged) => {
            "whoever had your link and code for a new passphrase".to_owned()
        }
        (Actor::Prescriber { .. }, _) => "you yourself, or somebody signed in as you".to_owned(),
        (Actor::Token { serial, .. }, _) => {
            format!("the app of your token ending in {}", end_of(serial.as_str()))
        }
        (Actor::Administrator { .. }, _) => "an administrator".to_owned(),
        (Actor::RelyingParty { name, .. }, _) => format!("{name}, where you prescribe"),
        (Actor::App | Actor::Stranger, _) => "somebody not signed in".to_owned(),
        (Actor::System, _) => "the server by itself".to_owned(),
    }
}

fn end_of(serial: &str) -> &str {
    serial.len().checked_sub(4).and_then(|from| serial.get(from..)).unwrap_or(serial)
}

/// What to do if it was the reader's doing, and if not; ends before whom to call.
const fn what_now(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::TokenAdded | NoticeKind::TokenMoved | NoticeKind::TokenRestored => {
            "If this was you, or was done for you, there is nothing to do.

If it was not: sign in as you always do, choose Manage Tokens, and report
this token lost. Its codes are refused at once. Then call"
        }
        NoticeKind::TokenSuspended => {
            "If it is lost: sign in to see by when that must be told, which is within one
business day.

If it is not, and you know of no report: somebody else may be in your account.
Call at once"
        }
        NoticeKind::NewPhoneSuspended
        | NoticeKind::TokenDeactivated
        | NoticeKind::PassphraseChanged
        | NoticeKind::PhoneAdded
        | NoticeKind::PhoneChanged
        | NoticeKind::PhoneRemoved
        | NoticeKind::MailReplaced
        | NoticeKind::MailChanged => {
            "If this was you, or was done for you, there is nothing to do.

If it was not: somebody else may be in your account. Call at once"
        }
        NoticeKind::AccessEnded => "If you did not expect this, call",
    }
}
