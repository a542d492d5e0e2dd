//! Hard tokens: codes from a counter, and steps of 30 or 60 seconds that the first code tells.

use oath::{Code, Drift, Hotp, Period, Totp, UnixTime};
use registry::{
    AssociateError, Association, Cause, Lock, Otp, Outcome, Purpose, Session, TokenState,
    VerifyError,
    store::{Changes, Write},
};

use crate::clinic::{App, Clinic, START, ada, rng};

const NOW: UnixTime = UnixTime(START.0 + 60);

/// A device of the given kind that waits in stock, and Ada signed in to add it.
pub(crate) struct Stock {
    pub(crate) clinic: Clinic,
    phone: App,
    pub(crate) fob: App,
    session: Session,
}

impl Stock {
    pub(crate) async fn with(otp: Otp, last_accepted: Option<u64>) -> Self {
        let (clinic, phone) = Clinic::with_token().await;
        let fob = App::new("Fob");
        put(&clinic, &fob, otp, last_accepted).await;
        let session = clinic.by_token(ada(), &phone, NOW).await;
        Self { clinic, phone, fob, session }
    }

    pub(crate) async fn add(
        &self,
        form: &Association,
        now: UnixTime,
    ) -> Result<Otp, AssociateError> {
        let token = self.clinic.registry.associate(&self.session, form, now).await?;
        assert_eq!((token.state, token.owner), (TokenState::Active, Some(ada())));
        Ok(token.otp)
    }

    /// The form, with the codes of two counters.
    pub(crate) fn form(&self, first: u64, second: Option<u64>) -> Association {
        let second_code = second.map(|counter| press(&self.fob, counter));
        Association { code: press(&self.fob, first), second_code, ..self.fob.form(NOW) }
    }

    pub(crate) async fn sign(&self, code: &Code, now: UnixTime) -> Result<(), VerifyError> {
        let serial = self.fob.serial();
        let purpose = Purpose::Signing;
        self.clinic.registry.verify(&ada(), &serial, code, purpose, now).await.map(drop)
    }
}

/// Puts an app's seed into the stock as a device of another kind.
pub(crate) async fn put(clinic: &Clinic, fob: &App, otp: Otp, last_accepted: Option<u64>) {
    let sealed = fob.export(clinic.registry.server_key());
    clinic.registry.consume(&sealed, START, &mut rng()).await.unwrap();
    let mut record = clinic.store.token(&fob.serial()).await.unwrap().unwrap();
    record.token.otp = otp;
    record.token.last_accepted = last_accepted;
    let writes = vec![Write::UpdateToken(Box::new(record))];
    clinic.store.commit(Changes { writes, events: Vec::new() }).await.unwrap();
}

pub(crate) fn press(fob: &App, counter: u64) -> Code {
    Hotp::default().code(&fob.seed, counter)
}

fn by_button() -> Otp {
    Otp::Hotp(Hotp::default())
}

fn refused(cause: Cause) -> Result<(), VerifyError> {
    Err(VerifyError::Refused(cause))
}

#[tokio::test]
async fn a_token_with_a_button_is_added_by_two_consecutive_codes() {
    let stock = Stock::with(by_button(), Some(499)).await;
    let one = stock.form(500, None);
    assert_eq!(stock.add(&one, NOW).await, Err(AssociateError::NeedsSecondCode));
    assert_eq!(stock.clinic.token(&stock.fob, NOW).await.failures, 0, "nothing was judged");

    for (first, second) in [(501, 500), (500, 502), (500, 500)] {
        let answer = stock.add(&stock.form(first, Some(second)), NOW).await;
        assert_eq!(answer, Err(AssociateError::Code(Cause::NotConsecutive)), "{first} {second}");
    }
    assert_eq!(stock.clinic.token(&stock.fob, NOW).await.failures, 3);

    // In transit its button was pressed some four hundred times.
    let form = stock.form(900, Some(901));
    assert_eq!(stock.add(&form, NOW).await, Ok(by_button()));
    let token = stock.clinic.token(&stock.fob, NOW).await;
    assert_eq!((token.last_accepted, token.failures), (Some(901), 0));
    assert_eq!(stock.add(&form, NOW.plus(9)).await, Ok(by_button()), "the same answer twice");
    let events = stock.clinic.events().await;
    let added = events.iter().filter(|event| {
        event.what.kind == registry::EventKind::TokenAssociated
            && event.what.outcome == Outcome::Success
            && event.what.serial == Some(stock.fob.serial())
    });
    assert_eq!(added.count(), 1);
}

