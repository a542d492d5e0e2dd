//! From an enrolment link to a token that the server knows.

use oath::CredentialId;
use provisioning::{EnrolmentLink, IssuerName, Label, MAX_TEXT_LENGTH, SealedToken, ServerUrl};
use vault::{Enrolment, NewCredential, Pin};
use zeroize::Zeroizing;

use super::{
    ChosenPin, Invitation, Session,
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
            self.invitation = Some(Invitation { link, name: None, pin: None });
        }
        Ok(view)
    }

    /// Takes a link that the system handed over; one that is no good is kept for the page.
    pub(crate) fn receive_link(&mut self, text: &str, now: Moment) {
        if let Err(problem) = self.use_link(text, now) {
            let short = text.len() <= MAX_TEXT_LENGTH;
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
    }

    /// Names the token to be.
    pub(crate) fn name_token(&mut self, name: &str) -> Result<Next, Problem> {
        let name: Label = name.parse().map_err(|_| Problem::Name)?;
        let next = if self.unlocked.is_some() {
            Next::Enrol
        } else if self.has_vault()? {
            return Err(Problem::Locked);
        } else {
            self.check_start_from_nothing()?;
            Next::ChoosePin
        };
        self.invited()?.name = Some(name);
        Ok(next)
    }

    /// Takes the first entry of a new PIN.
    pub(crate) fn choose_pin(&mut self, digits: Zeroizing<String>) -> Result<(), Problem> {
        let invitation = self.invited()?;
        invitation.pin = None;
        Pin::parse(&digits)?.check_new(invitation.link.pin)?;
        invitation.pin = Some(ChosenPin { digits, repeated: false });
        Ok(())
    }

    /// Takes the second entry; where it differs from the first, the choice starts again.
    pub(crate) fn repeat_pin(&mut self, digits: &Zeroizing<String>) -> Result<(), Problem> {
        let invitation = self.invited()?;
        let same = invitation.pin.as_ref().is_some_and(|chosen| chosen.digits == *digits);
        match &mut invitation.pin {
            Some(chosen) if same => {
                chosen.repeated = true;
                Ok(())
            }
            pin => {
                *pin = None;
                Err(Problem::PinMismatch)
            }
        }
    }

    /// Makes the token: the vault too, where there is none. After this nothing is lost any more.
    pub(crate) fn enrol(&mut self, now: Moment) -> Result<CredentialId, Problem> {
        let invitation = self.invited()?;
        invitation.link.check_expiry(now.unix()).map_err(|_| Problem::LinkExpired)?;
        let new = invitation.new_credential(now)?;
        let activation = invitation.link.activation;
        if self.unlocked.is_none() {
            self.create_vault(now)?;
        }
        let added = self.unlocked_mut()?.add(new, &mut rng()).map_err(Problem::from);
        if matches!(added, Err(Problem::KeyringEmptied)) {
            self.lock();
        }
        let id = added?;
        self.invitation = None;
        self.anew = false;
        self.write_note();
        // Advisory like the whole note: without it the server is the one to say so.
        self.note_unwritten |= self.note.update(|note| note.link_used(activation, id)).is_err();
        Ok(id)
    }

    /// Seals a token for the server of its link.
    pub(crate) fn parcel(&self, id: CredentialId) -> Result<Parcel, Problem> {
        let vault = self.unlocked()?;
        let credential = vault
            .credentials()
            .iter()
            .find(|credential| credential.id == id)
            .ok_or(Problem::UnknownToken)?;
        let Enrolment::Pending(link) = &credential.enrolment else {
            return Err(Problem::NothingToSend);
        };
        let sealed = vault.seal_for_activation(id, &this_device()?, &mut rng())?;
        Ok(Parcel { issuer: link.issuer.clone(), server: link.server.clone(), sealed })
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

    fn create_vault(&mut self, now: Moment) -> Result<(), Problem> {
        self.check_start_from_nothing()?;
        let invitation = self.invited()?;
        let policy = invitation.link.pin;
        let chosen = invitation.pin.take().filter(|chosen| chosen.repeated);
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
