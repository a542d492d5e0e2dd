//! Imports of stock: checked row by row, taken as a whole, and the tokens that come of it.

use std::fs;

use oath::{
    Algorithm, Code, Digits, Drift, Hotp, Manufacturer, Period, SerialNumber, TokenType, Totp,
    UnixTime,
};
use provisioning::stock::{StockFile, StockOtp, StockToken};
use registry::{
    Actor, Association, Error, EventKind, IdempotencyKey, Otp, Outcome, StockFinding, StockImport,
    StockImportId, StockState, StockWhat, TakeStockError, TokenState,
};

use crate::clinic::{App, Clinic, START, ada, help_desk, label, rng};

const HEADER: &str = "serial,seed_hex,type,digits,step,counter,drift,manufacturer\n";
pub(crate) const SEED: &str = "3132333435363738393031323334353637383930";
const OTHER_SEED: &str = "4132333435363738393031323334353637383930";

fn serial(text: &str) -> SerialNumber {
    text.parse().unwrap()
}

impl Clinic {
    /// Takes a CSV file with these lines into the stock.
    pub(crate) async fn stock(&self, lines: &str) {
        let (import, _) = self.check(lines).await;
        self.take(import.id).await.unwrap();
    }

    /// An import of hard tokens with a button that was checked.
    pub(crate) async fn checked_stock(&self, serials: &[&str]) -> StockImportId {
        let lines = serials.iter().map(|serial| format!("{serial},{SEED},hotp,,,0,,\n"));
        self.check(&lines.collect::<String>()).await.0.id
    }

    /// Checks a CSV file with these lines, three rows at a time.
    async fn check(&self, lines: &str) -> (StockImport, Vec<StockFinding>) {
        let file = format!("{HEADER}{lines}");
        let rows: Vec<_> =
            StockFile::open(file.as_bytes(), None, None).unwrap().map(Result::unwrap).collect();
        let name = label("tokens.csv");
        let registry = &self.registry;
        let mut check = registry.begin_stock(&help_desk(), &name, START, &mut rng()).await.unwrap();
        let mut findings = Vec::new();
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let batch = rows.by_ref().take(3).collect();
            findings.extend(registry.check_stock(&mut check, batch, &mut rng()).await.unwrap());
        }
        (registry.end_stock_check(check).await.unwrap(), findings)
    }

    async fn take(&self, id: StockImportId) -> Result<StockImport, TakeStockError> {
        self.registry.take_stock(&help_desk(), id, false, START).await
    }

    async fn serials(&self) -> Vec<String> {
        let tokens = self.registry.all_tokens(None, 100_000, START).await.unwrap();
        tokens.into_iter().map(|token| token.serial.as_str().to_owned()).collect()
    }
}

fn whats(findings: &[StockFinding]) -> Vec<(u64, StockWhat)> {
    findings.iter().map(|finding| (finding.line, finding.what)).collect()
}

