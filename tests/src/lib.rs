//! End to end: a real window, a real keyring, a real browser, a real database.
//!
//! | module | what it stands for |
//! | --- | --- |
//! | [`desktop`] | a virtual display with a session bus and a keyring of its own |
//! | [`app`] | the app's window, driven over WebDriver, in the product's words |
//! | [`package`] | the app's `.deb`, installed on this machine while a test runs |
//! | [`opener`] | the desktop's own openers of links, and the window that comes up |
//! | [`axe`] | other people's checker of accessibility, in that window |
//! | [`browser`], [`dashboard`], [`eyes`] | Chromium, the dashboard's pages in it, and looking at them |
//! | [`administration`] | the administrators, and their pages in it |
//! | [`network`] | an e-prescribing network, which is nobody's part of the product |
//! | [`server`] | `countersign-server`, its ready line and its command line |
//! | [`server_clock`] | a server's clock that goes wrong |
//! | [`outside`] | other people's programs that check ours: `oathtool`, `zbarimg` |
//! | [`pictures`] | QR codes as pictures, drawn by `qrencode` and ImageMagick |
//! | [`own_card`] | an issuer card whose private key the tests hold |
//! | [`soft_token`] | a token without an app, all of whose codes the tests know |
//! | [`tour`] | every screen of the app, in five stories |
//! | [`camera`] | a picture of each, in both themes and two sizes |
//! | [`bench`] | the app's speed and memory beside an empty window's |
//! | [`walk`] | the main job from the first step to the last, as demo and as test |
//!
//! Nothing here stands in for a part of the product: the programs are the ones that are shipped.

pub mod administration;
pub mod app;
mod app_screens;
pub mod axe;
pub mod bench;
pub mod browser;
pub mod camera;
pub mod clock;
pub mod dashboard;
pub mod desktop;
mod driver;
pub mod error;
pub mod eyes;
pub mod http;
pub mod network;
pub mod opener;
pub mod outside;
pub mod own_card;
pub mod package;
pub mod page;
pub mod pictures;
pub mod process;
pub mod programs;
pub mod scene;
pub mod server;
pub mod server_clock;
pub mod soft_token;
pub mod tour;
pub mod wait;
pub mod walk;

pub use app::AppWindow;
pub use browser::Browser;
pub use dashboard::Dashboard;
pub use desktop::{Desktop, KeyringState};
pub use error::{Error, Result};
pub use eyes::Eyes;
pub use network::Network;
pub use scene::{Scene, test};
pub use server::ServerProcess;
pub use server_clock::ServerClock;
