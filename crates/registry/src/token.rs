//! A token as the registry knows it.

use oath::{Drift, Manufacturer, SerialNumber, TokenType, UnixTime};
use provisioning::{ActivationId, IssuerName, Label};
use serde::Serialize;

use crate::{
    otp::Otp,
    rules::{devices::Devices, lock::Lock, network_sync::NetworkSync},
    values::Npi,
};

/// Where a token is in its life; what leads from one to another stands in
/// [`crate::rules::token_states`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenState {
    /// Its seed is known, and nobody owns it.
    Provisioned,
    /// It is somebody's, and the e-prescribing network does not know it yet: its codes sign in, but
    /// sign no prescription.
    PendingSync,
    /// Its codes count.
    Active,
    /// Too many wrong codes; its codes are not judged.
    Locked,
    /// Reported lost, perhaps to be found.
    Suspended,
    /// Final.
    Deactivated,
}

impl TokenState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Provisioned,
        Self::PendingSync,
        Self::Active,
        Self::Locked,
        Self::Suspended,
        Self::Deactivated,
    ];

    /// The word for pages and storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provisioned => "provisioned",
            Self::PendingSync => "pending-sync",
            Self::Active => "active",
            Self::Locked => "locked",
            Self::Suspended => "suspended",
            Self::Deactivated => "deactivated",
        }
    }

    /// Whether it is somebody's, and can be or become good for a code.
    #[must_use]
    pub const fn is_in_use(self) -> bool {
        matches!(self, Self::PendingSync | Self::Active | Self::Locked | Self::Suspended)
    }
}

impl core::fmt::Display for TokenState {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::PendingSync => f.write_str("pending sync"),
            other => f.write_str(other.name()),
        }
    }
}

/// A token, without its seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// The credential ID or serial number that names it.
    pub serial: SerialNumber,
    /// Where it is in its life.
    pub state: TokenState,
    /// Whose it is, once associated.
    pub owner: Option<Npi>,
    /// The activation that it was provisioned by; `None` for an imported one.
    #[serde(skip)]
    pub activation: Option<ActivationId>,
    /// What the prescriber calls it.
    pub name: Label,
    /// Who made it.
    pub manufacturer: Manufacturer,
    /// Who issued it, once associated.
    pub issuer: Option<IssuerName>,
    /// An app or a device.
    pub token_type: TokenType,
    /// What the device that holds it calls itself; a hard token is a device of its own.
    pub device: Option<Label>,
    /// The operating system of that device.
    pub platform: Option<Label>,
    /// Whether that is another device than the one in whose browser it was added.
    pub devices: Devices,
    /// A keyed hash of the address that it came from, where that is known.
    #[serde(skip)]
    pub provisioned_from: Option<[u8; 32]>,
    /// How its codes are made.
    pub otp: Otp,
    /// How far its clock is from ours, in time steps; nothing where it has none.
    pub drift: Drift,
    /// The last time step or counter whose code was accepted: only a later one's is good.
    pub last_accepted: Option<u64>,
    /// When a code was last accepted.
    pub last_used: Option<UnixTime>,
    /// Wrong codes in a row.
    pub failures: u32,
    /// Codes since the last good one that were this token's, but of another time or counter.
    pub near_misses: u32,
    /// Until when its codes are not judged; may have passed.
    pub lock: Option<Lock>,
    /// Wrong test codes since [`Token::rehearsing_since`].
    pub rehearsal_misses: u32,
    /// When the counting of wrong test codes began.
    pub rehearsing_since: Option<UnixTime>,
    /// Where it is with the e-prescribing network.
    pub sync: NetworkSync,
    /// When its seed became known.
    pub provisioned: UnixTime,
    /// When it became somebody's.
    pub associated: Option<UnixTime>,
}

impl Token {
    /// A token whose seed became known at an instant, and that nobody owns.
    #[must_use]
    pub fn provisioned(
        serial: SerialNumber,
        manufacturer: Manufacturer,
        token_type: TokenType,
        name: Label,
        otp: Otp,
        at: UnixTime,
    ) -> Self {
        Self {
            serial,
            state: TokenState::Provisioned,
            owner: None,
            activation: None,
            name,
            manufacturer,
            issuer: None,
            token_type,
            device: None,
            platform: None,
            devices: Devices::Unknown,
            provisioned_from: None,
            otp,
            drift: Drift::default(),
            last_accepted: None,
            last_used: None,
            failures: 0,
            near_misses: 0,
            lock: None,
            rehearsal_misses: 0,
            rehearsing_since: None,
            sync: NetworkSync::NotNeeded,
            provisioned: at,
            associated: None,
        }
    }

    /// Whether its codes are judged: it is somebody's, and neither locked nor lost.
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        matches!(self.state, TokenState::PendingSync | TokenState::Active)
    }

    /// When its lock ends by itself; `None` if it is not locked, or until the help desk unlocks it.
    #[must_use]
    pub fn locked_until(&self, now: UnixTime) -> Option<UnixTime> {
        match self.lock {
            Some(Lock::Until(until)) if until > now => Some(until),
            _ => None,
        }
    }

    /// In how many seconds at most it shows a code later than the last accepted one, by its learnt drift:
    /// 0 where it shows one already. `None` where its codes do not go by time, or none was accepted yet.
    #[must_use]
    pub fn next_code_in(&self, now: UnixTime) -> Option<u64> {
        let period = self.otp.period()?;
        let drift = i64::from(self.drift.steps());
        let next = self.last_accepted?.saturating_add(1).saturating_add_signed(-drift);
        Some(period.start_of(next).since(now))
    }
}

/// A token as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// What everybody may see of it.
    pub token: Token,
    /// Its seed, sealed under the master key; never changes.
    pub sealed_seed: Vec<u8>,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use oath::{Hotp, Totp};

    use super::*;

    #[test]
    fn the_next_code_is_awaited_by_the_tokens_own_clock() {
        let serial: SerialNumber = "CSST4F7K92MQ".parse().unwrap();
        let name: Label = "Phone".parse().unwrap();
        let made = |otp| {
            let (maker, kind) = (Manufacturer::Countersign, TokenType::Soft);
            Token::provisioned(serial.clone(), maker, kind, name.clone(), otp, UnixTime(0))
        };
        let phone = made(Otp::Totp(Totp::default()));
        let now = UnixTime(100 * 30 + 16);
        assert_eq!(phone.next_code_in(now), None, "none was accepted yet");
        for (step, steps_off, seconds) in
            [(100, 0, 14), (99, -1, 14), (101, 1, 14), (101, 0, 44), (99, 0, 0), (7, 0, 0)]
        {
            let drift = Drift::from_parts(0, steps_off);
            let token = Token { last_accepted: Some(step), drift, ..phone.clone() };
            assert_eq!(token.next_code_in(now), Some(seconds), "{step} {steps_off}");
        }
        let button = Token { last_accepted: Some(100), ..made(Otp::Hotp(Hotp::default())) };
        assert_eq!(button.next_code_in(now), None);
    }
}
