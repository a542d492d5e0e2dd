//! What crosses between app and server, in both directions, and nothing else.
//!
//! The app makes the seed and the server must know it too; it never travels in the clear.
//! `docs/formats.md` writes each format down to the byte, with the vectors that the tests of this
//! crate read.
//!
//! | module | subject | goes |
//! | --- | --- | --- |
//! | [`enrolment_link`] | invites an app to enrol for one activation | server to app |
//! | [`issuer_card`] | a server's public key, for an export without an activation | server to app |
//! | [`sealed_token`] | the provisioning data of one token, sealed to one server | app to server |
//! | [`app_request`] | what an enrolled app asks its server: its state, to report another token lost | app to server |
//! | [`app_answer`] | what the server answers | server to app |
//! | [`otpauth`] | an account of another issuer | that issuer to app |
//! | [`pskc`] | tokens for any other OATH server, and theirs for ours | app or server to other servers, and back |
//! | [`stock`] | hard tokens in a file, as their maker or another server hands them over | maker to server |
//! | [`activation`] | the ID and the secret of an activation | |
//! | [`server_key`] | the server's X25519 key pair and its key ID | |
//! | [`server_url`] | where a server is reached | |
//! | [`text`] | names with a bounded length | |
//! | [`qr`] | any of them as a picture | |

pub mod activation;
pub mod app_answer;
pub mod app_request;
pub mod enrolment_link;
pub mod issuer_card;
mod object;
pub mod otpauth;
pub mod pskc;
pub mod qr;
pub mod sealed_token;
pub mod server_key;
pub mod server_url;
pub mod stock;
pub mod text;

mod bytes;
mod error;
mod framing;
mod suite;

pub use activation::{ActivationId, ActivationSecret};
pub use app_answer::{AppAnswer, AppTokenState, OtherToken, TokenStatus};
pub use app_request::{AppAsk, AppRequest, Asked, ReportId};
pub use enrolment_link::{EnrolmentLink, PinPolicy};
pub use error::Error;
pub use framing::MAX_TEXT_LENGTH;
pub use issuer_card::IssuerCard;
pub use otpauth::{OtpKind, OtpauthUri};
pub use pskc::{PreSharedKey, PskcKey, PskcPassphrase, PskcReader, PskcToken, PskcWriter};
pub use sealed_token::{ProvisioningData, SealedToken};
pub use server_key::{KeyId, ServerPrivateKey, ServerPublicKey};
pub use server_url::ServerUrl;
pub use text::{IssuerName, Label};
