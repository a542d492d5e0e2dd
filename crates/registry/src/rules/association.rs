//! Who may make which token theirs.

use oath::{SerialNumber, UnixTime};

use crate::{
    AssociateError,
    activation::{ActivationRecord, ActivationState},
    registry::Association,
    session::{Factor, SecondFactor, is_fresh},
    token::{Token, TokenState},
    values::Npi,
};

/// Refuses a form that contradicts itself.
pub(crate) fn check_form(form: &Association) -> Result<(), AssociateError> {
    match form.serial.manufacturer() {
        Some(told) if told != form.manufacturer => Err(AssociateError::OtherManufacturer(told)),
        _ => Ok(()),
    }?;
    match form.serial.token_type() {
        Some(told) if told != form.token_type => Err(AssociateError::OtherType(told)),
        _ => Ok(()),
    }
}

/// Refuses a session that may not add a token.
///
/// The first token needs a sign-in by the confirmation code of an activation that is open still; a
/// further one a sign-in by a code of a token that is active still.
pub(crate) fn check_session(
    factor: &Factor,
    tokens: &[Token],
    confirmed_by: Option<&ActivationRecord>,
    now: UnixTime,
) -> Result<(), AssociateError> {
    let Factor::Full { by, .. } = factor else { return Err(AssociateError::NotSignedIn) };
    if !is_fresh(factor, now) {
        return Err(AssociateError::NotFresh);
    }
    let in_use = || tokens.iter().filter(|token| token.state.is_in_use());
    match by {
        _ if in_use().next().is_none() => match (by, confirmed_by) {
            (SecondFactor::Confirmation(_), Some(activation))
                if activation.state.is_open() && activation.opens_access =>
            {
                Ok(())
            }
            _ => Err(AssociateError::NeedsConfirmation),
        },
        SecondFactor::Token(serial) if is_active(in_use(), serial, now) => Ok(()),
        _ => Err(AssociateError::NeedsTokenCode),
    }
}

fn is_active<'a>(
    mut tokens: impl Iterator<Item = &'a Token>,
    serial: &SerialNumber,
    now: UnixTime,
) -> bool {
    tokens.any(|token| token.serial == *serial && token.at(now).state == TokenState::Active)
}

/// Refuses a token that does not wait for this account, without telling whose it is.
pub(crate) fn check_token(
    token: &Token,
    provisioned_by: Option<&ActivationRecord>,
    shipped_to: Option<Npi>,
    npi: Npi,
) -> Result<(), AssociateError> {
    if token.owner == Some(npi) && token.state != TokenState::Deactivated {
        return Err(AssociateError::AlreadyYours(token.name.clone()));
    }
    if token.state != TokenState::Provisioned || shipped_to.is_some_and(|other| other != npi) {
        return Err(AssociateError::NotWaiting);
    }
    match (token.activation, provisioned_by) {
        (None, _) => Ok(()),
        (Some(_), Some(activation)) if activation.npi == npi => match activation.state {
            ActivationState::Superseded if activation.replaces.is_some() => {
                Err(AssociateError::HandoverOver)
            }
            ActivationState::Superseded => Err(AssociateError::EarlierEnrolment),
            _ => Ok(()),
        },
        (Some(_), _) => Err(AssociateError::NotWaiting),
    }
}
