//! The settings: a plain file in the app's configuration folder, without secrets.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{problem::Problem, replacing::replace};

const FILE: &str = "settings.json";
const VERSION: u32 = 1;
/// A longer file is not one that we wrote.
const MAX_BYTES: u64 = 64 * 1024;

/// What a person may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    pub(crate) auto_lock: AutoLock,
    pub(crate) theme: Theme,
    /// In per cent of the usual size.
    pub(crate) text_size: TextSize,
    /// Codes are shown only when they are tapped.
    pub(crate) hide_codes: bool,
    /// A copied code leaves the clipboard after 30 s.
    pub(crate) clear_clipboard: bool,
    pub(crate) language: Language,
    /// The app starts with the system.
    pub(crate) autostart: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auto_lock: AutoLock::FiveMinutes,
            theme: Theme::System,
            text_size: TextSize::Usual,
            hide_codes: false,
            clear_clipboard: true,
            language: Language::System,
            autostart: false,
        }
    }
}

/// When the app locks by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "AutoLockText", into = "AutoLockText")]
pub(crate) enum AutoLock {
    /// As soon as it goes to the background; at the latest after five minutes.
    Background,
    HalfAMinute,
    OneMinute,
    FiveMinutes,
    FifteenMinutes,
}

impl AutoLock {
    /// Unlocked and untouched for this long, the app locks.
    pub(crate) fn idle_limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::HalfAMinute => 30,
            Self::OneMinute => 60,
            Self::Background | Self::FiveMinutes => 300,
            Self::FifteenMinutes => 900,
        })
    }
}

/// `"background"`, or a number of seconds.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum AutoLockText {
    Seconds(u32),
    Word(String),
}

impl TryFrom<AutoLockText> for AutoLock {
    type Error = String;

    fn try_from(text: AutoLockText) -> Result<Self, String> {
        match text {
            AutoLockText::Word(word) if word == "background" => Ok(Self::Background),
            AutoLockText::Seconds(30) => Ok(Self::HalfAMinute),
            AutoLockText::Seconds(60) => Ok(Self::OneMinute),
            AutoLockText::Seconds(300) => Ok(Self::FiveMinutes),
            AutoLockText::Seconds(900) => Ok(Self::FifteenMinutes),
            _ => Err("auto_lock is \"background\", 30, 60, 300 or 900".to_owned()),
        }
    }
}

