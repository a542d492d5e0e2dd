//! Many at once: one code is accepted once, the tenth wrong one locks, nobody else is hurt. Several
//! registries over one database stand for several processes.

use std::sync::Arc;

use oath::{Code, SerialNumber, UnixTime};
use registry::{Accepted, Cause, EventKind, Npi, Outcome, Purpose, Registry, VerifyError};

use crate::clinic::{App, Clinic, START, ada, ben};

const NOW: UnixTime = UnixTime(START.0 + 60);
const AT_ONCE: usize = 500;
/// Codes of somebody else, one after another, while the burst goes on.
const HONEST: u64 = 20;

/// Sends the same code `AT_ONCE` times, to both registries in turn.
async fn burst(
    registries: &[Arc<Registry>],
    npi: Npi,
    serial: &SerialNumber,
    code: &Code,
) -> Vec<Result<Accepted, VerifyError>> {
    let sent: Vec<_> = (0..AT_ONCE)
        .map(|n| {
            let registry = registries[n % registries.len()].clone();
            let (serial, code) = (serial.clone(), code.clone());
            tokio::spawn(async move {
                registry.verify(&npi, &serial, &code, Purpose::Signing, NOW).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for answer in sent {
        answers.push(answer.await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_five_hundred_submissions_of_one_code_one_is_accepted() {
    let (clinic, app) = Clinic::with_token().await;
    one_of_five_hundred_is_accepted(clinic, app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_five_hundred_submissions_of_one_code_one_is_accepted_on_postgres() {
    let clinic = Clinic::on_postgres().await;
    let app = clinic.first_token_of_ada().await;
    one_of_five_hundred_is_accepted(clinic, app).await;
}

async fn one_of_five_hundred_is_accepted(clinic: Clinic, app: App) {
    let registries =
        [clinic.registry.clone(), clinic.second_process().await, clinic.second_process().await];
    let answers = burst(&registries, ada(), &app.serial(), &app.code(NOW)).await;
    let accepted = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(accepted, 1);
    let used = VerifyError::Refused(Cause::AlreadyUsed { seconds_ago: 0 });
    assert_eq!(answers.iter().filter(|answer| **answer == Err(used.clone())).count(), AT_ONCE - 1);
    let judged = clinic.events().await.into_iter().filter(|event| {
        event.what.kind == EventKind::CodeJudged && event.what.purpose == Some(Purpose::Signing)
    });
    let (good, refused): (Vec<_>, Vec<_>) =
        judged.partition(|event| event.what.outcome == Outcome::Success);
    assert_eq!((good.len(), refused.len()), (1, AT_ONCE - 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_five_hundred_wrong_codes_ten_are_judged_and_honest_ones_are_not_hurt() {
    let (clinic, app) = Clinic::with_token().await;
    ten_of_five_hundred_are_judged(clinic, app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_five_hundred_wrong_codes_ten_are_judged_on_postgres() {
    let clinic = Clinic::on_postgres().await;
    let app = clinic.first_token_of_ada().await;
    ten_of_five_hundred_are_judged(clinic, app).await;
}

async fn ten_of_five_hundred_are_judged(clinic: Clinic, app: App) {
    clinic.open_account(ben()).await;
    let honest = App::new("Ben's");
    clinic.enrol_first(ben(), &honest, START).await;
    let registries = [clinic.registry.clone(), clinic.second_process().await];

    let (serial, wrong) = (app.serial(), app.wrong_code(NOW));
    let honest_ones = {
        let (registry, serial) = (registries[1].clone(), honest.serial());
        tokio::spawn(async move {
            // Each of a step of its own.
            for at in (0..HONEST).map(|n| NOW.plus(n * 30)) {
                let code = honest.code(at);
                registry.verify(&ben(), &serial, &code, Purpose::Signing, at).await.unwrap();
            }
        })
    };
    let answers = burst(&registries, ada(), &serial, &wrong).await;
    honest_ones.await.unwrap();

    let locked = Cause::Locked { until: Some(NOW.plus(900)), seconds_left: 900 };
    let count = |cause: &Cause| {
        let refused = Err(VerifyError::Refused(cause.clone()));
        answers.iter().filter(|answer| **answer == refused).count()
    };
    assert_eq!((count(&Cause::Wrong), count(&locked)), (10, AT_ONCE - 10));
    let token = clinic.token(&app, NOW).await;
    assert_eq!(token.failures, 10);
    let locks = clinic.events().await.into_iter().filter(|e| e.what.kind == EventKind::TokenLocked);
    assert_eq!(locks.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tokens_at_once_are_all_accepted() {
    let (clinic, first) = Clinic::with_token().await;
    let mut apps = vec![first];
    for n in 1..8_u64 {
        let app = App::new(&format!("Token {n}"));
        let at = START.plus(n * 60);
        clinic.by_first(&apps[0], &app, at).await;
        apps.push(app);
    }
    let now = START.plus(900);
    let second = clinic.second_process().await;
    let sent: Vec<_> = apps
        .iter()
        .enumerate()
        .map(|(n, app)| {
            let registry = if n % 2 == 0 { clinic.registry.clone() } else { second.clone() };
            let (serial, code) = (app.serial(), app.code(now));
            tokio::spawn(async move {
                registry.verify(&ada(), &serial, &code, Purpose::Signing, now).await
            })
        })
        .collect();
    for answer in sent {
        answer.await.unwrap().unwrap();
    }
}

impl Clinic {
    /// Enrols a further token for Ada, signed in by a code of her first, which is named.
    async fn by_first(&self, first: &App, app: &App, now: UnixTime) {
        let (link, _) = self.begin(ada(), now).await;
        self.send(&app.seal(&link), now).await.unwrap();
        let session = self.half_session(ada(), now).await;
        let (serial, code) = (first.serial(), first.code(now));
        let renewed = self.registry.confirm_with_code(&session, Some(&serial), &code, now).await;
        let session = self.registry.session(&renewed.unwrap().unwrap(), now).await.unwrap();
        self.registry.associate(&session, &app.form(now), now).await.unwrap();
    }
}
