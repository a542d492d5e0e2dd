//! One key package: what it says as it is read, and the token that it makes.

use std::io::BufRead;

use oath::{Algorithm, Digits, Drift, Hotp, Period, Seed, SerialNumber};
use zeroize::Zeroizing;

use super::{
    cipher::name_in,
    elements::{Element, Elements},
    opening::{Encrypted, Opener},
};
use crate::{
    stock::{Found, NotAToken, RowProblem, StockOtp, StockToken, read_maker, read_suite, shown},
    text::base64,
};

/// A key package as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub(super) line: u64,
    pub(super) has_key: bool,
    serial: Option<String>,
    manufacturer: Option<String>,
    key: Key,
}

/// What is said of its key.
#[derive(Debug, Default)]
struct Key {
    id: Option<String>,
    profile: String,
    issuer: String,
    suite: Option<String>,
    digits: Option<String>,
    encoding: Option<String>,
    check_digits: Option<String>,
    secret: Value,
    counter: Value,
    time: Value,
    interval: Value,
    drift: Value,
    problem: Option<RowProblem>,
}

/// A value, in plain or encrypted.
#[derive(Debug, Default)]
struct Value {
    named: bool,
    plain: Option<Zeroizing<String>>,
    encrypted: Option<Encrypted>,
}

impl Package {
    pub(super) fn at(line: u64) -> Self {
        Self { line, ..Self::default() }
    }

    /// Notes an element within the package that was opened.
    pub(super) fn opened<R: BufRead>(&mut self, elements: &Elements<R>) {
        use Element as E;
        let attribute = |name| elements.attribute(name);
        match &elements.path()[2..] {
            [E::Key] => {
                self.has_key = true;
                self.key = Key {
                    id: attribute("Id"),
                    profile: attribute("Algorithm").unwrap_or_default(),
                    ..Key::default()
                };
            }
            // privacyIDEA writes the hash as an attribute.
            [E::Key, E::AlgorithmParameters, E::Suite] => self.key.suite = attribute("hashalgo"),
            [E::Key, E::AlgorithmParameters, E::ResponseFormat] => {
                self.key.digits = attribute("Length");
                self.key.encoding = attribute("Encoding");
                self.key.check_digits = attribute("CheckDigits");
            }
            [E::Key, E::Data, field] => {
                if let Some(value) = self.key.value(*field) {
                    let twice = core::mem::replace(&mut value.named, true);
                    self.key.note(twice.then_some(RowProblem::Twice));
                }
            }
            [E::Key, E::Data, field, E::EncryptedValue, E::EncryptionMethod] => {
                if let Some(value) = self.key.value(*field) {
                    value.encrypted().cipher = attribute("Algorithm").unwrap_or_default();
                }
            }
            _ => {}
        }
    }

    /// Notes an element within the package that was closed, by its text.
    pub(super) fn closed<R: BufRead>(&mut self, elements: &Elements<R>) {
        use Element as E;
        let text = elements.text();
        match &elements.path()[2..] {
            [E::DeviceInfo, E::SerialNo] => self.serial = Some(text.to_owned()),
            [E::DeviceInfo, E::Manufacturer] => self.manufacturer = Some(text.to_owned()),
            [E::Key, E::Issuer] => text.clone_into(&mut self.key.issuer),
            [E::Key, E::AlgorithmParameters, E::Suite] if !text.is_empty() => {
                self.key.suite = Some(text.to_owned());
            }
            [E::Key, E::Data, field, E::PlainValue] => {
                if let Some(value) = self.key.value(*field) {
                    value.plain = Some(Zeroizing::new(text.to_owned()));
                }
            }
            [E::Key, E::Data, field, E::EncryptedValue, E::CipherData, E::CipherValue] => {
                let bytes = base64(text);
                self.key.note(bytes.is_none().then_some(RowProblem::Base64));
                if let Some(value) = self.key.value(*field) {
                    value.encrypted().value = bytes.unwrap_or_default();
                }
            }
            [E::Key, E::Data, field, E::ValueMac] => {
                let bytes = base64(text);
                self.key.note(bytes.is_none().then_some(RowProblem::Base64));
                if let Some(value) = self.key.value(*field) {
                    value.encrypted().mac = bytes;
                }
            }
            _ => {}
        }
    }

    /// What names it in a report.
    pub(super) fn name(&self) -> Option<String> {
        self.serial_text().map(shown)
    }

    fn serial_text(&self) -> Option<&str> {
        let key_id = self.key.id.as_deref();
        self.serial.as_deref().filter(|text| !text.is_empty()).or(key_id)
    }

    /// The token that it makes.
    pub(super) fn found(&mut self, opener: &Opener) -> Result<Found, RowProblem> {
        if let Some(problem) = self.key.problem.take() {
            return Err(problem);
        }
        let counted = match name_in(&self.key.profile).as_str() {
            "hotp" => true,
            "totp" => false,
            "pin" => return Ok(Found::Nothing(NotAToken::Pin)),
            _ => return Err(RowProblem::Profile { name: shown(&self.key.profile) }),
        };
        let serial = self.serial_text().ok_or(RowProblem::NoSerial)?;
        let serial: SerialNumber = serial.parse().map_err(|_| RowProblem::Serial)?;
        let manufacturer = self.manufacturer.as_deref().map(read_maker).transpose()?.flatten();
        let otp = if counted { self.key.counted(opener)? } else { self.key.timed(opener)? };
        let seed = self.key.seed(opener)?;
        Ok(Found::Token(StockToken { serial, seed, otp, manufacturer }))
    }
}

