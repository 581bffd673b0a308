//! A crate outside of the workspace builds on the public interface: it defines an operation, trains with
//! it, and predicts with the weights it saved and loaded.

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
