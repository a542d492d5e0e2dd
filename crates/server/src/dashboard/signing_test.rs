//! Sign a test prescription: the use at signing, with nothing signed. The prescriptions and the
//! statement stay on the screen while both factors are entered (21 CFR 1311.120(b), 1311.140).

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use oath::{Challenge, Code, SerialNumber};
use registry::{
    Error, IdempotencyKey, PassphraseError, Session, SigningTestError, Token, TokenState,
    VerifyError,
};

use super::{
    Frame,
    field_errors::FieldErrors,
    form::Form,
    message, render,
    sample_prescriptions::{SAMPLES, Sample},
    test_code::Judgement,
    visitor::{self, SignedIn, SignedInForm},
};
use crate::{clock, http::Site, randomness, time_text};

#[derive(Template)]
#[template(path = "signing_test.html")]
struct Page {
    frame: Frame,
    idempotency_key: String,
    npi: String,
    /// The day of issuance.
    date: String,
    /// Each prescription, and whether it is marked as ready.
    prescriptions: Vec<(&'static Sample, bool)>,
    /// Serial number and name of each token that can sign, now or after a lock.
    tokens: Vec<(String, String)>,
    /// The chosen one, or the only one.
    token: String,
    /// The number of the marked prescriptions, where the code is to be good for them only.
    challenge: String,
    errors: FieldErrors,
    result: Option<Judgement>,
}

/// What was filled in that may be shown again.
#[derive(Default)]
struct Filled {
    ready: Vec<&'static str>,
    token: String,
    /// The form's key and the number that goes with it, where a bound code was asked for.
    bound: Option<(IdempotencyKey, Challenge)>,
}

pub(super) async fn page(State(site): State<Site>, SignedIn(session): SignedIn) -> Response {
    show(&site, &session, &Filled::default(), FieldErrors::default(), None).await
}

/// Both factors are counted before they are judged; so they are judged although whoever sent them is
/// gone.
pub(super) async fn submit(
    State(site): State<Site>,
    SignedInForm(session, form): SignedInForm,
) -> Response {
    let judged = tokio::spawn(async move { judge(&site, &session, &form).await }).await;
    judged.unwrap_or_else(|_| message::broken().into_response())
}

async fn judge(site: &Site, session: &Session, form: &Form) -> Response {
    let Ok(key) = form.text("idempotency_key").parse::<IdempotencyKey>() else {
        return message::stale_form().into_response();
    };
    let ready = SAMPLES.iter().map(|sample| sample.field).filter(|field| form.has(field)).collect();
    let serial: Option<SerialNumber> = form.text("token").parse().ok();
    let token = serial.as_ref().map_or_else(String::new, |serial| serial.as_str().to_owned());
    let mut filled = Filled { ready, token, bound: None };
    let mut errors = FieldErrors::default();
    if filled.ready.is_empty() {
        errors.add("ready-1", "mark each prescription that is ready to be signed");
    }
    let shown = form.text("challenge");
    let asks = form.has("ask");
    let is_bound = (asks || !shown.is_empty()) && !filled.ready.is_empty();
    let challenge = is_bound.then(|| challenge(session, &key, &filled.ready));
    filled.bound = challenge.map(|challenge| (key.clone(), challenge));
    if asks {
        return show(site, session, &filled, errors, None).await;
    }
    if challenge.is_some_and(|challenge| shown != challenge.to_string()) {
        errors
            .add("ready-1", "other prescriptions are marked now: make the code by the new number");
    }
    if serial.is_none() {
        errors.add("token", "choose the token that the code is from");
    }
    if form.text("passphrase").is_empty() {
        errors.add("passphrase", "type your passphrase");
    }
    let code: Option<Code> = errors.check("code", form.text("code").parse());
    let (true, Some(serial), Some(code)) = (errors.is_empty(), serial, code) else {
        return show(site, session, &filled, errors, None).await;
    };
    let beside = [form.text("passphrase"), form.text("challenge")];
    let factors = (beside.as_slice(), &code);
    let answer = site.recent_tests.answer_to(session.account.npi, &serial, &key, factors).await;
    let signed = sign(site, session, form.text("passphrase"), &serial, (challenge, &code));
    match answer.get_or_try_init(|| signed).await.cloned() {
        Ok(judgement) => show(site, session, &filled, errors, Some(judgement)).await,
        Err(NotJudged::Passphrase(text)) => {
            errors.add("passphrase", &text);
            show(site, session, &filled, errors, None).await
        }
        Err(NotJudged::Page(answer)) => *answer,
    }
}

/// The number of the marked prescriptions: of what they say, of who signs, and of this form.
fn challenge(session: &Session, key: &IdempotencyKey, ready: &[&str]) -> Challenge {
    let mut said = format!("{}\n{}\n", session.account.npi, key.as_str());
    for Sample { patient, drug, schedule, quantity, refills, directions, .. } in
        SAMPLES.iter().filter(|sample| ready.contains(&sample.field))
    {
        for part in [patient, drug, schedule, quantity, refills, directions] {
            said.push_str(part);
            said.push('\n');
        }
    }
    Challenge::of(said.as_bytes())
}

/// Why the code was not judged. It is good still, and the same form may be sent again.
enum NotJudged {
    Passphrase(String),
    Page(Box<Response>),
}

impl<R: IntoResponse> From<R> for NotJudged {
    fn from(page: R) -> Self {
        Self::Page(Box::new(page.into_response()))
    }
}

async fn sign(
    site: &Site,
    session: &Session,
    passphrase: &str,
    serial: &SerialNumber,
    code: (Option<Challenge>, &Code),
) -> Result<Judgement, NotJudged> {
    let now = clock::now();
    match site.registry.sign_test_prescription(session, passphrase, serial, code, now).await {
        Ok(_) => Ok(Judgement {
            accepted: true,
            cause: "",
            title: "Both factors accepted",
            text: "This is where the prescriptions below would be signed and sent. Nothing was signed, and nothing was sent. The code is used up: sign with the next one.".to_owned(),
        }),
        Err(SigningTestError::Code(VerifyError::Refused(why))) => {
            Ok(Judgement::refused(why.name(), &why.to_string()))
        }
        Err(SigningTestError::Passphrase(PassphraseError::TooMany)) => Err(message::busy().into()),
        Err(
            SigningTestError::Passphrase(PassphraseError::Registry(error))
            | SigningTestError::Code(VerifyError::Registry(error)),
        ) => Err(message::failed(&error).into()),
        Err(SigningTestError::Passphrase(why)) => Err(NotJudged::Passphrase(why.to_string())),
        Err(SigningTestError::Code(VerifyError::UnknownToken | VerifyError::WhichToken)) => {
            Err(message::not_found().into())
        }
        Err(SigningTestError::NotSignedIn) => Err(Redirect::to("/sign-in/code").into()),
    }
}

/// The tokens whose codes sign, now, after a lock, or once the network knows them.
async fn tokens(site: &Site, session: &Session) -> Result<Vec<(String, String)>, Error> {
    let can_sign = |token: &&Token| {
        matches!(token.state, TokenState::PendingSync | TokenState::Active | TokenState::Locked)
    };
    let tokens = site.registry.tokens(&session.account.npi, clock::now()).await?;
    let shown = |token: &Token| (token.serial.as_str().to_owned(), token.name.to_string());
    Ok(tokens.iter().filter(can_sign).map(shown).collect())
}

async fn show(
    site: &Site,
    session: &Session,
    filled: &Filled,
    mut errors: FieldErrors,
    result: Option<Judgement>,
) -> Response {
    let mut tokens = match tokens(site, session).await {
        Ok(tokens) => tokens,
        Err(error) => return message::failed(&error).into_response(),
    };
    let token = match tokens.as_slice() {
        [(only, _)] => only.clone(),
        _ => filled.token.clone(),
    };
    if tokens.len() > 1 {
        tokens.insert(0, (String::new(), "Choose the token".to_owned()));
    }
    errors.sort(&["ready-1", "token", "passphrase", "code"]);
    let refused = result.as_ref().is_some_and(|judgement| !judgement.accepted);
    let is_fine = errors.is_empty() && !refused;
    let status = if is_fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let is_ready = |sample: &Sample| filled.ready.contains(&sample.field);
    // The number is this form's: until a code is accepted, the form stays the same one.
    let is_done = result.as_ref().is_some_and(|judgement| judgement.accepted);
    let (key, challenge) = match filled.bound.as_ref().filter(|_| !is_done) {
        Some((key, number)) => (key.clone(), number.to_string()),
        None => (IdempotencyKey::generate(&mut randomness::rng()), String::new()),
    };
    let page = Page {
        frame: visitor::frame(session),
        idempotency_key: key.as_str().to_owned(),
        challenge,
        npi: session.account.npi.to_string(),
        date: time_text::date(clock::now()),
        prescriptions: SAMPLES.iter().map(|sample| (sample, is_ready(sample))).collect(),
        tokens,
        token,
        errors,
        result,
    };
    render(status, &page)
}
