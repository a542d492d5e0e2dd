//! What lies on disk: who may read it, and what happens when the key is not the database's.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::process::{Folder, NPI, mode, run, text};

#[test]
fn made_for_its_owner_only() {
    let folder = Folder::new();
    folder.add_account(NPI, "Ada Quill");
    assert_eq!(mode(&folder.path()), 0o700);
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap()).collect();
    assert!(files.len() >= 2);
    for file in files {
        assert_eq!(mode(&file.path()), 0o600, "{:?}", file.path());
    }
    assert_eq!(fs::metadata(folder.path().join("master.key")).unwrap().len(), 32);
}

#[test]
fn a_key_that_is_not_the_databases_is_found_at_once_and_harms_nothing() {
    let folder = Folder::new();
    folder.add_account(NPI, "Ada Quill");
    let key = folder.path().join("master.key");
    let right = fs::read(&key).unwrap();
    fs::write(&key, [7; 32]).unwrap();
    let refused = folder.run(&["serve", "--listen", "127.0.0.1:0"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(text(&refused.stdout), "");
    assert!(text(&refused.stderr).contains("master key does not fit this database"));

    fs::remove_file(&key).unwrap();
    let refused = folder.run(&["token", "list"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("put the key back from its backup"));
    assert!(!key.exists(), "no new key over an existing database");

    let elsewhere = folder.path().join("elsewhere.key");
    fs::write(&elsewhere, right).unwrap();
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o644)).unwrap();
    let named = ["token", "list", "--master-key-file", elsewhere.to_str().unwrap()];
    let refused = folder.run(&named, "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("chmod 600"));
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(text(&folder.run(&named, "").stdout), "No tokens.\n");
}

#[test]
fn a_key_of_another_length_is_refused() {
    let folder = Folder::new();
    let key = folder.path().with_file_name("short.key");
    fs::write(&key, [7; 31]).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = folder.run(&["serve", "--master-key-file", key.to_str().unwrap()], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("holds 31 bytes"), "{}", text(&refused.stderr));
}

#[test]
fn a_folder_that_others_can_write_to_is_refused() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o770)).unwrap();
    let refused = folder.run(&["serve"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("chmod go-w"));
}

#[test]
fn a_mistyped_folder_is_not_taken_for_an_empty_registry() {
    let folder = Folder::new();
    for command in [&["token", "list"][..], &["events"], &["token", "unlock", "CSST4F7K92MQ"]] {
        let refused = folder.run(command, "");
        assert_eq!(refused.status.code(), Some(1));
        assert!(text(&refused.stderr).contains("holds no Countersign database"));
        assert!(!folder.path().exists());
    }
}

#[test]
fn an_import_into_a_mistyped_folder_makes_no_registry() {
    let (right, mistyped) = (Folder::new(), Folder::new());
    let card = text(&right.run(&["issuer-card", "--issuer", "Clinic"], "").stdout);
    let file = right.path().with_file_name("export.countersign");
    fs::write(&file, crate::app::App::new().seal_to(&card)).unwrap();
    let import = ["import", file.to_str().unwrap()];
    let refused = mistyped.run(&import, "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("holds no Countersign database"));
    assert!(!mistyped.path().exists());
    assert!(right.run(&import, "").status.success());
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let folder = Folder::new();
    folder.add_account(NPI, "Ada Quill");
    let database = folder.path().join("countersign.db");
    for side_file in ["countersign.db-wal", "countersign.db-shm"] {
        let _ = fs::remove_file(folder.path().join(side_file));
    }
    fs::write(&database, "my shopping list, which is long enough to be looked at\n").unwrap();
    let refused = folder.run(&["token", "list"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("database"), "{}", text(&refused.stderr));
    assert!(fs::read_to_string(&database).unwrap().starts_with("my shopping list"));
}

#[test]
fn reading_and_writing_go_on_while_the_server_runs() {
    let (server, app, _) = crate::process::Server::with_provisioned_token();
    let list = server.folder.run(&["token", "list"], "");
    assert!(text(&list.stdout).contains(&app.id.to_string()));
    let command = server.folder.command(&["events", "--limit", "2", "--json"]);
    let events: serde_json::Value = serde_json::from_slice(&run(command, "").stdout).unwrap();
    assert_eq!(events.as_array().unwrap().len(), 2);
    assert_eq!(events[0]["kind"], "token-provisioned");
}
