//! Another mail address of a prescriber's account.

use oath::UnixTime;

use super::{ATTEMPTS, Registry, only_the_help_desk};
use crate::{
    Error,
    account::AccountRecord,
    event::{Actor, EventKind, NewEvent, Outcome},
    store::{Changes, Write},
    values::{Mail, Npi},
};

impl Registry {
    /// Notes the mail address of a prescriber.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`], [`Error::NotAllowed`], [`Error::Busy`].
    pub async fn note_mail(
        &self,
        actor: &Actor,
        npi: &Npi,
        mail: &Mail,
        now: UnixTime,
    ) -> Result<(), Error> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let record = self.store.account(*npi).await?.ok_or(Error::UnknownAccount)?;
            if record.account.mail == *mail {
                return Ok(());
            }
            if self.commit(self.mail_noted(record, mail.clone(), actor, now).await?).await? {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }

    /// What notes the mail address of a prescriber, on the condition that the account is as it was read: an
    /// open request that was to be answered at the address of before is answered at the new one. Each
    /// address is told by an event of its own, or whoever redirects the mail would silence what tells of it.
    pub(super) async fn mail_noted(
        &self,
        mut record: AccountRecord,
        mail: Mail,
        actor: &Actor,
        now: UnixTime,
    ) -> Result<Changes, Error> {
        let npi = record.account.npi;
        let before = std::mem::replace(&mut record.account.mail, mail.clone());
        let noted = |kind, mail: &Mail| {
            NewEvent::new(now, actor.clone(), kind, Outcome::Success).of(npi).because(mail.as_str())
        };
        let events = [noted(EventKind::MailReplaced, &before), noted(EventKind::MailNoted, &mail)];
        let mut changes = Changes::new([Write::UpdateAccount(record)], events);
        for mut asked in self.store.requests_of(npi).await? {
            if asked.request.state.is_open() && asked.request.mail == before {
                asked.request.mail = mail.clone();
                changes.writes.push(Write::UpdateRequest(Box::new(asked)));
            }
        }
        Ok(changes)
    }
}
