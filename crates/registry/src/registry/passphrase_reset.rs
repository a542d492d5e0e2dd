//! A new passphrase: link and code are made when two people have ordered them, and used by the
//! prescriber.

use oath::UnixTime;
use provisioning::ServerUrl;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{ATTEMPTS, Registry, access::noted, proofing::Before};
use crate::{
    Error, SetPassphraseError,
    access::{AccessChange, ShownOnce},
    account::AccountRecord,
    event::{Actor, EventKind, NewEvent, Outcome},
    passphrase_reset::{PassphraseResetRecord, ResetState},
    rules::passphrase_reset::{MOST_WRONG, ResetStanding, is_same_submit, standing},
    store::{Changes, Write},
    values::{AdministratorName, ConfirmationCode, IdempotencyKey, Npi, Passphrase, ResetSecret},
};

impl Registry {
    /// What makes a link and a code for a new passphrase; earlier ones end.
    pub(super) async fn passphrase_reset_begun(
        &self,
        (change, before, server): (&AccessChange, &Before, &ServerUrl),
        executor: &AdministratorName,
        actor: &Actor,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(Changes, Option<ShownOnce>), Error> {
        let npi = change.npi;
        let (secret, code) = (ResetSecret::generate(rng), ConfirmationCode::generate(rng));
        let record = PassphraseResetRecord {
            id: secret.id(),
            npi,
            state: ResetState::Open,
            seen_by: executor.label().clone(),
            tag: self.master.reset_tag(secret.id().as_bytes(), code.expose_bytes()),
            made: now,
            wrong: 0,
            used: None,
            submit: None,
            version: 0,
        };
        // Nothing changes: it is the condition that nothing else about its access is executed.
        let mut writes = vec![before.unchanged()?];
        writes.extend(self.open_reset_ended(npi).await?);
        writes.push(Write::InsertPassphraseReset(Box::new(record)));
        let event = noted(change, actor, EventKind::PassphraseResetBegun, now);
        let link = Zeroizing::new(format!("{server}/passphrase/{}", secret.expose_text().as_str()));
        let shown = ShownOnce::new(link, code.expose_text());
        Ok((Changes::new(writes, [event]), Some(shown)))
    }

    /// Where a link for a new passphrase stands.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn passphrase_reset(
        &self,
        secret: &ResetSecret,
        now: UnixTime,
    ) -> Result<ResetStanding, Error> {
        let found = self.store.passphrase_reset(secret.id()).await?;
        Ok(found.map_or(ResetStanding::Over, |record| standing(&record, now)))
    }

    /// Sets the passphrase that the prescriber chose, by the link and the code to it. Every session of
    /// theirs ends, and a pause of their sign-in too; their tokens stay. The same submit again, with the same
    /// passphrase, gets the same answer, for ten minutes.
    ///
    /// # Errors
    /// [`SetPassphraseError`].
    pub async fn set_passphrase(
        &self,
        secret: &ResetSecret,
        code: &ConfirmationCode,
        passphrase: &Passphrase,
        submit: &IdempotencyKey,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(), SetPassphraseError> {
        // Nothing is hashed for whoever has no link.
        if self.passphrase_reset(secret, now).await? == ResetStanding::Over {
            return self.refuse_reset(secret, now).await;
        }
        let _turn = self.hasher.turn().await.ok_or(SetPassphraseError::TooMany)?;
        let hash = self.hasher.hash(passphrase, rng).await?;
        for _ in 0..ATTEMPTS {
            let found = self.store.passphrase_reset(secret.id()).await.map_err(Error::from)?;
            let Some(mut record) = found else { return Err(SetPassphraseError::LinkOver) };
            let tag = self.master.reset_tag(record.id.as_bytes(), code.expose_bytes());
            let fits = bool::from(tag.ct_eq(&record.tag));
            if fits
                && is_same_submit(&record, submit, now)
                && self.is_set(&record, passphrase).await?
            {
                return Ok(());
            }
            if !matches!(standing(&record, now), ResetStanding::Open { .. }) {
                return self.refuse_reset(secret, now).await;
            }
            let npi = record.npi;
            if !fits {
                record.wrong += 1;
                let tries_left = MOST_WRONG.saturating_sub(record.wrong);
                let write = Write::UpdatePassphraseReset(Box::new(record));
                let changes = Changes::new([write], [refused(npi, "wrong reset code", now)]);
                if self.commit(changes).await? {
                    return Err(SetPassphraseError::Wrong { tries_left });
                }
                continue;
            }
            let account = self.store.account(npi).await.map_err(Error::from)?;
            let account = account.ok_or(Error::UnknownAccount)?;
            let changes = set_now(account, record, &hash, submit, now);
            if self.commit(changes).await? {
                return Ok(());
            }
        }
        Err(Error::Busy.into())
    }

    /// Whether the account has this passphrase: of another in the form that was sent again nobody is to
    /// believe that it is set.
    async fn is_set(
        &self,
        record: &PassphraseResetRecord,
        passphrase: &Passphrase,
    ) -> Result<bool, Error> {
        let account = self.store.account(record.npi).await?.ok_or(Error::UnknownAccount)?;
        self.hasher.verify(passphrase.expose_text(), Some(account.passphrase_hash)).await
    }

    /// Refuses a link that is over. Of one that never was nothing is recorded, and of any other not more
    /// than wrong codes are: whoever has an old link fills no log.
    async fn refuse_reset(
        &self,
        secret: &ResetSecret,
        now: UnixTime,
    ) -> Result<(), SetPassphraseError> {
        let found = self.store.passphrase_reset(secret.id()).await.map_err(Error::from)?;
        if let Some(mut record) = found.filter(|record| record.wrong <= MOST_WRONG) {
            record.wrong += 1;
            let event = refused(record.npi, "no open reset", now);
            let write = Write::UpdatePassphraseReset(Box::new(record));
            // Where somebody else was first, theirs is recorded.
            self.commit(Changes::new([write], [event])).await?;
        }
        Err(SetPassphraseError::LinkOver)
    }
}

/// What sets the passphrase and ends every session.
fn set_now(
    mut account: AccountRecord,
    mut record: PassphraseResetRecord,
    hash: &str,
    submit: &IdempotencyKey,
    now: UnixTime,
) -> Changes {
    let npi = record.npi;
    hash.clone_into(&mut account.passphrase_hash);
    account.account.sign_in_failures = 0;
    account.account.sign_in_pause = None;
    record.state = ResetState::Used;
    record.used = Some(now);
    record.submit = Some(submit.clone());
    let writes = [
        Write::UpdateAccount(account),
        Write::UpdatePassphraseReset(Box::new(record)),
        Write::ForgetSessions { npi, before: UnixTime(u64::MAX) },
    ];
    let (kind, actor) = (EventKind::PassphraseReset, Actor::Prescriber { npi });
    Changes::new(writes, [NewEvent::new(now, actor, kind, Outcome::Success).of(npi)])
}

fn refused(npi: Npi, cause: &str, now: UnixTime) -> NewEvent {
    let (kind, outcome) = (EventKind::PassphraseReset, Outcome::Refused);
    NewEvent::new(now, Actor::Stranger, kind, outcome).of(npi).because(cause)
}
