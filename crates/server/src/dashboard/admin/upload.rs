//! A form with a file in it (RFC 7578), from a page of the administrator's session.

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Multipart, Request},
    response::{IntoResponse, Response},
};
use provisioning::Label;
use zeroize::Zeroizing;

use super::visitor::Administering;
use crate::{
    dashboard::message,
    http::{self, Site, Unread},
    stock_file::name_of,
};

/// The most bytes of a field that is no file: room for 100 KB, so that even those get an answer at the field.
const MOST_TEXT: usize = 128 * 1024;

/// The room that a field that is no file has at first.
const USUAL_TEXT: usize = 4096;

/// The fields of a form, and its file.
pub(in super::super) struct Upload {
    fields: Vec<(String, Zeroizing<String>)>,
    file: Option<(Label, Zeroizing<Vec<u8>>)>,
}

impl Upload {
    /// The most megabytes of a file: it is in memory while it is checked.
    pub(super) const MOST_MEGABYTES: usize = 12;

    /// Reads the form of a request, if it carries the session's token.
    pub(super) async fn receive(
        request: Request,
        site: &Site,
    ) -> Result<(Administering, Self), Response> {
        let (mut parts, body) = request.into_parts();
        let by = Administering::from_request_parts(&mut parts, site).await?.by_form();
        let refuse = |why| message::unread(why).for_administrator().into_response();
        let most = Self::MOST_MEGABYTES * 1_000_000 + MOST_TEXT;
        let mut body = http::read(body, most).await.map_err(refuse)?;
        let body = Body::from(core::mem::take(&mut *body));
        let broken = || message::unread(Unread::Broken).for_administrator().into_response();
        let upload = Self::read(Request::from_parts(parts, body), most).await.ok_or_else(broken)?;
        if by.session.csrf.matches(upload.text("csrf")) {
            Ok((by, upload))
        } else {
            Err(message::stale_form().for_administrator().into_response())
        }
    }

    /// `None` where it is no such form.
    pub(in super::super) async fn read(request: Request, most: usize) -> Option<Self> {
        let mut form = Multipart::from_request(request, &()).await.ok()?;
        let mut upload = Self { fields: Vec::new(), file: None };
        while let Some(mut field) = form.next_field().await.ok()? {
            let name = field.name()?.to_owned();
            let file_name = field.file_name().and_then(|name| name_of(name).ok());
            let room = if file_name.is_some() { most } else { USUAL_TEXT };
            let mut bytes = Zeroizing::new(Vec::with_capacity(room));
            while let Some(chunk) = field.chunk().await.ok()? {
                append(&mut bytes, &chunk);
            }
            match file_name {
                Some(_) if upload.file.is_some() => return None,
                Some(file_name) => upload.file = Some((file_name, bytes)),
                None if bytes.len() <= MOST_TEXT => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    upload.fields.push((name, Zeroizing::new(text)));
                }
                None => return None,
            }
        }
        Some(upload)
    }

    /// The text of a field, empty where it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// The file and its name, where one was chosen.
    pub(in super::super) fn file(mut self) -> Option<(Label, Zeroizing<Vec<u8>>)> {
        self.file.take().filter(|(_, bytes)| !bytes.is_empty())
    }
}

/// Appends to what may be a secret: of what there is no room for any more, no copy stays behind.
fn append(bytes: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    let length = bytes.len() + chunk.len();
    if length > bytes.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(2 * length));
        larger.extend_from_slice(bytes);
        *bytes = larger;
    }
    bytes.extend_from_slice(chunk);
}
