//! Locks before the machine sleeps, as far as logind tells (org.freedesktop.login1).
//!
//! Sleep waits for whoever holds a *delay* inhibitor, for up to five seconds by default: time enough
//! to forget the keys while memory still has power. Where there is no logind, the app locks when the
//! machine wakes: see [`Session::lock_if_idle`](crate::session::Session::lock_if_idle).

use zbus::{
    blocking::{Connection, Proxy},
    zvariant::OwnedFd,
};

/// Calls `lock` before each sleep. Returns when logind cannot be asked, or is gone.
pub(crate) fn watch(lock: impl Fn()) -> zbus::Result<()> {
    let connection = Connection::system()?;
    let manager = Proxy::new(
        &connection,
        "org.freedesktop.login1",
        "/org/freedesktop/login1",
        "org.freedesktop.login1.Manager",
    )?;
    let signals = manager.receive_signal("PrepareForSleep")?;
    let mut held = inhibitor(&manager);
    for signal in signals {
        let sleeps: bool = signal.body().deserialize()?;
        if sleeps {
            lock();
            drop(held.take());
        } else {
            held = inhibitor(&manager);
        }
    }
    Ok(())
}

/// Makes sleep wait; without it the lock still comes, perhaps only on waking.
fn inhibitor(manager: &Proxy<'_>) -> Option<OwnedFd> {
    let why = ("sleep", "Countersign", "Locks before the machine sleeps", "delay");
    manager.call("Inhibit", &why).ok()
}
