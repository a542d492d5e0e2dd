//! Where an administrator begins: who they are, and what they may do.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{frame::Frame, visitor::Administering};
use crate::{dashboard::render, time_text};

#[derive(Template)]
#[template(path = "admin/overview.html")]
struct Page {
    frame: Frame,
    signed_in: String,
}

pub(super) async fn page(by: Administering) -> Response {
    let signed_in = by.session.full_since.map_or_else(String::new, time_text::to_the_minute);
    render(StatusCode::OK, &Page { frame: by.frame(), signed_in })
}