impl Key {
    fn value(&mut self, field: Element) -> Option<&mut Value> {
        match field {
            Element::Secret => Some(&mut self.secret),
            Element::Counter => Some(&mut self.counter),
            Element::Time => Some(&mut self.time),
            Element::TimeInterval => Some(&mut self.interval),
            Element::TimeDrift => Some(&mut self.drift),
            _ => None,
        }
    }

    fn note(&mut self, problem: Option<RowProblem>) {
        if self.problem.is_none() {
            self.problem = problem;
        }
    }

    fn seed(&self, opener: &Opener) -> Result<Seed, RowProblem> {
        let bytes = match (&self.secret.encrypted, &self.secret.plain) {
            (Some(encrypted), None) => opener.open(encrypted)?,
            (None, Some(_)) if !opener.allows_plain_seeds() => return Err(RowProblem::PlainSeed),
            (None, Some(plain)) => base64(plain).map(Zeroizing::new).ok_or(RowProblem::Base64)?,
            (None, None) => return Err(RowProblem::NoSeed),
            (Some(_), Some(_)) => return Err(RowProblem::Twice),
        };
        Seed::from_bytes(bytes).map_err(|_| RowProblem::Seed)
    }

    fn counted(&self, opener: &Opener) -> Result<StockOtp, RowProblem> {
        let (algorithm, digits) = self.form()?;
        let counter = match self.counter.number(opener).map_err(or(RowProblem::Counter))? {
            None => 0,
            Some(counter) => u64::try_from(counter).map_err(|_| RowProblem::Counter)?,
        };
        if counter == u64::MAX {
            return Err(RowProblem::Counter);
        }
        Ok(StockOtp::Hotp { hotp: Hotp { algorithm, digits }, counter })
    }

    fn timed(&self, opener: &Opener) -> Result<StockOtp, RowProblem> {
        let (algorithm, digits) = self.form()?;
        if self.time.number(opener).map_err(or(RowProblem::Epoch))?.is_some_and(|start| start != 0)
        {
            return Err(RowProblem::Epoch);
        }
        let period = match self.interval.number(opener).map_err(or(RowProblem::Step))? {
            None => None,
            Some(seconds) => Some(
                u32::try_from(seconds)
                    .ok()
                    .and_then(|seconds| Period::try_from(seconds).ok())
                    .ok_or(RowProblem::Step)?,
            ),
        };
        let drift = self.drift_steps(opener, period)?;
        Ok(StockOtp::Totp { algorithm, digits, period, drift })
    }

    /// The drift in steps, within what a resynchronisation could have found.
    fn drift_steps(&self, opener: &Opener, period: Option<Period>) -> Result<Drift, RowProblem> {
        let steps = match &self.drift.plain {
            // privacyIDEA's is in seconds, with decimals, or `None`.
            Some(plain) if self.issuer == "privacyIDEA" => match plain.as_str() {
                "" | "None" => 0,
                text => {
                    let seconds: f64 = text.parse().map_err(|_| RowProblem::Drift)?;
                    // A number out of range becomes the nearest in range, which is refused below.
                    (seconds / period.unwrap_or_default().seconds() as f64).round() as i128
                }
            },
            _ => self.drift.number(opener).map_err(or(RowProblem::Drift))?.unwrap_or(0),
        };
        let steps = i32::try_from(steps).map_err(|_| RowProblem::Drift)?;
        let drift = Drift::from_parts(steps, 0);
        if drift.steps() == steps { Ok(drift) } else { Err(RowProblem::Drift) }
    }

    fn form(&self) -> Result<(Algorithm, Digits), RowProblem> {
        let algorithm = self.suite.as_deref().map_or(Ok(Algorithm::default()), read_suite)?;
        let decimal = |encoding: &str| encoding.eq_ignore_ascii_case("decimal");
        if !self.encoding.as_deref().is_none_or(decimal) {
            return Err(RowProblem::Encoding);
        }
        if matches!(self.check_digits.as_deref(), Some("true" | "1")) {
            return Err(RowProblem::CheckDigit);
        }
        let digits = match &self.digits {
            None => Digits::default(),
            Some(text) => text
                .trim()
                .parse::<u8>()
                .ok()
                .and_then(|count| Digits::try_from(count).ok())
                .ok_or(RowProblem::Digits)?,
        };
        Ok((algorithm, digits))
    }
}

impl Value {
    fn encrypted(&mut self) -> &mut Encrypted {
        self.encrypted.get_or_insert_default()
    }

    /// A whole number; `None` where there is none.
    fn number(&self, opener: &Opener) -> Result<Option<i128>, Option<RowProblem>> {
        match (&self.plain, &self.encrypted) {
            (None, None) => Ok(None),
            (Some(plain), _) if plain.is_empty() || plain.as_str() == "None" => Ok(None),
            (Some(plain), _) => plain.parse().map(Some).map_err(|_| None),
            (None, Some(encrypted)) => {
                let bytes = opener.open(encrypted).map_err(Some)?;
                number_in(&bytes).map(Some).ok_or(None)
            }
        }
    }
}

/// The problem that was met, or this one where it is just no such number.
fn or(problem: RowProblem) -> impl FnOnce(Option<RowProblem>) -> RowProblem {
    |met| met.unwrap_or(problem)
}

/// A number that was encrypted: its digits in ASCII, or, of 4 and 8 bytes (RFC 6030's lengths),
/// two's complement, and of any other length without a sign; the highest byte first.
fn number_in(bytes: &[u8]) -> Option<i128> {
    if let Ok(text) = core::str::from_utf8(bytes)
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        && let Ok(number) = text.parse()
    {
        return Some(number);
    }
    match bytes.len() {
        4 => Some(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        8 => Some(i64::from_be_bytes(bytes.try_into().ok()?).into()),
        1..=8 => Some(bytes.iter().fold(0, |number, byte| (number << 8) | i128::from(*byte))),
        _ => None,
    }
}
