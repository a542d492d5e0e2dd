//! Provisioning data for another server, sealed to its issuer card.

use data_encoding::BASE64;
use oath::CredentialId;
use provisioning::{IssuerCard, IssuerName, MAX_TEXT_LENGTH, PskcPassphrase, SealedToken, qr};
use serde::Serialize;
use vault::LogEvent;
use zeroize::Zeroizing;

use super::Session;
use crate::{
    chance::rng,
    clock::Moment,
    device::this_device,
    problem::{Problem, Text},
};

/// Provisioning data as the page shows it. Only the card's server can open it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Export {
    /// Who can open it.
    pub(crate) issuer: String,
    /// The sealed token.
    pub(crate) text: String,
    /// The same as a picture, a `data:` URL; `None` where it is too long for one.
    pub(crate) qr: Option<String>,
}

impl Session {
    /// Seals a token to a card's server; without a card, to the server that it could not be sent
    /// to yet.
    pub(crate) fn make_export(
        &mut self,
        id: CredentialId,
        card: Option<&str>,
        now: Moment,
    ) -> Result<Export, Problem> {
        let (issuer, sealed) = match card {
            Some(card) => {
                let sealed = self.seal_to_card(id, card)?;
                self.log(id, LogEvent::Exported { to: sealed.0.clone() }, now);
                sealed
            }
            None => {
                let parcel = self.parcel(id)?;
                (parcel.issuer, parcel.sealed)
            }
        };
        let (issuer, text) = (issuer.to_string(), sealed.to_text());
        let export = Export { issuer, qr: qr::svg(&text).ok().map(data_url), text };
        self.export = Some((id, export.clone()));
        Ok(export)
    }

    /// Writes one token in the form that any OATH server reads (RFC 6030), under a passphrase.
    pub(crate) fn export_pskc(
        &mut self,
        id: CredentialId,
        passphrase: &str,
        now: Moment,
    ) -> Result<Zeroizing<String>, Problem> {
        self.unlocked()?;
        let passphrase = PskcPassphrase::parse(passphrase).map_err(|_| Problem::Passphrase {
            minimum: PskcPassphrase::MIN_CHARACTERS,
            maximum: PskcPassphrase::MAX_CHARACTERS,
        })?;
        let text = Zeroizing::new(self.unlocked()?.pskc(id, &passphrase, &mut rng())?);
        self.log(id, LogEvent::ExportedUnderPassphrase, now);
        self.pskc = Some((id, text.clone()));
        Ok(text)
    }

    /// What was written last under a passphrase, to be saved.
    pub(crate) fn last_pskc(&self) -> Result<(CredentialId, Zeroizing<String>), Problem> {
        self.unlocked()?;
        let (id, text) = self.pskc.as_ref().ok_or(Problem::NoExport)?;
        Ok((*id, text.clone()))
    }

    fn seal_to_card(
        &self,
        id: CredentialId,
        card: &str,
    ) -> Result<(IssuerName, SealedToken), Problem> {
        let vault = self.unlocked()?;
        if card.len() > MAX_TEXT_LENGTH {
            return Err(Problem::TooLong { limit: MAX_TEXT_LENGTH });
        }
        let card =
            IssuerCard::parse(card).map_err(|error| Problem::with_text(Text::IssuerCard, error))?;
        let sealed = vault.seal_to_card(id, &card, &this_device()?, &mut rng())?;
        Ok((card.issuer, sealed))
    }

    /// What was sealed last, to be saved: a page can save nothing else.
    pub(crate) fn last_export(&self) -> Result<(CredentialId, String), Problem> {
        self.unlocked()?;
        let (id, export) = self.export.as_ref().ok_or(Problem::NoExport)?;
        Ok((*id, export.text.clone()))
    }
}

fn data_url(svg: String) -> String {
    format!("data:image/svg+xml;base64,{}", BASE64.encode(svg.as_bytes()))
}
