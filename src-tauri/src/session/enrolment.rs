//! From an enrolment link to a token that the server knows.

use oath::CredentialId;
use provisioning::{
    EnrolmentLink, IssuerName, Label, MAX_TEXT_LENGTH, PinPolicy, SealedToken, ServerUrl,
};
use vault::{Enrolment, LogEvent, LogLine, NewCredential, Pin, Reason};
use zeroize::Zeroizing;

use super::{
    ChosenPin, Invitation, Session,
    making::is_setup_link,
    views::{InvitationView, RefusedLinkView},
};
use crate::{
    chance::rng,
    clock::Moment,
    device::this_device,
    note::Found,
    problem::{Problem, Refusal, Text},
};

/// A sealed token on its way.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) issuer: IssuerName,
    pub(crate) server: ServerUrl,
    pub(crate) sealed: SealedToken,
}

/// What has to be asked next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Next {
    ChoosePin,
    Enrol,
}

impl Session {
    /// Takes a link that the person pasted.
    pub(crate) fn use_link(&mut self, text: &str, now: Moment) -> Result<InvitationView, Problem> {
        let link = self.read_link(text, now)?;
        let view = InvitationView::of(&link);
        self.refused_link = None;
        let waits_already = self
            .invitation
            .as_ref()
            .is_some_and(|waiting| waiting.link.activation == link.activation);
        if !waits_already {
            self.invitation = Some(Invitation { link, name: None });
            self.pin = None;
        }
        Ok(view)
    }

    /// Takes a link that the system handed over; one that is no good is kept for the page.
    pub(crate) fn receive_link(&mut self, text: &str, now: Moment) {
        let setup = is_setup_link(text);
        let taken = if setup {
            self.hold_other(text).map(|_| self.refused_link = None)
        } else {
            self.use_link(text, now).map(|_| ())
        };
        if let Err(problem) = taken {
            // A setup link is hardly more than its secret key.
            let short = text.len() <= MAX_TEXT_LENGTH && !setup;
            self.refused_link = Some(RefusedLinkView {
                text: if short { text.to_owned() } else { String::new() },
                problem: Refusal::from(problem),
            });
        }
    }

    /// Puts the waiting link away, with everything that was entered for it.
    pub(crate) fn set_aside_link(&mut self) {
        self.invitation = None;
        self.refused_link = None;
        self.pin = None;
    }

    /// Names the token to be.
    pub(crate) fn name_token(&mut self, name: &str) -> Result<Next, Problem> {
        let name: Label = name.parse().map_err(|_| Problem::Name)?;
        let next = self.next_step()?;
        self.invited()?.name = Some(name);
        self.making = None;
        Ok(next)
    }

    /// What has to be asked before a token can be made.
    pub(super) fn next_step(&self) -> Result<Next, Problem> {
        if self.unlocked.is_some() {
            Ok(Next::Enrol)
        } else if self.has_vault()? {
            Err(Problem::Locked)
        } else {
            self.check_start_from_nothing()?;
            Ok(Next::ChoosePin)
        }
    }

    /// Takes the first entry of a new PIN.
    pub(crate) fn choose_pin(&mut self, digits: Zeroizing<String>) -> Result<(), Problem> {
        self.pin = None;
        Pin::parse(&digits)?.check_new(self.pin_policy()?)?;
        self.pin = Some(ChosenPin { digits, repeated: false });
        Ok(())
    }

    /// Takes the second entry; where it differs from the first, the choice starts again.
    pub(crate) fn repeat_pin(&mut self, digits: &Zeroizing<String>) -> Result<(), Problem> {
        self.pin_policy()?;
        match self.pin.take() {
            Some(chosen) if chosen.digits == *digits => {
                self.pin = Some(ChosenPin { repeated: true, ..chosen });
                Ok(())
            }
            _ => Err(Problem::PinMismatch),
        }
    }

    /// Makes the token: the vault too, where there is none. After this nothing is lost any more.
    pub(crate) fn enrol(&mut self, now: Moment) -> Result<CredentialId, Problem> {
        if self.unlocked.is_none() && self.has_vault()? {
            return Err(Problem::Locked);
        }
        if let Some(making) = self.making.take() {
            let policy = making.pin_policy();
            let made = self.with_vault(policy, now, |session| session.make(&making, now));
            if made.is_err() {
                self.making = Some(making);
            }
            return made;
        }
        let invitation = self.invited()?;
        invitation.link.check_expiry(now.unix()).map_err(|_| Problem::LinkExpired)?;
        let new = invitation.new_credential(now)?;
        let (activation, policy) = (invitation.link.activation, invitation.link.pin);
        let add = |session: &mut Self| Ok(session.unlocked_mut()?.add(new, &mut rng())?);
        let id = self.with_vault(policy, now, add)?;
        self.invitation = None;
        // Advisory like the whole note: without it the server is the one to say so.
        self.note_unwritten |= self.note.update(|note| note.link_used(activation, id)).is_err();
        Ok(id)
    }

    /// Makes a token in the vault, which is made first where there is none.
    fn with_vault(
        &mut self,
        policy: PinPolicy,
        now: Moment,
        make: impl FnOnce(&mut Self) -> Result<CredentialId, Problem>,
    ) -> Result<CredentialId, Problem> {
        if self.unlocked.is_none() {
            self.create_vault(policy, now)?;
        }
        let made = make(self);
        if matches!(made, Err(Problem::KeyringEmptied)) {
            self.lock();
        }
        let id = made?;
        self.anew = false;
        self.write_note();
        Ok(id)
    }