#[tokio::test]
async fn a_file_is_taken_with_what_it_says_of_each_token() {
    let clinic = Clinic::new().await;
    let (import, findings) = clinic
        .check(&format!(
            "GALH00000001,{SEED},hotp,8,,4711,,SafeNet\n\
             AVT812345678,{SEED},totp,6,60,,-3,\n\
             ABCD000001,{SEED},totp,,,,,Feitian\n\
             ABCD000002,{SEED},hotp,,,0,,\n"
        ))
        .await;
    assert_eq!(import.counts.new, 4);
    assert_eq!(whats(&findings), [2, 3, 4, 5].map(|line| (line, StockWhat::New)));
    assert!(clinic.serials().await.is_empty(), "nothing has changed yet");
    assert!(clinic.events().await.iter().all(|event| event.what.serial.is_none()));

    let taken = clinic.take(import.id).await.unwrap();
    assert_eq!((taken.state, taken.ended), (StockState::Taken, Some(START)));
    let token = async |text| clinic.store.token(&serial(text)).await.unwrap().unwrap().token;
    let fob = token("GALH00000001").await;
    assert_eq!((fob.state, fob.owner), (TokenState::Provisioned, None));
    assert_eq!(fob.otp, Otp::Hotp(Hotp { digits: Digits::Eight, ..Hotp::default() }));
    assert_eq!(fob.last_accepted, Some(4710), "the next code is that of the file's counter");
    assert_eq!((fob.manufacturer, fob.token_type), (Manufacturer::Thales, TokenType::Hard));
    assert_eq!(fob.name, label("SafeNet"));
    let timed = token("AVT812345678").await;
    assert_eq!(timed.otp, Otp::Totp(Totp { period: Period::SECONDS_60, ..Totp::default() }));
    assert_eq!((timed.drift.steps(), timed.last_accepted), (-3, None));
    let unknown = token("ABCD000001").await;
    assert_eq!(unknown.otp, Otp::TotpOfUnknownStep(Hotp::default()));
    assert_eq!(unknown.manufacturer, Manufacturer::Other);
    let new = token("ABCD000002").await;
    assert_eq!((new.last_accepted, new.name), (None, label("Hard token")));

    let events = clinic.events().await;
    let of_kind = |kind| events.iter().filter(move |event| event.what.kind == kind);
    assert_eq!(of_kind(EventKind::TokenProvisioned).count(), 4);
    let each = of_kind(EventKind::TokenProvisioned).next_back().unwrap();
    assert_eq!(each.what.actor, help_desk());
    assert_eq!(each.what.outcome, Outcome::Success);
    let cause = format!("stock import {}, line 4", import.id);
    assert_eq!(each.what.cause.as_deref(), Some(cause.as_str()));
    let whole = of_kind(EventKind::StockImported).next().unwrap().what.cause.clone().unwrap();
    assert!(whole.starts_with("4 tokens from tokens.csv, 0 rows left out"), "{whole}");
}

