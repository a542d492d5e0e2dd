//! A mail address.

use core::{fmt, str::FromStr};

use super::ValueError;

/// A mail address, at most 254 bytes (RFC 5321, section 4.5.3.1): something before one `@`, and a
/// domain after it. Whether it exists is known when mail arrives there, not before.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mail(String);

impl Mail {
    const MAX_LENGTH: usize = 254;
    const MAX_LOCAL_LENGTH: usize = 64;
    const MAX_LABEL_LENGTH: usize = 63;

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An address as it was taken down, perhaps by a version that took what no mail server does.
    pub(crate) fn stored(text: &str) -> Result<Self, ValueError> {
        let text = text.trim();
        if text.len() > Self::MAX_LENGTH {
            return Err(ValueError::Mail);
        }
        let (local, domain) = text.split_once('@').ok_or(ValueError::Mail)?;
        let local_fits = !local.is_empty()
            && local.len() <= Self::MAX_LOCAL_LENGTH
            && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
        let label_fits = |label: &str| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        if local_fits && domain.split('.').all(label_fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ValueError::Mail)
        }
    }
}

impl FromStr for Mail {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let mail = Self::stored(text)?;
        let (local, domain) = mail.0.split_once('@').ok_or(ValueError::Mail)?;
        let label_is_sent_to = |label: &str| {
            label.len() <= Self::MAX_LABEL_LENGTH
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if local.split('.').all(|atom| !atom.is_empty()) && domain.split('.').all(label_is_sent_to)
        {
            Ok(mail)
        } else {
            Err(ValueError::Mail)
        }
    }
}

impl serde::Serialize for Mail {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl fmt::Display for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_typed() {
        for text in ["a@b", "ada.l+tokens@example.org", " ada@xn--bcher-kva.example "] {
            assert_eq!(text.parse::<Mail>().unwrap().as_str(), text.trim());
        }
    }

    #[test]
    fn what_no_mail_server_takes_is_refused_at_entry_and_read_where_it_is_stored() {
        let long = format!("ada@{}.org", "a".repeat(64));
        for text in ["a..b@x", ".a@x", "a.@x", "ada@-x.org", "ada@x-", &long] {
            assert_eq!(text.parse::<Mail>(), Err(ValueError::Mail), "{text}");
            assert_eq!(Mail::stored(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_could_break_out_of_a_header_is_refused() {
        let long = format!("{}@example.org", "a".repeat(100_000));
        for text in
            ["", "@", "a@", "@b", "a b@c", "a@b@c", "a@b..c", "a\r\nBcc: x@y", "<a@b>", &long]
        {
            assert_eq!(text.parse::<Mail>(), Err(ValueError::Mail), "{text:.40}");
        }
    }
}
