//! The token's states: the table itself, and random sequences of what can happen.

use oath::{Code, UnixTime};
use proptest::prelude::*;
use registry::{
    Actor, DeactivationReason, Error, NetworkSync, Purpose, Token, TokenState,
    rules::token_states::{Impossible, Row, TABLE, TokenEvent, Who, apply},
};

use crate::clinic::{App, Clinic, START, ada, ben, help_desk, label};

const NOW: UnixTime = UnixTime(START.0 + 60);

/// What the design says: from, event, by whom, and to. By whom: s for this program, h the help desk,
/// o the owner, t another token of the owner, r a relying party, p any prescriber.
const DESIGN: &[(TokenState, TokenEvent, &str, To)] = {
    use To::{Back, Given, Only, Timed, Waiting, Wherever};
    use TokenEvent as E;
    use TokenState as S;
    &[
        (S::Provisioned, E::Associate, "p", Back),
        (S::Provisioned, E::TooManyFailures, "s", Only(S::Provisioned)),
        (S::Provisioned, E::LockEnded, "s", Only(S::Provisioned)),
        (S::Provisioned, E::Unlock, "h", Only(S::Provisioned)),
        (S::Provisioned, E::Deactivate, "h", Only(S::Deactivated)),
        (S::PendingSync, E::Acknowledge, "s", Waiting(S::Active)),
        (S::PendingSync, E::GiveUpSync, "s", Waiting(S::PendingSync)),
        (S::PendingSync, E::SyncAgain, "ho", Given(S::PendingSync)),
        (S::PendingSync, E::TooManyFailures, "s", Only(S::Locked)),
        (S::PendingSync, E::Unlock, "h", Only(S::PendingSync)),
        (S::PendingSync, E::Resynchronise, "hor", Only(S::PendingSync)),
        (S::PendingSync, E::Lost, "hotr", Only(S::Suspended)),
        (S::PendingSync, E::Deactivate, "ho", Only(S::Deactivated)),
        (S::Active, E::TooManyFailures, "s", Only(S::Locked)),
        (S::Active, E::Unlock, "h", Only(S::Active)),
        (S::Active, E::Resynchronise, "hor", Only(S::Active)),
        (S::Active, E::Lost, "hotr", Only(S::Suspended)),
        (S::Active, E::Deactivate, "ho", Only(S::Deactivated)),
        (S::Active, E::Move, "os", Only(S::Deactivated)),
        (S::Locked, E::Acknowledge, "s", Waiting(S::Locked)),
        (S::Locked, E::GiveUpSync, "s", Waiting(S::Locked)),
        (S::Locked, E::LockEnded, "s", Back),
        (S::Locked, E::Unlock, "h", Back),
        (S::Locked, E::EndLock, "o", Timed),
        (S::Locked, E::Lost, "hotr", Only(S::Suspended)),
        (S::Locked, E::Deactivate, "ho", Only(S::Deactivated)),
        (S::Locked, E::Move, "os", Only(S::Deactivated)),
        (S::Suspended, E::Acknowledge, "s", Waiting(S::Suspended)),
        (S::Suspended, E::GiveUpSync, "s", Waiting(S::Suspended)),
        (S::Suspended, E::Found, "ho", Wherever),
        (S::Suspended, E::Deactivate, "ho", Only(S::Deactivated)),
    ]
};

/// Where an event leads.
#[derive(Clone, Copy)]
enum To {
    /// There, always.
    Only(TokenState),
    /// There, if the network has not acknowledged the token.
    Waiting(TokenState),
    /// There, if telling the network was given up.
    Given(TokenState),
    /// Into use: pending sync or active.
    Back,
    /// The same, from a lock that ends by itself.
    Timed,
    /// As before, or locked while a lock of earlier still holds.
    Wherever,
}

impl To {
    fn of(self, token: &Token) -> Option<TokenState> {
        let back = || match token.sync.waits() {
            true => TokenState::PendingSync,
            false => TokenState::Active,
        };
        match self {
            Self::Only(state) => Some(state),
            Self::Waiting(state) => token.sync.waits().then_some(state),
            Self::Given(state) => token.sync.is_given_up().then_some(state),
            Self::Back => Some(back()),
            Self::Timed => matches!(token.lock, Some(registry::Lock::Until(_))).then(back),
            Self::Wherever if token.lock.is_some() => Some(TokenState::Locked),
            Self::Wherever => Some(back()),
        }
    }
}

