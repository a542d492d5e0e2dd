//! The one source of randomness.

use getrandom::{SysRng, rand_core::UnwrapErr};

/// The operating system's generator; a system that cannot give random bytes ends the program.
pub(crate) fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}
