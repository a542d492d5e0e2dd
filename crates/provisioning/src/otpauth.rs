//! `otpauth://` links: the account of another issuer, as its QR code or its page gives it.
//!
//! The format is Google Authenticator's Key URI Format, read as generously as the other apps read
//! it: what they ignore is ignored, and what would give wrong codes is refused.

use data_encoding::BASE32_NOPAD;
use oath::{Algorithm, Digits, Hotp, Period, Seed, Totp};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::{
    Error, Label, MAX_TEXT_LENGTH,
    text::{algorithm_named, shortened},
};

const SCHEME: &str = "otpauth://";
const MIGRATION_SCHEME: &str = "otpauth-migration://";
const WHAT: &str = "a setup link";

/// An account of another issuer.
#[derive(Debug)]
pub struct OtpauthUri {
    /// Who issued it, where the link says so.
    pub issuer: Option<Label>,
    /// Whose account it is there. A longer one than a [`Label`] holds is shortened.
    pub account: Label,
    /// The secret that the account's codes are made with.
    pub seed: Seed,
    /// How they are made.
    pub kind: OtpKind,
}

/// How the codes of an account are made, but for its seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtpKind {
    /// By time.
    Totp(Totp),
    /// By a counter.
    Hotp {
        /// Hash and digits.
        hotp: Hotp,
        /// The counter of the next code, below [`u64::MAX`].
        counter: u64,
    },
}

impl OtpauthUri {
    /// Reads a link as it is pasted or scanned.
    ///
    /// # Errors
    /// [`Error::NotOurs`] for another text, [`Error::SeveralAccounts`] for Google's export of many,
    /// [`Error::SecretKey`], and [`Error::Malformed`] with the rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if starts_with(text, MIGRATION_SCHEME) {
            return Err(Error::SeveralAccounts);
        }
        if text.len() > MAX_TEXT_LENGTH || !starts_with(text, SCHEME) {
            return Err(Error::NotOurs { expected: WHAT, prefix: SCHEME });
        }
        let rest = text[SCHEME.len()..].split('#').next().unwrap_or_default();
        let (path, query) = rest.split_once('?').ok_or(malformed("it has no secret key"))?;
        let (kind, label) = path.split_once('/').unwrap_or((path, ""));
        let query = Query::parse(query)?;
        let seed = read_seed(query.required("secret", "it has no secret key")?)?;
        let kind = read_kind(kind, &query)?;
        let (issuer, account) = read_names(label, &query)?;
        Ok(Self { issuer, account, seed, kind })
    }

    /// An account whose secret key was typed: base 32 (RFC 4648, section 6) in any case, with
    /// spaces and dashes as it is shown, and with padding or without.
    ///
    /// # Errors
    /// [`Error::SecretKey`]; [`Error::Malformed`] for a counter that has no successor.
    pub fn by_hand(
        issuer: Option<Label>,
        account: Label,
        secret: &str,
        kind: OtpKind,
    ) -> Result<Self, Error> {
        if matches!(kind, OtpKind::Hotp { counter: u64::MAX, .. }) {
            return Err(malformed(COUNTER));
        }
        Ok(Self { issuer, account, seed: read_seed(secret)?, kind })
    }
}

impl OtpauthUri {
    /// The link, as any app of one-time codes reads it. It holds the secret.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let account = encoded(self.account.as_str());
        let issuer = self.issuer.as_ref().map(Label::as_str);
        // A colon ends the issuer's name where it stands before the account's, also no name at all:
        // the first of the account's own would else.
        let prefix = match issuer {
            Some(issuer) => encoded(&issuer.replace(':', " ")) + ":",
            None if self.account.as_str().contains(':') => ":".to_owned(),
            None => String::new(),
        };
        let label = prefix + &account;
        let issuer = issuer.map_or_else(String::new, |i| format!("&issuer={}", encoded(i)));
        let secret = Zeroizing::new(BASE32_NOPAD.encode(self.seed.expose_bytes()));
        let (kind, algorithm, digits, last) = match self.kind {
            OtpKind::Totp(Totp { algorithm, digits, period }) => {
                ("totp", algorithm, digits, format!("period={}", period.seconds()))
            }
            OtpKind::Hotp { hotp: Hotp { algorithm, digits }, counter } => {
                ("hotp", algorithm, digits, format!("counter={counter}"))
            }
        };
        let (algorithm, digits) = (algorithm.name(), digits.count());
        Zeroizing::new(format!(
            "{SCHEME}{kind}/{label}?secret={}{issuer}&algorithm={algorithm}&digits={digits}&{last}",
            *secret
        ))
    }
}

/// The fields after the question mark. The values are zeroised, for one of them is the secret.
struct Query(Vec<(String, Zeroizing<String>)>);

