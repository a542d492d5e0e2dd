//! What each role of an administrator may do, and the judging of an administrator's codes.
//!
//! The operating system's own users at the server's command line stand outside this table: whoever
//! can run a command there holds the master key.

use oath::{Code, Refusal, Seed, UnixTime, Window};

use super::{
    judging::Cause,
    lock::{Lock, lock_at},
};
use crate::administrator::{Administrator, Role};

/// Something that an administrator does on the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Look at tokens and at what happened to them.
    SeeTokens,
    /// Unlock, suspend, take back into use, resynchronise or deactivate a token.
    ChangeTokens,
    /// Look at the queue of requests.
    SeeQueue,
    /// Process, ship or cancel requests.
    WorkQueue,
    /// Look at the stock of hard tokens.
    SeeStock,
    /// Import hard tokens into the stock, or export them.
    ManageStock,
    /// Look at accounts and identity-proofing records.
    SeeAccounts,
    /// End the pause that wrong passphrases put on a sign-in.
    UnlockSignIn,
    /// Look at what was entered to open a prescriber's access.
    SeeAccess,
    /// Enter what opens a prescriber's access.
    EnterAccess,
    /// Execute what somebody else entered.
    ExecuteAccess,
    /// Read and verify the audit.
    ReadAudit,
}

use Action as A;
use Role as R;

/// Action, who may do it, and whether it changes something: then the code of the sign-in is at most
/// 20 minutes old. What does not stand here nobody does.
pub const TABLE: &[(Action, &[Role], bool)] = &[
    (A::SeeTokens, &[R::TokenAdministrator, R::AccessAdministrator], false),
    (A::ChangeTokens, &[R::TokenAdministrator], true),
    (A::SeeQueue, &[R::TokenAdministrator], false),
    (A::WorkQueue, &[R::TokenAdministrator], true),
    (A::SeeStock, &[R::TokenAdministrator], false),
    (A::ManageStock, &[R::TokenAdministrator], true),
    (A::SeeAccounts, &[R::TokenAdministrator, R::AccessAdministrator, R::Registrant], false),
    (A::UnlockSignIn, &[R::TokenAdministrator, R::AccessAdministrator], true),
    (A::SeeAccess, &[R::AccessAdministrator, R::Registrant], false),
    (A::EnterAccess, &[R::AccessAdministrator], true),
    (A::ExecuteAccess, &[R::Registrant], true),
    (A::ReadAudit, &[R::Auditor], false),
];

impl Action {
    /// What it is called in a refusal and in the audit.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::SeeTokens => "look at tokens",
            Self::ChangeTokens => "change tokens",
            Self::SeeQueue => "look at the queue of requests",
            Self::WorkQueue => "work on requests",
            Self::SeeStock => "look at the stock of hard tokens",
            Self::ManageStock => "change the stock of hard tokens",
            Self::SeeAccounts => "look at accounts",
            Self::UnlockSignIn => "unlock a sign-in",
            Self::SeeAccess => "look at what opens access",
            Self::EnterAccess => "enter what opens access",
            Self::ExecuteAccess => "execute what opens access",
            Self::ReadAudit => "read the audit",
        }
    }

    /// Whether it changes something, and so needs a fresh code.
    #[must_use]
    pub fn changes(self) -> bool {
        TABLE.iter().any(|(action, _, changes)| *action == self && *changes)
    }
}

/// Whether somebody of these roles may do this.
#[must_use]
pub fn may(roles: &[Role], action: Action) -> bool {
    TABLE
        .iter()
        .any(|(listed, allowed, _)| *listed == action && allowed.iter().any(|a| roles.contains(a)))
}

/// Judges a code of an administrator's token: who they are after it, and how it went. As with a
/// prescriber's token, it counts only if it is stored on the condition that nobody stored anything
/// for this administrator meanwhile.
pub(crate) fn judge(
    administrator: &Administrator,
    seed: &Seed,
    code: &Code,
    now: UnixTime,
) -> (Administrator, Result<(), Cause>) {
    let mut after = administrator.clone();
    match administrator.code_lock.filter(|lock| lock.holds(now)) {
        Some(Lock::Until(until)) => {
            let cause = Cause::Locked { until: Some(until), seconds_left: until.since(now) };
            return (after, Err(cause));
        }
        Some(Lock::UntilUnlocked) => {
            return (after, Err(Cause::Locked { until: None, seconds_left: 0 }));
        }
        None => after.code_lock = None,
    }
    let Administrator { drift, last_accepted, last_used, .. } = *administrator;
    let totp = Administrator::totp();
    match totp.verify(seed, code, now, drift, last_accepted, Window::default()) {
        Ok(accepted) => {
            after.last_accepted = Some(accepted.step);
            after.drift = accepted.drift;
            after.last_used = Some(now);
            after.code_failures = 0;
            (after, Ok(()))
        }
        // It was good once: nobody is charged for it.
        Err(Refusal::AlreadyUsed { .. }) => {
            let seconds_ago = last_used.map_or(0, |used| now.since(used));
            (after, Err(Cause::AlreadyUsed { seconds_ago }))
        }
        Err(Refusal::Old { .. }) => (after, Err(Cause::Old)),
        Err(Refusal::Wrong) => {
            after.code_failures = after.code_failures.saturating_add(1);
            after.code_lock = lock_at(after.code_failures, now);
            (after, Err(Cause::Wrong))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every action and every role, written out once more by hand.
    #[test]
    fn who_may_do_what() {
        // token administrator, access administrator, registrant, auditor; changes something
        let expected = [
            (A::SeeTokens, [true, true, false, false], false),
            (A::ChangeTokens, [true, false, false, false], true),
            (A::SeeQueue, [true, false, false, false], false),
            (A::WorkQueue, [true, false, false, false], true),
            (A::SeeStock, [true, false, false, false], false),
            (A::ManageStock, [true, false, false, false], true),
            (A::SeeAccounts, [true, true, true, false], false),
            (A::UnlockSignIn, [true, true, false, false], true),
            (A::SeeAccess, [false, true, true, false], false),
            (A::EnterAccess, [false, true, false, false], true),
            (A::ExecuteAccess, [false, false, true, false], true),
            (A::ReadAudit, [false, false, false, true], false),
        ];
        assert_eq!(expected.len(), TABLE.len());
        for (action, allowed, changes) in expected {
            for (role, allowed) in Role::ALL.iter().zip(allowed) {
                assert_eq!(may(&[*role], action), allowed, "{role}: {}", action.words());
            }
            assert_eq!(action.changes(), changes, "{}", action.words());
            assert!(may(Role::ALL, action) && !may(&[], action));
        }
    }
}