impl From<AutoLock> for AutoLockText {
    fn from(choice: AutoLock) -> Self {
        match choice {
            AutoLock::Background => Self::Word("background".to_owned()),
            AutoLock::HalfAMinute => Self::Seconds(30),
            AutoLock::OneMinute => Self::Seconds(60),
            AutoLock::FiveMinutes => Self::Seconds(300),
            AutoLock::FifteenMinutes => Self::Seconds(900),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Theme {
    System,
    Light,
    Dark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub(crate) enum TextSize {
    Usual,
    Larger,
    Large,
    Double,
}

impl TryFrom<u32> for TextSize {
    type Error = &'static str;

    fn try_from(per_cent: u32) -> Result<Self, Self::Error> {
        match per_cent {
            100 => Ok(Self::Usual),
            125 => Ok(Self::Larger),
            150 => Ok(Self::Large),
            200 => Ok(Self::Double),
            _ => Err("text_size is 100, 125, 150 or 200"),
        }
    }
}

impl From<TextSize> for u32 {
    fn from(size: TextSize) -> Self {
        match size {
            TextSize::Usual => 100,
            TextSize::Larger => 125,
            TextSize::Large => 150,
            TextSize::Double => 200,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Language {
    /// As the system's, as far as the pages speak it.
    System,
    En,
    Es,
}

/// What a person chose anew; the rest stays.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Changes {
    auto_lock: Option<AutoLock>,
    theme: Option<Theme>,
    text_size: Option<TextSize>,
    hide_codes: Option<bool>,
    clear_clipboard: Option<bool>,
    language: Option<Language>,
    pub(crate) autostart: Option<bool>,
}

/// The settings as the page sees them.
#[derive(Debug, Serialize)]
pub(crate) struct SettingsView {
    #[serde(flatten)]
    pub(crate) settings: Settings,
    /// Whether this system can start the app by itself.
    pub(crate) autostart_possible: bool,
    /// Whether this device is one that people photograph with.
    pub(crate) camera: bool,
    /// The file could not be read, and these are the defaults.
    pub(crate) replaced: bool,
}

/// The settings and where they are kept.
#[derive(Debug)]
pub(crate) struct SettingsFile {
    folder: PathBuf,
    settings: Settings,
    replaced: bool,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    settings: Settings,
}

impl SettingsFile {
    /// Reads the settings in `folder`, which need not exist yet. A file that cannot be read gives
    /// the defaults, and stays until something is chosen.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let (settings, replaced) = match read(&folder.join(FILE)) {
            Ok(settings) => (settings, false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (Settings::default(), false),
            Err(_) => (Settings::default(), true),
        };
        Self { folder: folder.to_owned(), settings, replaced }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// As the page sees them.
    pub(crate) fn view(&self) -> SettingsView {
        SettingsView {
            settings: self.settings.clone(),
            autostart_possible: cfg!(desktop),
            camera: cfg!(mobile),
            replaced: self.replaced,
        }
    }

    /// Writes what was chosen, then obeys it.
    pub(crate) fn change(&mut self, changes: &Changes) -> Result<(), Problem> {
        let settings = self.settings.with(changes);
        self.write(&settings)
            .map_err(|error| Problem::SettingsNotSaved { reason: error.to_string() })?;
        self.settings = settings;
        self.replaced = false;
        Ok(())
    }

    fn write(&self, settings: &Settings) -> io::Result<()> {
        let document = Document { version: VERSION, settings: settings.clone() };
        replace(&self.folder, FILE, &serde_json::to_vec_pretty(&document)?)
    }
}

impl Settings {
    fn with(&self, changes: &Changes) -> Self {
        Self {
            auto_lock: changes.auto_lock.unwrap_or(self.auto_lock),
            theme: changes.theme.unwrap_or(self.theme),
            text_size: changes.text_size.unwrap_or(self.text_size),
            hide_codes: changes.hide_codes.unwrap_or(self.hide_codes),
            clear_clipboard: changes.clear_clipboard.unwrap_or(self.clear_clipboard),
            language: changes.language.unwrap_or(self.language),
            autostart: changes.autostart.unwrap_or(self.autostart),
        }
    }
}

fn read(path: &Path) -> io::Result<Settings> {
    if fs::metadata(path)?.len() > MAX_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let document: Document = serde_json::from_str(&fs::read_to_string(path)?)?;
    if document.version == VERSION {
        Ok(document.settings)
    } else {
        Err(io::ErrorKind::InvalidData.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(json: &str) -> Changes {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_was_chosen_outlives_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("not/yet");
        let mut file = SettingsFile::in_folder(&place);
        assert_eq!((file.settings(), file.replaced), (&Settings::default(), false));
        file.change(&changes(r#"{"auto_lock":30,"theme":"dark","text_size":200}"#)).unwrap();
        file.change(&changes(r#"{"auto_lock":"background","language":"es"}"#)).unwrap();

        let again = SettingsFile::in_folder(&place);
        let expected = Settings {
            auto_lock: AutoLock::Background,
            theme: Theme::Dark,
            text_size: TextSize::Double,
            language: Language::Es,
            ..Settings::default()
        };
        assert_eq!((again.settings(), again.replaced), (&expected, false));
    }

    #[test]
    fn only_what_is_offered_can_be_chosen() {
        for json in [
            r#"{"auto_lock":31}"#,
            r#"{"auto_lock":"never"}"#,
            r#"{"text_size":500}"#,
            r#"{"theme":"pink"}"#,
            r#"{"other":1}"#,
        ] {
            assert!(serde_json::from_str::<Changes>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_damaged_or_newer_file_gives_the_defaults_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for text in ["", "{", "\u{0}", r#"{"version":2,"settings":{}}"#, "[]"] {
            fs::write(&path, text).unwrap();
            let mut file = SettingsFile::in_folder(folder.path());
            assert_eq!((file.settings(), file.replaced), (&Settings::default(), true), "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text, "left as it is");
            file.change(&changes(r#"{"hide_codes":true}"#)).unwrap();
            assert!(!file.replaced);
            assert!(SettingsFile::in_folder(folder.path()).settings().hide_codes);
        }
    }

    #[test]
    fn a_file_of_an_older_program_keeps_what_it_says() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), r#"{"version":1,"settings":{"theme":"light"}}"#)
            .unwrap();
        let file = SettingsFile::in_folder(folder.path());
        let expected = Settings { theme: Theme::Light, ..Settings::default() };
        assert_eq!((file.settings(), file.replaced), (&expected, false));
    }

    #[test]
    fn the_times_to_lock() {
        let limits = [
            (AutoLock::Background, 300),
            (AutoLock::HalfAMinute, 30),
            (AutoLock::OneMinute, 60),
            (AutoLock::FiveMinutes, 300),
            (AutoLock::FifteenMinutes, 900),
        ];
        for (choice, seconds) in limits {
            assert_eq!(choice.idle_limit(), Duration::from_secs(seconds));
        }
    }
}
