//! A loss in words: the time that is left, the codes since, and the draft of the notice.

use core::fmt::Write;

use oath::{TokenType, UnixTime};
use registry::{Account, Actor, CodesSince, Loss, LossStory, Mark, Token};

use super::admin::purpose_text;
use crate::time_text;

/// What a page shows of a loss: text only.
pub(super) struct LossText {
    pub(super) serial: String,
    pub(super) serial_shown: String,
    pub(super) reported: String,
    /// The day by whose end the notice is due.
    pub(super) day: String,
    /// How long that is; empty where it is over.
    pub(super) left: String,
    /// When it was noted that the notice was given; empty where it was not.
    pub(super) told: String,
}

impl LossText {
    /// With the name of the token, of the account's.
    pub(super) fn named(loss: &Loss, tokens: &[Token], now: UnixTime) -> (String, Self) {
        let token = tokens.iter().find(|token| token.serial == loss.serial);
        let name = token.map_or_else(|| loss.serial.to_string(), |token| token.name.to_string());
        (name, Self::new(loss, now))
    }

    pub(super) fn new(loss: &Loss, now: UnixTime) -> Self {
        let left = loss.due.ends.since(now);
        Self {
            serial: loss.serial.as_str().to_owned(),
            serial_shown: loss.serial.to_string(),
            reported: time_text::to_the_minute(loss.reported),
            day: time_text::weekday_and_date(loss.due.day),
            left: if loss.due.has_passed(now) { String::new() } else { time_text::left(left) },
            told: loss.told.map_or_else(String::new, time_text::to_the_minute),
        }
    }
}

/// An accepted code as a page shows it.
pub(super) struct CodeRow {
    pub(super) id: u64,
    pub(super) at: String,
    pub(super) purpose: &'static str,
    /// `mine`, `not-mine`, or empty.
    pub(super) mark: &'static str,
}

/// What a page shows of the codes since a token was last had.
pub(super) struct CodesText {
    /// What the owner said; empty where they have not.
    pub(super) last_had: String,
    pub(super) since: String,
    pub(super) since_date: String,
    pub(super) since_time: String,
    pub(super) codes: Vec<CodeRow>,
    pub(super) more: bool,
    pub(super) not_mine: usize,
}

impl CodesText {
    pub(super) fn new(codes: &CodesSince) -> Self {
        Self {
            last_had: codes.last_had.map_or_else(String::new, time_text::to_the_minute),
            since: time_text::to_the_minute(codes.since),
            since_date: time_text::date(codes.since),
            since_time: time_text::minute_of_day(codes.since),
            codes: codes
                .codes
                .iter()
                .map(|(event, mark)| CodeRow {
                    id: event.id,
                    at: time_text::to_the_second(event.what.at),
                    purpose: event.what.purpose.map_or("", purpose_text),
                    mark: mark.map_or("", Mark::name),
                })
                .collect(),
            more: codes.more,
            not_mine: codes.marked(Some(Mark::NotMine)),
        }
    }
}

const fn mark_text(mark: Option<Mark>) -> &'static str {
    match mark {
        Some(Mark::Mine) => "mine",
        Some(Mark::NotMine) => "NOT MINE",
        None => "not said whose",
    }
}

/// The draft of the notice of 21 CFR 1311.102, as plain text.
pub(super) fn notice(
    story: &LossStory,
    token: &Token,
    account: &Account,
    issuer: &str,
    now: UnixTime,
) -> String {
    let loss = &story.loss;
    let label = match token.token_type {
        TokenType::Soft => "Credential ID:",
        TokenType::Hard => "Serial number:",
    };
    let last_had = story.codes.as_ref().and_then(|codes| codes.last_had);
    let last_had = last_had.map_or_else(|| BLANK.to_owned(), time_text::to_the_minute);
    let mut text = format!(
        "NOTICE OF A LOST, STOLEN OR COMPROMISED TOKEN (21 CFR 1311.102)\n\
         \n\
         A draft, made on {now}. Check each line, fill in what is blank, and send\n\
         it yourself: nothing was sent for you.\n\
         \n\
         To:    whoever granted my access to sign prescriptions for controlled\n\
         \x20      substances (the persons designated under 21 CFR 1311.125 or 1311.130)\n\
         \x20      at {issuer}\n\
         From:  {name}, NPI {npi}\n\
         \n\
         This token of mine is lost, stolen or may have been in other hands:\n\
         \n\
         Name:                   {token_name}\n\
         {label:<24}{serial}\n\
         Type:                   {token_type}, {manufacturer}\n\
         Reported:               {reported}, {by}\n\
         State now:              {state}\n\
         I found out on:         {BLANK}\n\
         Last in my possession:  {last_had}\n\
         Notice due by:          the end of {day}\n",
        now = time_text::to_the_minute(now),
        name = account.name,
        npi = account.npi,
        token_name = token.name,
        serial = token.serial,
        token_type = token.token_type.name(),
        manufacturer = token.manufacturer.name(),
        reported = time_text::to_the_minute(loss.reported),
        by = by(&loss.by),
        state = token.state,
        day = time_text::weekday_and_date(loss.due.day),
    );
    text.push_str(&codes(story.codes.as_ref()));
    let _ = write!(text, "\nSigned: {BLANK}   Date: {BLANK}\n");
    text
}

const BLANK: &str = "____________________";

fn codes(codes: Option<&CodesSince>) -> String {
    let Some(codes) = codes else {
        return "\nCodes of it that were accepted since: not listed here, because this draft was made\n\
                with the passphrase alone. The help desk lists them.\n"
            .to_owned();
    };
    let from = match codes.last_had {
        Some(_) => "since I last had it",
        None => "since the last accepted code before the report",
    };
    let mut text = format!("\nCodes of it that were accepted {from}:\n\n");
    if codes.codes.is_empty() {
        text.push_str("  none\n");
    }
    for (event, mark) in &codes.codes {
        let purpose = event.what.purpose.map_or("", purpose_text);
        let at = time_text::to_the_second(event.what.at);
        // Writing into a text does not fail.
        let _ = writeln!(text, "  {at}  {purpose}, event {}: {}", event.id, mark_text(*mark));
    }
    if codes.more {
        text.push_str("  and earlier ones: the audit lists them\n");
    }
    text
}

fn by(actor: &Actor) -> String {
    match actor {
        Actor::Prescriber { .. } => "by me".to_owned(),
        Actor::Token { serial, .. } => format!("by me, from the app of {serial}"),
        Actor::Administrator { .. } => "by the help desk".to_owned(),
        Actor::RelyingParty { name, .. } => format!("by {name}"),
        Actor::App | Actor::Stranger | Actor::System => "by the server".to_owned(),
    }
}