/// Ada's token in each of the states, without a lock and with one that holds still, and wherever it
/// can be with the network.
async fn in_every_state() -> (Clinic, Vec<Token>) {
    let (clinic, app) = Clinic::with_token().await;
    let token = clinic.token(&app, NOW).await;
    let locks =
        [None, Some(registry::Lock::Until(NOW.plus(900))), Some(registry::Lock::UntilUnlocked)];
    let (begun, attempts, at) = (START, 2, NOW);
    let syncs = [
        NetworkSync::NotNeeded,
        NetworkSync::Pending { begun, attempts, next: at },
        NetworkSync::GivenUp { begun, attempts, at },
        NetworkSync::Acknowledged { begun, attempts, at },
    ];
    let mut all = Vec::new();
    for state in TokenState::ALL {
        for (lock, sync) in locks.into_iter().flat_map(|lock| syncs.map(|sync| (lock, sync))) {
            let owner = if state == TokenState::Provisioned { None } else { token.owner };
            let possible = match state {
                TokenState::PendingSync => lock.is_none() && sync.waits(),
                TokenState::Active => lock.is_none() && !sync.waits(),
                TokenState::Locked => lock.is_some(),
                _ => true,
            };
            if possible {
                all.push(Token { state, owner, lock, sync, ..token.clone() });
            }
        }
    }
    (clinic, all)
}

/// Everybody there is, under the letter of the design; `-` may nothing.
fn everybody(token: &Token) -> [(char, Actor); 12] {
    let vendor = |signed_in| Actor::RelyingParty { name: label("Vendor"), signed_in };
    let fob = || "AVT812345678".parse().unwrap();
    [
        ('s', Actor::System),
        ('h', help_desk()),
        ('o', Actor::Prescriber { npi: ada() }),
        ('t', Actor::Token { npi: ada(), serial: fob() }),
        ('r', vendor(None)),
        ('o', vendor(Some(ada()))),
        ('-', vendor(Some(ben()))),
        ('-', Actor::Prescriber { npi: ben() }),
        ('-', Actor::Token { npi: ben(), serial: fob() }),
        ('-', Actor::Token { npi: ada(), serial: token.serial.clone() }),
        ('-', Actor::App),
        ('-', Actor::Stranger),
    ]
}

#[tokio::test]
async fn every_event_in_every_state_by_everybody_does_what_the_design_says() {
    let (_clinic, tokens) = in_every_state().await;
    for (token, event) in
        tokens.iter().flat_map(|token| TokenEvent::ALL.map(|event| (token, event)))
    {
        let designed = DESIGN.iter().find(|row| (row.0, row.1) == (token.state, event));
        for (letter, actor) in everybody(token) {
            let expected = match designed.and_then(|row| Some((row.2, row.3.of(token)?))) {
                None => Err(Impossible::FromHere(token.state)),
                Some((who, to)) => {
                    let any = who.contains('p')
                        && matches!(
                            actor,
                            Actor::Prescriber { .. }
                                | Actor::RelyingParty { signed_in: Some(_), .. }
                        );
                    if who.contains(letter) || any { Ok(to) } else { Err(Impossible::ForThem) }
                }
            };
            let applied = apply(token, event, &actor, NOW).map(|token| token.state);
            let Token { state, lock, sync, .. } = token;
            assert_eq!(applied, expected, "{state} {event:?} by {actor}, {lock:?}, {sync:?}");
        }
    }
}

#[test]
fn the_table_has_a_row_for_each_case_once() {
    for (place, row) in TABLE.iter().enumerate() {
        let same = |other: &&Row| (other.0, other.1, other.3) == (row.0, row.1, row.3);
        assert_eq!(TABLE.iter().filter(same).count(), 1, "row {place} is there twice");
        assert_ne!(row.0, TokenState::Deactivated, "deactivated is final");
        let one_factor = row.2 == Who::AnyOfTheirsOrHelpDesk;
        assert!(!one_factor || row.4 == TokenState::Suspended, "all that one factor may do");
    }
    for state in TokenState::ALL.into_iter().filter(|state| *state != TokenState::Deactivated) {
        let given_up = TABLE.iter().any(|row| (row.0, row.4) == (state, TokenState::Deactivated));
        assert!(given_up, "{state} can be given up");
    }
}

