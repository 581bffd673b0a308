//! Runs that are stopped, killed, or meet a full disk, and go on.

#![cfg(unix)]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mnist"));
    command.args(arguments).current_dir(folder).env("RUST_BACKTRACE", "0");
    command
}

fn mnist(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the program starts")
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    command(folder, arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status();
    assert!(status.expect("kill starts").success());
}

/// Waits until the run has done something, or is over.
fn wait_for(path: &Path, child: &mut Child) {
    let started = Instant::now();
    while !path.exists() && child.try_wait().unwrap().is_none() {
        assert!(started.elapsed() < Duration::from_secs(60), "{} does not come", path.display());
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What a run leaves behind that must not depend on interruptions: the weights, and the metrics without the times.
fn result(run: &Path) -> (Vec<u8>, Vec<String>) {
    let csv = fs::read_to_string(run.join("metrics.csv")).unwrap();
    let rows = csv.lines().map(|line| line.split(',').take(6).collect::<Vec<_>>().join(",")).collect();
    (fs::read(run.join("model.safetensors")).unwrap(), rows)
}

/// All files of a run, but the checkpoints, which are counted.
fn files(run: &Path) -> (Vec<String>, usize) {
    let names = |folder: PathBuf| {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    (names(run.to_path_buf()), names(run.join("checkpoints")).len())
}

#[test]
fn every_optimizer_goes_on_with_the_same_bits_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for optimizer in [
        "sgd",
        "sgd:momentum=0.9,nesterov",
        "adam",
        "adamw",
        "amsgrad",
        "rmsprop",
        "rmsprop:momentum=0.9,centered",
        "adagrad",
        "lbfgs:iterations=4",
    ] {
        let settings = ["--epochs", "6", "--optimizer", optimizer, "--init", "xavier", "--schedule", "cosine"];
        let whole = mnist(path, &[&settings[..], &["--out", "whole"]].concat());
        assert!(whole.status.success(), "{whole:?}");
        // Three epochs are 3 × 75 steps.
        let mut child = start(path, &[&settings[..], &["--out", "killed"]].concat());
        wait_for(&path.join("killed/checkpoints/000000000225.json"), &mut child);
        child.kill().unwrap();
        child.wait().unwrap();
        let resumed = mnist(path, &["train", "--resume", "killed"]);
        assert!(resumed.status.success(), "{optimizer}: {resumed:?}");
        assert!(result(&path.join("killed")) == result(&path.join("whole")), "{optimizer}");
        fs::remove_dir_all(path.join("whole")).unwrap();
        fs::remove_dir_all(path.join("killed")).unwrap();
    }
}

#[test]
fn a_hundred_kills_lose_nothing_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let settings = ["--epochs", "2", "--save-every", "1", "--optimizer", "adam"];
    let whole = mnist(path, &[&settings[..], &["--out", "whole"]].concat());
    assert!(whole.status.success(), "{whole:?}");
    let wanted = files(&path.join("whole"));
    let mut kills = 0;
    let mut state = 12345u64;
    while kills < 100 {
        let mut child = start(path, &[&settings[..], &["--out", "killed"]].concat());
        wait_for(&path.join("killed/config.toml"), &mut child);
        while kills < 100 {
            // Xorshift (Marsaglia 2003): moments up to 200 ms apart, many of them while a file is written.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            std::thread::sleep(Duration::from_micros(state % 200_000));
            if child.try_wait().unwrap().is_some() {
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            child = start(path, &["train", "--resume", "killed"]);
        }
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        // The run that was killed last goes on to its end.
        assert!(child.wait().unwrap().success(), "after {kills} kills: {said}");
        assert!(result(&path.join("killed")) == result(&path.join("whole")), "after {kills} kills");
        assert_eq!(files(&path.join("killed")), wanted, "after {kills} kills");
        fs::remove_dir_all(path.join("killed")).unwrap();
    }
}

#[test]
fn signals_end_a_run_within_two_seconds_with_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let mut child = start(path, &["--epochs", "100000", "--hidden", "512", "--out", name]);
        wait_for(&path.join(name).join("metrics.csv"), &mut child);
        std::thread::sleep(Duration::from_millis(300));
        signal(&child, name);
        let asked = Instant::now();
        let status = child.wait().unwrap();
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        assert_eq!(status.code(), Some(code));
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(said.contains(&format!("go on with: mnist train --resume {name}")), "{said}");
        assert!(!said.contains('\x1b'), "{said:?}");
        let evaluated = mnist(path, &["eval", "--run", name]);
        assert!(evaluated.status.success(), "{evaluated:?}");
    }
}

#[test]
fn a_damaged_checkpoint_is_named_and_the_one_before_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let settings = ["--epochs", "4", "--optimizer", "adam"];
    assert!(mnist(path, &[&settings[..], &["--out", "run"]].concat()).status.success());
    let want = result(&path.join("run"));
    let newest = path.join("run/checkpoints/000000000300.safetensors");
    let mut bytes = fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&newest, bytes).unwrap();
    let resumed = mnist(path, &["train", "--resume", "run"]);
    let said = String::from_utf8(resumed.stdout).unwrap();
    assert!(said.contains("not used: run/checkpoints/000000000300.safetensors is damaged: SHA-256"), "{said}");
    assert!(said.contains("going on after step 225, from run/checkpoints/000000000225.json"), "{said}");
    assert!(result(&path.join("run")) == want);
    // All of them damaged.
    for entry in fs::read_dir(path.join("run/checkpoints")).unwrap() {
        fs::write(entry.unwrap().path(), "nothing").unwrap();
    }
    let refused = mnist(path, &["train", "--resume", "run"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("no checkpoint in run/checkpoints is whole") && said.contains("--resume"), "{said}");
}

