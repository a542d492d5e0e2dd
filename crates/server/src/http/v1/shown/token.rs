//! A token.

use oath::UnixTime;
use provisioning::Label;
use registry::{
    Actor, NetworkSync,
    rules::{
        network_sync::LASTS,
        token_states::{TokenEvent, is_possible},
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::time_text::rfc3339;

/// A token, as it is now.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "credential_id": "CSST4F7K92MQ", "state": "active", "can": ["suspend", "deactivate"],
    "account": "1234567893", "name": "iPhone token", "type": "OTP SOFT TOKEN",
    "manufacturer": "Countersign", "issuer": "Example Health", "device": "Ada's iPhone",
    "platform": "iOS 26", "makes_codes_by": "time", "period_seconds": 30, "digits": 6,
    "drift": { "steps": 1, "seconds": 30 }, "wrong_codes": 0, "locked_until": null,
    "network_sync": { "state": "acknowledged", "minute": null, "of_minutes": 60, "attempts": 1 },
    "provisioned": "2027-03-01T09:05:00Z", "associated": "2027-03-01T09:06:00Z",
    "last_used": "2027-03-04T14:05:10Z"
}))]
pub(in super::super) struct Token {
    /// The credential ID or serial number.
    credential_id: String,
    /// `provisioned`, `pending-sync`, `active`, `locked`, `suspended` or `deactivated`.
    state: &'static str,
    /// What the help desk can do with it now: of `unlock`, `resynchronise`, `sync-again`, `suspend`,
    /// `restore` and `deactivate`.
    can: Vec<&'static str>,
    /// The NPI of its owner; `null` where nobody owns it.
    #[schema(required)]
    account: Option<String>,
    /// What the prescriber calls it. Personal.
    name: String,
    /// `OTP SOFT TOKEN` or `OTP HARD TOKEN`.
    r#type: &'static str,
    manufacturer: &'static str,
    /// Who issued it; `null` until it is somebody's.
    #[schema(required)]
    issuer: Option<String>,
    /// What the device that holds it calls itself. Personal.
    #[schema(required)]
    device: Option<String>,
    /// The operating system of that device.
    #[schema(required)]
    platform: Option<String>,
    /// `time` or `counter`.
    makes_codes_by: &'static str,
    /// How long a code is good; `null` where it counts presses, or where that is not yet known.
    #[schema(required)]
    period_seconds: Option<u64>,
    /// How many digits a code has.
    digits: u8,
    /// How far its clock is from ours; `null` where it counts presses, or where that is not yet known.
    #[schema(required)]
    drift: Option<Drift>,
    /// Wrong codes in a row.
    wrong_codes: u32,
    /// When its lock ends by itself; `null` where it is not locked, or until it is unlocked.
    #[schema(required)]
    locked_until: Option<String>,
    network_sync: Sync,
    /// When its seed became known, RFC 3339.
    provisioned: String,
    /// When it became somebody's.
    #[schema(required)]
    associated: Option<String>,
    /// When a code of it was last accepted.
    #[schema(required)]
    last_used: Option<String>,
}

/// How far a clock is off: ahead where it is positive.
#[derive(Serialize, ToSchema)]
struct Drift {
    steps: i32,
    seconds: i64,
}

/// Where a token is with the e-prescribing network.
#[derive(Serialize, ToSchema)]
#[schema(as = NetworkSync)]
struct Sync {
    /// `not-needed`, `pending`, `given-up` or `acknowledged`.
    state: &'static str,
    /// Which minute this is, while it waits.
    #[schema(required)]
    minute: Option<u8>,
    /// After how many minutes it is given up.
    of_minutes: u64,
    /// How often the network was told.
    attempts: u32,
}

impl Token {
    /// A token as it was read for this instant.
    pub(in super::super) fn new(token: &registry::Token, now: UnixTime) -> Self {
        let text = |label: &Label| label.to_string();
        Self {
            credential_id: token.serial.as_str().to_owned(),
            state: token.state.name(),
            can: possible(token, now),
            account: token.owner.map(|npi| npi.to_string()),
            name: token.name.to_string(),
            r#type: token.token_type.name(),
            manufacturer: token.manufacturer.name(),
            issuer: token.issuer.as_ref().map(ToString::to_string),
            device: token.device.as_ref().map(text),
            platform: token.platform.as_ref().map(text),
            makes_codes_by: if token.otp.is_event_based() { "counter" } else { "time" },
            period_seconds: token.otp.period().map(oath::Period::seconds),
            digits: token.otp.digits().count(),
            drift: token.otp.period().map(|period| {
                let steps = token.drift.steps();
                let seconds = i64::try_from(period.seconds()).unwrap_or(i64::MAX);
                Drift { steps, seconds: i64::from(steps).saturating_mul(seconds) }
            }),
            wrong_codes: token.failures,
            locked_until: token.locked_until(now).map(rfc3339),
            network_sync: Sync {
                state: token.sync.name(),
                minute: token.sync.minute(now),
                of_minutes: LASTS / 60,
                attempts: attempts(token.sync),
            },
            provisioned: rfc3339(token.provisioned),
            associated: token.associated.map(rfc3339),
            last_used: token.last_used.map(rfc3339),
        }
    }
}

/// What the help desk can do with it; whether it happens, the registry decides then.
fn possible(token: &registry::Token, now: UnixTime) -> Vec<&'static str> {
    let has_wrong_codes = token.failures > 0 || token.lock.is_some();
    // Who at the help desk does not matter here.
    let name = "help desk".parse();
    let help_desk = name.map_or(Actor::System, |name| Actor::Administrator { name, session: None });
    let all = [
        ("unlock", TokenEvent::Unlock, has_wrong_codes),
        ("resynchronise", TokenEvent::Resynchronise, true),
        ("sync-again", TokenEvent::SyncAgain, true),
        ("suspend", TokenEvent::Lost, true),
        ("restore", TokenEvent::Found, true),
        ("deactivate", TokenEvent::Deactivate, true),
    ];
    let can = |event| is_possible(token, event, &help_desk, now);
    all.into_iter()
        .filter(|(_, event, sense)| *sense && can(*event))
        .map(|(word, ..)| word)
        .collect()
}

const fn attempts(sync: NetworkSync) -> u32 {
    match sync {
        NetworkSync::NotNeeded => 0,
        NetworkSync::Pending { attempts, .. }
        | NetworkSync::GivenUp { attempts, .. }
        | NetworkSync::Acknowledged { attempts, .. } => attempts,
    }
}
