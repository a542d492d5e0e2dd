//! The server's `.deb`: program, unit, configuration, manual and completions, packed by Debian's own tool.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use crate::{
    build,
    error::{Error, Result},
};

const NAME: &str = "countersign-server";

/// Where each file goes, from the workspace's folder.
const FILES: &[(&str, &str)] = &[
    (
        "crates/server/packaging/countersign-server.service",
        "usr/lib/systemd/system/countersign-server.service",
    ),
    ("crates/server/packaging/sysusers.conf", "usr/lib/sysusers.d/countersign.conf"),
    ("crates/server/packaging/server.toml", "etc/countersign/server.toml"),
    ("docs/operations.md", "usr/share/doc/countersign-server/operations.md"),
    ("docs/audit.md", "usr/share/doc/countersign-server/audit.md"),
    ("docs/verify_audit.py", "usr/share/doc/countersign-server/verify_audit.py"),
    ("LICENSE", "usr/share/doc/countersign-server/copyright"),
];

/// Builds the server as it is shipped, and packs it.
pub(crate) fn package() -> Result<ExitCode> {
    run(build::cargo().args(["build", "--profile", build::SHIPPED, "-p", NAME]))?;
    let program = build::target_folder().join(build::SHIPPED).join(NAME);
    let folder = build::target_folder().join("release/bundle/server-deb");
    let stage = folder.join("stage");
    if stage.exists() {
        fs::remove_dir_all(&stage).map_err(|error| failed(&stage, error))?;
    }
    place(&program, &stage.join("usr/bin").join(NAME), 0o755)?;
    for (from, to) in FILES {
        place(&build::workspace().join(from), &stage.join(to), 0o644)?;
    }
    write_manual(&program, &stage)?;
    write_completions(&program, &stage)?;
    let package = pack(&stage, &folder)?;
    println!("{}", package.display());
    Ok(ExitCode::SUCCESS)
}

fn write_manual(program: &Path, stage: &Path) -> Result<()> {
    let pages = stage.join("usr/share/man/man1");
    make_folder(&pages)?;
    run(Command::new(program).args(["man", "--to"]).arg(&pages))?;
    let found = fs::read_dir(&pages).map_err(|error| failed(&pages, error))?;
    let names: Vec<_> = found.filter_map(|page| Some(page.ok()?.path())).collect();
    run(Command::new("gzip").args(["-9n", "--"]).args(names))
}

fn write_completions(program: &Path, stage: &Path) -> Result<()> {
    for (shell, to) in [
        ("bash", "usr/share/bash-completion/completions/countersign-server"),
        ("zsh", "usr/share/zsh/vendor-completions/_countersign-server"),
        ("fish", "usr/share/fish/vendor_completions.d/countersign-server.fish"),
    ] {
        let script = output(Command::new(program).args(["completions", shell]))?;
        write(&stage.join(to), script, 0o644)?;
    }
    Ok(())
}

/// Adds what describes the package, and packs it.
fn pack(stage: &Path, folder: &Path) -> Result<PathBuf> {
    let architecture = output(Command::new("dpkg").arg("--print-architecture"))?;
    let architecture = String::from_utf8_lossy(&architecture).trim().to_owned();
    let version = env!("CARGO_PKG_VERSION");
    let control = format!(
        "Package: {NAME}\nVersion: {version}\nArchitecture: {architecture}\nSection: admin\nPriority: optional\n\
         Maintainer: The Countersign project <countersign@localhost>\n\
         Depends: libc6, libgcc-s1, systemd | systemd-standalone-sysusers\n\
         Description: the registry of tokens for signing prescriptions\n \
         HTTP API, dashboard and command line over a registry of one-time password tokens,\n \
         for electronic prescribing of controlled substances.\n"
    );
    let about = stage.join("DEBIAN");
    write(&about.join("control"), control, 0o644)?;
    write(&about.join("conffiles"), "/etc/countersign/server.toml\n", 0o644)?;
    for script in ["postinst", "prerm"] {
        let from = build::workspace().join("crates/server/packaging").join(script);
        place(&from, &about.join(script), 0o755)?;
    }
    let package = folder.join(format!("{NAME}_{version}_{architecture}.deb"));
    let mut command = Command::new("dpkg-deb");
    run(command.args(["--root-owner-group", "--build"]).arg(stage).arg(&package))?;
    Ok(package)
}

fn place(from: &Path, to: &Path, mode: u32) -> Result<()> {
    write(to, fs::read(from).map_err(|error| failed(from, error))?, mode)
}

fn write(to: &Path, content: impl AsRef<[u8]>, mode: u32) -> Result<()> {
    to.parent().map_or(Ok(()), make_folder)?;
    fs::write(to, content)
        .and_then(|()| fs::set_permissions(to, fs::Permissions::from_mode(mode)))
        .map_err(|error| failed(to, error))
}

fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| failed(path, error))
}

fn run(command: &mut Command) -> Result<()> {
    let what = format!("{command:?}");
    let status = command.status().map_err(|error| Error::program(&*what, error))?;
    if status.success() { Ok(()) } else { Err(Error::program(what, status)) }
}

fn output(command: &mut Command) -> Result<Vec<u8>> {
    let what = format!("{command:?}");
    let output = command.output().map_err(|error| Error::program(&*what, error))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Error::program(what, output.status))
    }
}

fn failed(path: &Path, error: io::Error) -> Error {
    Error::program(path.display().to_string(), error)
}
