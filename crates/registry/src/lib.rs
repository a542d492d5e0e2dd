//! Accounts, activations, tokens, sign-in, verification and audit: the registry that a server, or
//! an e-prescribing vendor's own program, embeds. No HTTP, no clock, no randomness of its own.
//!
//! The rules are pure functions over values that were read. What they decide is one
//! [`store::Changes`]: conditional writes and the audit events of what they record, applied all or
//! nothing. Where somebody else wrote first, the rule is run again on what is there now. So one
//! compare-and-set decides every race, on any store, whatever crashes.
//!
//! | module | subject |
//! | --- | --- |
//! | [`values`] | what people type and what is kept of it: NPI, passphrase, mail, confirmation code, session secret |
//! | [`account`], [`activation`], [`token`], [`request`], [`session`], [`event`] | what is stored |
//! | [`otp`] | how a token's codes are made, by time or by counter |
//! | [`access`] | what opens or ends a prescriber's access, or gives them a new passphrase, by two people |
//! | [`passphrase_reset`] | the link and the code by which a prescriber chooses a new passphrase |
//! | [`api_key`], [`kept_answer`], [`code_misses`] | relying parties, what they were answered, codes that named no token |
//! | [`notice`] | mails that tell prescribers what was done to their tokens or account |
//! | [`webhook`] | where relying parties are told of what happens |
//! | [`administrator`] | who works at the help desk, what for, and their sessions |
//! | [`rules`] | the states of tokens and of requests, moving a token to a new phone, locks, judging and explaining a code, association, reports of a loss |
//! | [`drift`] | how a clock or counter went, by the codes that were accepted |
//! | [`loss`] | what is told of a loss after it was reported |
//! | [`step_up`] | a code by phone, before a token is added |
//! | [`stock`] | imports of hard tokens |
//! | [`audit`] | the chain that shows whether the audit was changed, and its daily report |
//! | [`master_key`] | sealing of secrets at rest |
//! | [`registry`] | the operations |
//! | [`store`] | the port to a database, and SQLite behind it |

pub mod access;
pub mod account;
pub mod activation;
pub mod administrator;
pub mod api_key;
pub mod audit;
pub mod code_misses;
pub mod drift;
pub mod event;
pub mod kept_answer;
pub mod loss;
pub mod master_key;
pub mod notice;
pub mod otp;
pub mod passphrase_reset;
pub mod registry;
pub mod request;
pub mod rules;
pub mod sealed;
pub mod session;
pub mod step_up;
pub mod stock;
pub mod store;
pub mod token;
pub mod values;
pub mod webhook;

mod association_error;
mod error;
mod passphrase_hash;
mod request_error;
mod sign_in_error;

pub use account::{Account, NewAccount};
pub use activation::{ActivationOrder, ActivationState, BegunActivation, OpenActivation};
pub use administrator::{
    AddedAdministrator, Administrator, AdministratorSession, NewAdministrator, Role, Roles,
};
pub use api_key::{ApiKey, ApiKeyError, ApiKeyId, ApiKeyRecord, RelyingParty, Scope};
pub use association_error::{AssociateError, Field};
pub use code_misses::{CodeMisses, CodeRefusal};
pub use drift::{DriftHistory, DriftSample, Observed, Outlook};
pub use error::{AccessError, AppRequestError, Error, OwnTokenError, VerifyError};
pub use event::{Actor, Event, EventKind, Outcome};
pub use kept_answer::{Answer, AnswerError, Kept, KeptAnswer, Once};
pub use loss::{CodesSince, Loss, LossStory, Mark};
pub use master_key::MasterKey;
pub use notice::{FailingNotice, Notice, NoticedToken};
pub use otp::Otp;
pub use registry::{
    Accepted, ActivationMail, ActivityPage, Association, CodeOrder, Consumed, Deactivation,
    Delivery, Fate, Landing, NewWebhook, ProcessedRequest, Processing, Registry, RequestedBy,
    SecondThrough, SignInThrough, StockCheck, StockExport, ThroughError, note_restored,
};
pub use request::{Replacement, RequestState, Shipment, TokenOrder, TokenRequest, Wanted};
pub use request_error::RequestError;
pub use rules::{
    administrators::Action,
    devices::{Devices, Platform, Seen},
    handover::{Handover, HandoverStage},
    judging::{Cause, Off, Purpose},
    lock::Lock,
    loss::Due,
    network_sync::{NetworkSync, SyncRecord},
    notices::NoticeKind,
    owning::{DeactivationReason, Remaining},
    proofing::ProofingAsked,
    reporting::ReportRefusal,
    step_up::StepUpStanding,
    webhooks::HookKind,
};
pub use session::{Factor, SecondFactor, Session};
pub use sign_in_error::{
    ConfirmError, PassphraseError, SetPassphraseError, SignInError, SigningTestError, StepUpError,
};
pub use step_up::{PhoneChannel, StepUpMessage};
pub use stock::{
    StockCounts, StockFinding, StockImport, StockImportId, StockState, StockWhat, TakeStockError,
};
pub use store::{
    Store, StoreError,
    postgres::{DatabaseUrl, DatabaseUrlError, PostgresStore},
    sqlite::SqliteStore,
};
pub use token::{Token, TokenState};
pub use values::{
    AccountId, ActivateLink, AdministratorName, ConfirmationCode, CsrfToken, IdempotencyKey, Mail,
    Npi, Passphrase, Phone, PostalAddress, ProofingRecord, Reference, RequestId, ResetSecret,
    SessionSecret, ValueError, ZipCode,
};
pub use webhook::{
    DeliveryError, Trouble, WebhookError, WebhookId, WebhookRecord, WebhookSecret, WebhookState,
    WebhookUrl,
};
