//! What anybody may send, read as the handlers read it and not acted on: for the fuzz targets.

/// A body as each request of the API reads it: why those refuse it that do.
#[must_use]
pub fn of_api(body: &[u8]) -> Vec<String> {
    crate::http::refusals(body)
}

/// A body as each form of the dashboard reads it: what is told at its fields, and the fields that hold what
/// nobody is to be told.
#[must_use]
pub fn of_form(body: &[u8]) -> (Vec<String>, Vec<String>) {
    crate::dashboard::told(body)
}

/// A body as the form with a file reads it: the bytes of the file, where there is one.
#[must_use]
pub fn of_upload(boundary: &str, body: &[u8]) -> Option<Vec<u8>> {
    crate::dashboard::uploaded(boundary, body)
}
