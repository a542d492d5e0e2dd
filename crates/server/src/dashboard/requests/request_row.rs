//! A request as the pages show it: its steps, and what comes next.

use oath::{TokenType, UnixTime};
use registry::{RequestState, TokenRequest};

use crate::time_text;

/// One step of a request's way.
pub(in crate::dashboard) struct Step {
    pub(in crate::dashboard) name: &'static str,
    /// When it was reached; empty where it was not.
    pub(in crate::dashboard) at: String,
    /// Whether it is where the request is.
    pub(in crate::dashboard) is_current: bool,
}

/// What a page shows of a request: text only.
pub(in crate::dashboard) struct RequestRow {
    pub(in crate::dashboard) id: String,
    pub(in crate::dashboard) id_shown: String,
    pub(in crate::dashboard) token_type: &'static str,
    pub(in crate::dashboard) state: &'static str,
    pub(in crate::dashboard) steps: Vec<Step>,
    /// What happens next, or has to be done.
    pub(in crate::dashboard) next: String,
    pub(in crate::dashboard) mail: String,
    pub(in crate::dashboard) address: Vec<String>,
    pub(in crate::dashboard) replaces: String,
    pub(in crate::dashboard) shipment: String,
    pub(in crate::dashboard) editable: bool,
    pub(in crate::dashboard) cancellable: bool,
    /// The serial number of a hard token that can be added now; empty otherwise.
    pub(in crate::dashboard) to_add: String,
    /// Whether a token that may still arrive has to be sent back.
    pub(in crate::dashboard) send_back: bool,
}

impl RequestRow {
    pub(in crate::dashboard) fn new(request: &TokenRequest, now: UnixTime) -> Self {
        let address = request.address.as_ref();
        Self {
            id: request.id.as_str().to_owned(),
            id_shown: request.id.to_string(),
            token_type: in_words(request.token_type),
            state: request.state.name(),
            steps: steps(request),
            next: next(request, now),
            mail: request.mail.to_string(),
            address: address.map(registry::PostalAddress::lines).unwrap_or_default(),
            replaces: request.replaces.as_ref().map_or_else(String::new, |replaced| {
                format!("{} ({})", replaced.serial, replaced.reason)
            }),
            shipment: request.shipment.as_ref().map_or_else(String::new, |shipment| {
                format!("{}, {}", shipment.carrier, shipment.tracking)
            }),
            editable: request.state == RequestState::Requested,
            cancellable: request.state.is_open(),
            to_add: request
                .serial
                .as_ref()
                .filter(|_| request.state == RequestState::Shipped)
                .map_or_else(String::new, |serial| serial.as_str().to_owned()),
            send_back: request.state == RequestState::Cancelled && request.shipped.is_some(),
        }
    }

    /// When it came where it is.
    pub(in crate::dashboard) fn since(&self) -> &str {
        self.steps.iter().find(|step| step.is_current).map_or("", |step| step.at.as_str())
    }
}

/// A token's type at the beginning of a heading.
pub(in crate::dashboard) const fn in_words(token_type: TokenType) -> &'static str {
    match token_type {
        TokenType::Soft => "Soft token",
        TokenType::Hard => "Hard token",
    }
}

/// The requests that are under way, in one sentence; empty where there are none.
pub(in crate::dashboard) fn open_in_words(requests: &[TokenRequest]) -> String {
    let open: Vec<String> = requests
        .iter()
        .filter(|request| request.state.is_open())
        .map(|request| format!("{}: {}", in_words(request.token_type), request.state))
        .collect();
    open.join(" · ")
}

fn steps(request: &TokenRequest) -> Vec<Step> {
    let mut way = vec![
        (RequestState::Requested, "Requested", Some(request.requested)),
        (RequestState::Processed, "Processed", request.processed),
    ];
    if request.token_type == TokenType::Hard {
        way.push((RequestState::Shipped, "Shipped", request.shipped));
    }
    if request.state == RequestState::Cancelled {
        way.retain(|(.., at)| at.is_some());
        way.push((RequestState::Cancelled, "Cancelled", request.cancelled));
    } else {
        way.push((RequestState::Activated, "Activated", request.activated));
    }
    way.into_iter()
        .map(|(state, name, at)| Step {
            name,
            at: at.map_or_else(String::new, time_text::to_the_minute),
            is_current: state == request.state,
        })
        .collect()
}

fn next(request: &TokenRequest, now: UnixTime) -> String {
    match (request.state, request.token_type) {
        (RequestState::Requested, _) => {
            "It waits in the help desk’s queue. Until it is processed you can edit or cancel it."
                .to_owned()
        }
        (RequestState::Processed, TokenType::Soft) => soft_mail(request, now),
        (RequestState::Processed, TokenType::Hard) => {
            "It is being packed. It can no longer be edited, only cancelled.".to_owned()
        }
        (RequestState::Shipped, _) => {
            "It is on its way, and usually takes three to five business days. When it is in your hand, open the link in the mail, or choose Activate here."
                .to_owned()
        }
        (RequestState::Activated, _) => request.serial.as_ref().map_or_else(
            || "Its token is in your list.".to_owned(),
            |serial| format!("Its token is in your list: {serial}."),
        ),
        (RequestState::Cancelled, _) => "It was cancelled.".to_owned(),
    }
}

fn soft_mail(request: &TokenRequest, now: UnixTime) -> String {
    let mailing = &request.mailing;
    let expires = request.link_expires.filter(|expires| *expires >= now);
    match (mailing.sent, &mailing.problem, expires) {
        (_, _, None) => {
            "The link in the activation mail has expired. Ask the help desk to send it again."
                .to_owned()
        }
        (Some(sent), _, Some(expires)) => format!(
            "The activation mail was sent on {}. Open the link in it, on any device, by {}.",
            time_text::to_the_minute(sent),
            time_text::to_the_minute(expires)
        ),
        (None, None, Some(_)) => "The activation mail is about to be sent.".to_owned(),
        (None, Some(_), Some(_)) => {
            "The activation mail could not be sent yet, and is tried again by itself. If your mail address is wrong, tell the help desk."
                .to_owned()
        }
    }
}
