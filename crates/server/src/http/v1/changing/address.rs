//! Postal addresses as they are given.

use registry::PostalAddress;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    super::super::Problem,
    sign_in::{field, maybe},
};

/// Where a hard token is shipped to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PostalAddress, example = json!({
    "street": "1449 Whitehall Road", "city": "Annapolis", "state": "MD", "zip": "21409"
}))]
pub(super) struct Address {
    #[schema(max_length = 64, pattern = r"^[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    street: String,
    /// Flat, suite, floor or department.
    second: Option<String>,
    #[schema(max_length = 64, pattern = r"^[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    city: String,
    #[schema(max_length = 64, pattern = r"^[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    state: String,
    #[schema(pattern = "^[0-9]{5}(-[0-9]{4})?$")]
    zip: String,
}

impl Address {
    pub(super) fn read(&self) -> Result<PostalAddress, Problem> {
        let second = self.second.as_deref().filter(|text| !text.trim().is_empty());
        Ok(PostalAddress {
            street: field("address.street", &self.street)?,
            second: maybe("address.second", second)?,
            city: field("address.city", &self.city)?,
            state: field("address.state", &self.state)?,
            zip: field("address.zip", &self.zip)?,
        })
    }
}
