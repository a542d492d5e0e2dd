//! The five operations: how each is done by hand, what it changes, and what confirms it.

use serde_json::{Value, json};

use crate::hands::{Card, Sight};

/// One token as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Row {
    pub(crate) fn of(card: &Card) -> Self {
        Self { id: card.id.clone(), name: card.name.clone() }
    }
}

/// One operation.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// The first token of all, with the vault and its PIN.
    Begin {
        link: String,
        name: String,
        pin: String,
    },
    /// A further token.
    Enrol {
        link: String,
        name: String,
    },
    Pin {
        old: String,
        new: String,
    },
    Rename {
        id: String,
        old: String,
        name: String,
    },
    /// One place down or up.
    Reorder {
        id: String,
        down: bool,
    },
    Delete {
        id: String,
    },
}

/// Steps in the page, with their arguments.
pub(crate) type Steps = (String, Vec<Value>);

impl Change {
    pub(crate) const KINDS: [&str; 6] =
        ["first enrolment", "enrolment", "PIN change", "rename", "reorder", "delete"];

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Begin { .. } => "first enrolment",
            Self::Enrol { .. } => "enrolment",
            Self::Pin { .. } => "PIN change",
            Self::Rename { .. } => "rename",
            Self::Reorder { .. } => "reorder",
            Self::Delete { .. } => "delete",
        }
    }

    /// How often the keyring's file is written meanwhile: twice for an entry that is new. The details
    /// also ask the server, and note its answer.
    pub(crate) fn writes(&self) -> u32 {
        match self {
            Self::Begin { .. } => 8,
            Self::Enrol { .. } => 4,
            Self::Pin { .. } | Self::Delete { .. } => 3,
            Self::Rename { .. } => 2,
            Self::Reorder { .. } => 1,
        }
    }

    /// Everything but the last input.
    pub(crate) fn preparation(&self) -> Steps {
        let name_token = "await reaches('name-token'); await type('token-name', name);";
        let paste = "await type('paste-link', link); await press('use-link');";
        let (steps, arguments) = match self {
            Self::Begin { link, name, pin } => (
                format!(
                    "const [link, name, pin, most] = arguments; await reaches('welcome'); {paste} {name_token}
                     await press('continue'); await reaches('choose-pin'); await enter(pin);
                     await reaches('repeat-pin'); await enter(most);"
                ),
                vec![json!(link), json!(name), json!(pin), json!(but_last(pin))],
            ),
            Self::Enrol { link, name } => (
                format!(
                    "const [link, name] = arguments; await press('add-token'); await reaches('welcome');
                     {paste} {name_token}"
                ),
                vec![json!(link), json!(name)],
            ),
            Self::Pin { old, new } => (
                "const [old, chosen, most] = arguments; await press('settings-open');
                 await reaches('settings'); await press('change-pin'); await reaches('change-pin');
                 for (const digits of [old, chosen, most]) await enter(digits);"
                    .to_owned(),
                vec![json!(old), json!(new), json!(but_last(new))],
            ),
            Self::Rename { id, old, name } => (
                "const [id, old, name] = arguments; await press('open-details', () => card(id));
                 await reaches('details'); await loaded(id);
                 await until(() => text('details-name') === old); await press('rename');
                 await type('new-name', name);"
                    .to_owned(),
                vec![json!(id), json!(old), json!(name)],
            ),
            Self::Reorder { id, .. } => {
                ("await press('reorder');".to_owned(), vec![json!(id)])
            }
            Self::Delete { id } => (
                "const [id] = arguments; await press('open-details', () => card(id));
                 await reaches('details'); await loaded(id); await press('delete');
                 if (usable(part('typed-id'))) await type('typed-id', id);"
                    .to_owned(),
                vec![json!(id)],
            ),
        };
        (steps, arguments)
    }

    /// The last input, after which there is nothing more to do.
    pub(crate) fn last_input(&self) -> Steps {
        let last_digit =
            |pin: &str| ("await enter(arguments[0])".to_owned(), vec![json!(last(pin))]);
        let button = |id: &str| (format!("await press('{id}')"), vec![]);
        match self {
            Self::Begin { pin, .. } => last_digit(pin),
            Self::Pin { new, .. } => last_digit(new),
            Self::Enrol { .. } => button("continue"),
            Self::Rename { .. } => button("save-name"),
            Self::Delete { .. } => button("confirm-delete"),
            Self::Reorder { id, down } => {
                let mover = if *down { "move-down" } else { "move-up" };
                (format!("await press('{mover}', () => card(arguments[0]))"), vec![json!(id)])
            }
        }
    }

    /// The list after it. `made` is the credential ID that an enrolment made.
    pub(crate) fn apply(&self, rows: &[Row], made: &str) -> Vec<Row> {
        let mut rows = rows.to_vec();
        match self {
            Self::Begin { name, .. } | Self::Enrol { name, .. } => {
                rows.push(Row { id: made.to_owned(), name: name.clone() });
            }
            Self::Pin { .. } => {}
            Self::Rename { id, name, .. } => {
                for row in rows.iter_mut().filter(|row| row.id == *id) {
                    row.name.clone_from(name);
                }
            }
            Self::Reorder { id, down } => {
                let from = rows.iter().position(|row| row.id == *id).unwrap_or_default();
                let to = if *down { from + 1 } else { from.saturating_sub(1) };
                rows.swap(from, to);
            }
            Self::Delete { id } => rows.retain(|row| row.id != *id),
        }
        rows
    }

    /// Whether this screen tells the person that it is done.
    pub(crate) fn is_confirmed_by(&self, sight: &Sight, before: &[Row]) -> bool {
        let ids = || sight.cards.iter().map(|card| &card.id);
        match self {
            Self::Begin { .. } | Self::Enrol { .. } => {
                sight.screen == "tokens" && sight.cards.len() > before.len()
            }
            Self::Pin { .. } => sight.screen == "settings" && !sight.said.is_empty(),
            Self::Rename { name, .. } => sight.screen == "details" && sight.name == *name,
            Self::Reorder { .. } => {
                sight.screen == "tokens"
                    && ids().eq(self.apply(before, "").iter().map(|row| &row.id))
            }
            Self::Delete { id } => sight.screen == "tokens" && ids().all(|other| other != id),
        }
    }
}

fn but_last(pin: &str) -> &str {
    &pin[..pin.len() - 1]
}

fn last(pin: &str) -> &str {
    &pin[pin.len() - 1..]
}
