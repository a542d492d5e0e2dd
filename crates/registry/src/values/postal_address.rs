//! Where a hard token is shipped to.

use core::{fmt, str::FromStr};

use provisioning::Label;
use serde::Serialize;

use super::ValueError;

/// A postal address in the United States, as a label shows it. Who it is for is the account's name.
///
/// As stored text ([`PostalAddress::to_text`]) it has five lines, of which the second may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct PostalAddress {
    /// House number and street, or a post office box.
    pub street: Label,
    /// Flat, suite, floor or department.
    pub second: Option<Label>,
    /// The town.
    pub city: Label,
    /// The state or territory.
    pub state: Label,
    /// The ZIP code.
    pub zip: ZipCode,
}

impl PostalAddress {
    /// The address as one text, which [`FromStr`] reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        let second = self.second.as_ref().map_or("", Label::as_str);
        format!("{}\n{second}\n{}\n{}\n{}", self.street, self.city, self.state, self.zip)
    }

    /// The lines of a label, without the name.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let last = format!("{}, {} {}", self.city, self.state, self.zip);
        let street = [Some(&self.street), self.second.as_ref()].into_iter().flatten();
        street.map(ToString::to_string).chain([last]).collect()
    }
}

impl FromStr for PostalAddress {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let label = |line: &str| line.parse::<Label>().map_err(|_| ValueError::Address);
        let lines: Vec<&str> = text.split('\n').collect();
        let [street, second, city, state, zip] = lines[..] else { return Err(ValueError::Address) };
        Ok(Self {
            street: label(street)?,
            second: if second.trim().is_empty() { None } else { Some(label(second)?) },
            city: label(city)?,
            state: label(state)?,
            zip: zip.parse()?,
        })
    }
}

impl fmt::Display for PostalAddress {
    /// On one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join(", "))
    }
}

/// Five digits, or nine with a dash between.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct ZipCode(String);

impl FromStr for ZipCode {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let text = text.trim();
        let (area, rest) = text.split_once('-').map_or((text, None), |(a, b)| (a, Some(b)));
        let digits =
            |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
        if digits(area, 5) && rest.is_none_or(|rest| digits(rest, 4)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ValueError::Zip)
        }
    }
}

impl fmt::Display for ZipCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_back_as_it_was_written() {
        for text in
            ["1449 Whitehall Road\n\nAnnapolis\nMD\n21409", "1 Main St\nSuite 5\nX\nMD\n21409-1234"]
        {
            let address: PostalAddress = text.parse().unwrap();
            assert_eq!(address.to_text(), text);
        }
        let address: PostalAddress = "1 Main St\nSuite 5\nReno\nNV\n89501".parse().unwrap();
        assert_eq!(address.lines(), ["1 Main St", "Suite 5", "Reno, NV 89501"]);
        assert_eq!(address.to_string(), "1 Main St, Suite 5, Reno, NV 89501");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "a\nb", "\n\nc\nd\n21409", "a\n\nb\nc\n21409\nmore", "a\tb\n\nc\nd\n21409"]
        {
            assert_eq!(text.parse::<PostalAddress>(), Err(ValueError::Address), "{text:?}");
        }
        for zip in ["", "2140", "214090", "21409-", "21409-12", "2140x", "２１４０９"] {
            assert_eq!(zip.parse::<ZipCode>(), Err(ValueError::Zip), "{zip}");
        }
    }
}
