//! The one HPKE suite that we seal with: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
//! ChaCha20Poly1305 (RFC 9180, section 7), in its base and PSK modes.

use hpke::{
    Deserializable, OpModeR, OpModeS, PskBundle, Serializable, aead::ChaCha20Poly1305,
    kdf::HkdfSha256, kem::X25519HkdfSha256,
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{Error, ServerPrivateKey, ServerPublicKey};

pub(crate) type Kem = X25519HkdfSha256;

/// The length of an encapsulated key, "Nenc" in RFC 9180 (section 7.1).
pub(crate) const ENCAPSULATED_KEY_LENGTH: usize = 32;

/// What the sender proves: nothing, or that it knows a pre-shared key.
#[derive(Clone, Copy)]
pub(crate) enum Mode<'a> {
    Base,
    Psk { key: &'a [u8; 32], id: &'a [u8] },
}

/// What is sealed to a key, in one message.
pub(crate) struct Sealed {
    pub(crate) encapsulated_key: [u8; ENCAPSULATED_KEY_LENGTH],
    pub(crate) ciphertext: Vec<u8>,
}

/// `SealBase` or `SealPSK` of RFC 9180 (section 6.1).
pub(crate) fn seal(
    mode: Mode<'_>,
    to: ServerPublicKey,
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Sealed, Error> {
    let unusable =
        || Error::Malformed { what: "a server's public key", reason: "no key of X25519" };
    let to = <Kem as hpke::Kem>::PublicKey::from_bytes(to.as_bytes()).map_err(|_| unusable())?;
    let mode = match mode {
        Mode::Base => OpModeS::Base,
        Mode::Psk { key, id } => OpModeS::Psk(bundle(key, id)),
    };
    let (encapsulated, ciphertext) =
        hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &mode, &to, info, plaintext, aad, rng,
        )
        .map_err(|_| unusable())?;
    let mut encapsulated_key = [0; ENCAPSULATED_KEY_LENGTH];
    encapsulated_key.copy_from_slice(&encapsulated.to_bytes());
    Ok(Sealed { encapsulated_key, ciphertext })
}

/// `OpenBase` or `OpenPSK` of RFC 9180 (section 6.1).
pub(crate) fn open(
    mode: Mode<'_>,
    key: &ServerPrivateKey,
    info: &[u8],
    aad: &[u8],
    encapsulated_key: &[u8; ENCAPSULATED_KEY_LENGTH],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapsulated_key)
        .map_err(|_| Error::CannotOpen)?;
    let mode = match mode {
        Mode::Base => OpModeR::Base,
        Mode::Psk { key, id } => OpModeR::Psk(bundle(key, id)),
    };
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &mode,
        &key.to_hpke(),
        &encapsulated,
        info,
        ciphertext,
        aad,
    )
    .map(Zeroizing::new)
    .map_err(|_| Error::CannotOpen)
}

#[expect(clippy::expect_used, reason = "neither the key nor its ID is ever empty")]
fn bundle<'a>(key: &'a [u8; 32], id: &'a [u8]) -> PskBundle<'a> {
    PskBundle::new(key, id).expect("neither the key nor its ID is ever empty")
}

#[cfg(test)]
mod tests {
    use core::convert::Infallible;

    use data_encoding::HEXLOWER;
    use rand_core::{TryCryptoRng, TryRng};

    use super::*;

    const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
    const AAD: &str = "436f756e742d30";
    const PLAINTEXT: &str = "4265617574792069732074727574682c20747275746820626561757479";

    /// What RFC 9180 gives for one setup, with its first message (sequence number 0).
    struct Vector {
        ikm_e: &'static str,
        pk_rm: &'static str,
        sk_rm: &'static str,
        enc: &'static str,
        ct: &'static str,
        psk: Option<(&'static str, &'static str)>,
    }

    /// RFC 9180, appendix A.2.1.
    const BASE: Vector = Vector {
        ikm_e: "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b",
        pk_rm: "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
        sk_rm: "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
        enc: "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
        ct: "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
        psk: None,
    };

    /// RFC 9180, appendix A.2.2.
    const PSK: Vector = Vector {
        ikm_e: "35706a0b09fb26fb45c39c2f5079c709c7cf98e43afa973f14d88ece7e29c2e3",
        pk_rm: "13640af826b722fc04feaa4de2f28fbd5ecc03623b317834e7ff4120dbe73062",
        sk_rm: "77d114e0212be51cb1d76fa99dd41cfd4d0166b08caa09074430a6c59ef17879",
        enc: "2261299c3f40a9afc133b969a97f05e95be2c514e54f3de26cbe5644ac735b04",
        ct: "4a177f9c0d6f15cfdf533fb65bf84aecdc6ab16b8b85b4cf65a370e07fc1d78d28fb073214525276f4a89608ff",
        psk: Some((
            "0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82",
            "456e6e796e20447572696e206172616e204d6f726961",
        )),
    };