#[tokio::test]
async fn rows_that_are_in_the_way_are_named_and_nothing_is_taken() {
    let clinic = Clinic::new().await;
    let (first, _) =
        clinic.check(&format!("111111,{SEED},hotp,,,,,\n222222,{SEED},hotp,,,,,\n")).await;
    clinic.take(first.id).await.unwrap();
    let (import, findings) = clinic
        .check(&format!(
            "333333,{SEED},hotp,,,,,\n\
             333333,{OTHER_SEED},hotp,,,,,\n\
             111111,{SEED},hotp,,,,,\n\
             222222,{OTHER_SEED},hotp,,,,,\n\
             444444,{SEED},ocra,,,,,\n\
             3-3-3-3-3-3,{SEED},hotp,,,,,\n\
             555555,{SEED},totp,,,,5,\n\
             666666,{SEED},hotp,,,,,\n"
        ))
        .await;
    use StockWhat as W;
    let expected = [
        (2, W::New),
        (3, W::Twice),
        (4, W::There),
        (5, W::Other),
        (6, W::Damaged),
        (7, W::Twice),
        (8, W::Damaged),
        (9, W::New),
    ];
    assert_eq!(whats(&findings), expected);
    let causes: Vec<_> = findings.iter().map(|finding| finding.cause.clone()).collect();
    let twice = Some("the same serial number is on line 2 already".to_owned());
    assert_eq!((&causes[0], &causes[1], &causes[5]), (&None, &twice, &twice));
    assert!(causes[6].as_ref().unwrap().contains("30 or 60"));
    let kept = clinic.registry.stock_findings(import.id, 0, 100).await.unwrap();
    let not_new: Vec<_> = findings.iter().filter(|f| f.what != W::New).cloned().collect();
    assert_eq!(kept, not_new);

    let before = clinic.events().await;
    assert_eq!(clinic.take(import.id).await, Err(TakeStockError::InTheWay(5)));
    assert_eq!((clinic.serials().await.len(), clinic.events().await), (2, before));
    let taken = clinic.registry.take_stock(&help_desk(), import.id, true, START).await.unwrap();
    assert_eq!(taken.counts.new, 2);
    assert_eq!(clinic.serials().await, ["111111", "222222", "333333", "666666"]);
    // What lay apart is gone.
    assert!(clinic.store.staged_serials(import.id, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_second_submit_gives_the_same_answer() {
    let clinic = Clinic::new().await;
    let lines = format!("111111,{SEED},hotp,,,,,\n");
    let (import, _) = clinic.check(&lines).await;
    let taken = clinic.take(import.id).await.unwrap();
    let events = clinic.events().await;
    assert_eq!(clinic.take(import.id).await.unwrap(), taken);
    assert_eq!(clinic.events().await, events);
    let (again, findings) = clinic.check(&lines).await;
    assert_eq!(whats(&findings), [(2, StockWhat::There)]);
    assert_eq!(clinic.take(again.id).await, Err(TakeStockError::NothingNew));
}

#[tokio::test]
async fn a_token_that_comes_meanwhile_stops_the_whole_import() {
    let clinic = Clinic::new().await;
    let (first, _) =
        clinic.check(&format!("111111,{SEED},hotp,,,,,\n222222,{SEED},hotp,,,,,\n")).await;
    let (second, _) =
        clinic.check(&format!("222222,{SEED},hotp,,,,,\n333333,{SEED},hotp,,,,,\n")).await;
    clinic.take(first.id).await.unwrap();
    let before = clinic.events().await;
    assert_eq!(clinic.take(second.id).await, Err(TakeStockError::ChangedMeanwhile));
    assert_eq!(clinic.serials().await, ["111111", "222222"]);
    assert_eq!(clinic.events().await, before);
}

#[tokio::test]
async fn what_is_given_up_or_a_day_old_is_not_taken_and_forgotten() {
    let clinic = Clinic::new().await;
    let lines = format!("111111,{SEED},hotp,,,,,\n");
    let (dropped, _) = clinic.check(&lines).await;
    let registry = &clinic.registry;
    registry.drop_stock(&help_desk(), dropped.id, START).await.unwrap();
    assert_eq!(clinic.take(dropped.id).await, Err(TakeStockError::NotWaiting));
    assert!(clinic.store.staged_serials(dropped.id, 10).await.unwrap().is_empty());

    let (old, _) = clinic.check(&lines).await;
    let later = START.plus(24 * 60 * 60 + 1);
    let answer = registry.take_stock(&help_desk(), old.id, false, later).await;
    assert_eq!(answer, Err(TakeStockError::NotWaiting));
    assert_eq!(clinic.store.staged_serials(old.id, 10).await.unwrap().len(), 1);
    let check = registry.begin_stock(&help_desk(), &label("next"), later, &mut rng()).await;
    assert!(clinic.store.staged_serials(old.id, 10).await.unwrap().is_empty());
    // One whose file was never read to its end.
    let unfinished = check.unwrap().id();
    let answer = registry.take_stock(&help_desk(), unfinished, true, later).await;
    assert_eq!(answer, Err(TakeStockError::NotWaiting));
}

#[tokio::test]
async fn only_the_help_desk_imports() {
    let clinic = Clinic::new().await;
    let (import, _) = clinic.check(&format!("111111,{SEED},hotp,,,,,\n")).await;
    for actor in [Actor::Prescriber { npi: ada() }, Actor::Stranger, Actor::App] {
        let registry = &clinic.registry;
        let refused = registry.begin_stock(&actor, &label("x"), START, &mut rng()).await;
        assert_eq!(refused.unwrap_err(), Error::NotAllowed);
        let refused = registry.take_stock(&actor, import.id, false, START).await;
        assert_eq!(refused, Err(Error::NotAllowed.into()));
        assert_eq!(registry.drop_stock(&actor, import.id, START).await, Err(Error::NotAllowed));
    }
}

#[tokio::test]
async fn no_seed_of_a_file_lies_on_the_disk() {
    let clinic = Clinic::new().await;
    let (import, _) = clinic.check(&format!("ABCD111111,{SEED},hotp,,,,,\n")).await;
    clinic.take(import.id).await.unwrap();
    let files = fs::read_dir(clinic.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let disk: Vec<u8> = files.flat_map(|file| fs::read(file).unwrap()).collect();
    let is_there = |needle: &[u8]| disk.windows(needle.len()).any(|window| window == needle);
    assert!(is_there(b"ABCD111111"), "the search itself works");
    assert!(!is_there(b"12345678901234567890") && !is_there(SEED.as_bytes()));
}

#[tokio::test]
async fn of_a_long_file_all_is_counted_and_the_first_findings_are_kept() {
    let clinic = Clinic::new().await;
    let lines: String = (0..2_500)
        .map(|number| match number % 2 {
            0 => format!("T{number:08},{SEED},hotp,,,,,\n"),
            _ => format!("T{number:08},{SEED},hotp,9,,,,\n"),
        })
        .collect();
    let (import, findings) = clinic.check(&lines).await;
    assert_eq!((import.counts.new, import.counts.damaged, findings.len()), (1_250, 1_250, 2_500));
    assert_eq!(clinic.registry.stock_findings(import.id, 0, 10_000).await.unwrap().len(), 1_000);
    let after = clinic.registry.stock_findings(import.id, 1_990, 3).await.unwrap();
    assert_eq!(after.iter().map(|f| f.place).collect::<Vec<_>>(), [1_992, 1_994, 1_996]);
    clinic.registry.take_stock(&help_desk(), import.id, true, START).await.unwrap();
    assert_eq!(clinic.serials().await.len(), 1_250);
}

/// The whole way: a fob from the file becomes a prescriber's, by two codes after the file's counter.
#[tokio::test]
async fn a_token_of_stock_becomes_somebodys() {
    let (clinic, phone) = Clinic::with_token().await;
    let (import, _) = clinic.check(&format!("GALH00000001,{SEED},hotp,,,4711,,\n")).await;
    clinic.take(import.id).await.unwrap();
    let now = START.plus(60);
    let session = clinic.by_token(ada(), &phone, now).await;
    let seed = oath::Seed::from_bytes(b"12345678901234567890".to_vec().into()).unwrap();
    let code = |counter| Hotp::default().code(&seed, counter);
    let form = |first: Code, second: Code| Association {
        manufacturer: Manufacturer::Thales,
        token_type: TokenType::Hard,
        serial: serial("GALH00000001"),
        code: first,
        second_code: Some(second),
        seen: registry::Seen::default(),
        idempotency_key: IdempotencyKey::generate(&mut rng()),
        ..App::new("Fob").form(now)
    };
    let used = form(code(4709), code(4710));
    let refused = clinic.registry.associate(&session, &used, now).await;
    assert!(refused.is_err(), "codes before the file's counter are spent");
    let good = form(code(4711), code(4712));
    let token = clinic.registry.associate(&session, &good, now).await.unwrap();
    assert_eq!((token.owner, token.last_accepted), (Some(ada()), Some(4712)));
}

#[tokio::test]
async fn the_latest_import_is_listed_first() {
    let clinic = Clinic::new().await;
    let lines = format!("111111,{SEED},hotp,,,,,\n");
    let (first, _) = clinic.check(&lines).await;
    let later = UnixTime(START.0 + 1);
    let second = clinic.registry.begin_stock(&help_desk(), &label("b"), later, &mut rng()).await;
    let ids: Vec<_> =
        clinic.registry.stock_imports(10).await.unwrap().iter().map(|import| import.id).collect();
    assert_eq!(ids, [second.unwrap().id(), first.id]);
    assert_eq!(clinic.registry.stock_imports(1).await.unwrap().len(), 1);
    assert_eq!(clinic.registry.stock_import(first.id).await.unwrap().unwrap(), first);
}

impl Clinic {
    /// Exports in batches, and what left.
    async fn export(&self, owned_too: bool) -> Vec<StockToken> {
        let registry = &self.registry;
        let begun = registry.begin_export(&help_desk(), owned_too, "for a test", START).await;
        let mut export = begun.unwrap();
        let mut all = Vec::new();
        loop {
            let tokens = registry.export_stock(&mut export, START).await.unwrap();
            if tokens.is_empty() {
                break;
            }
            all.extend(tokens);
        }
        assert_eq!(export.count(), all.len() as u64);
        registry.end_export(export, START).await.unwrap();
        all
    }
}

fn outline(tokens: &[StockToken]) -> Vec<(&str, StockOtp, Option<&str>)> {
    tokens
        .iter()
        .map(|token| {
            let maker = token.manufacturer.as_ref().map(|maker| maker.as_str());
            assert_eq!(token.seed.expose_bytes(), b"12345678901234567890");
            (token.serial.as_str(), token.otp, maker)
        })
        .collect()
}

#[tokio::test]
async fn what_came_in_goes_out_with_counter_and_drift_and_is_recorded() {
    let (clinic, phone) = Clinic::with_token().await;
    let lines = format!(
        "ABCD000001,{SEED},totp,,,,,Feitian\n\
         AVT812345678,{SEED},totp,8,60,,-3,\n\
         GALH00000001,{SEED},hotp,6,,4711,,\n"
    );
    let (import, _) = clinic.check(&lines).await;
    clinic.take(import.id).await.unwrap();
    // The fob is used: what is exported is where it is now.
    let now = START.plus(60);
    let session = clinic.by_token(ada(), &phone, now).await;
    let seed = oath::Seed::from_bytes(b"12345678901234567890".to_vec().into()).unwrap();
    let code = |counter| Hotp::default().code(&seed, counter);
    let form = Association {
        manufacturer: Manufacturer::Thales,
        token_type: TokenType::Hard,
        serial: serial("GALH00000001"),
        code: code(4713),
        second_code: Some(code(4714)),
        ..App::new("Fob").form(now)
    };
    clinic.registry.associate(&session, &form, now).await.unwrap();

    let unknown = StockOtp::Totp {
        algorithm: Algorithm::Sha1,
        digits: Digits::Six,
        period: None,
        drift: Drift::default(),
    };
    let timed = StockOtp::Totp {
        algorithm: Algorithm::Sha1,
        digits: Digits::Eight,
        period: Some(Period::SECONDS_60),
        drift: Drift::from_parts(-3, 0),
    };
    let in_stock =
        [("ABCD000001", unknown, Some("Feitian")), ("AVT812345678", timed, Some("Symantec"))];
    let before = clinic.events().await.len();
    let unowned = clinic.export(false).await;
    assert_eq!(outline(&unowned), in_stock);
    let fob = StockOtp::Hotp { hotp: Hotp::default(), counter: 4715 };
    let all = clinic.export(true).await;
    let fob = ("GALH00000001", fob, Some("Thales"));
    assert_eq!(outline(&all), [in_stock[0], in_stock[1], fob], "an app's token never leaves");

    let events = clinic.events().await;
    let (recorded, _) = events.split_at(events.len() - before);
    let count = |kind| recorded.iter().filter(|event| event.what.kind == kind).count();
    assert_eq!((count(EventKind::TokenExported), count(EventKind::StockExported)), (5, 4));
    let whole = recorded[0].what.cause.as_deref().unwrap();
    assert_eq!(whole, "3 tokens in stock and in use, for a test");
    let refused =
        clinic.registry.begin_export(&Actor::Prescriber { npi: ada() }, false, "", START).await;
    assert_eq!(refused.unwrap_err(), Error::NotAllowed);
}

/// Whoever takes the seeds and breaks the export off leaves what somebody has to look at.
#[tokio::test]
async fn an_export_that_is_broken_off_is_in_the_daily_report() {
    let clinic = Clinic::new().await;
    let (import, _) = clinic.check(&format!("111111,{SEED},hotp,,,,,\n")).await;
    clinic.take(import.id).await.unwrap();
    let begun = clinic.registry.begin_export(&help_desk(), true, "as CSV in plain", START).await;
    let mut export = begun.unwrap();
    assert_eq!(clinic.registry.export_stock(&mut export, START).await.unwrap().len(), 1);
    drop(export);
    let report = clinic.registry.daily_report(START).await.unwrap();
    let notable = report.notable.iter().map(|event| &event.what);
    let [event] =
        notable.filter(|what| what.kind == EventKind::StockExported).collect::<Vec<_>>()[..]
    else {
        panic!("{:?}", report.notable)
    };
    assert_eq!((event.outcome, &event.actor), (Outcome::Attempted, &help_desk()));
    assert_eq!(event.cause.as_deref(), Some("tokens in stock and in use, as CSV in plain"));
}
