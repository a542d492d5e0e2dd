//! One token: what is known of it, its name and place, its end.

use std::fmt::Write as _;

use oath::CredentialId;
use vault::{Credential, Enrolment, LogEvent};

use super::{Session, views::DetailsView};
use crate::{chance::rng, clock::Moment, problem::Problem};

impl Session {
    /// What is known of a token.
    pub(crate) fn details(&self, id: CredentialId, now: Moment) -> Result<DetailsView, Problem> {
        let credential = self.credential(id)?;
        Ok(DetailsView::of(credential, needs_typing(credential), now.unix()))
    }

    /// Gives a token another name.
    pub(crate) fn rename(
        &mut self,
        id: CredentialId,
        name: &str,
        now: Moment,
    ) -> Result<(), Problem> {
        self.unlocked()?;
        let name = name.parse().map_err(|_| Problem::Name)?;
        self.unlocked_mut()?.rename(id, name, now.unix(), &mut rng())?;
        self.write_note();
        Ok(())
    }

    /// Puts the tokens into another order; all of them are named.
    pub(crate) fn reorder(&mut self, ids: &[CredentialId]) -> Result<(), Problem> {
        self.unlocked_mut()?.reorder(ids)?;
        self.note.write_used_last(None);
        self.write_note();
        Ok(())
    }

    /// Remembers that this token's code is the one that was wanted.
    pub(crate) fn used(&self, id: CredentialId) -> Result<(), Problem> {
        self.credential(id)?;
        self.note.write_used_last(Some(id));
        Ok(())
    }

    /// Deletes a token for good. One that a server knows wants its credential ID typed.
    pub(crate) fn delete(&mut self, id: CredentialId, typed: Option<&str>) -> Result<(), Problem> {
        if needs_typing(self.credential(id)?) {
            let same = typed.and_then(|typed| typed.parse().ok()) == Some(id);
            if !same {
                return Err(Problem::TypedDiffers);
            }
        }
        self.unlocked_mut()?.remove(id)?;
        self.export = None;
        self.pskc = None;
        self.counter_code = None;
        self.write_note();
        Ok(())
    }

    /// What has happened to a token, to be shared with the help desk: no secret.
    pub(crate) fn log_text(&self, id: CredentialId) -> Result<String, Problem> {
        let credential = self.credential(id)?;
        let mut text = String::new();
        // Writing to a string does not fail.
        if credential.is_own() {
            let _ = writeln!(text, "Credential ID: {}", credential.id);
        }
        let _ = writeln!(text, "Token name: {}", credential.name);
        if let Some(issuer) = &credential.issuer {
            let _ = writeln!(text, "Issuer: {issuer}");
        }
        let _ =
            writeln!(text, "Countersign {} on {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS);
        for line in &credential.log {
            let _ = writeln!(text, "{}  {}", utc(line.at.0), words(&line.what));
        }
        Ok(text)
    }

    pub(super) fn credential(&self, id: CredentialId) -> Result<&Credential, Problem> {
        let here = self.unlocked()?.credentials().iter().find(|credential| credential.id == id);
        here.ok_or(Problem::UnknownToken)
    }
}

/// Whether a server may know the token, so that deleting it costs more than making another.
fn needs_typing(credential: &Credential) -> bool {
    !matches!(credential.enrolment, Enrolment::None)
}

fn words(what: &LogEvent) -> String {
    match what {
        LogEvent::Made => "made on this device".to_owned(),
        LogEvent::MadeByLink { host } => format!("made by an enrolment link of {host}"),
        LogEvent::Imported => "taken over from another issuer".to_owned(),
        LogEvent::LinkUsed { host } => format!("given an enrolment link of {host}"),
        LogEvent::Sent { host } => format!("{host} has its provisioning data"),
        LogEvent::NotSent { reason } => format!("could not be sent: {reason}"),
        LogEvent::Refused { reason } => format!("refused by the server: {reason}"),
        LogEvent::Exported { to } => format!("sealed to the issuer card of {to}"),
        LogEvent::ExportedUnderPassphrase => "exported under a passphrase".to_owned(),
        LogEvent::Renamed => "renamed".to_owned(),
        LogEvent::NowInState { state } => {
            let state = serde_json::to_value(state).unwrap_or_default();
            format!("state: {}", state.as_str().unwrap_or_default().replace('-', " "))
        }
        LogEvent::ReportedLost { serial } => format!("reported the token {serial} lost"),
    }
}

/// `2027-03-04 05:06:07 UTC`, by the civil calendar (H. Hinnant, "days from civil", inverted).
fn utc(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01, in eras of 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against `date -u -d @N`.
    #[test]
    fn the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_735_689_599, "2024-12-31 23:59:59 UTC"),
            (1_900_000_000, "2030-03-17 17:46:40 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(utc(seconds), text);
        }
    }
}