    /// Gives an enrolment link to a token that was made without one; without a text, the link that
    /// waits.
    pub(crate) fn associate_by_link(
        &mut self,
        id: CredentialId,
        text: Option<&str>,
        now: Moment,
    ) -> Result<(), Problem> {
        self.credential(id)?;
        let link = match text {
            Some(text) => self.read_link(text, now)?,
            None => {
                let waiting = self.invited()?.link.to_text();
                self.read_link(&waiting, now)?
            }
        };
        let activation = link.activation;
        self.unlocked_mut()?.enrol_by_link(id, link, now.unix(), &mut rng())?;
        self.write_note();
        if self.invitation.as_ref().is_some_and(|waiting| waiting.link.activation == activation) {
            self.set_aside_link();
        }
        self.note_unwritten |= self.note.update(|note| note.link_used(activation, id)).is_err();
        Ok(())
    }

    /// Seals a token for the server of its link.
    pub(crate) fn parcel(&self, id: CredentialId) -> Result<Parcel, Problem> {
        let vault = self.unlocked()?;
        let credential = self.credential(id)?;
        let Enrolment::Pending(link) = &credential.enrolment else {
            return Err(Problem::NothingToSend);
        };
        let sealed = vault.seal_for_activation(id, &this_device()?, &mut rng())?;
        Ok(Parcel { issuer: link.issuer.clone(), server: link.server.clone(), sealed })
    }

    /// Writes into a token's log why it could not be sent; the log is no more than a help.
    pub(crate) fn note_not_sent(&mut self, id: CredentialId, problem: &Problem, now: Moment) {
        let what = match problem {
            Problem::ServerRefused { detail, status, .. } if is_final(*status) => {
                LogEvent::Refused { reason: Reason::new(detail) }
            }
            Problem::ServerRefused { detail, .. } => {
                LogEvent::NotSent { reason: Reason::new(detail) }
            }
            Problem::ServerUnreachable { reason, .. } => {
                LogEvent::NotSent { reason: Reason::new(&reason.to_string()) }
            }
            _ => return,
        };
        self.log(id, what, now);
    }

    pub(super) fn log(&mut self, id: CredentialId, what: LogEvent, now: Moment) {
        if let Ok(vault) = self.unlocked_mut() {
            let _ = vault.write_log(id, LogLine { at: now.unix(), what }, &mut rng());
        }
    }

    /// Writes down that the server has the token, at the next unlock if need be.
    pub(crate) fn settle(
        &mut self,
        id: CredentialId,
        server: ServerUrl,
        now: Moment,
    ) -> Result<(), Problem> {
        let at = now.unix();
        match self.unlocked_mut() {
            Ok(vault) => Ok(vault.set_enrolment(id, Enrolment::Sent { server, at }, &mut rng())?),
            Err(_) => {
                self.sent_while_locked.push((id, server, at));
                Ok(())
            }
        }
    }

    /// What cannot be written stays pending; sending it again is harmless.
    pub(super) fn settle_what_was_sent_while_locked(&mut self) {
        for (id, server, at) in std::mem::take(&mut self.sent_while_locked) {
            if let Ok(vault) = self.unlocked_mut() {
                let _ = vault.set_enrolment(id, Enrolment::Sent { server, at }, &mut rng());
            }
        }
    }

    fn read_link(&self, text: &str, now: Moment) -> Result<EnrolmentLink, Problem> {
        if text.len() > MAX_TEXT_LENGTH {
            return Err(Problem::TooLong { limit: MAX_TEXT_LENGTH });
        }
        let refused = |error| Problem::with_text(Text::EnrolmentLink, error);
        let link = EnrolmentLink::parse(text).map_err(refused)?;
        if let Some(id) = self.note.token_of_link(link.activation) {
            return Err(Problem::LinkUsed { credential_id: id.to_string() });
        }
        link.check_expiry(now.unix()).map_err(refused)?;
        Ok(link)
    }

    fn invited(&mut self) -> Result<&mut Invitation, Problem> {
        self.invitation.as_mut().ok_or(Problem::NoLink)
    }

    /// How long the PIN of the token being made has to be.
    fn pin_policy(&mut self) -> Result<PinPolicy, Problem> {
        match &self.making {
            Some(making) => Ok(making.pin_policy()),
            None => Ok(self.invited()?.link.pin),
        }
    }

    fn create_vault(&mut self, policy: PinPolicy, now: Moment) -> Result<(), Problem> {
        self.check_start_from_nothing()?;
        let chosen = self.pin.take().filter(|chosen| chosen.repeated);
        let pin = Pin::parse(&chosen.ok_or(Problem::Locked)?.digits)?;
        let vault = self.vault.create(&pin, policy, &mut rng())?;
        self.open(vault, now);
        Ok(())
    }

    /// An empty keyring where tokens are known to have been is no fresh start, unless on purpose.
    fn check_start_from_nothing(&self) -> Result<(), Problem> {
        if self.anew || self.note.read() == Found::Nothing {
            Ok(())
        } else {
            Err(Problem::KeyringEmptied)
        }
    }
}

/// Whether a server that answers so would answer the same again: not when it is busy, or at fault.
fn is_final(status: u16) -> bool {
    (400..500).contains(&status) && ![408, 429].contains(&status)
}

impl Invitation {
    fn new_credential(&self, now: Moment) -> Result<NewCredential, Problem> {
        let link = EnrolmentLink::parse(&self.link.to_text()).map_err(Problem::internal)?;
        Ok(NewCredential {
            name: self.name.clone().ok_or(Problem::Name)?,
            issuer: Some(link.issuer.clone()),
            enrolment: Enrolment::Pending(link),
            created: now.unix(),
        })
    }
}
