//! The cookie that carries the secret of a session.

use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use registry::SessionSecret;

/// Whose sessions: their cookies stand beside each other.
pub(super) struct SessionCookie {
    /// The name that browsers take only with `Secure`, `Path=/` and no `Domain`.
    on_https: &'static str,
    on_loopback: &'static str,
}

/// Of a prescriber's session.
pub(super) const PRESCRIBER: SessionCookie =
    SessionCookie { on_https: "__Host-session", on_loopback: "session" };

/// Of an administrator's session.
pub(super) const ADMINISTRATOR: SessionCookie =
    SessionCookie { on_https: "__Host-admin-session", on_loopback: "admin-session" };

impl SessionCookie {
    const fn name(&self, https: bool) -> &'static str {
        if https { self.on_https } else { self.on_loopback }
    }

    /// The secret of the request's session, where its cookie is well formed.
    pub(super) fn read(&self, jar: &CookieJar, https: bool) -> Option<SessionSecret> {
        jar.get(self.name(https))?.value().parse().ok()
    }

    /// The cookie of a new session; it ends with the browser's.
    pub(super) fn of(&self, secret: &SessionSecret, https: bool) -> Cookie<'static> {
        self.cookie(secret.expose_text().to_string(), https)
    }

    /// The cookie that takes the session's away.
    pub(super) fn removal(&self, https: bool) -> Cookie<'static> {
        let mut cookie = self.cookie(String::new(), https);
        cookie.make_removal();
        cookie
    }

    fn cookie(&self, value: String, https: bool) -> Cookie<'static> {
        Cookie::build((self.name(https), value))
            .http_only(true)
            .same_site(SameSite::Strict)
            .secure(https)
            .path("/")
            .build()
    }
}
