//! A token as the pages show it.

use oath::{SerialNumber, TokenType, UnixTime};
use registry::{
    Actor, Devices, Handover, HandoverStage, Token, TokenState,
    rules::{
        handover::is_movable,
        lock::Lock,
        token_states::{TokenEvent, is_possible},
    },
};

use crate::time_text;

/// What a page shows of a token: text only.
pub(super) struct TokenRow {
    pub(super) name: String,
    /// Without spaces, for addresses and attributes.
    pub(super) serial: String,
    pub(super) serial_shown: String,
    pub(super) serial_label: &'static str,
    pub(super) manufacturer: &'static str,
    pub(super) token_type: &'static str,
    pub(super) state: &'static str,
    pub(super) state_name: &'static str,
    pub(super) last_used: String,
    /// The same for programs; empty where it never was.
    pub(super) last_used_at: String,
    /// In how many seconds at most it shows a code that is not used up, where that can be told.
    pub(super) next_code_in: Option<u64>,
    pub(super) drift: String,
    /// Whether it is the prescriber's and not deactivated.
    pub(super) in_use: bool,
    /// Whether its codes are judged now.
    pub(super) can_be_tested: bool,
    /// What its owner can do with it now.
    pub(super) can_resynchronise: bool,
    /// By a sign-in with another one.
    pub(super) can_be_unlocked: bool,
    pub(super) can_be_lost: bool,
    pub(super) can_be_found: bool,
    pub(super) can_be_given_up: bool,
    pub(super) can_be_moved: bool,
    /// Whether it looks as if it were on the device in whose browser it was added.
    pub(super) same_device: bool,
    /// Whether it is being moved to a new phone.
    pub(super) is_moving: bool,
    /// Whether the network can be told of it once more.
    pub(super) can_sync_again: bool,
    /// What the state means for the prescriber; empty where there is nothing to say.
    pub(super) note: String,
}

impl TokenRow {
    pub(super) fn new(token: &Token, now: UnixTime) -> Self {
        let owner = token.owner.map(|npi| Actor::Prescriber { npi });
        let owner_may =
            |event| owner.as_ref().is_some_and(|owner| is_possible(token, event, owner, now));
        Self {
            name: token.name.to_string(),
            serial: token.serial.as_str().to_owned(),
            serial_shown: token.serial.to_string(),
            serial_label: match token.token_type {
                TokenType::Soft => "Credential ID",
                TokenType::Hard => "Serial number",
            },
            manufacturer: token.manufacturer.name(),
            token_type: token.token_type.name(),
            state: token.state.name(),
            state_name: capitalised(token.state),
            last_used: token
                .last_used
                .map_or_else(|| "never".to_owned(), |at| time_text::ago(at, now)),
            last_used_at: token.last_used.map(time_text::rfc3339).unwrap_or_default(),
            next_code_in: token.next_code_in(now),
            drift: drift(token),
            in_use: token.state.is_in_use(),
            can_be_tested: token.is_usable(),
            can_resynchronise: owner_may(TokenEvent::Resynchronise),
            can_be_unlocked: owner_may(TokenEvent::EndLock),
            can_be_lost: owner_may(TokenEvent::Lost),
            can_be_found: owner_may(TokenEvent::Found),
            can_be_given_up: owner_may(TokenEvent::Deactivate),
            can_be_moved: is_movable(token, now),
            same_device: token.devices == Devices::Same && token.state.is_in_use(),
            is_moving: false,
            can_sync_again: owner_may(TokenEvent::SyncAgain),
            note: note(token, now),
        }
    }

    /// What its state means in the words of the help desk, whose page has other buttons.
    pub(super) fn for_the_help_desk(self, token: &Token) -> Self {
        let note = match token.state {
            TokenState::Suspended => "Suspended, as it was reported lost. When its owner has it in their hands, choose “Take it back into use”.".to_owned(),
            TokenState::PendingSync if token.sync.is_given_up() => "The e-prescribing network did not acknowledge this token within 60 minutes. Its owner can sign in with it, but not sign prescriptions. Choose “Tell the network again”.".to_owned(),
            TokenState::Locked if token.lock == Some(Lock::UntilUnlocked) => "Locked after a hundred wrong codes in a row, until you unlock it.".to_owned(),
            _ => self.note,
        };
        Self { note, ..self }
    }

