//! What accepted codes show of a token's clock or counter is kept, and how much of it.

use oath::{Hotp, SerialNumber, Totp, UnixTime};
use registry::{
    DriftSample, Observed, Otp, Outlook, Purpose,
    rules::drift::Forecast,
    store::{Changes, Write},
};

use crate::{
    clinic::{Clinic, START, ada},
    hard_tokens::Stock,
};

const DAY: u64 = 86_400;

async fn observed(clinic: &Clinic, serial: &SerialNumber) -> Vec<Observed> {
    let samples = clinic.store.drift_samples(serial).await.unwrap();
    samples.iter().map(|sample| sample.observed).collect()
}

#[tokio::test]
async fn a_fobs_clock_is_charted_by_the_codes_that_were_accepted() {
    let (clinic, fob) = Clinic::with_token().await;
    let (registry, serial) = (&clinic.registry, fob.serial());
    assert_eq!(observed(&clinic, &serial).await, [Observed::Steps(0)], "when it was added");
    // One step every ten days, and two codes a day.
    for day in 1..=60 {
        for hour in [1, 9] {
            let now = START.plus(day * DAY + hour * 3_600);
            let code = fob.code(now.plus(day / 10 * 30));
            registry.verify(&ada(), &serial, &code, Purpose::Signing, now).await.unwrap();
            let wrong = fob.wrong_code(now);
            registry.verify(&ada(), &serial, &wrong, Purpose::Signing, now).await.unwrap_err();
        }
    }
    let expected: Vec<_> = (0..=60).map(|day| Observed::Steps(day / 10)).collect();
    assert_eq!(observed(&clinic, &serial).await, expected, "one a day, of good codes only");
    let now = START.plus(60 * DAY + 10 * 3_600);
    let token = clinic.token(&fob, now).await;
    let history = registry.drift_history(&token, now).await.unwrap();
    let Outlook::Clock { line: Some(line), forecast: Forecast::Leaves { in_use, unused } } =
        history.outlook
    else {
        panic!("{:?}", history.outlook)
    };
    assert!((line.per_day - 0.1).abs() < 0.01, "{line:?}");
    let days = |at: Option<UnixTime>| at.unwrap().since(START) / DAY;
    assert!((105..=118).contains(&days(in_use)), "{}", days(in_use));
    assert!((65..=78).contains(&days(unused)), "{}", days(unused));
}

#[tokio::test]
async fn no_more_days_are_kept_than_are_drawn() {
    let (clinic, fob) = Clinic::with_token().await;
    let serial = fob.serial();
    for day in 1..200_i32 {
        let sample = DriftSample {
            serial: serial.clone(),
            at: START.plus(u64::try_from(day).unwrap() * DAY),
            observed: Observed::Steps(day),
            accepted: 1,
        };
        let writes = vec![Write::NoteDrift(Box::new(sample))];
        clinic.store.commit(Changes { writes, events: Vec::new() }).await.unwrap();
    }
    let kept: Vec<_> = (80..200).map(Observed::Steps).collect();
    assert_eq!(observed(&clinic, &serial).await, kept);
}

#[tokio::test]
async fn of_a_button_the_presses_without_use_are_summed_for_the_day() {
    let stock = Stock::with(Otp::Hotp(Hotp::default()), Some(40)).await;
    let now = START.plus(60);
    stock.add(&stock.form(45, Some(46)), now).await.unwrap();
    let serial = stock.fob.serial();
    assert_eq!(
        observed(&stock.clinic, &serial).await,
        [Observed::Skipped(0)],
        "before it was ours"
    );
    for counter in [47, 50, 51, 54] {
        let code = Hotp::default().code(&stock.fob.seed, counter);
        stock.sign(&code, now.plus(60)).await.unwrap();
    }
    assert_eq!(observed(&stock.clinic, &serial).await, [Observed::Skipped(4)]);
    let token = stock.clinic.token(&stock.fob, now).await;
    let history = stock.clinic.registry.drift_history(&token, now).await.unwrap();
    let Outlook::Counter(life) = history.outlook else { panic!("{:?}", history.outlook) };
    assert_eq!((life.made, life.skipped, life.used_up), (55, 4, None));
}

#[tokio::test]
async fn a_step_of_unknown_length_is_kept_once_it_is_known() {
    let stock = Stock::with(Otp::TotpOfUnknownStep(Hotp::default()), None).await;
    let now = START.plus(60);
    let form = registry::Association { code: stock.fob.code(now), ..stock.fob.form(now) };
    assert_eq!(stock.add(&form, now).await.unwrap(), Otp::Totp(Totp::default()));
    assert_eq!(observed(&stock.clinic, &stock.fob.serial()).await, [Observed::Steps(0)]);
}
