//! A session that ends between what a decision has read and its commit: then nothing is done.

use oath::UnixTime;
use registry::{
    Action, Actor, DeactivationReason, Error, EventKind, OwnTokenError, Purpose, Registry,
    RequestError, RequestedBy, Role, StockImportId, TakeStockError, TokenRequest, VerifyError,
    Wanted,
};

use crate::{
    clinic::{App, START, ada, label, rng},
    interleaving::{Before, interrupted},
    requesting::{at_the_dashboard, order, processing},
};

const NOW: UnixTime = UnixTime(START.0 + 120);

/// What an administrator does.
#[derive(Debug, Clone, Copy)]
enum Act {
    Unlock,
    Suspend,
    Deactivate,
    Resynchronise,
    UnlockSignIn,
    Request,
    Process,
    Cancel,
    BeginStock,
    TakeStock,
    DropStock,
    Export,
}

const ACTS: [Act; 12] = [
    Act::Unlock,
    Act::Suspend,
    Act::Deactivate,
    Act::Resynchronise,
    Act::UnlockSignIn,
    Act::Request,
    Act::Process,
    Act::Cancel,
    Act::BeginStock,
    Act::TakeStock,
    Act::DropStock,
    Act::Export,
];

/// What acts are done to.
struct Things {
    app: App,
    request: TokenRequest,
    import: StockImportId,
}

async fn act(
    registry: &Registry,
    actor: &Actor,
    act: Act,
    things: &Things,
    now: UnixTime,
) -> Result<(), Error> {
    let (serial, why, id) = (things.app.serial(), label("why"), things.request.id);
    let by = RequestedBy::HelpDesk { actor, npi: ada() };
    let of_request = |error| match error {
        RequestError::Registry(error) => error,
        other => panic!("{other}"),
    };
    match act {
        Act::Unlock => registry.unlock_token(actor, &serial, now).await.map(drop),
        Act::Suspend => registry.suspend_token(actor, &serial, &why, now).await.map(drop),
        Act::Deactivate => {
            let reason = DeactivationReason::Lost;
            registry.deactivate_token(actor, &serial, reason, now).await.map(drop)
        }
        Act::Resynchronise => {
            let codes = (things.app.code(now), things.app.code(now.plus(30)));
            let codes = (&codes.0, &codes.1);
            registry.resynchronise_token(actor, &serial, codes, now).await.map(drop).map_err(
                |error| match error {
                    VerifyError::Registry(error) => error,
                    other => panic!("{other}"),
                },
            )
        }
        Act::UnlockSignIn => registry.unlock_sign_in(actor, &ada(), now).await,
        Act::Request => {
            let made = registry.request_tokens(by, &order(Wanted::Soft), now, &mut rng()).await;
            made.map(drop).map_err(of_request)
        }
        Act::Process => {
            let processing = processing();
            let done = registry.process_request(actor, id, &processing, now, &mut rng()).await;
            done.map(drop).map_err(of_request)
        }
        Act::Cancel => registry.cancel_request(by, id, now).await.map(drop).map_err(of_request),
        Act::BeginStock => registry.begin_stock(actor, &why, now, &mut rng()).await.map(drop),
        Act::TakeStock => {
            let taken = registry.take_stock(actor, things.import, true, now).await;
            taken.map(drop).map_err(|error| match error {
                TakeStockError::Registry(error) => error,
                other => panic!("{other}"),
            })
        }
        Act::DropStock => registry.drop_stock(actor, things.import, now).await,
        Act::Export => registry.begin_export(actor, false, "a file", now).await.map(drop),
    }
}

#[tokio::test]
async fn an_administrator_who_signs_out_meanwhile_changes_nothing() {
    let (clinic, app, session) = at_the_dashboard().await;
    let hedy = clinic.administrator("Hedy", &[Role::TokenAdministrator]).await;
    let request = crate::requesting::make(&clinic, &session, Wanted::Soft).await.remove(0);
    let (serial, wrong) = (app.serial(), app.wrong_code(NOW));
    let guess = clinic.registry.verify(&ada(), &serial, &wrong, Purpose::Signing, NOW).await;
    assert!(guess.is_err(), "there is something to unlock");
    let import = clinic.checked_stock(&["GALH12345678"]).await;
    let things = Things { app, request, import };
    for (number, what) in (0..).zip(ACTS) {
        let now = NOW.plus(number * 60);
        let session = clinic.administering(&hedy, now).await;
        let actor = clinic.registry.authorise(&session, Action::ChangeTokens, now).await.unwrap();
        let meanwhile = {
            let (registry, session) = (clinic.registry.clone(), session.clone());
            async move { registry.sign_out_administrator(&session, now).await.unwrap() }
        };
        let late = interrupted(&clinic, Before::Commit, meanwhile).await;
        let done = act(&late, &actor, what, &things, now).await;
        assert_eq!(done, Err(Error::SessionEnded), "{what:?}");
        let last = clinic.events().await.remove(0).what;
        assert_eq!(last.kind, EventKind::SignedOut, "{what:?}");
    }
    let now = NOW.plus(3_600);
    let session = clinic.administering(&hedy, now).await;
    let actor = clinic.registry.authorise(&session, Action::ChangeTokens, now).await.unwrap();
    act(&clinic.registry, &actor, Act::TakeStock, &things, now).await.unwrap();
    act(&clinic.registry, &actor, Act::Deactivate, &things, now).await.unwrap();
}

#[tokio::test]
async fn whoever_signs_out_meanwhile_resynchronises_nothing() {
    let (clinic, app, session) = at_the_dashboard().await;

    let codes = (app.code(NOW.plus(300)), app.code(NOW.plus(330)));
    let meanwhile = {
        let (registry, session) = (clinic.registry.clone(), session.clone());
        async move { registry.sign_out(&session, NOW).await.unwrap() }
    };
    let late = interrupted(&clinic, Before::Commit, meanwhile).await;
    let (serial, codes) = (app.serial(), (&codes.0, &codes.1));
    let refused = late.resynchronise_own_token(&session, &serial, codes, NOW).await;
    assert_eq!(refused.unwrap_err(), OwnTokenError::Registry(Error::SessionEnded));
    let drift = clinic.token(&app, NOW).await.drift;
    assert_eq!(drift, oath::Drift::default());
}
