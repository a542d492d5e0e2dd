//! What one guess of the PIN costs: Argon2id (RFC 9106).

use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Pin;

pub(crate) const SALT_LENGTH: usize = 16;
pub(crate) const DERIVED_LENGTH: usize = 32;

/// Memory, passes and lanes of Argon2id. Exists only between [`Costs::MINIMUM`] and
/// [`Costs::MAXIMUM`]: weaker ones are refused on reading, for whoever can write to the keyring
/// could plant them, and greater ones would freeze the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Costs {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Costs {
    /// What new vaults are made with: RFC 9106's second recommended memory (64 MiB, what a phone
    /// can spare) and passes, in one lane because the implementation computes lanes one after
    /// another. About half a second on a phone; measurements in `docs/vault.md`.
    pub const CHOSEN: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
    /// The least that is read: 19 MiB and two passes, the floor of OWASP's password storage
    /// guidance.
    pub const MINIMUM: Self = Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 };
    /// The most that is read: 1 GiB, 16 passes, 4 lanes; room to grow by a factor of 80.
    pub const MAXIMUM: Self = Self { memory_kib: 1024 * 1024, passes: 16, lanes: 4 };

    /// Costs of `memory_kib` KiB, `passes` over it and `lanes`; `None` outside
    /// [`Costs::MINIMUM`] and [`Costs::MAXIMUM`].
    #[must_use]
    pub const fn new(memory_kib: u32, passes: u32, lanes: u32) -> Option<Self> {
        let strong = memory_kib >= Self::MINIMUM.memory_kib
            && passes >= Self::MINIMUM.passes
            && lanes >= Self::MINIMUM.lanes;
        let bearable = memory_kib <= Self::MAXIMUM.memory_kib
            && passes <= Self::MAXIMUM.passes
            && lanes <= Self::MAXIMUM.lanes;
        if strong && bearable { Some(Self { memory_kib, passes, lanes }) } else { None }
    }

    /// The key that a PIN and a salt give: Argon2id version 1.3 of the PIN's ASCII digits.
    #[expect(
        clippy::expect_used,
        reason = "costs within bounds and short inputs are never refused"
    )]
    pub(crate) fn derive_key(self, pin: &Pin, salt: &[u8; SALT_LENGTH]) -> Zeroizing<Vec<u8>> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(DERIVED_LENGTH))
            .expect("costs exist only within Argon2's bounds");
        // Our own memory, because the library's is not zeroised.
        let mut memory = Zeroizing::new(vec![Block::new(); params.block_count()]);
        let mut key = Zeroizing::new(vec![0; DERIVED_LENGTH]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(pin.expose_digits(), salt, &mut key, &mut memory[..])
            .expect("PIN, salt and key have lengths that Argon2 takes");
        key
    }
}

/// The numbers as they stand in the entry.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl TryFrom<Unchecked> for Costs {
    type Error = &'static str;

    fn try_from(read: Unchecked) -> Result<Self, Self::Error> {
        Self::new(read.memory_kib, read.passes, read.lanes)
            .ok_or("costs of the key derivation out of bounds")
    }
}

impl From<Costs> for Unchecked {
    fn from(costs: Costs) -> Self {
        Self { memory_kib: costs.memory_kib, passes: costs.passes, lanes: costs.lanes }
    }
}
