//! Activation mails: their words, and how they leave this program.
//!
//! | module | subject |
//! | --- | --- |
//! | [`text`] | what they say |
//! | [`postman`] | over SMTP, or into a folder |
//! | [`sending`] | those that are due, while the server runs |

mod postman;
mod sending;
mod text;

pub(crate) use self::{
    postman::{Postman, SmtpUrl},
    sending::Sending,
};
