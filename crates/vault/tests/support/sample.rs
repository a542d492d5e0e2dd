//! Values for the tests.

use getrandom::{SysRng, rand_core::UnwrapErr};
use oath::UnixTime;
use provisioning::{ActivationId, ActivationSecret, EnrolmentLink, PinPolicy, ServerPrivateKey};
use vault::{Device, Enrolment, NewCredential, Pin};

/// The instant of the tests, in seconds since 1970.
pub const NOW: u64 = 1_800_000_000;

pub fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

pub fn pin(digits: &str) -> Pin {
    Pin::parse(digits).unwrap()
}

pub fn new_credential(name: &str) -> NewCredential {
    NewCredential {
        name: name.parse().unwrap(),
        issuer: Some("Example Clinic".parse().unwrap()),
        enrolment: Enrolment::None,
        created: UnixTime(NOW),
    }
}

pub fn device() -> Device {
    Device { name: "a desk".parse().unwrap(), platform: "linux".parse().unwrap() }
}

/// A link, and the private key of the server that it leads to.
pub fn link(server: &str, issuer: &str) -> (EnrolmentLink, ServerPrivateKey) {
    let key = ServerPrivateKey::generate(&mut rng());
    let link = EnrolmentLink {
        server: server.parse().unwrap(),
        issuer: issuer.parse().unwrap(),
        key: key.public(),
        activation: ActivationId::generate(&mut rng()),
        secret: ActivationSecret::generate(&mut rng()),
        expires: UnixTime(NOW + 86_400),
        pin: PinPolicy::default(),
    };
    (link, key)
}