#[test]
fn the_checkpoint_of_another_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    assert!(mnist(path, &["--epochs", "1", "--out", "run"]).status.success());
    let config = fs::read_to_string(path.join("run/config.toml")).unwrap();
    fs::write(path.join("run/config.toml"), config.replace("hidden = 128", "hidden = 64")).unwrap();
    for arguments in [&["train", "--resume", "run"][..], &["eval", "--run", "run"]] {
        let output = mnist(path, arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("fc1.weight: expected [64, 64] of f32, found [128, 64]"), "{said}");
    }
}

/// A shell's limit on the size of files stands for a disk that is full: writing fails in the middle of a file.
#[test]
fn a_full_disk_leaves_the_old_checkpoint_intact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    assert!(mnist(path, &["--epochs", "2", "--out", "run"]).status.success());
    let run = path.join("run");
    let config = fs::read_to_string(run.join("config.toml")).unwrap();
    fs::write(run.join("config.toml"), config.replace("epochs = 2", "epochs = 3")).unwrap();
    let checkpoint = run.join("checkpoints/000000000150.safetensors");
    let before = fs::read(&checkpoint).unwrap();
    let limited = |blocks: &str, arguments: &str| {
        // SIGXFSZ is ignored, so that writing fails as on a full disk.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec {} {arguments}", env!("CARGO_BIN_EXE_mnist"));
        Command::new("bash").args(["-c", &script]).current_dir(path).output().expect("bash starts")
    };
    let output = limited("40", "train --resume run");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write run/checkpoints/000000000225.safetensors"), "{said}");
    assert_eq!(fs::read(&checkpoint).unwrap(), before);
    assert_eq!(files(&run).1 % 2, 0, "no half a checkpoint");
    // A new run finds out before its first step.
    let output = limited("30", "--out new");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write new/checkpoints/000000000000.safetensors"), "{said}");
    assert!(!String::from_utf8(output.stdout).unwrap().contains("epoch "), "no step was taken");
    // With room again, the run goes on.
    assert!(mnist(path, &["train", "--resume", "run"]).status.success());
}