#[tokio::test]
async fn time_ends_a_lock_as_the_table_says() {
    let (_clinic, tokens) = in_every_state().await;
    let locked = tokens.iter().find(|token| token.state == TokenState::Locked).unwrap();
    assert_eq!(locked.at(NOW.plus(899)).state, TokenState::Locked);
    let ended = locked.at(NOW.plus(900));
    assert_eq!((ended.state, ended.lock), (TokenState::Active, None));
    assert_eq!(ended.failures, locked.failures);
}

#[tokio::test]
async fn losing_a_locked_token_does_not_unlock_it() {
    let (_clinic, tokens) = in_every_state().await;
    let locked = tokens.iter().find(|token| token.state == TokenState::Locked).unwrap();
    let lost = apply(locked, TokenEvent::Lost, &help_desk(), NOW).unwrap();
    let found = apply(&lost, TokenEvent::Found, &help_desk(), NOW.plus(10)).unwrap();
    assert_eq!(found.state, TokenState::Locked);
    let found = apply(&lost, TokenEvent::Found, &help_desk(), NOW.plus(900)).unwrap();
    assert_eq!(found.state, TokenState::Active);
}

#[tokio::test]
async fn doing_it_twice_gives_the_same_answer_and_one_event() {
    let (clinic, app) = Clinic::with_token().await;
    let (registry, desk, serial) = (&clinic.registry, help_desk(), app.serial());
    let before = clinic.events().await.len();
    let first =
        registry.deactivate_token(&desk, &serial, DeactivationReason::Lost, NOW).await.unwrap();
    let second =
        registry.deactivate_token(&desk, &serial, DeactivationReason::Lost, NOW).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(clinic.events().await.len(), before + 1);
    let refused = registry.restore_token(&desk, &serial, &label("found"), NOW).await;
    assert_eq!(refused, Err(Error::NotPossible(TokenState::Deactivated)));
}

#[tokio::test]
async fn unlocking_forgets_the_wrong_codes_of_a_token_that_is_not_locked() {
    let (clinic, app) = Clinic::with_token().await;
    let (registry, serial, wrong) = (&clinic.registry, app.serial(), app.wrong_code(NOW));
    for _ in 0..9 {
        let purpose = Purpose::Signing;
        registry.verify(&ada(), &serial, &wrong, purpose, NOW).await.unwrap_err();
    }
    let before = clinic.events().await.len();
    for _ in 0..2 {
        let token = registry.unlock_token(&help_desk(), &serial, NOW).await.unwrap();
        assert_eq!((token.state, token.failures), (TokenState::Active, 0));
    }
    assert_eq!(clinic.token(&app, NOW).await.failures, 0);
    assert_eq!(clinic.events().await.len(), before + 1);
}

#[tokio::test]
async fn a_prescriber_changes_only_tokens_of_their_own() {
    let (clinic, app) = Clinic::with_token().await;
    let (registry, serial) = (&clinic.registry, app.serial());
    let (owner, other) = (Actor::Prescriber { npi: ada() }, Actor::Prescriber { npi: ben() });
    assert_eq!(
        registry.suspend_token(&other, &serial, &label("lost"), NOW).await,
        Err(Error::UnknownToken)
    );
    let suspended = registry.suspend_token(&owner, &serial, &label("lost"), NOW).await.unwrap();
    assert_eq!(suspended.state, TokenState::Suspended);
    let active = registry.restore_token(&owner, &serial, &label("found"), NOW).await.unwrap();
    assert_eq!(active.state, TokenState::Active);
}

