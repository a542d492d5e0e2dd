//! Changing the master key while servers run that know both: what the former one sealed is sealed anew,
//! in batches, each value only if it is still the one that was read.
//!
//! First the root of the tags is put under the new key: from then on nobody opens the database with the
//! former key alone. Last comes the server's own key: until then nobody opens it with the new key
//! alone. So a change that was interrupted goes on when it is begun again, and cannot be forgotten.

use oath::UnixTime;
use rand_core::CryptoRng;

use super::{Registry, SERVER_KEY, TAG_ROOT, only_the_help_desk};
use crate::{
    Error,
    event::{Actor, EventKind, NewEvent, Outcome},
    master_key::{Opener, Sealer, Under, What},
    sealed::{SealedIn, SealedKey, SealedValue, what},
    store::{Changes, Write},
};

/// How many values are sealed anew at a time.
const BATCH: u32 = 500;

impl Registry {
    /// Seals everything under the master key that a former one sealed, and tells meanwhile how many
    /// values were looked at; returns how many were sealed anew.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::NoFormerKey`], [`Error::Damaged`] for a value that neither key
    /// opens, or what the store cannot do.
    pub async fn change_master_key(
        &self,
        actor: &Actor,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
        mut looked_at: impl FnMut(u64) + Send,
    ) -> Result<u64, Error> {
        only_the_help_desk(actor)?;
        if !self.master.has_former() {
            return Err(Error::NoFormerKey);
        }
        let event =
            |outcome| NewEvent::new(now, actor.clone(), EventKind::MasterKeyChanged, outcome);
        let former_server_key = self.server_key_under_former().await?;
        let Some(former_server_key) = former_server_key else { return Ok(0) };
        self.begin_change(event(Outcome::Attempted), now, rng).await?;
        let (opener, sealer) = (self.master.opener(), self.master.sealer());
        let (mut total, mut seen) = (0, 0);
        loop {
            let mut changed = 0;
            for place in SealedIn::ALL {
                let keys = (opener, &sealer);
                changed += self.seal_anew(*place, keys, rng, &mut seen, &mut looked_at).await?;
            }
            total += changed;
            // What was copied from behind to before this pass is found by the next.
            if changed == 0 {
                break;
            }
        }
        let last = sealed_anew(SealedIn::Secrets, &former_server_key, (opener, &sealer), rng)?;
        let done = event(Outcome::Success).because(format!("{} values", total + 1));
        self.store.commit(Changes::new(last.into_iter().collect::<Vec<_>>(), [done])).await?;
        Ok(total + 1)
    }

    /// The server's key, where the former master key sealed it: else the change is done.
    async fn server_key_under_former(&self) -> Result<Option<SealedValue>, Error> {
        let damaged = Error::Damaged { what: "the server's key" };
        let sealed = self.store.secret(SERVER_KEY).await?.ok_or_else(|| damaged.clone())?;
        let opener = self.master.opener();
        let (_, under) =
            opener.open(What::ServerKey, SERVER_KEY.as_bytes(), &sealed).map_err(|_| damaged)?;
        let key = SealedKey::Text(SERVER_KEY.to_owned());
        Ok((under == Under::Former).then_some(SealedValue { key, sealed }))
    }

    async fn begin_change(
        &self,
        event: NewEvent,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(), Error> {
        let root = self.master.tag_root();
        let fresh = self.master.seal(What::TagRoot, TAG_ROOT.as_bytes(), root, rng);
        let write = match self.store.secret(TAG_ROOT).await? {
            None => Write::InsertSecret { name: TAG_ROOT.to_owned(), sealed: fresh, made: now },
            Some(sealed) => {
                let key = SealedKey::Text(TAG_ROOT.to_owned());
                let former = SealedValue { key, sealed };
                Write::Reseal { place: SealedIn::Secrets, former, sealed: fresh }
            }
        };
        Ok(self.store.commit(Changes::new([write], [event])).await?)
    }

    /// One pass over a place; how many values were sealed anew.
    async fn seal_anew(
        &self,
        place: SealedIn,
        keys: (&Opener, &Sealer),
        rng: &mut (impl CryptoRng + Send),
        seen: &mut u64,
        looked_at: &mut (impl FnMut(u64) + Send),
    ) -> Result<u64, Error> {
        let (mut changed, mut after) = (0, None);
        loop {
            let values = self.store.sealed_after(place, after.as_ref(), BATCH).await?;
            let Some(last) = values.last() else { return Ok(changed) };
            after = Some(last.key.clone());
            let mut writes = Vec::new();
            for value in &values {
                let last_of_all =
                    place == SealedIn::Secrets && value.key.as_bytes() == SERVER_KEY.as_bytes();
                if !last_of_all {
                    writes.extend(sealed_anew(place, value, keys, rng)?);
                }
            }
            *seen += values.len() as u64;
            if !writes.is_empty() {
                changed += writes.len() as u64;
                self.store.commit(Changes::new(writes, [])).await?;
            }
            looked_at(*seen);
        }
    }
}

/// The write that puts a value of the former key under the new one; none where it is there already.
fn sealed_anew(
    place: SealedIn,
    value: &SealedValue,
    (opener, sealer): (&Opener, &Sealer),
    rng: &mut (impl CryptoRng + Send),
) -> Result<Option<Write>, Error> {
    let (what, whose) = (what(place, &value.key), value.key.as_bytes());
    let opened = opener.open(what, whose, &value.sealed);
    let (secret, under) = opened.map_err(|_| Error::Damaged { what: "a sealed value" })?;
    if under == Under::Current {
        return Ok(None);
    }
    let sealed = sealer.seal(what, whose, &secret, rng);
    Ok(Some(Write::Reseal { place, former: value.clone(), sealed }))
}
