//! The cookie that carries the session's secret.

use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use registry::SessionSecret;

/// The name that browsers take only with `Secure`, `Path=/` and no `Domain`.
const NAME_ON_HTTPS: &str = "__Host-session";
const NAME_ON_LOOPBACK: &str = "session";

const fn name(https: bool) -> &'static str {
    if https { NAME_ON_HTTPS } else { NAME_ON_LOOPBACK }
}

/// The secret of the request's session, where its cookie is well formed.
pub(super) fn read(jar: &CookieJar, https: bool) -> Option<SessionSecret> {
    jar.get(name(https))?.value().parse().ok()
}

/// The cookie of a new session; it ends with the browser's.
pub(super) fn of(secret: &SessionSecret, https: bool) -> Cookie<'static> {
    cookie(secret.expose_text().to_string(), https)
}

/// The cookie that takes the session's away.
pub(super) fn removal(https: bool) -> Cookie<'static> {
    let mut cookie = cookie(String::new(), https);
    cookie.make_removal();
    cookie
}

fn cookie(value: String, https: bool) -> Cookie<'static> {
    Cookie::build((name(https), value))
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(https)
        .path("/")
        .build()
}
