//! Activate: where the link of an activation mail leads, whatever device it is opened on. It knows
//! whether the token is a soft or a hard one, shows the way for that, and changes nothing: a mail
//! filter that opens it first does no harm.

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use oath::TokenType;
use provisioning::qr;
use registry::{ActivateLink, Landing};
use zeroize::Zeroizing;

use super::{message, render};
use crate::{clock, http::Site, time_text};

#[derive(Template)]
#[template(path = "activate_soft.html")]
struct Soft {
    issuer: String,
    /// The end of this page's address.
    link: Zeroizing<String>,
    enrolment: Zeroizing<String>,
    expires: String,
    on_a_phone: bool,
}

#[derive(Template)]
#[template(path = "activate_hard.html")]
struct Hard {
    issuer: String,
    serial: String,
    serial_shown: String,
    carrier: String,
    tracking: String,
}

type InAddress = Result<Path<ActivateLink>, PathRejection>;

pub(super) async fn page(
    State(site): State<Site>,
    link: InAddress,
    headers: HeaderMap,
) -> Response {
    let (link, landing) = match landing(&site, link).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let issuer = site.issuer.to_string();
    match landing {
        Landing::Soft { link: enrolment, expires } => {
            let page = Soft {
                issuer,
                link: link.expose_text(),
                enrolment,
                expires: time_text::to_the_minute(expires),
                on_a_phone: is_a_phone(&headers),
            };
            render(StatusCode::OK, &page)
        }
        Landing::Hard { serial, shipment } => {
            let page = Hard {
                issuer,
                serial: serial.as_str().to_owned(),
                serial_shown: serial.to_string(),
                carrier: shipment.carrier.to_string(),
                tracking: shipment.tracking.to_string(),
            };
            render(StatusCode::OK, &page)
        }
        Landing::Expired => message::link_expired().into_response(),
        Landing::Activated(TokenType::Soft | TokenType::Hard) => {
            message::token_activated().into_response()
        }
        Landing::Over => message::link_over().into_response(),
    }
}

/// The enrolment link as a picture for the phone's camera.
pub(super) async fn qr_code(State(site): State<Site>, link: InAddress) -> Response {
    match landing(&site, link).await {
        Ok((_, Landing::Soft { link, .. })) => match qr::svg(&link) {
            Ok(svg) => ([(CONTENT_TYPE, "image/svg+xml")], svg).into_response(),
            Err(error) => {
                tracing::error!(%error, "an enrolment link does not fit into a QR code");
                StatusCode::NOT_FOUND.into_response()
            }
        },
        Ok(_) => StatusCode::NOT_FOUND.into_response(),
        Err(answer) => answer,
    }
}

async fn landing(site: &Site, link: InAddress) -> Result<(ActivateLink, Landing), Response> {
    let not_ours = || message::link_unknown().into_response();
    let Path(link) = link.map_err(|_| not_ours())?;
    let found = site.registry.landing(&link, clock::now()).await;
    let found = found.map_err(|error| message::failed(&error).into_response())?;
    found.map(|landing| (link, landing)).ok_or_else(not_ours)
}

/// Which way is shown first; the other one is there too, as a browser may say anything.
pub(super) fn is_a_phone(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    match text("sec-ch-ua-mobile") {
        "?1" => true,
        _ => ["Mobi", "Android", "iPhone", "iPad"]
            .iter()
            .any(|mark| text("user-agent").contains(mark)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_known_by_what_its_browser_says() {
        let says = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
        };
        assert!(is_a_phone(&says("sec-ch-ua-mobile", "?1")));
        assert!(is_a_phone(&says("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)")));
        assert!(!is_a_phone(&says("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/140")));
        assert!(!is_a_phone(&HeaderMap::new()));
    }
}
