//! The name that an administrator signs in with.

use core::{fmt, str::FromStr};

use provisioning::Label;

use super::ValueError;

/// An administrator's name as it is shown; two that differ in upper and lower case only are one.
#[derive(Debug, Clone)]
pub struct AdministratorName {
    shown: Label,
    key: String,
}

impl AdministratorName {
    /// The name as it is shown and stands in the audit.
    #[must_use]
    pub const fn label(&self) -> &Label {
        &self.shown
    }

    /// The same for every way to write the name.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl From<Label> for AdministratorName {
    fn from(shown: Label) -> Self {
        let key = shown.as_str().to_lowercase();
        Self { shown, key }
    }
}

impl FromStr for AdministratorName {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        text.parse::<Label>().map(Self::from).map_err(|_| ValueError::AdministratorName)
    }
}

impl PartialEq for AdministratorName {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for AdministratorName {}

impl fmt::Display for AdministratorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.fmt(f)
    }
}
