//! Two people open, end or ease a prescriber's access (21 CFR 1311.125): one enters, a second, who is a DEA
//! registrant and has just given two factors, executes.
//!
//! ```text
//!   pending --executed, by another registrant--> executed
//!      |-----declined, by a registrant or by whoever entered it--> declined
//!      +-----nobody decides for seven days--> expired
//! ```
//!
//! Whoever entered an account knows its first passphrase, whoever executes a passphrase reset sees what
//! sets the next one, and whoever executes an activation sees its link and its confirmation code. A
//! passphrase and an activation together are a token in the prescriber's place: so nobody gets to know
//! both, whatever roles they have and in whichever order it is done.
//!
//! A relying party stands in the first person's place: it enters accounts and activations by its API key, and
//! executes and sees nothing. Whoever executes an account that it entered counts as knowing the passphrase, for
//! the server knows the party and not its people: so the activation takes another registrant. What an
//! administrator enters takes the place of what it entered and waits.
//!
//! A telephone number is changed by two people too: codes go to it before a token is added, and whoever
//! could redirect them alone would need one thing less. So is a mail address: what is done to the account is
//! told there, and whoever could redirect that alone would be told instead of the prescriber.
//!
//! Access that was ended has no token left, and comes back by an activation with a new record of
//! identity proofing only.
//!
//! Where the last token is gone, identity proofing starts again ([`super::proofing`]): then an activation
//! brings the new record, which so is entered and executed by two people as well.

use oath::UnixTime;

use super::proofing::ProofingRefusal;
use crate::{
    access::{AccessChange, AccessOrder, AccessState},
    account::Account,
    values::AdministratorName,
};

/// For how many seconds something that was entered waits for the second person.
pub const WAITS: u64 = 7 * 24 * 3600;

/// How many entries of one relying party wait at a time, so that its key alone does not fill the list.
pub const PARTY_WAITING: u64 = 50;

/// For how many seconds whoever executed an activation is shown it again, for the same submit.
pub const SHOWN_AGAIN: u64 = 10 * 60;

/// What stands in the audit where access was ended.
pub(crate) const ACCESS_ENDED: &str = "access ended";

/// Why an access change is not entered, executed or declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessRefusal {
    /// The same is waiting for a second person already.
    #[error("the same was entered for this NPI already, and waits to be executed")]
    EnteredAlready,
    /// Of a relying party as much waits as may.
    #[error(
        "{PARTY_WAITING} of what you entered wait to be executed, and no more may: enter this once a registrant has decided some of them"
    )]
    TooManyWait,
    /// A new account comes with a passphrase; nothing else does.
    #[error("a new account needs a first passphrase")]
    Passphrase,
    /// There is no such change.
    #[error("nothing was entered under this address")]
    Unknown,
    /// The change was decided, or expired.
    #[error("this is {0} already: nothing was changed")]
    NotPending(AccessState),
    /// Nobody executes what they entered.
    #[error("you entered this yourself: a second person has to execute it")]
    OwnEntry,
    /// Whoever knows the account's first passphrase does not see its activation.
    #[error(
        "you set this account’s first passphrase, executed the account that a relying party entered with one, or saw the link that sets the next one, so somebody else has to execute its activation: nobody may know both"
    )]
    KnowsPassphrase,
    /// Whoever saw the account's open activation does not see what sets its passphrase.
    #[error(
        "you saw this account’s activation, which can still be used, so somebody else has to execute the new passphrase: nobody may know both"
    )]
    SawActivation,
    /// The account's access was ended.
    #[error(
        "this prescriber’s access was ended already: it is given back by an activation with a new identity-proofing record"
    )]
    Ended,
    /// The number is on record already.
    #[error("this is the telephone number on record already")]
    SamePhone,
    /// The address is on record already.
    #[error("this is the mail address on record already")]
    SameMail,
    /// The form was used for something else.
    #[error("this form was used for something else already: open it again")]
    FormUsed,
    /// The account had tokens and has none left.
    #[error(
        "this prescriber has no token left, so identity proofing starts again: check the identity, then enter an activation with the new identity-proofing record"
    )]
    NeedsProofing,
    /// The identity was proved, and that holds.
    #[error(
        "this prescriber’s identity is proved, and the record of it stays as it is: enter the activation without a new one"
    )]
    ProofingStands,
}

