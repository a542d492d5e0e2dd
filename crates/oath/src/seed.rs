//! The shared secret of a token.

use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::Error;

/// The secret that a token and the registry share, 16 to 64 bytes; 1 to 128 where another issuer
/// chose it, see [`Seed::from_other_issuer`].
///
/// Zeroised on drop, neither `Clone` nor `Serialize`, and redacted in `Debug`. It leaves this
/// type only by [`Seed::expose_bytes`].
///
/// ```
/// let seed = oath::Seed::from_bytes(b"12345678901234567890".to_vec().into())?;
/// assert_eq!(format!("{seed:?}"), "Seed(redacted)");
/// # Ok::<(), oath::Error>(())
/// ```
///
/// There is no second copy of it:
/// ```compile_fail,E0599
/// let seed = oath::Seed::from_bytes(b"12345678901234567890".to_vec().into())?;
/// let copy: oath::Seed = seed.clone();
/// # Ok::<(), oath::Error>(())
/// ```
///
/// and no way to write it out by accident:
/// ```compile_fail,E0277
/// let seed = oath::Seed::from_bytes(b"12345678901234567890".to_vec().into())?;
/// let text = serde_json::to_string(&seed);
/// # Ok::<(), oath::Error>(())
/// ```
pub struct Seed(Zeroizing<Vec<u8>>);

impl Seed {
    /// The length of the seeds we make: 160 bits, as RFC 4226 (section 4, R6) recommends.
    pub const LENGTH: usize = 20;
    /// The shortest seed accepted from elsewhere: 128 bits, RFC 4226 (section 4, R6).
    pub const MIN_LENGTH: usize = 16;
    /// The longest seed accepted from elsewhere: the block of SHA-512 is twice this.
    pub const MAX_LENGTH: usize = 64;
    /// The longest secret key of another issuer that is taken: the block of SHA-512.
    pub const MAX_OTHER_LENGTH: usize = 128;

    /// Makes a new random seed of [`Seed::LENGTH`] bytes.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new(vec![0; Self::LENGTH]);
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Takes over a seed that was made elsewhere.
    ///
    /// # Errors
    /// [`Error::SeedLength`] unless it has 16 to 64 bytes.
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Result<Self, Error> {
        if (Self::MIN_LENGTH..=Self::MAX_LENGTH).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(Error::SeedLength)
        }
    }

    /// Takes over the secret key of another issuer's account, as an app must even where it is
    /// weaker than RFC 4226 allows: many issue 80 bits. Nothing of ours is made with such a seed.
    ///
    /// # Errors
    /// [`Error::OtherSeedLength`] unless it has 1 to 128 bytes; SHA-512's block is the latter.
    pub fn from_other_issuer(bytes: Zeroizing<Vec<u8>>) -> Result<Self, Error> {
        if (1..=Self::MAX_OTHER_LENGTH).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(Error::OtherSeedLength)
        }
    }

    /// The secret itself, for making codes and for sealing.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(redacted)")
    }
}
