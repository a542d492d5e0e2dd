//! IDs of 64 random bits, as sixteen lower-case hexadecimal digits: they name, and are no secret.

/// Makes a type of such IDs, and which error it is that a text is none.
macro_rules! short_id {
    ($(#[$doc:meta])* $name:ident, $error:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            const BYTES: usize = 8;

            pub(crate) fn generate(rng: &mut impl rand_core::CryptoRng) -> Self {
                let mut id = [0; Self::BYTES];
                rng.fill_bytes(&mut id);
                Self(data_encoding::HEXLOWER.encode(&id))
            }

            /// The ID as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::values::ValueError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let is_one = text.len() == 2 * Self::BYTES
                    && data_encoding::HEXLOWER.decode(text.as_bytes()).is_ok();
                if is_one { Ok(Self(text.to_owned())) } else { Err($error) }
            }
        }
    };
}
pub(crate) use short_id;
