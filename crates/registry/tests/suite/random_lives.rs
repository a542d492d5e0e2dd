//! Whatever happens to three tokens of two prescribers, in whatever order and by whomever: each has one
//! owner, deactivated is final, no code is accepted twice, a lock hits the named token only, every
//! change of state stands in the table, and who may nothing changes nothing.

use std::collections::HashSet;

use oath::{Code, Hotp, Totp, UnixTime};
use proptest::prelude::*;
use registry::{
    Actor, Association, DeactivationReason, Npi, Otp, Purpose, Session, Token, TokenState,
    rules::token_states::TABLE,
};

use crate::{
    clinic::{App, Clinic, START, ada, ben, help_desk, label},
    hard_tokens::{press, put},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Person {
    Ada,
    Ben,
    HelpDesk,
    System,
    AnApp,
    Stranger,
    /// The app of Ada's phone.
    AdasPhone,
}

#[derive(Debug, Clone, Copy)]
enum Typed {
    Good,
    LastOne,
    Wrong,
    FarAhead,
}

#[derive(Debug, Clone, Copy)]
enum Deed {
    Verify(Typed, Purpose),
    Resynchronise { good: bool },
    Associate { good: bool },
    Suspend,
    Restore,
    Unlock,
    Deactivate,
    SyncAgain,
    NetworkIsTold,
    NetworkAcknowledges,
    Wait(u16),
}

fn person() -> impl Strategy<Value = Person> {
    use Person::{Ada, AdasPhone, AnApp, Ben, HelpDesk, Stranger, System};
    prop_oneof![
        5 => Just(Ada), 3 => Just(Ben), 4 => Just(HelpDesk), 1 => Just(System), 1 => Just(AnApp),
        1 => Just(Stranger), 1 => Just(AdasPhone),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let typed = prop_oneof![
        4 => Just(Typed::Good), 2 => Just(Typed::LastOne), 4 => Just(Typed::Wrong),
        1 => Just(Typed::FarAhead),
    ];
    let purpose = proptest::sample::select(vec![
        Purpose::Test,
        Purpose::SignIn,
        Purpose::Signing,
        Purpose::SigningTest,
    ]);
    prop_oneof![
        14 => (typed, purpose).prop_map(|(typed, purpose)| Deed::Verify(typed, purpose)),
        3 => any::<bool>().prop_map(|good| Deed::Resynchronise { good }),
        4 => any::<bool>().prop_map(|good| Deed::Associate { good }),
        2 => Just(Deed::Suspend),
        2 => Just(Deed::Restore),
        2 => Just(Deed::Unlock),
        1 => Just(Deed::Deactivate),
        1 => Just(Deed::SyncAgain),
        2 => Just(Deed::NetworkIsTold),
        2 => Just(Deed::NetworkAcknowledges),
        6 => (1..400_u16).prop_map(Deed::Wait),
    ]
}

struct World {
    clinic: Clinic,
    /// Ada's phone, Ben's phone, and a fob with a button that is nobody's yet.
    tokens: [App; 3],
    sessions: [Session; 2],
    now: UnixTime,
    last: [Code; 3],
    accepted: HashSet<(usize, u64)>,
}

impl World {
    async fn begin(tells_network: bool) -> Self {
        let clinic =
            if tells_network { Clinic::telling_network().await } else { Clinic::new().await };
        let tokens = ["Ada's phone", "Ben's phone", "Fob"].map(App::new);
        for (npi, phone) in [(ada(), &tokens[0]), (ben(), &tokens[1])] {
            clinic.open_account(npi).await;
            clinic.enrol_first(npi, phone, START).await;
            // So that a further token can be added from the beginning.
            clinic.registry.sync_acknowledged(&phone.serial(), START).await.unwrap();
        }
        put(&clinic, &tokens[2], Otp::Hotp(Hotp::default()), None).await;
        let now = START.plus(60);
        let sessions = [
            clinic.by_token(ada(), &tokens[0], now).await,
            clinic.by_token(ben(), &tokens[1], now).await,
        ];
        let last = [tokens[0].code(now), tokens[1].code(now), press(&tokens[2], 0)];
        let mut world = Self { clinic, tokens, sessions, now, last, accepted: HashSet::new() };
        for (place, token) in world.look().await.iter().enumerate() {
            world.accepted.extend(token.last_accepted.map(|step| (place, step)));
        }
        world
    }

    /// The three tokens as they are now.
    async fn look(&self) -> [Token; 3] {
        let all = self.clinic.registry.all_tokens(None, 10, self.now).await.unwrap();
        let of = |app: &App| all.iter().find(|token| token.serial == app.serial()).unwrap().clone();
        [of(&self.tokens[0]), of(&self.tokens[1]), of(&self.tokens[2])]
    }

    /// Two codes in a row from where the token is or, for a button, from its next press.
    fn pair(&self, place: usize, token: &Token, ahead: u64) -> (Code, Code) {
        let app = &self.tokens[place];
        if token.otp.is_event_based() {
            let next = token.last_accepted.map_or(0, |last| last + 1) + ahead;
            return (press(app, next), press(app, next + 1));
        }
        let code = |at| Totp::default().code_at(&app.seed, at);
        let at = self.now.plus(30 * ahead);
        (code(at), code(at.plus(30)))
    }

    fn typed(&self, place: usize, token: &Token, typed: Typed) -> Code {
        match typed {
            Typed::Good => self.pair(place, token, 0).0,
            Typed::LastOne => self.last[place].clone(),
            Typed::Wrong => self.tokens[place].wrong_code(self.now),
            Typed::FarAhead => self.pair(place, token, 50).0,
        }
    }

    /// Does a deed, and says whether a code was accepted by it.
    async fn act(&mut self, deed: Deed, person: Person, place: usize, before: &Token) -> bool {
        let (now, serial) = (self.now, self.tokens[place].serial());
        let registry = self.clinic.registry.clone();
        let (actor, npi) = (self.actor(person), self.npi(person));
        let why = label("as it happens");
        match deed {
            Deed::Verify(typed, purpose) => {
                let code = self.typed(place, before, typed);
                if registry.verify(&npi, &serial, &code, purpose, now).await.is_ok() {
                    assert_eq!(before.owner, Some(npi), "only the owner's code is accepted");
                    let good = before.state == TokenState::Active
                        || before.state == TokenState::PendingSync
                            && !matches!(purpose, Purpose::Signing | Purpose::SigningTest);
                    assert!(good, "{} and {purpose}", before.state);
                    self.last[place] = code;
                    return true;
                }
            }
            Deed::Resynchronise { good } => {
                let (first, second) = self.pair(place, before, 7);
                let codes = if good { (&first, &second) } else { (&second, &first) };
                let answer = registry.resynchronise_token(&actor, &serial, codes, now).await;
                assert!(good || answer.is_err());
                if answer.is_ok() {
                    // The same pair sent again is answered the same, and nothing moves.
                    let is_new = self.last[place].expose_digits() != second.expose_digits();
                    self.last[place] = second;
                    return is_new;
                }
            }
            Deed::Associate { good } => {
                let (first, second) = self.pair(place, before, 0);
                let second_code = Some(if good { second.clone() } else { first.clone() });
                let form = Association { code: first, second_code, ..self.tokens[place].form(now) };
                let session = &self.sessions[usize::from(npi == ben())];
                if registry.associate(session, &form, now).await.is_ok() {
                    assert_eq!(before.owner, None, "nobody's token becomes somebody's");
                    self.last[place] = second;
                    return true;
                }
            }
            Deed::Suspend => drop(registry.suspend_token(&actor, &serial, &why, now).await),
            Deed::Restore => drop(registry.restore_token(&actor, &serial, &why, now).await),
            Deed::Unlock => drop(registry.unlock_token(&actor, &serial, now).await),
            Deed::Deactivate => {
                let reason = DeactivationReason::Lost;
                drop(registry.deactivate_token(&actor, &serial, reason, now).await);
            }
            Deed::SyncAgain => drop(registry.sync_token_again(&actor, &serial, now).await),
            Deed::NetworkIsTold => drop(registry.begin_sync_attempt(&serial, now).await.unwrap()),
            Deed::NetworkAcknowledges => {
                registry.sync_acknowledged(&serial, now).await.unwrap();
            }
            Deed::Wait(seconds) => self.now = now.plus(seconds.into()),
        }
        false
    }

    fn actor(&self, person: Person) -> Actor {
        match person {
            Person::Ada => Actor::Prescriber { npi: ada() },
            Person::Ben => Actor::Prescriber { npi: ben() },
            Person::HelpDesk => help_desk(),
            Person::System => Actor::System,
            Person::AnApp => Actor::App,
            Person::Stranger => Actor::Stranger,
            Person::AdasPhone => Actor::Token { npi: ada(), serial: self.tokens[0].serial() },
        }
    }

    fn npi(&self, person: Person) -> Npi {
        if person == Person::Ben { ben() } else { ada() }
    }

    async fn step(&mut self, (deed, person, place): (Deed, Person, usize)) {
        let before = self.look().await;
        let accepted = self.act(deed, person, place, &before[place]).await;
        let after = self.look().await;
        let moved = after[place].last_accepted > before[place].last_accepted;
        assert_eq!(moved, accepted, "what is accepted is spent, and nothing else");
        for (other, (was, is)) in before.iter().zip(&after).enumerate() {
            let was = was.at(self.now);
            if other != place {
                assert_eq!(*is, was, "only the named token is touched");
            }
            self.check(other, &was, is);
        }
        if !may_change(deed, person, &before[place]) {
            assert_eq!(after[place], before[place].at(self.now), "{person:?} may not {deed:?}");
        }
    }

    fn check(&mut self, place: usize, was: &Token, is: &Token) {
        assert!(was.owner.is_none() || is.owner == was.owner, "one owner, for good");
        assert_eq!(is.owner.is_none(), is.associated.is_none());
        if was.state == TokenState::Deactivated {
            assert_eq!(is, was, "deactivated is final");
        }
        let led = TABLE.iter().any(|row| (row.0, row.4) == (was.state, is.state));
        assert!(was.state == is.state || led, "{} to {}", was.state, is.state);
        if is.last_accepted != was.last_accepted {
            assert!(is.last_accepted > was.last_accepted, "what was accepted only grows");
            let step = is.last_accepted.unwrap();
            assert!(self.accepted.insert((place, step)), "{step} was accepted before");
            assert_eq!(
                (is.last_used, is.failures.min(was.failures)),
                (Some(self.now), is.failures)
            );
        }
        let locks = was.state != TokenState::Locked && is.state == TokenState::Locked;
        let kept = was.state == TokenState::Suspended;
        assert!(!locks || kept || is.failures.is_multiple_of(10), "{} failures", is.failures);
    }
}

/// Whether this person could change anything by it at all.
fn may_change(deed: Deed, person: Person, token: &Token) -> bool {
    let owner = match person {
        Person::Ada => token.owner == Some(ada()),
        Person::Ben => token.owner == Some(ben()),
        _ => false,
    };
    let by_hand = owner || person == Person::HelpDesk;
    match deed {
        // The code itself says whose it is; the account is named by who asks.
        Deed::Verify(..) => token.owner == Some(if person == Person::Ben { ben() } else { ada() }),
        Deed::Associate { .. } => token.owner.is_none(),
        Deed::Suspend => by_hand || person == Person::AdasPhone,
        Deed::Restore | Deed::Deactivate | Deed::SyncAgain | Deed::Resynchronise { .. } => by_hand,
        Deed::Unlock => person == Person::HelpDesk,
        Deed::NetworkIsTold | Deed::NetworkAcknowledges => token.sync.waits(),
        Deed::Wait(_) => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whoever_does_whatever_the_invariants_hold(
        tells_network: bool,
        story in prop::collection::vec((deed(), person(), 0..3_usize), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut world = World::begin(tells_network).await;
            for what in story {
                world.step(what).await;
            }
        });
    }
}