impl AccessRefusal {
    /// The word for the audit; `None` where it is not worth an event.
    #[must_use]
    pub const fn cause(self) -> Option<&'static str> {
        match self {
            Self::OwnEntry => Some("own entry"),
            Self::KnowsPassphrase => Some("knows the passphrase"),
            Self::SawActivation => Some("saw the activation"),
            Self::Ended => Some(ACCESS_ENDED),
            Self::NeedsProofing => Some("needs identity proofing"),
            Self::ProofingStands => Some("identity proofing stands"),
            Self::EnteredAlready
            | Self::TooManyWait
            | Self::Passphrase
            | Self::Unknown
            | Self::SamePhone
            | Self::SameMail
            | Self::FormUsed
            | Self::NotPending(_) => None,
        }
    }
}

impl From<ProofingRefusal> for AccessRefusal {
    fn from(refusal: ProofingRefusal) -> Self {
        match refusal {
            ProofingRefusal::Needed => Self::NeedsProofing,
            ProofingRefusal::Stands => Self::ProofingStands,
        }
    }
}

impl AccessChange {
    /// The change as it is at an instant: one that nobody decided in time has expired.
    #[must_use]
    pub fn at(&self, now: UnixTime) -> Self {
        let mut change = self.clone();
        if change.state == AccessState::Pending && now.since(change.entered) > WAITS {
            change.state = AccessState::Expired;
        }
        change
    }
}

/// Which administrators know what of an account.
#[derive(Debug, Default)]
pub struct Known {
    /// Who can know its passphrase.
    pub passphrase: Vec<AdministratorName>,
    /// Who saw the link and the code of an activation that can still be used.
    pub activation: Option<AdministratorName>,
}

/// Refuses an execution by somebody who may not.
///
/// # Errors
/// [`AccessRefusal`].
pub fn check_execution(
    change: &AccessChange,
    known: &Known,
    executor: &AdministratorName,
    now: UnixTime,
) -> Result<(), AccessRefusal> {
    let change = change.at(now);
    if change.state != AccessState::Pending {
        return Err(AccessRefusal::NotPending(change.state));
    }
    if change.entered_by.is(executor) {
        return Err(AccessRefusal::OwnEntry);
    }
    match change.order {
        AccessOrder::Activation { .. } if known.passphrase.contains(executor) => {
            Err(AccessRefusal::KnowsPassphrase)
        }
        AccessOrder::Passphrase { .. } if known.activation.as_ref() == Some(executor) => {
            Err(AccessRefusal::SawActivation)
        }
        _ => Ok(()),
    }
}

/// Whether a relying party may enter it: what opens access, which a registrant checks, and nothing that ends
/// it or redirects a code.
pub(crate) const fn is_a_relying_partys(order: &AccessOrder) -> bool {
    matches!(order, AccessOrder::Account { .. } | AccessOrder::Activation { .. })
}

