//! The forms of a page as a browser reads them, and where its links lead.

/// A form with what stands in its fields.
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) is_search: bool,
    pub(crate) takes_files: bool,
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Field {
    pub(crate) name: String,
    /// The `type` of an input, or `textarea` or `select`.
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) is_checked: bool,
    /// How many characters a browser lets in.
    pub(crate) most: Option<usize>,
}

impl Field {
    /// Whether somebody can type or paste into it.
    pub(crate) fn is_text(&self) -> bool {
        !["hidden", "checkbox", "radio", "select", "file", "submit"].contains(&&*self.kind)
    }

    /// Whether a page shows again what was typed there: codes and passphrases are asked for anew.
    pub(crate) fn is_shown_again(&self) -> bool {
        self.is_text() && self.kind != "password" && !self.name.contains("code")
    }
}

/// The forms of a page, in their order.
pub(crate) fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut open = false;
    for tag in tags(html) {
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        match name {
            "form" => {
                let attribute = |name| attribute(tag, name).unwrap_or_default();
                let (action, is_search) = (attribute("action"), attribute("method") == "get");
                let takes_files = attribute("enctype") == "multipart/form-data";
                forms.push(Form { action, is_search, takes_files, fields: Vec::new() });
                open = true;
            }
            "/form" => open = false,
            _ => {
                if let Some(form) = forms.last_mut().filter(|_| open) {
                    form.take(name, tag);
                }
            }
        }
    }
    forms
}

impl Form {
    fn take(&mut self, tag_name: &str, tag: &str) {
        let given = |name| attribute(tag, name);
        let kind = match tag_name {
            "input" => given("type").unwrap_or_else(|| "text".to_owned()),
            "select" | "textarea" => tag_name.to_owned(),
            "option" => {
                let is_chosen = tag.contains(" selected");
                if let Some(list) = self.fields.last_mut().filter(|list| !list.is_checked)
                    && (list.value.is_empty() || is_chosen)
                {
                    list.value = given("value").unwrap_or_default();
                    list.is_checked = is_chosen;
                }
                return;
            }
            _ => return,
        };
        let Some(name) = given("name") else { return };
        self.fields.push(Field {
            name,
            kind,
            value: given("value").unwrap_or_default(),
            is_checked: tag.contains(" checked"),
            most: given("maxlength").map(|most| most.parse().unwrap()),
        });
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// The addresses on this server that a page's links lead to.
pub(crate) fn links(html: &str) -> Vec<String> {
    let links = tags(html).filter(|tag| tag.starts_with("a "));
    links.filter_map(|tag| attribute(tag, "href")).filter(|at| at.starts_with('/')).collect()
}

pub(crate) fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter_map(|text| text.split('>').next())
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    let value = value.split('"').next()?;
    let marks = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">")];
    let read = marks.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to));
    Some(read.replace("&#38;", "&").replace("&amp;", "&"))
}
