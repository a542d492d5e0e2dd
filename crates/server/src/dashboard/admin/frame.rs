//! What the top of every administrator's page shows: the pages that their roles open.

use registry::{Action, AdministratorSession, Role, rules::administrators::may};

/// Action that opens a page, its address, its name; in the order in which they are shown.
const PAGES: &[(Action, &str, &str)] = &[
    (Action::SeeTokens, "/admin/tokens", "Tokens"),
    (Action::SeeQueue, "/admin/requests", "Requests"),
    (Action::SeeStock, "/admin/stock", "Stock"),
    (Action::SeeAccounts, "/admin/accounts", "Accounts"),
    (Action::SeeAccess, "/admin/access", "Access"),
    (Action::ReadAudit, "/admin/audit", "Audit"),
];

/// What the top of a page shows and its forms carry.
pub(crate) struct Frame {
    /// The administrator's name.
    pub(crate) name: String,
    /// What they are there for.
    pub(crate) roles: String,
    /// Shows that a form was sent from a page of this session.
    pub(crate) csrf: String,
    /// The pages that they may open.
    pub(crate) pages: Vec<PageLink>,
}

/// A page's place in the navigation.
pub(crate) struct PageLink {
    pub(crate) address: &'static str,
    pub(crate) name: &'static str,
    pub(crate) is_current: bool,
}

impl Frame {
    /// The frame of a page at this address.
    pub(super) fn new(session: &AdministratorSession, address: &str) -> Self {
        let roles = session.administrator.roles.list();
        let allowed = PAGES.iter().filter(|(action, ..)| may(roles, *action));
        let overview =
            PageLink { address: "/admin", name: "Overview", is_current: address == "/admin" };
        let pages = allowed.map(|(_, page, name)| PageLink {
            address: page,
            name,
            is_current: is_under(address, page),
        });
        Self {
            name: session.administrator.name.to_string(),
            roles: roles.iter().map(|role| in_words(*role)).collect::<Vec<_>>().join(", "),
            csrf: session.csrf.expose_text().to_owned(),
            pages: std::iter::once(overview).chain(pages).collect(),
        }
    }
}

fn is_under(address: &str, page: &str) -> bool {
    address.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A role as a person says it.
pub(super) const fn in_words(role: Role) -> &'static str {
    match role {
        Role::TokenAdministrator => "token administrator",
        Role::AccessAdministrator => "access administrator",
        Role::Registrant => "DEA registrant",
        Role::Auditor => "auditor",
    }
}
