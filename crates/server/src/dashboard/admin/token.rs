//! One token: what it is, what can be done with it now, and what happened to it.

use askama::Template;
use axum::{
    extract::{OriginalUri, Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use oath::SerialNumber;
use registry::{
    Action, Actor, Devices, Handover, LossStory, Token,
    rules::{
        administrators::may,
        owning::{DeactivationReason, remaining},
        token_states::{TokenEvent, is_possible},
    },
    store::EventSearch,
};

use super::{
    event_text::EventText,
    frame::Frame,
    visitor::{Administering, failed},
};
use crate::{
    clock,
    dashboard::{
        drift_text::DriftText,
        field_errors::FieldErrors,
        loss_text::{CodesText, LossText, notice},
        message,
        own_token::loss::as_file,
        render,
        token_row::{TokenRow, drift, how_far},
    },
    http::Site,
    time_text,
};

/// How many events are shown.
const EVENTS: u32 = 30;

#[derive(Template)]
#[template(path = "admin/token.html")]
struct Page {
    frame: Frame,
    token: TokenRow,
    owner: Option<Owner>,
    drift: String,
    history: DriftText,
    failures: u32,
    known_since: String,
    added: String,
    device: String,
    /// Whether it is on another device than the browser in which it was added; empty before it was.
    devices: &'static str,
    /// Where it was reported lost, and the codes since.
    loss: Option<(LossText, CodesText)>,
    /// How far its move to a new phone is; empty where it is not being moved.
    moving: String,
    acts: Vec<Act>,
    reasons: Vec<(String, String)>,
    /// What its owner is left with without it.
    remaining: String,
    /// What was done just now.
    done: &'static str,
    errors: FieldErrors,
    typed: String,
    events: Vec<EventText>,
}

struct Owner {
    npi: String,
    name: String,
}

/// What an administrator does with a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Unlock,
    Suspend,
    Found,
    Resynchronise,
    SyncAgain,
    Notice,
    Deactivate,
}

impl Act {
    const ALL: [Self; 7] = [
        Self::Unlock,
        Self::Resynchronise,
        Self::SyncAgain,
        Self::Notice,
        Self::Suspend,
        Self::Found,
        Self::Deactivate,
    ];

    /// Its word in addresses.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Unlock => "unlock",
            Self::Suspend => "suspend",
            Self::Found => "found",
            Self::Resynchronise => "resynchronise",
            Self::SyncAgain => "sync-again",
            Self::Notice => "notice",
            Self::Deactivate => "deactivate",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.word() == word)
    }

    /// What its button says.
    const fn name(self) -> &'static str {
        match self {
            Self::Unlock => "Unlock this token",
            Self::Suspend => "Suspend this token",
            Self::Found => "Take it back into use",
            Self::Resynchronise => "Resynchronise",
            Self::SyncAgain => "Tell the network again",
            Self::Notice => "Note that the notice has arrived",
            Self::Deactivate => "Deactivate this token",
        }
    }

    /// What is said once it is done.
    const fn done(self) -> &'static str {
        match self {
            Self::Unlock => "The token is unlocked, and its wrong codes are forgotten",
            Self::Suspend => "The token is suspended: its codes do not count",
            Self::Found => "The token is back in use",
            Self::Resynchronise => "The token is resynchronised: its next code counts",
            Self::SyncAgain => "The network is being told again",
            Self::Notice => "It is on record that the notice has arrived",
            Self::Deactivate => "The token is deactivated for good",
        }
    }

    /// Whether what is wrong is in its form.
    fn holds(self, errors: &FieldErrors) -> bool {
        errors.list().iter().any(|(field, _)| match *field {
            "code-1" | "code-2" => self == Self::Resynchronise,
            field => field.split_once('-').is_some_and(|(_, act)| act == self.word()),
        })
    }

    /// Whether it can be offered for a token as it is now; whether it happens, the registry decides.
    fn is_offered(self, token: &Token, loss: Option<&LossStory>, actor: &Actor) -> bool {
        let event = match self {
            Self::Unlock if token.failures == 0 && token.lock.is_none() => return false,
            Self::Unlock => TokenEvent::Unlock,
            Self::Suspend => TokenEvent::Lost,
            Self::Found => TokenEvent::Found,
            Self::Resynchronise => TokenEvent::Resynchronise,
            Self::SyncAgain => TokenEvent::SyncAgain,
            Self::Notice => return loss.is_some_and(|story| story.loss.told.is_none()),
            Self::Deactivate => TokenEvent::Deactivate,
        };
        is_possible(token, event, actor, clock::now())
    }
}

pub(super) type InAddress<T> = Result<Path<T>, PathRejection>;

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
    OriginalUri(uri): OriginalUri,
    serial: InAddress<String>,
) -> Result<Response, Response> {
    by.may(&site, Action::SeeTokens).await?;
    let text = serial.map(|Path(text)| text).unwrap_or_default();
    let token = token_at(&site, &text).await?;
    let done = uri.query().and_then(|query| query.strip_prefix("done=")).and_then(Act::parse);
    let done = done.map_or("", Act::done);
    show(&site, &by, &token, done, FieldErrors::default(), String::new()).await
}