/// Refuses what an account has no place for once its access was ended, or as it is. What an activation
/// brings is judged in [`super::proofing`].
pub(crate) fn check_account(account: &Account, order: &AccessOrder) -> Result<(), AccessRefusal> {
    match order {
        AccessOrder::Account { .. } | AccessOrder::Activation { .. } => Ok(()),
        _ if account.access_ended.is_some() => Err(AccessRefusal::Ended),
        AccessOrder::Phone { phone } if *phone == account.phone => Err(AccessRefusal::SamePhone),
        AccessOrder::Mail { mail } if *mail == account.mail => Err(AccessRefusal::SameMail),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use provisioning::PinPolicy;

    use super::*;
    use crate::access::EnteredBy;

    const ENTERED: UnixTime = UnixTime(1_000_000);

    fn name(text: &str) -> AdministratorName {
        text.parse().unwrap()
    }

    fn change(order: AccessOrder, state: AccessState) -> AccessChange {
        AccessChange {
            id: "a".parse().unwrap(),
            npi: "1234567893".parse().unwrap(),
            order,
            state,
            entered_by: EnteredBy::Administrator("Ines".parse().unwrap()),
            entered: ENTERED,
            decided: None,
        }
    }

    #[test]
    fn who_may_execute_as_a_table() {
        use AccessRefusal as R;
        use AccessState as S;
        let account = || AccessOrder::Account {
            name: "Ada".parse().unwrap(),
            mail: "ada@example.org".parse().unwrap(),
            phone: None,
            own_id: None,
            address: None,
            proofing: "passport".parse().unwrap(),
        };
        let activation =
            || AccessOrder::Activation { valid_for: 60, pin: PinPolicy::default(), proofing: None };
        let reset = || AccessOrder::Passphrase { assurance: "called back".parse().unwrap() };
        let end = || AccessOrder::End { reason: "left".parse().unwrap() };
        // Order, state, who knows the passphrase, who saw the activation, who executes, when.
        for (order, state, passphrase, saw, executor, seconds, expected) in [
            (account(), S::Pending, None, None, "Rosa", 0, Ok(())),
            (account(), S::Pending, None, None, "Ines", 0, Err(R::OwnEntry)),
            (account(), S::Pending, None, None, "INES", 0, Err(R::OwnEntry)),
            (account(), S::Executed, None, None, "Rosa", 0, Err(R::NotPending(S::Executed))),
            (account(), S::Declined, None, None, "Rosa", 0, Err(R::NotPending(S::Declined))),
            (account(), S::Pending, None, None, "Rosa", WAITS, Ok(())),
            (account(), S::Pending, None, None, "Rosa", WAITS + 1, Err(R::NotPending(S::Expired))),
            (activation(), S::Pending, None, None, "Rosa", 0, Ok(())),
            (activation(), S::Pending, Some("Ines"), None, "Rosa", 0, Ok(())),
            (activation(), S::Pending, Some("Rosa"), None, "Rosa", 0, Err(R::KnowsPassphrase)),
            (activation(), S::Pending, Some("rosa"), None, "Rosa", 0, Err(R::KnowsPassphrase)),
            (activation(), S::Pending, Some("Rosa"), None, "Ines", 0, Err(R::OwnEntry)),
            (activation(), S::Pending, None, Some("Rosa"), "Rosa", 0, Ok(())),
            (reset(), S::Pending, None, None, "Rosa", 0, Ok(())),
            (reset(), S::Pending, Some("Rosa"), None, "Rosa", 0, Ok(())),
            (reset(), S::Pending, None, Some("rosa"), "Rosa", 0, Err(R::SawActivation)),
            (reset(), S::Pending, None, Some("Eva"), "Rosa", 0, Ok(())),
            (reset(), S::Pending, None, None, "Ines", 0, Err(R::OwnEntry)),
            (end(), S::Pending, Some("Rosa"), Some("Rosa"), "Rosa", 0, Ok(())),
            (end(), S::Pending, None, None, "Ines", 0, Err(R::OwnEntry)),
        ] {
            let (passphrase, activation) = (passphrase.map(name), saw.map(name));
            let known = Known { passphrase: passphrase.into_iter().collect(), activation };
            let change = change(order, state);
            let theirs = EnteredBy::RelyingParty("Rosa".parse().unwrap());
            let theirs = AccessChange { entered_by: theirs, ..change.clone() };
            let now = ENTERED.plus(seconds);
            let judged = check_execution(&change, &known, &name(executor), now);
            assert_eq!(judged, expected, "{change:?} by {executor} after {seconds} s");
            // Of a relying party nobody is the first person, whatever it calls itself.
            let judged = check_execution(&theirs, &known, &name(executor), now);
            let expected = if expected == Err(R::OwnEntry) { None } else { Some(expected) };
            assert!(expected.is_none_or(|expected| judged == expected), "{theirs:?}");
        }
    }
}
