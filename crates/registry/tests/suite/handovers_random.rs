//! Whatever happens while a token is moved to new phones, in whatever order: its owner is never left
//! with nothing by a move, and what a loss or a cancellation ended is never finished.

use std::collections::HashSet;

use oath::{SerialNumber, UnixTime};
use proptest::prelude::*;
use registry::{DeactivationReason, HandoverStage, IdempotencyKey, Purpose, TokenState};

use crate::clinic::{App, Clinic, START, ada, help_desk, label, rng};

#[derive(Debug, Clone, Copy)]
enum Deed {
    SignInAndBegin,
    NewPhoneEnrols,
    FinishBy { good: bool },
    Cancel,
    ReportLost(u8),
    Find(u8),
    Deactivate(u8),
    NetworkAcknowledges(u8),
    Lock(u8),
    OwnerUnlocks(u8),
    Wait(u16),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => Just(Deed::SignInAndBegin),
        6 => Just(Deed::NewPhoneEnrols),
        6 => any::<bool>().prop_map(|good| Deed::FinishBy { good }),
        1 => Just(Deed::Cancel),
        2 => any::<u8>().prop_map(Deed::ReportLost),
        3 => any::<u8>().prop_map(Deed::Find),
        1 => any::<u8>().prop_map(Deed::Deactivate),
        4 => any::<u8>().prop_map(Deed::NetworkAcknowledges),
        2 => any::<u8>().prop_map(Deed::Lock),
        2 => any::<u8>().prop_map(Deed::OwnerUnlocks),
        3 => (1..1_500_u16).prop_map(Deed::Wait),
    ]
}

struct World {
    clinic: Clinic,
    /// The token that is moved, the tablet that approves, and each new phone.
    apps: Vec<App>,
    now: UnixTime,
    /// New phones whose move was ended before it was finished.
    ended: HashSet<SerialNumber>,
}

impl World {
    async fn begin(tells_network: bool) -> Self {
        let clinic =
            if tells_network { Clinic::telling_network().await } else { Clinic::new().await };
        clinic.open_account(ada()).await;
        let (phone, tablet) = (App::new("Phone"), App::new("Tablet"));
        clinic.enrol_first(ada(), &phone, START).await;
        clinic.registry.sync_acknowledged(&phone.serial(), START).await.unwrap();
        clinic.enrol_further(ada(), &phone, &tablet, START.plus(60)).await.unwrap();
        clinic.registry.sync_acknowledged(&tablet.serial(), START).await.unwrap();
        let apps = vec![phone, tablet];
        Self { clinic, apps, now: START.plus(90), ended: HashSet::new() }
    }

    async fn states(&self) -> Vec<TokenState> {
        let mut states = Vec::new();
        for app in &self.apps {
            states.push(self.clinic.token(app, self.now).await.state);
        }
        states
    }

    fn app(&self, choice: u8) -> &App {
        &self.apps[usize::from(choice) % self.apps.len()]
    }

    /// A code of the tablet, which is good once in a step.
    async fn session(&mut self) -> Option<registry::Session> {
        self.now = self.now.plus(60);
        let half = self.clinic.half_session(ada(), self.now).await;
        let (serial, code) = (self.apps[1].serial(), self.apps[1].code(self.now));
        let registry = &self.clinic.registry;
        let secret =
            registry.confirm_with_code(&half, Some(&serial), &code, self.now).await.ok()??;
        registry.session(&secret, self.now).await.ok()
    }