/// Something that happens to Ada's token.
#[derive(Debug, Clone, Copy)]
enum Happens {
    GoodCode,
    LastCodeAgain,
    WrongCode(u8),
    GoodTest,
    Wait(u16),
    Suspend,
    Restore,
    Unlock,
    Deactivate,
    SendAgain,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        6 => Just(Happens::GoodCode),
        4 => Just(Happens::LastCodeAgain),
        4 => (1..12_u8).prop_map(Happens::WrongCode),
        2 => Just(Happens::GoodTest),
        6 => (1..2_000_u16).prop_map(Happens::Wait),
        1 => Just(Happens::Suspend),
        1 => Just(Happens::Restore),
        1 => Just(Happens::Unlock),
        1 => Just(Happens::Deactivate),
        1 => Just(Happens::SendAgain),
    ]
}

/// What a walk has seen so far.
struct Walk {
    clinic: Clinic,
    app: App,
    sealed: provisioning::SealedToken,
    now: UnixTime,
    accepted: Vec<String>,
    last: Code,
}

impl Walk {
    async fn begin() -> Self {
        let clinic = Clinic::with_ada().await;
        let app = App::new("Phone");
        let (link, confirmation) = clinic.begin(ada(), START).await;
        let sealed = app.seal(&link);
        clinic.send(&sealed, START).await.unwrap();
        let session = clinic.confirmed(ada(), &confirmation, START).await;
        clinic.registry.associate(&session, &app.form(START), START).await.unwrap();
        let last = app.code(START);
        Self { clinic, app, sealed, now: START, accepted: vec![step_of(START)], last }
    }

    async fn submit(&mut self, code: Code, purpose: Purpose) {
        let serial = self.app.serial();
        let before = self.clinic.token(&self.app, self.now).await;
        let answer = self.clinic.registry.verify(&ada(), &serial, &code, purpose, self.now).await;
        let after = self.clinic.token(&self.app, self.now).await;
        if answer.is_ok() {
            assert_eq!(before.state, TokenState::Active, "only an active token's code is accepted");
            assert!(after.last_accepted > before.last_accepted, "the accepted step only grows");
            let accepted = format!("{:?}", after.last_accepted);
            assert!(!self.accepted.contains(&accepted), "a step was accepted twice");
            self.accepted.push(accepted);
            self.last = code;
        } else {
            assert_eq!(after.last_accepted, before.last_accepted);
            if before.state == TokenState::Locked {
                assert_eq!(after, before, "a lock is not touched by trying");
            }
        }
    }

    async fn step(&mut self, what: Happens) {
        let (serial, desk, now) = (self.app.serial(), help_desk(), self.now);
        let was = self.clinic.token(&self.app, now).await.state;
        match what {
            Happens::GoodCode => self.submit(self.app.code(now), Purpose::Signing).await,
            Happens::GoodTest => self.submit(self.app.code(now), Purpose::Test).await,
            Happens::LastCodeAgain => self.submit(self.last.clone(), Purpose::SignIn).await,
            Happens::WrongCode(times) => {
                for _ in 0..times {
                    self.submit(self.app.wrong_code(now), Purpose::Signing).await;
                }
            }
            Happens::Wait(seconds) => self.now = now.plus(seconds.into()),
            Happens::Suspend => {
                drop(self.clinic.registry.suspend_token(&desk, &serial, &label("lost"), now).await)
            }
            Happens::Restore => {
                drop(self.clinic.registry.restore_token(&desk, &serial, &label("found"), now).await)
            }
            Happens::Unlock => drop(self.clinic.registry.unlock_token(&desk, &serial, now).await),
            Happens::Deactivate => {
                let reason = DeactivationReason::Lost;
                self.clinic.registry.deactivate_token(&desk, &serial, reason, now).await.unwrap();
            }
            Happens::SendAgain => {
                assert!(self.clinic.send(&self.sealed, now).await.unwrap().repeated)
            }
        }
        let token = self.clinic.token(&self.app, self.now).await;
        if was == TokenState::Deactivated {
            assert_eq!(token.state, TokenState::Deactivated, "deactivated is final");
        }
        assert_eq!(token.owner, Some(ada()));
    }
}

fn step_of(at: UnixTime) -> String {
    format!("{:?}", Some(at.0 / 30))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_invariants_hold(story in prop::collection::vec(happens(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut walk = Walk::begin().await;
            for what in story {
                walk.step(what).await;
            }
        });
    }
}
