//! What the app does, by the crates that it does it with.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread::sleep,
    time::Duration,
};

use getrandom::{SysRng, rand_core::UnwrapErr};
use oath::{CredentialId, Ocra, Seed, SerialNumber, Totp, UnixTime};
use provisioning::{
    AppAsk, AppRequest, EnrolmentLink, IssuerCard, ProvisioningData, ReportId, SealedToken,
};

use crate::clock;

/// A soft token.
pub(crate) struct App {
    pub(crate) id: CredentialId,
    pub(crate) seed: Seed,
    /// The last time step whose code was given away.
    last: AtomicU64,
}

impl App {
    pub(crate) fn new() -> Self {
        let mut rng = UnwrapErr(SysRng);
        Self {
            id: CredentialId::generate(&mut rng),
            seed: Seed::generate(&mut rng),
            last: AtomicU64::new(0),
        }
    }

    /// Another token under the same credential ID.
    pub(crate) fn impostor(&self) -> Self {
        Self { id: self.id, ..Self::new() }
    }

    pub(crate) fn seal_for(&self, link: &str) -> String {
        let link = EnrolmentLink::parse(link).unwrap();
        SealedToken::seal_for_activation(&self.data(), &link, &mut UnwrapErr(SysRng))
            .unwrap()
            .to_text()
    }

    pub(crate) fn seal_to(&self, card: &str) -> String {
        let card = IssuerCard::parse(card).unwrap();
        SealedToken::seal_to_card(&self.data(), &card, &mut UnwrapErr(SysRng)).unwrap().to_text()
    }

    /// What the app asks at an instant of its own clock, as text.
    pub(crate) fn ask(&self, ask: AppAsk, at: UnixTime) -> String {
        AppRequest::new(self.id, ask, at, &self.seed).to_text()
    }

    /// A new report that another token is lost, as text.
    pub(crate) fn report(&self, lost: impl Into<SerialNumber>) -> String {
        let report_id = ReportId::generate(&mut UnwrapErr(SysRng));
        self.ask(AppAsk::ReportLost { serial: lost.into(), report_id }, clock::now())
    }

    /// A code that was not given away before and is good now; waits where there is none yet.
    pub(crate) fn next_code(&self) -> String {
        self.code_of(self.next_step())
    }

    /// The time step of [`App::next_code`].
    pub(crate) fn next_step(&self) -> u64 {
        let period = Totp::default().period;
        loop {
            let now = clock::now();
            let step = period.step_at(now);
            let left = period.start_of(step + 1).since(now);
            let next = (step - 1).max(self.last.load(Ordering::Relaxed) + 1);
            if left > 3 && next <= step {
                self.last.store(next, Ordering::Relaxed);
                return next;
            }
            sleep(Duration::from_millis(200));
        }
    }

    /// A code of the right form that no step near now has.
    pub(crate) fn wrong_code(&self) -> String {
        let now = Totp::default().period.step_at(clock::now());
        let near: Vec<_> = (now - 600..now + 600).map(|step| self.code_of(step)).collect();
        (0..).map(|number| format!("{number:06}")).find(|code| !near.contains(code)).unwrap()
    }

    pub(crate) fn code_of(&self, step: u64) -> String {
        Totp::default().code_of_step(&self.seed, step).expose_digits()
    }

    /// The code of a step that answers a number, as the app makes it for one prescription.
    pub(crate) fn bound_code_of(&self, step: u64, number: &str) -> String {
        let ocra = Ocra::of(&Totp::default()).unwrap();
        ocra.code_of_step(&self.seed, number.parse().unwrap(), step).expose_digits()
    }

    fn data(&self) -> ProvisioningData {
        ProvisioningData {
            credential_id: self.id,
            seed: Seed::from_bytes(self.seed.expose_bytes().to_vec().into()).unwrap(),
            totp: Totp::default(),
            name: "iPhone token".parse().unwrap(),
            device: "unknown".parse().unwrap(),
            platform: "linux".parse().unwrap(),
        }
    }
}