    #[test]
    fn rfc_9180_a_2_opens() {
        for vector in [BASE, PSK] {
            vector.with_mode(|mode| {
                let key = ServerPrivateKey::from_bytes(array(vector.sk_rm));
                assert_eq!(key.public().as_bytes(), &array(vector.pk_rm));
                let (enc, ct) = (array(vector.enc), bytes(vector.ct));
                let opened = open(mode, &key, &bytes(INFO), &bytes(AAD), &enc, &ct).unwrap();
                assert_eq!(*opened, bytes(PLAINTEXT));
            });
        }
    }

    #[test]
    fn rfc_9180_a_2_seals() {
        for vector in [BASE, PSK] {
            vector.with_mode(|mode| {
                let to = ServerPublicKey::from_bytes(array(vector.pk_rm));
                let mut rng = Replay(array(vector.ikm_e));
                let sealed =
                    seal(mode, to, &bytes(INFO), &bytes(AAD), &bytes(PLAINTEXT), &mut rng).unwrap();
                assert_eq!(sealed.encapsulated_key, array(vector.enc));
                assert_eq!(sealed.ciphertext, bytes(vector.ct));
            });
        }
    }

    #[test]
    fn each_input_of_the_key_schedule_counts() {
        let key = ServerPrivateKey::from_bytes(array(PSK.sk_rm));
        let (enc, ct) = (array(PSK.enc), bytes(PSK.ct));
        let (psk, id) = PSK.psk.unwrap();
        let (psk, id, info, aad) = (array(psk), bytes(id), bytes(INFO), bytes(AAD));
        let right = Mode::Psk { key: &psk, id: &id };
        assert!(open(right, &key, &info, &aad, &enc, &ct).is_ok());
        let other_psk = Mode::Psk { key: &[7; 32], id: &id };
        let other_id = Mode::Psk { key: &psk, id: b"another" };
        for mode in [Mode::Base, other_psk, other_id] {
            assert_eq!(open(mode, &key, &info, &aad, &enc, &ct), Err(Error::CannotOpen));
        }
        assert_eq!(open(right, &key, b"other", &aad, &enc, &ct), Err(Error::CannotOpen));
        assert_eq!(open(right, &key, &info, b"other", &enc, &ct), Err(Error::CannotOpen));
        assert_eq!(open(right, &key, &info, &aad, &[9; 32], &ct), Err(Error::CannotOpen));
        assert_eq!(open(right, &key, &info, &aad, &enc, &[]), Err(Error::CannotOpen));
    }

    /// RFC 9180 (section 7.1.4) and RFC 7748 (section 6.1): a point of small order makes the
    /// shared secret all zero.
    #[test]
    fn points_of_small_order_are_refused() {
        let key = ServerPrivateKey::from_bytes(array(BASE.sk_rm));
        for point in [[0; 32], first_byte(1)] {
            let opened = open(Mode::Base, &key, b"", b"", &point, &bytes(BASE.ct));
            assert_eq!(opened, Err(Error::CannotOpen));
        }
        let to = ServerPublicKey::from_bytes([0; 32]);
        let sealed = seal(Mode::Base, to, b"", b"", b"", &mut Replay([3; 32]));
        assert!(matches!(sealed, Err(Error::Malformed { .. })));
    }

    impl Vector {
        fn with_mode(&self, run: impl FnOnce(Mode<'_>)) {
            match self.psk {
                None => run(Mode::Base),
                Some((key, id)) => run(Mode::Psk { key: &array(key), id: &bytes(id) }),
            }
        }
    }

    fn first_byte(byte: u8) -> [u8; 32] {
        let mut point = [0; 32];
        point[0] = byte;
        point
    }

    fn bytes(hex: &str) -> Vec<u8> {
        HEXLOWER.decode(hex.as_bytes()).unwrap()
    }

    fn array(hex: &str) -> [u8; 32] {
        bytes(hex).try_into().unwrap()
    }

    /// Hands out the same 32 bytes whenever it is asked.
    struct Replay([u8; 32]);

    impl TryRng for Replay {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            panic!("HPKE fills 32 bytes at once")
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            panic!("HPKE fills 32 bytes at once")
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            bytes.copy_from_slice(&self.0);
            Ok(())
        }
    }

    impl TryCryptoRng for Replay {}
}
