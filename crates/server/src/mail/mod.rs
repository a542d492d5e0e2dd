//! Mails to prescribers: their words, and how they leave this program.
//!
//! | module | subject |
//! | --- | --- |
//! | [`text`] | what an activation mail says |
//! | [`notice_text`] | what a mail says that tells what was done |
//! | [`postman`] | over SMTP, or into a folder |
//! | [`sending`] | those that are due, while the server runs |

mod notice_text;
mod postman;
mod sending;
mod text;

pub(crate) use self::{
    postman::{Postman, SmtpUrl},
    sending::Sending,
};
