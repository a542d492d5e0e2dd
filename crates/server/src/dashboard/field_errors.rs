//! What is wrong with the fields of a form, each told at its field and in the summary.

/// Messages by field name; the empty name is the whole form.
#[derive(Default)]
pub(super) struct FieldErrors(Vec<(&'static str, String)>);

impl FieldErrors {
    /// Notes what is wrong with a field.
    pub(super) fn add(&mut self, field: &'static str, text: &str) {
        self.0.push((field, sentence(text)));
    }

    /// The value, or nothing and a note of what is wrong with it.
    pub(super) fn check<T, E: core::fmt::Display>(
        &mut self,
        field: &'static str,
        parsed: Result<T, E>,
    ) -> Option<T> {
        parsed.map_err(|error| self.add(field, &error.to_string())).ok()
    }

    /// Puts them in the order in which the form has its fields.
    pub(super) fn sort(&mut self, fields: &[&str]) {
        self.0.sort_by_key(|(name, _)| fields.iter().position(|field| field == name));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order of the form.
    pub(super) fn list(&self) -> &[(&'static str, String)] {
        &self.0
    }

    /// What is wrong with one field.
    pub(super) fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, text)| text.as_str())
    }
}

/// Begins with a capital and ends with a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let mut sentence: String =
        characters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    sentence.push_str(characters.as_str());
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_becomes_a_sentence() {
        assert_eq!(sentence("this is wrong"), "This is wrong.");
        assert_eq!(sentence("Wait."), "Wait.");
        assert_eq!(sentence(""), ".");
    }
}