    /// Says of a token that it is being moved to a new phone, and how far that is.
    pub(super) fn moving(self, handovers: &[Handover]) -> Self {
        let is_new = |to: &SerialNumber| to.as_str() == self.serial;
        if handovers.iter().any(|found| found.to.as_ref().is_some_and(is_new)) {
            let note = format!("The new phone’s token. {}", self.note);
            return Self { note: note.trim_end().to_owned(), ..self };
        }
        let Some(found) = handovers.iter().find(|found| found.from.as_str() == self.serial) else {
            return self;
        };
        let state = how_far(found);
        let note = match self.note.as_str() {
            "" => state,
            note => format!("{note} {state}"),
        };
        Self { note, is_moving: true, ..self }
    }
}

/// How far a token's move to a new phone is, in words.
pub(super) fn how_far(handover: &Handover) -> String {
    let to = handover.to.as_ref().map_or_else(String::new, ToString::to_string);
    match handover.stage {
        HandoverStage::Enrolling { until } => format!(
            "It is being moved to a new phone, which can open the link until {}. Until that is done, this one works.",
            time_text::to_the_minute(until)
        ),
        HandoverStage::FirstCode => format!(
            "It is being moved to a new phone, whose token {to} has arrived: its first code is missing. Until that is typed, this one works."
        ),
        HandoverStage::NetworkSync => format!(
            "It is being moved to a new phone: {to} takes its place as soon as the e-prescribing network knows it. Until then, this one works."
        ),
        HandoverStage::Locked => format!(
            "It is being moved to a new phone, whose token {to} was locked by wrong codes. Until that is unlocked or shows a good code again, this one works."
        ),
    }
}

/// How far the token's clock is off, in words.
pub(super) fn drift(token: &Token) -> String {
    if token.otp.is_event_based() {
        return "none: it counts presses".to_owned();
    }
    let Some(period) = token.otp.period() else { return "not yet known".to_owned() };
    let seconds = i64::from(token.drift.steps()) * i64::try_from(period.seconds()).unwrap_or(30);
    match seconds {
        0 => "none".to_owned(),
        1.. => format!("clock {seconds} s fast"),
        _ => format!("clock {} s slow", seconds.unsigned_abs()),
    }
}

const fn capitalised(state: TokenState) -> &'static str {
    match state {
        TokenState::Provisioned => "Not yet added",
        TokenState::PendingSync => "Network sync",
        TokenState::Active => "Active",
        TokenState::Locked => "Locked",
        TokenState::Suspended => "Suspended",
        TokenState::Deactivated => "Deactivated",
    }
}

fn note(token: &Token, now: UnixTime) -> String {
    match (token.state, token.locked_until(now)) {
        (TokenState::PendingSync, _) => sync_note(token, now),
        (TokenState::Locked, Some(until)) => format!(
            "Locked after too many wrong codes. It unlocks by itself in {}, on {}. Trying before changes nothing.",
            time_text::span(until.since(now)),
            // The minute in which it can be used again, not the one in which it still cannot.
            time_text::to_the_minute(until.plus(59))
        ),
        (TokenState::Active, _) if token.near_misses > 0 => {
            "Its last code was of another time. If the next one is refused too, choose “Resynchronise”.".to_owned()
        }
        (TokenState::Locked, None) => {
            "Locked after too many wrong codes. The help desk can unlock it.".to_owned()
        }
        (TokenState::Suspended, _) => {
            "Suspended, as it was reported lost. If you have found it, choose “I found it”."
                .to_owned()
        }
        _ => String::new(),
    }
}

fn sync_note(token: &Token, now: UnixTime) -> String {
    if token.sync.is_given_up() {
        return "The e-prescribing network did not acknowledge this token within 60 minutes. You can sign in with it, but not sign prescriptions. Let the network be told again, or call the help desk.".to_owned();
    }
    let minute = token.sync.minute(now).unwrap_or_default();
    format!(
        "Network sync, minute {minute} of 60. You can sign in with it already; it signs prescriptions as soon as the e-prescribing network knows it. Nothing is left for you to do."
    )
}
