//! What a row of a file of stock comes to, and when an import can be taken.

use oath::{Drift, Hotp, Manufacturer, Seed, TokenType, Totp, UnixTime};
use provisioning::{
    Label,
    stock::{RowProblem, StockOtp, StockToken},
};

use crate::{
    otp::{Otp, next_counter},
    stock::{StockImport, StockState, StockWhat, TakeStockError, WAITS},
    token::{Token, TokenState},
};

/// What a hard token is called before somebody owns it and calls it otherwise.
const UNNAMED: &str = "Hard token";

/// The token that a row makes, owned by nobody, and its seed.
///
/// A counter is the next code's, and what is stored is the last accepted one's. A time step that the
/// file does not tell is told by the first code.
pub(crate) fn token_of(row: StockToken, at: UnixTime) -> Result<(Token, Seed), RowProblem> {
    let (otp, drift, last_accepted) = match row.otp {
        StockOtp::Totp { algorithm, digits, period: Some(period), drift } => {
            (Otp::Totp(Totp { algorithm, digits, period }), drift, None)
        }
        StockOtp::Totp { algorithm, digits, period: None, drift } => {
            if drift != Drift::default() {
                return Err(RowProblem::DriftWithoutStep);
            }
            (Otp::TotpOfUnknownStep(Hotp { algorithm, digits }), drift, None)
        }
        StockOtp::Hotp { hotp, counter } => {
            if counter > Otp::MAX_COUNTER {
                return Err(RowProblem::Counter);
            }
            (Otp::Hotp(hotp), Drift::default(), counter.checked_sub(1))
        }
    };
    let maker = row.manufacturer.as_ref();
    let manufacturer = row.serial.manufacturer().unwrap_or_else(|| manufacturer_named(maker));
    let token_type = row.serial.token_type().unwrap_or(TokenType::Hard);
    let name = row.manufacturer.or_else(|| UNNAMED.parse().ok()).ok_or(RowProblem::Manufacturer)?;
    let token = Token::provisioned(row.serial, manufacturer, token_type, name, otp, at);
    Ok((Token { drift, last_accepted, ..token }, row.seed))
}

/// One of those that a form offers, by the names that makers have had.
fn manufacturer_named(maker: Option<&Label>) -> Manufacturer {
    const NAMES: &[(&str, Manufacturer)] = &[
        ("symantec", Manufacturer::Symantec),
        ("verisign", Manufacturer::Symantec),
        ("onespan", Manufacturer::OneSpan),
        ("vasco", Manufacturer::OneSpan),
        ("thales", Manufacturer::Thales),
        ("gemalto", Manufacturer::Thales),
        ("safenet", Manufacturer::Thales),
        ("aladdin", Manufacturer::Thales),
        ("countersign", Manufacturer::Countersign),
    ];
    let maker = maker.map(|maker| maker.as_str().to_lowercase()).unwrap_or_default();
    let named = NAMES.iter().find(|(name, _)| maker.contains(name));
    named.map_or(Manufacturer::Other, |(_, manufacturer)| *manufacturer)
}

/// Why a row is not new, in words.
pub(crate) fn cause(what: StockWhat, first_line: Option<u64>) -> Option<String> {
    match (what, first_line) {
        (StockWhat::Twice, Some(line)) => {
            Some(format!("the same serial number is on line {line} already"))
        }
        (StockWhat::There, _) => Some("it is here already, with the same seed".to_owned()),
        (StockWhat::Other, _) => {
            Some("another token with this serial number is here already".to_owned())
        }
        _ => None,
    }
}

/// Whether an import can be taken now.
pub(crate) fn check_take(
    import: &StockImport,
    leave_out: bool,
    now: UnixTime,
) -> Result<(), TakeStockError> {
    if import.state != StockState::Checked || is_over(import, now) {
        return Err(TakeStockError::NotWaiting);
    }
    match import.counts.in_the_way() {
        0 => {}
        in_the_way if !leave_out => return Err(TakeStockError::InTheWay(in_the_way)),
        _ => {}
    }
    if import.counts.new == 0 { Err(TakeStockError::NothingNew) } else { Ok(()) }
}

/// Whether a token's seed may leave: of a device that nobody owns, or, asked for, that is in use.
/// What an app made, or an activation, is not ours to hand on.
pub(crate) fn may_leave(token: &Token, owned_too: bool) -> bool {
    let in_stock = token.state == TokenState::Provisioned;
    token.token_type == TokenType::Hard
        && token.activation.is_none()
        && (in_stock || (owned_too && token.state.is_in_use()))
}

/// What a file says of a token: a counter is the next code's.
pub(crate) fn row_of(token: Token, seed: Seed) -> StockToken {
    let Token { serial, otp, drift, last_accepted, manufacturer, name, owner, .. } = token;
    let otp = match otp {
        Otp::Totp(Totp { algorithm, digits, period }) => {
            let drift = Drift::from_parts(drift.steps(), 0);
            StockOtp::Totp { algorithm, digits, period: Some(period), drift }
        }
        Otp::TotpOfUnknownStep(Hotp { algorithm, digits }) => {
            StockOtp::Totp { algorithm, digits, period: None, drift: Drift::default() }
        }
        Otp::Hotp(hotp) => StockOtp::Hotp { hotp, counter: next_counter(last_accepted) },
    };
    // The maker's own name, as long as its owner has not given it another.
    let manufacturer = match (manufacturer, owner) {
        (Manufacturer::Other, None) => Some(name).filter(|name| name.as_str() != UNNAMED),
        (Manufacturer::Other, Some(_)) => None,
        (known, _) => known.name().parse().ok(),
    };
    StockToken { serial, seed, otp, manufacturer }
}

/// Whether nobody can take it any more, so that what lies apart for it can go.
pub(crate) fn is_over(import: &StockImport, now: UnixTime) -> bool {
    match import.state {
        StockState::Taken | StockState::Dropped => true,
        StockState::Reading | StockState::Checked => now.since(import.begun) > WAITS,
    }
}
