//! What an administrator does with a token: unlock, suspend, take back, resynchronise, deactivate.
//! Done twice, it answers the same twice.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use oath::Code;
use provisioning::Label;
use registry::{Action, Actor, Error, Token, VerifyError, rules::owning::DeactivationReason};

use super::{
    token::{Act, InAddress, show, token_at},
    visitor::{AdministratorForm, failed},
};
use crate::{
    clock,
    dashboard::{
        field_errors::FieldErrors,
        form::{Form, shown_again},
        message,
    },
    http::Site,
};

pub(super) async fn submit(
    State(site): State<Site>,
    place: InAddress<(String, String)>,
    AdministratorForm { by, form }: AdministratorForm,
) -> Result<Response, Response> {
    let actor = by.may(&site, Action::ChangeTokens).await?;
    let (serial, act) = place.map(|Path(place)| place).unwrap_or_default();
    let token = token_at(&site, &serial).await?;
    let act = Act::parse(&act).ok_or_else(|| message::nothing_to_administer().into_response())?;
    let mut errors = FieldErrors::default();
    change(&site, &actor, &token, act, &form, &mut errors).await?;
    if errors.is_empty() {
        let address = format!("/admin/tokens/{}?done={}", token.serial.as_str(), act.word());
        return Ok(Redirect::to(&address).into_response());
    }
    let typed = shown_again(form.text(reason_field(act)));
    // Read again: a wrong pair of codes may have changed what the page shows of it.
    let token = token_at(&site, &serial).await?;
    show(&site, &by, &token, "", errors, typed).await
}

async fn change(
    site: &Site,
    actor: &Actor,
    token: &Token,
    act: Act,
    form: &Form,
    errors: &mut FieldErrors,
) -> Result<(), Response> {
    let (registry, serial, now) = (&site.registry, &token.serial, clock::now());
    let done = match act {
        Act::Resynchronise => return resynchronise(site, actor, token, form, errors).await,
        Act::Unlock => {
            if confirmed(
                form,
                errors,
                "sure-unlock",
                "Make sure who asks, and say so: whoever guessed the codes would like it unlocked too",
            ) {
                registry.unlock_token(actor, serial, now).await.map(drop)
            } else {
                return Ok(());
            }
        }
        Act::Notice => {
            if confirmed(form, errors, "sure-notice", "Tick the box once you have the notice") {
                registry.note_notice(actor, serial, now).await
            } else {
                return Ok(());
            }
        }
        Act::SyncAgain => registry.sync_token_again(actor, serial, now).await.map(drop),
        Act::Suspend => match reason(form, act, errors) {
            Some(reason) => registry.suspend_token(actor, serial, &reason, now).await.map(drop),
            None => return Ok(()),
        },
        Act::Found => {
            let sure = confirmed(
                form,
                errors,
                "sure-found",
                "Make sure that it was in nobody else’s hands, and say so",
            );
            match reason(form, act, errors).filter(|_| sure) {
                Some(reason) => registry.restore_token(actor, serial, &reason, now).await.map(drop),
                None => return Ok(()),
            }
        }
        Act::Deactivate => {
            let sure = confirmed(
                form,
                errors,
                "sure-deactivate",
                "Tick “Deactivate this Token”: it cannot be taken back",
            );
            let chosen = form.text("reason-deactivate");
            let known = DeactivationReason::ALL.iter().find(|known| known.name() == chosen);
            if known.is_none() {
                errors.add("reason-deactivate", "Choose a reason");
            }
            match known.filter(|_| sure) {
                Some(reason) => {
                    registry.deactivate_token(actor, serial, *reason, now).await.map(drop)
                }
                None => return Ok(()),
            }
        }
    };
    match done {
        Ok(()) => Ok(()),
        Err(error @ Error::NotPossible(_)) => {
            errors.add("", &error.to_string());
            Ok(())
        }
        Err(error @ Error::OtherReason) => {
            errors.add("reason-deactivate", &error.to_string());
            Ok(())
        }
        Err(error) => Err(failed(&error)),
    }
}

const fn reason_field(act: Act) -> &'static str {
    match act {
        Act::Suspend => "reason-suspend",
        Act::Found => "reason-found",
        _ => "",
    }
}

fn reason(form: &Form, act: Act, errors: &mut FieldErrors) -> Option<Label> {
    let field = reason_field(act);
    let parsed = form.text(field).parse();
    if parsed.is_err() {
        errors
            .add(field, "Say in a few words why, at most 64 characters; it is kept with the event");
    }
    parsed.ok()
}

fn confirmed(form: &Form, errors: &mut FieldErrors, field: &'static str, error: &str) -> bool {
    let sure = form.text(field) == "yes";
    if !sure {
        errors.add(field, error);
    }
    sure
}

/// By two codes that the prescriber reads out.
async fn resynchronise(
    site: &Site,
    actor: &Actor,
    token: &Token,
    form: &Form,
    errors: &mut FieldErrors,
) -> Result<(), Response> {
    let first = errors.check("code-1", form.text("code-1").parse::<Code>());
    let second = errors.check("code-2", form.text("code-2").parse::<Code>());
    let (Some(first), Some(second)) = (first, second) else { return Ok(()) };
    let now = clock::now();
    let codes = (&first, &second);
    match site.registry.resynchronise_token(actor, &token.serial, codes, now).await {
        Ok(_) => Ok(()),
        Err(VerifyError::Registry(error @ Error::NotPossible(_))) => {
            errors.add("", &error.to_string());
            Ok(())
        }
        Err(VerifyError::Registry(error)) => Err(failed(&error)),
        Err(error) => {
            errors.add("code-1", &error.to_string());
            Ok(())
        }
    }
}
