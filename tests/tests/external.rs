//! A crate outside of the workspace builds on the public interface: it defines an operation, trains with
//! it, and predicts with the weights it saved and loaded.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

#[test]
fn a_users_crate_defines_an_op_trains_and_predicts() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--release", "--offline", "--locked", "--manifest-path"])
        .arg(here.join("external/Cargo.toml"))
        // Apart from the workspace's, which the running tests may hold locked.
        .arg("--target-dir")
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("external"))
        .output()
        .expect("cargo starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    let right = stdout.strip_prefix("softsign checked; ").and_then(|rest| rest.split(' ').next()?.parse::<u32>().ok());
    assert!(right.is_some_and(|right| right > 330), "{stdout}");
}

/// Packages of a lock file, each with its version and source.
fn locked(path: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).expect("a lock file");
    let packages = text.split("[[package]]\n").skip(1).filter(|package| package.contains("\nsource = "));
    packages.map(|package| package.lines().take(3).collect::<Vec<_>>().join(", ")).collect()
}

#[test]
fn the_crate_needs_no_package_that_the_workspace_does_not_have() {
    // It is built without a network, so that there is nothing but what the workspace's build has downloaded.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [theirs, ours] = ["external/Cargo.lock", "../Cargo.lock"].map(|path| locked(&here.join(path)));
    let foreign: Vec<&String> = theirs.difference(&ours).collect();
    assert!(theirs.len() > 10 && foreign.is_empty(), "of {} packages, not in the workspace: {foreign:?}", theirs.len());
}
