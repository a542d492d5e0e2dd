//! A browser without JavaScript: keeps cookies, sends forms as a page has them.

use std::{collections::BTreeMap, io::Write, net::TcpStream, sync::Mutex, thread};

use url::form_urlencoded;

use crate::process::{NPI, PASSPHRASE, Server, agent};

/// Between the parts of a form with a file in it.
const BOUNDARY: &str = "----countersign7f3a";

pub(crate) struct Browser {
    base: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What the server answered.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) html: String,
}

impl Browser {
    pub(crate) fn of(server: &Server) -> Self {
        Self { base: server.address.clone(), cookies: Mutex::default() }
    }

    /// Signed in with both factors, the second being the confirmation code.
    pub(crate) fn signed_in(server: &Server, confirmation: &str) -> Self {
        let browser = Self::of(server);
        browser.first_factor(NPI, PASSPHRASE);
        let page = browser.submit("/sign-in/code", &[("code", confirmation)]);
        assert_eq!((page.status, page.location.as_str()), (303, "/tokens"), "{}", page.html);
        browser
    }

    /// Another one in the same session, to send beside this one.
    pub(crate) fn twin(&self) -> Self {
        self.in_its_session(&self.base)
    }

    /// The same session at another server over the same database.
    pub(crate) fn at(&self, server: &Server) -> Self {
        self.in_its_session(&server.address)
    }

    fn in_its_session(&self, base: &str) -> Self {
        let cookies = self.cookies.lock().unwrap().clone();
        Self { base: base.to_owned(), cookies: Mutex::new(cookies) }
    }

    /// Sends a form several times at once, as a double click does: every answer.
    pub(crate) fn post_at_once(&self, path: &str, fields: &[(&str, &str)]) -> Vec<Page> {
        let twins: Vec<_> = (0..8).map(|_| self.twin()).collect();
        thread::scope(|scope| {
            let sent: Vec<_> = twins
                .into_iter()
                .map(|twin| scope.spawn(move || twin.post(path, fields)))
                .collect();
            sent.into_iter().map(|answer| answer.join().unwrap()).collect()
        })
    }

    pub(crate) fn first_factor(&self, npi: &str, passphrase: &str) {
        let page = self.post("/sign-in", &[("npi", npi), ("passphrase", passphrase)]);
        assert_eq!((page.status, page.location.as_str()), (303, "/sign-in/code"), "{}", page.html);
    }

    pub(crate) fn get(&self, path: &str) -> Page {
        let request = agent().get(self.url(path)).header("cookie", self.cookie_header());
        self.keep(request.call().unwrap()).unwrap()
    }

    /// Opens the page of a form and sends it, with its hidden fields, as somebody filled it in.
    pub(crate) fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(path);
        assert_eq!(page.status, 200, "{path}: {} {}", page.status, page.location);
        self.post(path, &page.with_hidden(fields))
    }

    /// Sends a form as our own page would.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.post_from(path, fields, &[("origin", &self.base)])
    }

    /// Sends a form with the headers that tell where it comes from.
    pub(crate) fn post_from(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        from: &[(&str, &str)],
    ) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = agent()
            .post(self.url(path))
            .header("cookie", self.cookie_header())
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in from {
            request = request.header(*name, *value);
        }
        self.keep(request.send(body).unwrap()).unwrap()
    }

    /// Sends a form to a server that may end meanwhile, over the connections that an agent keeps.
    pub(crate) fn try_post(
        &self,
        agent: &ureq::Agent,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<Page, ureq::Error> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = agent
            .post(self.url(path))
            .header("cookie", self.cookie_header())
            .header("origin", &self.base)
            .header("content-type", "application/x-www-form-urlencoded");
        self.keep(request.send(body)?)
    }

    /// Sends a form with a file in it, as a browser writes it (RFC 7578).
    pub(crate) fn upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        (name, content): (&str, &str),
    ) -> Page {
        let body = multipart(fields, (name, content));
        let request = agent()
            .post(self.url(path))
            .header("cookie", self.cookie_header())
            .header("origin", &self.base)
            .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
        self.keep(request.send(body).unwrap()).unwrap()
    }

    /// Sends a form with a file, and waits for no answer: the connection is there as long as what is
    /// returned.
    pub(crate) fn begin_upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        file: (&str, &str),
    ) -> TcpStream {
        let body = multipart(fields, file);
        let host = self.base.trim_start_matches("http://");
        let mut connection = TcpStream::connect(host).unwrap();
        write!(
            connection,
            "POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\ncookie: {}\r\n\
             content-type: multipart/form-data; boundary={BOUNDARY}\r\ncontent-length: {}\r\n\r\n{body}",
            self.base,
            self.cookie_header(),
            body.len()
        )
        .unwrap();
        connection
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn cookie_header(&self) -> String {
        let cookies = self.cookies.lock().unwrap();
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&self, mut response: ureq::http::Response<ureq::Body>) -> Result<Page, ureq::Error> {
        for header in response.headers().get_all("set-cookie") {
            let (pair, attributes) = header.to_str().unwrap().split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.lock().unwrap().remove(name);
            } else {
                self.set_cookie(name, value);
            }
        }
        let headers = response.headers().clone();
        Ok(Page {
            status: response.status().as_u16(),
            location: headers
                .get("location")
                .map_or_else(String::new, |value| value.to_str().unwrap().to_owned()),
            headers,
            html: response.body_mut().read_to_string()?,
        })
    }
}

impl Page {
    /// What stands in the first element with this `data-testid`, tags taken out; none without it.
    pub(crate) fn element(&self, test_id: &str) -> Option<String> {
        let start = self.html.find(&format!("data-testid=\"{test_id}\""))?;
        let open = self.html[..start].rfind('<').unwrap();
        let name: String =
            self.html[open + 1..].chars().take_while(char::is_ascii_alphanumeric).collect();
        let end = self.html[open..].find(&format!("</{name}>"))?;
        let inner = &self.html[open..open + end];
        let inner = &inner[inner.find('>').unwrap() + 1..];
        Some(without_tags(inner))
    }

    /// An attribute of the first element with this `data-testid`.
    pub(crate) fn attribute(&self, test_id: &str, name: &str) -> Option<String> {
        let start = self.html.find(&format!("data-testid=\"{test_id}\""))?;
        let open = self.html[..start].rfind('<').unwrap();
        let tag = &self.html[open..open + self.html[open..].find('>').unwrap()];
        let value = tag.split_once(&format!(" {name}=\""))?.1;
        Some(value.split('"').next().unwrap().to_owned())
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> Option<&str> {
        let field = format!("type=\"hidden\" name=\"{name}\" value=\"");
        self.html.split_once(&field)?.1.split('"').next()
    }

    /// The fields together with the page's hidden ones.
    pub(crate) fn with_hidden<'a>(
        &'a self,
        fields: &[(&'a str, &'a str)],
    ) -> Vec<(&'a str, &'a str)> {
        let hidden = ["csrf", "idempotency_key"]
            .into_iter()
            .filter_map(|name| self.hidden(name).map(|value| (name, value)));
        hidden.chain(fields.iter().copied()).collect()
    }
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for character in html.chars() {
        match character {
            '<' => in_tag = true,
            '>' => in_tag = false,
            other if !in_tag => text.push(other),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A form with a file in it.
fn multipart(fields: &[(&str, &str)], (name, content): (&str, &str)) -> String {
    let mut body = String::new();
    for (field, value) in fields {
        body += &format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
        );
    }
    body += &format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         content-type: application/octet-stream\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n"
    );
    body
}
