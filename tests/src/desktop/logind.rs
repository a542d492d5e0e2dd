//! What a machine says before it sleeps (`org.freedesktop.login1`), and who makes it wait.

use std::fs::File;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};

use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedFd;
use zbus::{Connection, connection, fdo, interface};

use super::{Desktop, bus};
use crate::error::{Error, Result};
use crate::wait::{self, Look};

const PATH: &str = "/org/freedesktop/login1";

/// A machine that can sleep, in logind's words.
#[derive(Debug)]
pub struct Logind {
    connection: Connection,
    /// Our ends of what those hold who make sleep wait.
    waiting: Waiting,
}

type Waiting = Arc<Mutex<Vec<UnixStream>>>;

struct Manager {
    waiting: Waiting,
}

#[interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    fn inhibit(&self, what: &str, _who: &str, _why: &str, mode: &str) -> fdo::Result<OwnedFd> {
        if (what, mode) != ("sleep", "delay") {
            return Err(fdo::Error::InvalidArgs(format!("{mode} of {what}")));
        }
        let (ours, theirs) = UnixStream::pair().map_err(|e| fdo::Error::IOError(e.to_string()))?;
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(ours);
        Ok(std::os::fd::OwnedFd::from(theirs).into())
    }

    #[zbus(signal)]
    async fn prepare_for_sleep(emitter: &SignalEmitter<'_>, start: bool) -> zbus::Result<()>;
}

impl Desktop {
    /// Puts a logind on the bus. To be called before the app starts.
    ///
    /// # Errors
    ///
    /// When the bus does not take it.
    pub async fn logind(&self) -> Result<Logind> {
        let waiting = Waiting::default();
        let connection = connection::Builder::address(bus::address(self.folder()).as_str())?
            .name("org.freedesktop.login1")?
            .serve_at(PATH, Manager { waiting: Arc::clone(&waiting) })?
            .build()
            .await?;
        Ok(Logind { connection, waiting })
    }
}

impl Logind {
    /// Waits until somebody makes sleep wait.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], when nobody does.
    pub async fn is_inhibited(&self) -> Result<()> {
        wait::until("an inhibitor", wait::PATIENCE, async || {
            let held = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).len();
            Ok(if held > 0 { Look::There(()) } else { Look::NotYet("nobody".to_owned()) })
        })
        .await
    }

    /// Says that the machine is about to sleep; returns when all that made it wait have let go.
    ///
    /// # Errors
    ///
    /// When nobody made it wait, or one goes on for longer than logind would let them.
    pub async fn sleep(&self) -> Result<()> {
        let held =
            std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        self.say(true).await?;
        for ours in held {
            ours.set_read_timeout(Some(std::time::Duration::from_secs(5)))?;
            let mut file = File::from(std::os::fd::OwnedFd::from(ours));
            let end = tokio::task::spawn_blocking(move || file.read(&mut [0]));
            match end.await {
                Ok(Ok(0)) => (),
                other => return Err(Error::different(format!("sleep had to wait: {other:?}"))),
            }
        }
        Ok(())
    }

    /// Says that the machine has woken.
    ///
    /// # Errors
    ///
    /// When the bus is gone.
    pub async fn wake(&self) -> Result<()> {
        self.say(false).await
    }

    async fn say(&self, start: bool) -> Result<()> {
        let manager = self.connection.object_server().interface::<_, Manager>(PATH).await?;
        Ok(Manager::prepare_for_sleep(manager.signal_emitter(), start).await?)
    }
}