impl Query {
    fn parse(text: &str) -> Result<Self, Error> {
        let mut fields: Vec<(String, Zeroizing<String>)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name)?.to_ascii_lowercase();
            if fields.iter().any(|(seen, _)| *seen == name) {
                return Err(malformed("a field stands in it twice"));
            }
            // As forms write a space; a plus that is meant stands percent-encoded.
            let value = decode(&Zeroizing::new(value.replace('+', " ")))?;
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// A field's value, white space around it dropped; `None` where it is missing or empty.
    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find_map(|(field, value)| (field == name).then_some(value.trim()))
            .filter(|value| !value.is_empty())
    }

    fn required(&self, name: &str, missing: &'static str) -> Result<&str, Error> {
        self.get(name).ok_or(malformed(missing))
    }

    fn number<T: core::str::FromStr>(
        &self,
        name: &str,
        bad: &'static str,
    ) -> Result<Option<T>, Error> {
        let read = |text: &str| {
            let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| digits_only).ok_or(malformed(bad))
        };
        self.get(name).map(read).transpose()
    }
}

fn read_kind(kind: &str, query: &Query) -> Result<OtpKind, Error> {
    let algorithm = query.get("algorithm").map_or(Ok(Algorithm::default()), read_algorithm)?;
    let digits = match query.number::<u8>("digits", DIGITS)? {
        None => Digits::default(),
        Some(count) => Digits::try_from(count).map_err(|_| malformed(DIGITS))?,
    };
    match kind.to_ascii_lowercase().as_str() {
        "totp" => {
            let period = match query.number::<u32>("period", PERIOD)? {
                None => Period::default(),
                Some(seconds) => Period::try_from(seconds).map_err(|_| malformed(PERIOD))?,
            };
            Ok(OtpKind::Totp(Totp { algorithm, digits, period }))
        }
        "hotp" => match query.number::<u64>("counter", COUNTER)? {
            None | Some(u64::MAX) => Err(malformed(COUNTER)),
            Some(counter) => Ok(OtpKind::Hotp { hotp: Hotp { algorithm, digits }, counter }),
        },
        _ => Err(malformed("its codes are neither time-based (totp) nor counter-based (hotp)")),
    }
}

const DIGITS: &str = "its codes must have 6 to 8 digits";
const PERIOD: &str = "its time step must be 1 to 86400 seconds";
const COUNTER: &str = "its counter is missing or no number below 2^64 - 1";

fn read_algorithm(text: &str) -> Result<Algorithm, Error> {
    algorithm_named(text).ok_or(malformed("its algorithm must be SHA1, SHA256 or SHA512"))
}

/// `Issuer:Account` or `Account`; the field `issuer` has the last word on the former.
fn read_names(label: &str, query: &Query) -> Result<(Option<Label>, Label), Error> {
    let label = decode(label)?;
    let (prefix, account) = match label.split_once(':') {
        Some((prefix, account)) => (Some(prefix), account),
        None => (None, label.as_str()),
    };
    let name = |text: &str| match text.trim() {
        "" => Ok(None),
        text => shortened(text).parse::<Label>().map(Some),
    };
    let issuer = match query.get("issuer") {
        Some(issuer) => name(issuer)?,
        None => name(prefix.unwrap_or_default())?,
    };
    let account = name(account)?
        .or_else(|| issuer.clone())
        .ok_or(malformed("it names neither an account nor an issuer"))?;
    Ok((issuer, account))
}

fn read_seed(text: &str) -> Result<Seed, Error> {
    let bytes = base32(text).ok_or(Error::SecretKey)?;
    Seed::from_other_issuer(bytes).map_err(|_| Error::SecretKey)
}

/// Base 32 as people and programs write it. Bits that fill no byte are dropped, as every other app
/// does: some issuers' keys have them.
pub(crate) fn base32(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut bits, mut held) = (0_u32, 0);
    let symbols = text.trim_end_matches(|c: char| c == '=' || c.is_whitespace());
    for symbol in symbols.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        bits = (bits << 5) | symbol_value(symbol)?;
        held += 5;
        if held >= 8 {
            held -= 8;
            // The eight oldest of the bits that are held; what is above them is gone.
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

fn symbol_value(symbol: char) -> Option<u32> {
    match symbol.to_ascii_uppercase() {
        letter @ 'A'..='Z' => Some(u32::from(letter) - u32::from('A')),
        digit @ '2'..='7' => Some(u32::from(digit) - u32::from('2') + 26),
        _ => None,
    }
}

fn decode(text: &str) -> Result<Zeroizing<String>, Error> {
    // Room for all of it, so that no buffer of a secret moves while it grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    bytes.extend(percent_decode_str(text));
    core::str::from_utf8(&bytes)
        .map(|text| Zeroizing::new(text.to_owned()))
        .map_err(|_| malformed("it is not text"))
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

const fn malformed(reason: &'static str) -> Error {
    Error::Malformed { what: WHAT, reason }
}
