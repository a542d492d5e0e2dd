//! Who may have which token requested, processed, shipped; and which request a token fulfils.

use oath::{SerialNumber, TokenType};
use provisioning::ActivationId;

use crate::{
    RequestError,
    request::{RequestRecord, RequestState},
    token::{Token, TokenState},
};

/// How many open requests an account can have.
pub(crate) const MOST_OPEN: usize = 6;
/// What the number of a request follows in the cause of its events.
pub(crate) const REQUEST: &str = "request ";

/// Refuses so many more requests where too many are open.
pub(crate) fn check_number(existing: &[RequestRecord], more: usize) -> Result<(), RequestError> {
    let open = existing.iter().filter(|record| record.request.state.is_open()).count();
    if open + more > MOST_OPEN { Err(RequestError::TooMany(open)) } else { Ok(()) }
}

/// Refuses a soft token whose activation would end that of another request that is under way: an
/// account has one open activation.
pub(crate) fn check_one_activation(
    record: &RequestRecord,
    all: &[RequestRecord],
) -> Result<(), RequestError> {
    let other = all.iter().map(|other| &other.request).find(|other| {
        other.id != record.request.id
            && other.token_type == TokenType::Soft
            && other.state == RequestState::Processed
    });
    match other {
        Some(other) if record.request.token_type == TokenType::Soft => {
            Err(RequestError::OtherFirst(other.id))
        }
        _ => Ok(()),
    }
}

/// Refuses to ship what is no hard token of the stock: nobody could add it.
pub(crate) fn check_shipped(
    serial: &SerialNumber,
    known: Option<&Token>,
    shipping: Option<&RequestRecord>,
) -> Result<(), RequestError> {
    let told = known.map(|token| token.token_type).or_else(|| serial.token_type());
    if let Some(other @ TokenType::Soft) = told {
        return Err(RequestError::OtherType(other));
    }
    let token = known.ok_or(RequestError::NotInStock)?;
    let taken = token.owner.is_some()
        || token.activation.is_some()
        || token.state != TokenState::Provisioned;
    if taken || shipping.is_some() { Err(RequestError::SerialTaken) } else { Ok(()) }
}

/// The request that a token fulfils which becomes the account's own: the one with which it was
/// shipped; for a soft one the request that began its activation or, where it came another way, the
/// one that was processed first of those whose own activation leads nowhere any more. `open` is the
/// activation by which another token can still come.
pub(crate) fn fulfilled<'a>(
    requests: &'a [RequestRecord],
    token_type: TokenType,
    serial: &SerialNumber,
    activation: Option<ActivationId>,
    open: Option<ActivationId>,
) -> Option<&'a RequestRecord> {
    let shipped = requests.iter().find(|record| {
        record.request.state == RequestState::Shipped
            && record.request.serial.as_ref() == Some(serial)
    });
    let processed = || {
        let soft = requests.iter().filter(|record| record.request.token_type == TokenType::Soft);
        soft.filter(|record| record.request.state == RequestState::Processed)
    };
    match (shipped, token_type) {
        (Some(_), _) | (None, TokenType::Hard) => shipped,
        (None, TokenType::Soft) => processed()
            .find(|record| activation.is_some() && record.activation == activation)
            .or_else(|| {
                let ended = |record: &&RequestRecord| open.is_none() || record.activation != open;
                processed().filter(ended).min_by_key(|record| record.request.requested)
            }),
    }
}
