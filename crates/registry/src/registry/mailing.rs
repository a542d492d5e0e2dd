//! Activation mails: which are due, and what their links lead to.
//!
//! A mail is claimed before it is sent, by one compare-and-set, so that of several servers one sends
//! it; whoever ends before it could tell is taken for failed when the claim's time is over. So a
//! mail may arrive twice, and is never lost.

use oath::{SerialNumber, TokenType, UnixTime};
use provisioning::{ActivationId, Label};
use zeroize::Zeroizing;

use super::{Registry, requests::noted_sent};
use crate::{
    ActivateLink, Error,
    activation::ActivationState,
    event::{Actor, EventKind, Outcome},
    master_key::What,
    request::{RequestRecord, RequestState, Shipment, TokenRequest},
    rules::mail_tries::pause_after,
    store::{Changes, Write},
    values::RequestId,
};

/// After so many tries, which are about a day, the help desk must look.
pub const MOST_TRIES: u32 = 28;

/// A mail to be sent now.
#[derive(Debug)]
pub struct ActivationMail {
    /// The request that it is about.
    pub request: TokenRequest,
    /// The prescriber's name.
    pub name: Label,
    /// The end of the address that it leads to.
    pub link: ActivateLink,
    /// Which of the request's links it is.
    number: u32,
}

/// What the link of an activation mail leads to.
#[derive(Debug)]
pub enum Landing {
    /// A soft token is enrolled by this link.
    Soft {
        /// The enrolment link.
        link: Zeroizing<String>,
        /// The last instant at which it can be used.
        expires: UnixTime,
    },
    /// A hard token is associated by its serial number and a code.
    Hard {
        /// The token that was shipped.
        serial: SerialNumber,
        /// Who carries it.
        shipment: Shipment,
    },
    /// The enrolment link's time is over.
    Expired,
    /// The token is associated already.
    Activated(TokenType),
    /// The request was cancelled, a newer mail was sent, or its activation was used or replaced.
    Over,
}

impl Registry {
    /// The requests whose mail is due, the longest due first, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn mails_due(&self, now: UnixTime, limit: u32) -> Result<Vec<RequestId>, Error> {
        let due = self.store.requests_to_mail(now, limit).await?;
        Ok(due.into_iter().map(|record| record.request.id).collect())
    }

    /// Claims a mail that is due; `None` where somebody else did, or it is due no longer.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn claim_mail(
        &self,
        id: RequestId,
        now: UnixTime,
    ) -> Result<Option<ActivationMail>, Error> {
        let Some(record) = self.store.request(id).await? else { return Ok(None) };
        if !record.request.mailing.is_due(now) || !record.request.state.is_open() {
            return Ok(None);
        }
        let account = self.store.account(record.request.npi).await?;
        let name = account.ok_or(Error::UnknownAccount)?.account.name;
        let mut claimed = record;
        let mailing = &mut claimed.request.mailing;
        mailing.due = Some(now.plus(pause_after(mailing.attempts)));
        mailing.attempts += 1;
        let write = Write::UpdateRequest(Box::new(claimed.clone()));
        if !self.commit(Changes::new([write], [])).await? {
            return Ok(None);
        }
        let (link, number) = (self.activate_link(&claimed), claimed.links);
        Ok(Some(ActivationMail { request: claimed.request, name, link, number }))
    }

    /// Notes that a claimed mail was sent, or why not; then it is tried again later.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn mail_done(
        &self,
        mail: &ActivationMail,
        result: Result<(), String>,
        now: UnixTime,
    ) -> Result<(), Error> {
        loop {
            let Some(mut record) = self.store.request(mail.request.id).await? else {
                return Ok(());
            };
            if record.links != mail.number {
                // A newer link is to be mailed: this one's fate is of no interest.
                return Ok(());
            }
            let kind = EventKind::ActivationMailed;
            let mut event = noted_sent(&record, kind, &mail.request.mail, &Actor::System, now);
            let mailing = &mut record.request.mailing;
            match &result {
                Ok(()) => {
                    mailing.due = None;
                    mailing.sent = Some(now);
                    mailing.problem = None;
                }
                Err(problem) => {
                    if mailing.attempts >= MOST_TRIES {
                        mailing.due = None;
                    }
                    mailing.problem = Some(problem.clone());
                    event.outcome = Outcome::Refused;
                    let about = event.cause.take().unwrap_or_default();
                    event = event.because(format!("{about}: {problem}"));
                }
            }
            let write = Write::UpdateRequest(Box::new(record));
            if self.commit(Changes::new([write], [event])).await? {
                return Ok(());
            }
        }
    }

    /// What the link of an activation mail leads to; `None` where no mail of ours has it.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn landing(
        &self,
        link: &ActivateLink,
        now: UnixTime,
    ) -> Result<Option<Landing>, Error> {
        let Some(record) = self.store.request(link.request()).await? else { return Ok(None) };
        if !link.is(&self.activate_link(&record)) {
            // An earlier mail's is known to have been ours.
            let earlier = (1..record.links).any(|number| link.is(&self.link_of(&record, number)));
            return Ok(earlier.then_some(Landing::Over));
        }
        let request = record.request;
        Ok(match request.state {
            RequestState::Activated => Some(Landing::Activated(request.token_type)),
            RequestState::Cancelled => Some(Landing::Over),
            RequestState::Requested => None,
            RequestState::Processed | RequestState::Shipped => match request.token_type {
                TokenType::Soft => {
                    let landing = self.soft_landing(
                        request.id,
                        record.sealed_link.as_deref(),
                        request.link_expires,
                        now,
                    )?;
                    let leads = self.is_begun(record.activation).await?;
                    match landing {
                        // Another activation took its place, or an app has used it.
                        Some(Landing::Soft { .. }) if !leads => Some(Landing::Over),
                        landing => landing,
                    }
                }
                TokenType::Hard => match (request.serial, request.shipment) {
                    (Some(serial), Some(shipment)) => Some(Landing::Hard { serial, shipment }),
                    _ => None,
                },
            },
        })
    }

    async fn is_begun(&self, id: Option<ActivationId>) -> Result<bool, Error> {
        let Some(id) = id else { return Ok(false) };
        let found = self.store.activation(id).await?;
        Ok(found.is_some_and(|activation| activation.state == ActivationState::Begun))
    }

    fn soft_landing(
        &self,
        id: RequestId,
        sealed: Option<&[u8]>,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<Option<Landing>, Error> {
        let (Some(sealed), Some(expires)) = (sealed, expires) else { return Ok(None) };
        if now > expires {
            return Ok(Some(Landing::Expired));
        }
        let damaged = Error::Damaged { what: "the link of a token request" };
        let whose = id.as_str().as_bytes();
        let bytes = self.master.open(What::EnrolmentLink, whose, sealed);
        let bytes = bytes.map_err(|_| damaged.clone())?;
        let link = str::from_utf8(&bytes).map_err(|_| damaged)?;
        Ok(Some(Landing::Soft { link: Zeroizing::new(link.to_owned()), expires }))
    }

    fn activate_link(&self, record: &RequestRecord) -> ActivateLink {
        self.link_of(record, record.links)
    }

    fn link_of(&self, record: &RequestRecord, number: u32) -> ActivateLink {
        let id = record.request.id;
        ActivateLink::new(id, self.master.request_link(id.as_str().as_bytes(), number))
    }
}