#[tokio::test]
async fn a_code_of_a_button_is_good_once_and_ten_ahead() {
    let stock = Stock::with(by_button(), None).await;
    stock.add(&stock.form(0, Some(1)), NOW).await.unwrap();
    let used = |seconds_ago| refused(Cause::AlreadyUsed { seconds_ago });
    assert_eq!(stock.sign(&press(&stock.fob, 1), NOW.plus(5)).await, used(5));
    assert_eq!(stock.sign(&press(&stock.fob, 2), NOW.plus(6)).await, Ok(()));
    assert_eq!(stock.sign(&press(&stock.fob, 13), NOW.plus(7)).await, Ok(()));
    assert_eq!(stock.sign(&press(&stock.fob, 12), NOW.plus(8)).await, refused(Cause::Old));
    assert_eq!(stock.sign(&press(&stock.fob, 13), NOW.plus(9)).await, used(2));
    let failures = stock.clinic.token(&stock.fob, NOW).await.failures;
    assert_eq!(failures, 0, "nobody is charged for what was good once");
    stock.sign(&press(&stock.fob, 9_999), NOW.plus(10)).await.unwrap_err();
    assert_eq!(stock.clinic.token(&stock.fob, NOW).await.failures, 1);
}

#[tokio::test]
async fn a_code_of_a_button_is_known_as_the_other_tokens() {
    let stock = Stock::with(by_button(), None).await;
    stock.add(&stock.form(0, Some(1)), NOW).await.unwrap();
    let code = press(&stock.fob, 2);
    let (serial, purpose) = (stock.phone.serial(), Purpose::Signing);
    let answer = stock.clinic.registry.verify(&ada(), &serial, &code, purpose, NOW).await;
    let name = stock.fob.name.clone();
    assert_eq!(answer.map(drop), refused(Cause::OtherToken { name }));
    assert_eq!(stock.sign(&code, NOW).await, Ok(()), "telling it used nothing up");
}

#[tokio::test]
async fn the_first_code_tells_whether_a_step_is_30_or_60_seconds() {
    for period in [Period::SECONDS_30, Period::SECONDS_60] {
        let stock = Stock::with(Otp::TotpOfUnknownStep(Hotp::default()), None).await;
        let totp = Totp { period, ..Totp::default() };
        let code = |at| totp.code_at(&stock.fob.seed, at);
        let wrong = Association { code: stock.fob.wrong_code(NOW), ..stock.fob.form(NOW) };
        assert_eq!(stock.add(&wrong, NOW).await, Err(AssociateError::Code(Cause::Wrong)));
        let form = Association { code: code(NOW), ..stock.fob.form(NOW) };
        assert_eq!(stock.add(&form, NOW).await, Ok(Otp::Totp(totp)));
        let kept = stock.clinic.token(&stock.fob, NOW).await;
        let step = period.step_at(NOW);
        assert_eq!((kept.otp, kept.last_accepted), (Otp::Totp(totp), Some(step)));
        let later = NOW.plus(120);
        assert_eq!(stock.sign(&code(later), later).await, Ok(()));
        let of_the_other = Period::try_from(90 - u32::from(period)).unwrap();
        let of_the_other = Totp { period: of_the_other, ..totp }.code_at(&stock.fob.seed, later);
        assert!(stock.sign(&of_the_other, later).await.is_err());
    }
}

/// It lay in a drawer for years: its clock is half an hour off.
#[tokio::test]
async fn two_codes_add_a_token_whose_clock_is_far_off() {
    let stock = Stock::with(Otp::TotpOfUnknownStep(Hotp::default()), None).await;
    let totp = Totp { period: Period::SECONDS_60, ..Totp::default() };
    let code = |at| totp.code_at(&stock.fob.seed, at);
    let (first, second) = (NOW.plus(1_800), NOW.plus(1_860));
    let one = Association { code: code(first), ..stock.fob.form(NOW) };
    assert!(matches!(stock.add(&one, NOW).await, Err(AssociateError::Code(_))));
    let two = Association { code: code(first), second_code: Some(code(second)), ..one };
    assert_eq!(stock.add(&two, NOW).await, Ok(Otp::Totp(totp)));
    assert_eq!(stock.clinic.token(&stock.fob, NOW).await.drift, Drift::from_parts(31, 0));
    let later = NOW.plus(600);
    assert_eq!(stock.sign(&code(later.plus(1_800)), later).await, Ok(()));
}

#[tokio::test]
async fn wrong_pairs_pause_the_adding_of_a_token_too() {
    let stock = Stock::with(by_button(), None).await;
    for _ in 0..10 {
        let wrong = stock.form(7, Some(3));
        let answer = stock.add(&wrong, NOW).await;
        assert_eq!(answer, Err(AssociateError::Code(Cause::NotConsecutive)));
    }
    let locked = stock.clinic.token(&stock.fob, NOW).await;
    assert_eq!(
        (locked.state, locked.lock),
        (TokenState::Provisioned, Some(Lock::Until(NOW.plus(900))))
    );
    let good = stock.add(&stock.form(0, Some(1)), NOW.plus(1)).await;
    assert!(matches!(good, Err(AssociateError::Code(Cause::Locked { .. }))), "{good:?}");
    let session = stock.clinic.by_token(ada(), &stock.phone, NOW.plus(900)).await;
    let again = Stock { session, ..stock };
    again.add(&again.form(0, Some(1)), NOW.plus(900)).await.unwrap();
}
