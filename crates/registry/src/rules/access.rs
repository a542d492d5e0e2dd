//! Two people open a prescriber's access (21 CFR 1311.125): one enters, a second, who is a DEA
//! registrant and has just given two factors, executes.
//!
//! ```text
//!   pending --executed, by another registrant--> executed
//!      |-----declined, by a registrant or by whoever entered it--> declined
//!      +-----nobody decides for seven days--> expired
//! ```
//!
//! Whoever entered an account knows its first passphrase, and whoever executes an activation sees its
//! link and its confirmation code. All three together are a token in the prescriber's place: so nobody
//! gets to know both, whatever roles they have.
//!
//! Where the last token is gone, identity proofing starts again ([`super::proofing`]): then an activation
//! brings the new record, which so is entered and executed by two people as well.

use oath::UnixTime;

use super::proofing::ProofingRefusal;
use crate::{
    access::{AccessChange, AccessOrder, AccessState},
    values::AdministratorName,
};

/// For how many seconds something that was entered waits for the second person.
pub const WAITS: u64 = 7 * 24 * 3600;

/// For how many seconds whoever executed an activation is shown it again, for the same submit.
pub const SHOWN_AGAIN: u64 = 10 * 60;

/// Why an access change is not entered, executed or declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessRefusal {
    /// The same is waiting for a second person already.
    #[error("the same was entered for this NPI already, and waits to be executed")]
    EnteredAlready,
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
        "you set this account's first passphrase, so somebody else has to execute its activation: nobody may know both"
    )]
    KnowsPassphrase,
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
            Self::NeedsProofing => Some("needs identity proofing"),
            Self::ProofingStands => Some("identity proofing stands"),
            Self::EnteredAlready
            | Self::Passphrase
            | Self::Unknown
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

/// Refuses an execution by somebody who may not. `opened_by` is who entered the account, where two
/// people opened it.
///
/// # Errors
/// [`AccessRefusal`].
pub fn check_execution(
    change: &AccessChange,
    opened_by: Option<&AdministratorName>,
    executor: &AdministratorName,
    now: UnixTime,
) -> Result<(), AccessRefusal> {
    let change = change.at(now);
    if change.state != AccessState::Pending {
        return Err(AccessRefusal::NotPending(change.state));
    }
    if AdministratorName::from(change.entered_by) == *executor {
        return Err(AccessRefusal::OwnEntry);
    }
    match change.order {
        AccessOrder::Activation { .. } if opened_by == Some(executor) => {
            Err(AccessRefusal::KnowsPassphrase)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use provisioning::PinPolicy;

    use super::*;

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
            entered_by: "Ines".parse().unwrap(),
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
            proofing: "passport".parse().unwrap(),
        };
        let activation =
            || AccessOrder::Activation { valid_for: 60, pin: PinPolicy::default(), proofing: None };
        for (order, state, opened_by, executor, seconds, expected) in [
            (account(), S::Pending, None, "Rosa", 0, Ok(())),
            (account(), S::Pending, None, "Ines", 0, Err(R::OwnEntry)),
            (account(), S::Pending, None, "INES", 0, Err(R::OwnEntry)),
            (account(), S::Executed, None, "Rosa", 0, Err(R::NotPending(S::Executed))),
            (account(), S::Declined, None, "Rosa", 0, Err(R::NotPending(S::Declined))),
            (account(), S::Pending, None, "Rosa", WAITS, Ok(())),
            (account(), S::Pending, None, "Rosa", WAITS + 1, Err(R::NotPending(S::Expired))),
            (activation(), S::Pending, None, "Rosa", 0, Ok(())),
            (activation(), S::Pending, Some("Ines"), "Rosa", 0, Ok(())),
            (activation(), S::Pending, Some("Rosa"), "Rosa", 0, Err(R::KnowsPassphrase)),
            (activation(), S::Pending, Some("rosa"), "Rosa", 0, Err(R::KnowsPassphrase)),
            (activation(), S::Pending, Some("Rosa"), "Ines", 0, Err(R::OwnEntry)),
        ] {
            let opened_by = opened_by.map(name);
            let change = change(order, state);
            let now = ENTERED.plus(seconds);
            let judged = check_execution(&change, opened_by.as_ref(), &name(executor), now);
            assert_eq!(judged, expected, "{change:?} by {executor} after {seconds} s");
        }
    }
}
