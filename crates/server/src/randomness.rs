//! The server's only source of randomness: the operating system's.

use getrandom::{SysRng, rand_core::UnwrapErr};

/// A generator that asks the operating system for every byte; without it nothing is safe to do,
/// so that its failure ends the program.
pub(crate) const fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}