    async fn act(&mut self, deed: Deed) {
        match deed {
            Deed::SignInAndBegin => {
                let Some(session) = self.session().await else { return };
                let old = self.current().await;
                drop(self.clinic.begin_move(&session, &self.apps[old], self.now).await);
            }
            Deed::NewPhoneEnrols => {
                let Some(session) = self.session().await else { return };
                let old = &self.apps[self.current().await];
                if let Some(link) = self.clinic.move_link(&session, old, self.now).await {
                    let new = App::new("A new phone");
                    self.clinic.send(&new.seal(&link), self.now).await.unwrap();
                    self.apps.push(new);
                }
            }
            Deed::FinishBy { good } => self.finish(good).await,
            Deed::Cancel => {
                let Some(session) = self.session().await else { return };
                let serial = self.apps[self.current().await].serial();
                self.note_ended().await;
                self.clinic.registry.cancel_handover(&session, &serial, self.now).await.unwrap();
                self.still_under_way().await;
            }
            Deed::ReportLost(which) => {
                self.note_ended().await;
                let (serial, why) = (self.app(which).serial(), label("lost"));
                let desk = help_desk();
                drop(self.clinic.registry.suspend_token(&desk, &serial, &why, self.now).await);
                self.still_under_way().await;
            }
            Deed::Find(which) => {
                let (serial, why) = (self.app(which).serial(), label("found"));
                let desk = help_desk();
                drop(self.clinic.registry.restore_token(&desk, &serial, &why, self.now).await);
            }
            Deed::Deactivate(which) => {
                let serial = self.app(which).serial();
                let desk = help_desk();
                drop(
                    self.clinic
                        .registry
                        .deactivate_token(&desk, &serial, DeactivationReason::Lost, self.now)
                        .await,
                );
            }
            Deed::NetworkAcknowledges(which) => {
                let serial = self.app(which).serial();
                self.clinic.registry.sync_acknowledged(&serial, self.now).await.unwrap();
            }
            Deed::Lock(which) => {
                let (app, now) = (self.app(which), self.now);
                let (serial, wrong) = (app.serial(), app.wrong_code(now));
                for _ in 0..10 {
                    let registry = &self.clinic.registry;
                    drop(registry.verify(&ada(), &serial, &wrong, Purpose::SignIn, now).await);
                }
            }
            Deed::OwnerUnlocks(which) => {
                let Some(session) = self.session().await else { return };
                let serial = self.app(which).serial();
                drop(self.clinic.registry.unlock_own_token(&session, &serial, self.now).await);
            }
            Deed::Wait(seconds) => self.now = self.now.plus(seconds.into()),
        }
    }

    /// The phone that is moved next: the first that can be, but the tablet.
    async fn current(&self) -> usize {
        let states = self.states().await;
        let active = |place: &usize| *place != 1 && states[*place] == TokenState::Active;
        (0..states.len()).find(active).unwrap_or(0)
    }

    async fn finish(&mut self, good: bool) {
        let Some(session) = self.session().await else { return };
        let found = self.clinic.registry.handovers(&ada(), self.now).await.unwrap();
        let Some(handover) = found.into_iter().find(|one| one.stage == HandoverStage::FirstCode)
        else {
            return;
        };
        let new = self.apps.iter().find(|app| Some(app.serial()) == handover.to).unwrap();
        let code = if good { new.code(self.now) } else { new.wrong_code(self.now) };
        let (key, issuer) = (IdempotencyKey::generate(&mut rng()), label("Example Clinic"));
        let registry = &self.clinic.registry;
        let finished = registry
            .finish_handover(
                &session,
                &handover.from,
                (&issuer, registry::Seen::default()),
                &code,
                &key,
                self.now,
            )
            .await;
        assert!(good || finished.is_err());
        assert!(finished.is_err() || !self.ended.contains(&new.serial()), "what ended is over");
    }

    /// New phones whose move is under way now, as far as it may end by what follows.
    async fn note_ended(&mut self) {
        let under_way = self.clinic.registry.handovers(&ada(), self.now).await.unwrap();
        self.ended.extend(under_way.into_iter().filter_map(|handover| handover.to));
    }

    /// Takes those away that were not ended after all.
    async fn still_under_way(&mut self) {
        for handover in self.clinic.registry.handovers(&ada(), self.now).await.unwrap() {
            if let Some(new) = handover.to {
                self.ended.remove(&new);
            }
        }
    }

    async fn step(&mut self, deed: Deed) {
        let before = self.states().await;
        self.act(deed).await;
        let after = self.states().await;
        let given_up = matches!(deed, Deed::Deactivate(_));
        for (place, (was, is)) in before.iter().zip(&after).enumerate() {
            let ends = *was != TokenState::Deactivated && *is == TokenState::Deactivated;
            if ends && !given_up {
                // By a move alone; and then another token is good that was not.
                let took_over = after.iter().enumerate().any(|(other, state)| {
                    other != place
                        && matches!(state, TokenState::Active | TokenState::Locked)
                        && before.get(other) != Some(state)
                });
                assert!(took_over, "{deed:?}: {before:?} to {after:?}");
            }
        }
        for (app, state) in self.apps.iter().zip(&after) {
            if self.ended.contains(&app.serial()) && *state == TokenState::Active {
                // It was associated before the loss, and was found since: it took nobody's place.
                let events = self.clinic.events().await;
                let to = format!("to {}", app.serial().as_str());
                let took = events.iter().any(|event| event.what.cause.as_deref() == Some(&to));
                assert!(!took, "what a loss ended was finished");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_a_move_leaves_nobody_with_nothing(
        tells_network: bool,
        story in prop::collection::vec(deed(), 1..30),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut world = World::begin(tells_network).await;
            for deed in story {
                world.step(deed).await;
            }
        });
    }
}