/// The draft of the notice of a loss, for an owner who has no token to see the codes with.
pub(super) async fn notice_of_loss(
    State(site): State<Site>,
    by: Administering,
    serial: InAddress<String>,
) -> Result<Response, Response> {
    by.may(&site, Action::SeeTokens).await?;
    let text = serial.map(|Path(text)| text).unwrap_or_default();
    let token = token_at(&site, &text).await?;
    let story = site.registry.loss_of(&token).await.map_err(|error| failed(&error))?;
    let owner = match token.owner {
        Some(npi) => site.registry.account(&npi).await.map_err(|error| failed(&error))?,
        None => None,
    };
    let (story, owner) =
        story.zip(owner).ok_or_else(|| message::nothing_to_administer().into_response())?;
    Ok(as_file(notice(&story, &token, &owner, site.issuer.as_str(), clock::now())))
}

/// The token at an address.
pub(super) async fn token_at(site: &Site, text: &str) -> Result<Token, Response> {
    let not_found = || message::nothing_to_administer().into_response();
    let serial: SerialNumber = text.parse().map_err(|_| not_found())?;
    let found = site.registry.token(&serial, clock::now()).await.map_err(|error| failed(&error))?;
    found.ok_or_else(not_found)
}

pub(super) async fn show(
    site: &Site,
    by: &Administering,
    token: &Token,
    done: &'static str,
    errors: FieldErrors,
    typed: String,
) -> Result<Response, Response> {
    let now = clock::now();
    let handovers = match token.owner {
        Some(npi) => site.registry.handovers(&npi, now).await.map_err(|error| failed(&error))?,
        None => Vec::new(),
    };
    let (owner, others) = match token.owner {
        Some(npi) => {
            let account = site.registry.account(&npi).await.map_err(|error| failed(&error))?;
            let name = account.map_or_else(String::new, |account| account.name.to_string());
            let others = site.registry.tokens(&npi, now).await.map_err(|error| failed(&error))?;
            (Some(Owner { npi: npi.to_string(), name }), others)
        }
        None => (None, Vec::new()),
    };
    let story = site.registry.loss_of(token).await.map_err(|error| failed(&error))?;
    let history = site.registry.drift_history(token, now).await;
    let history = history.map_err(|error| failed(&error))?;
    let search = EventSearch {
        account: token.owner,
        serial: Some(token.serial.clone()),
        ..EventSearch::default()
    };
    let events = site.registry.events_with(&search, None, EVENTS).await;
    let events = events.map_err(|error| failed(&error))?;
    let allowed = may(by.session.administrator.roles.list(), Action::ChangeTokens);
    let actor = by.session.administrator.actor();
    let offered = |act: &Act| allowed && act.is_offered(token, story.as_ref(), &actor);
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: by.frame(),
        drift: drift(token),
        history: DriftText::new(&history, token, now),
        failures: token.failures,
        known_since: time_text::to_the_minute(token.provisioned),
        added: token.associated.map_or_else(|| "not yet".to_owned(), time_text::to_the_minute),
        device: token.device.as_ref().map_or_else(String::new, ToString::to_string),
        loss: story.as_ref().and_then(|story| {
            let codes = story.codes.as_ref().map(CodesText::new)?;
            Some((LossText::new(&story.loss, now), codes))
        }),
        devices: match (token.associated, token.devices) {
            (None, _) => "",
            (Some(_), Devices::Different) => "yes",
            (Some(_), Devices::Same) => "it looks like the same one",
            (Some(_), Devices::Unknown) => "not known",
        },
        moving: moving(token, &handovers),
        acts: Act::ALL.into_iter().filter(offered).collect(),
        reasons: reasons(token),
        remaining: owner.as_ref().map_or_else(
            || "Nobody owns it.".to_owned(),
            |owner| {
                format!("What {} reads: “{}”", owner.name, remaining(&others, token, now).text())
            },
        ),
        token: TokenRow::new(token, now).for_the_help_desk(token),
        owner,
        done,
        errors,
        typed,
        events: events.iter().map(EventText::new).collect(),
    };
    Ok(render(status, &page))
}

/// Where a token stands in a move to a new phone.
fn moving(token: &Token, handovers: &[Handover]) -> String {
    let of =
        |found: &&Handover| found.from == token.serial || found.to.as_ref() == Some(&token.serial);
    match handovers.iter().find(of) {
        Some(found) if found.from == token.serial => how_far(found),
        Some(found) => format!("Takes the place of {}, which works until then.", found.from),
        None => String::new(),
    }
}

fn reasons(token: &Token) -> Vec<(String, String)> {
    let fitting = DeactivationReason::ALL.iter().filter(|reason| reason.fits(token.token_type));
    let choose = (String::new(), "Choose a reason".to_owned());
    let reason = |reason: &DeactivationReason| (reason.name().to_owned(), reason.name().to_owned());
    std::iter::once(choose).chain(fitting.map(reason)).collect()
}
