//! A tray: what a desktop's panel sees of the app's place in it (StatusNotifierItem), and the menu
//! behind it (`com.canonical.dbusmenu`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use zbus::fdo;
use zbus::message::Header;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Structure, Value};
use zbus::{Connection, Proxy, connection, interface};

use super::{Desktop, bus};
use crate::error::{Error, Result};
use crate::wait::{self, Look};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// A panel that shows what programs put into the tray.
#[derive(Debug)]
pub struct Tray {
    connection: Connection,
    registered: Registered,
}

/// One line of the app's menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrayEntry {
    /// What a click names.
    pub id: i32,
    /// As the panel shows it.
    pub label: String,
    /// Whether it can be chosen.
    pub enabled: bool,
}

/// Who put something into the tray last, and where it is.
type Registered = Arc<Mutex<Option<(String, String)>>>;

/// What programs look for on the bus before they put something into the tray.
struct Watcher {
    registered: Registered,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(
        &self,
        service: &str,
        #[zbus(header)] header: Header<'_>,
    ) -> fdo::Result<()> {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        // A program names its place on the bus, or its name there.
        let item = if service.starts_with('/') {
            (sender, service.to_owned())
        } else {
            (service.to_owned(), "/StatusNotifierItem".to_owned())
        };
        *self.registered.lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
        Ok(())
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        let registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        registered.iter().map(|(name, path)| format!("{name}{path}")).collect()
    }
}

impl Desktop {
    /// Gives the desktop a tray, for the app to be started afterwards.
    ///
    /// # Errors
    ///
    /// When the bus does not take it.
    pub async fn tray(&self) -> Result<Tray> {
        let registered = Registered::default();
        let watcher = Watcher { registered: Arc::clone(&registered) };
        let connection = connection::Builder::address(bus::address(self.folder()).as_str())?
            .serve_at("/StatusNotifierWatcher", watcher)?
            .name(WATCHER)?
            .build()
            .await?;
        Ok(Tray { connection, registered })
    }
}

impl Tray {
    /// The lines of the menu that can be read, as they are now.
    ///
    /// # Errors
    ///
    /// When the app has put nothing into the tray.
    pub async fn entries(&self) -> Result<Vec<TrayEntry>> {
        let menu = self.menu().await?;
        let arguments = (0_i32, -1_i32, Vec::<&str>::new());
        let (_, root): (u32, MenuNode) = menu.call("GetLayout", &arguments).await?;
        let mut entries = Vec::new();
        for child in root.2 {
            entries.extend(entry(child)?);
        }
        Ok(entries)
    }

    /// Waits until the menu reads so; a line in brackets cannot be chosen.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], with what it reads instead.
    pub async fn reads(&self, wanted: &[&str]) -> Result<Vec<TrayEntry>> {
        wait::until(&format!("the tray's menu {wanted:?}"), wait::PATIENCE, async || {
            let entries = match self.entries().await {
                Ok(entries) => entries,
                Err(error) => return Ok(Look::NotYet(error.to_string())),
            };
            let lines: Vec<String> = entries.iter().map(TrayEntry::line).collect();
            let there = lines == wanted;
            Ok(if there { Look::There(entries) } else { Look::NotYet(format!("{lines:?}")) })
        })
        .await
    }

    /// Clicks the line that reads so.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn click(&self, label: &str) -> Result<()> {
        let entries = self.entries().await?;
        let entry = entries.iter().find(|entry| entry.label == label);
        let entry = entry.ok_or_else(|| {
            Error::different(format!("the tray has no line {label:?}, only {entries:?}"))
        })?;
        self.click_id(entry.id).await
    }

    /// Clicks a line that may be gone meanwhile.
    ///
    /// # Errors
    ///
    /// When the menu itself is gone.
    pub async fn click_id(&self, id: i32) -> Result<()> {
        let arguments = (id, "clicked", Value::from(0_i32), 0_u32);
        self.menu().await?.call_noreply("Event", &arguments).await?;
        Ok(())
    }

    async fn menu(&self) -> Result<Proxy<'static>> {
        let item = self.registered.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (name, path) = item.ok_or_else(|| Error::different("nothing is in the tray"))?;
        let item = Proxy::new(&self.connection, name.clone(), path, ITEM).await?;
        let menu: OwnedObjectPath = item.get_property("Menu").await?;
        Ok(Proxy::new(&self.connection, name, menu, MENU).await?)
    }
}

impl TrayEntry {
    fn line(&self) -> String {
        if self.enabled { self.label.clone() } else { format!("[{}]", self.label) }
    }
}

/// A line of a menu as it crosses the bus: its number, its properties, the lines below it.
type MenuNode = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// The line of a child of the menu; `None` for a separator and for what is hidden.
fn entry(child: OwnedValue) -> Result<Option<TrayEntry>> {
    let (id, mut properties, _): MenuNode = Structure::try_from(child)?.try_into()?;
    // Properties that have their usual value are left out.
    let mut flag = |name: &str| properties.remove(name).map_or(Ok(true), bool::try_from);
    let (visible, enabled) = (flag("visible")?, flag("enabled")?);
    let label = properties.remove("label").map(String::try_from).transpose()?;
    let label = label.filter(|label| visible && !label.is_empty());
    // An underline marks a letter; two are one.
    Ok(label.map(|label| TrayEntry { id, label: label.replace("__", "_"), enabled }))
}
