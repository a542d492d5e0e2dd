//! Which addresses the window may have.

use crate::is_own_page;

#[test]
fn only_the_apps_own_pages_on_this_system() {
    let own = |address: &str| is_own_page(&address.parse().unwrap());
    let by_http = cfg!(any(windows, target_os = "android"));
    assert_eq!(own("tauri://localhost/index.html"), !by_http);
    assert_eq!(own("http://tauri.localhost/"), by_http);
    assert_eq!(own("https://tauri.localhost/"), by_http);
    for address in [
        "http://tauri.localhost:8080/",
        "tauri://localhost:8080/",
        "ftp://tauri.localhost/",
        "tauri://tauri.localhost/",
        "https://localhost/",
        "https://tauri.localhost.example/",
        "about:blank",
    ] {
        assert!(!own(address), "{address}");
    }
}
