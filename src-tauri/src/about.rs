//! What the program is, and what it is made of.

use serde::Serialize;
use serde_json::value::RawValue;

/// Found out when the program was built: `[{ name, version, licence }]`.
const LICENCES: &str = include_str!(concat!(env!("OUT_DIR"), "/licences.json"));

#[derive(Serialize)]
pub(crate) struct About {
    version: &'static str,
    licence: &'static str,
    licences: Box<RawValue>,
}

/// The program's version and licence, and those of every library in it.
pub(crate) fn about() -> Result<About, serde_json::Error> {
    Ok(About {
        version: env!("CARGO_PKG_VERSION"),
        licence: env!("CARGO_PKG_LICENSE"),
        licences: serde_json::from_str(LICENCES)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_its_libraries_with_their_licences() {
        let about = serde_json::to_value(about().unwrap()).unwrap();
        let libraries = about["licences"].as_array().unwrap();
        let tauri = libraries.iter().find(|library| library["name"] == "tauri").unwrap();
        assert!(tauri["version"].as_str().unwrap().starts_with("2."));
        assert!(tauri["licence"].as_str().unwrap().contains("MIT"));
        let nameless = libraries.iter().find(|library| library["licence"] == "");
        assert_eq!(nameless, None);
        let names: Vec<_> = libraries.iter().map(|library| library["name"].to_string()).collect();
        assert!(names.is_sorted() && !names.iter().any(|name| name.contains("countersign")));
    }
}
