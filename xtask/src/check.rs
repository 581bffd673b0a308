//! `cargo xtask check`: everything that a change must pass.

use crate::tidy::Tidy;
use crate::{Failure, workspace};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long building the first program from nothing may take before it is worth a warning.
const COLD_BUILD_LIMIT: Duration = Duration::from_secs(60);

/// How many bytes that program may have, without its symbols, before it is worth a warning.
const SIZE_LIMIT: u64 = 5_000_000;

/// Formats, lints, tests, documents and tidies; stops at the first stage that fails.
///
/// The stages: rustfmt, clippy, tests, documentation, tidy, and a release build of `mnist`
/// from nothing, with its seconds, its number of crates and its size without symbols.
#[derive(clap::Args)]
pub(crate) struct Check {
    /// Leave out the release build from nothing.
    #[arg(long)]
    quick: bool,
    /// Leave out `cargo test --workspace`, for a caller that has just run it.
    #[arg(long)]
    skip_tests: bool,
}

impl Check {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut stages = Stages::default();
        stages.cargo("format", &["fmt", "--all", "--check"], &[])?;
        let clippy = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        stages.run("clippy", || succeed_without_warnings(workspace::cargo().args(clippy)))?;
        if !self.skip_tests {
            stages.cargo("tests", &["test", "--workspace"], &[])?;
        }
        let deny = [("RUSTDOCFLAGS", "-D warnings")];
        stages.cargo("documentation", &["doc", "--no-deps", "--workspace"], &deny)?;
        stages.run("tidy", || Tidy {}.run())?;
        if !self.quick {
            stages.cold_build("mnist")?;
        }
        stages.print_summary();
        Ok(())
    }
}

/// The stages that passed, and what is worth saying at the end.
#[derive(Default)]
struct Stages {
    passed: Vec<(&'static str, Duration)>,
    notes: Vec<String>,
}

impl Stages {
    /// Runs a stage, with its output in sight.
    fn run(&mut self, name: &'static str, stage: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
        println!("== {name}");
        let started = Instant::now();
        let result = stage();
        let elapsed = started.elapsed();
        let verdict = if result.is_ok() { "passed" } else { "FAILED" };
        println!("== {name}: {verdict}, {:.1} s", elapsed.as_secs_f64());
        self.passed.push((name, elapsed));
        result.map_err(|failure| format!("{name}: {failure}").into())
    }

    /// A stage that is a call of cargo.
    fn cargo(&mut self, name: &'static str, arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), Failure> {
        self.run(name, || succeed(workspace::cargo().args(arguments).envs(variables.iter().copied())))
    }

    /// Builds a program in a fresh folder, as somebody who has just cloned the repository does.
    fn cold_build(&mut self, package: &str) -> Result<(), Failure> {
        let target = tempfile::tempdir()?;
        let build = || {
            succeed(
                workspace::cargo()
                    .args(["rustc", "--release", "--package", package])
                    .arg("--target-dir")
                    .arg(target.path())
                    // A profile's `strip` does not reach a package that has settings of its own.
                    .args(["--", "-C", "strip=symbols"]),
            )
        };
        self.run("cold build", build)?;
        let elapsed = self.passed.last().map_or(Duration::ZERO, |&(_, elapsed)| elapsed);
        let crates = crate_count(package)?;
        let program = target.path().join("release").join(format!("{package}{}", std::env::consts::EXE_SUFFIX));
        let size = std::fs::metadata(program)?.len();
        let (seconds, megabytes) = (elapsed.as_secs_f64(), size as f64 / 1e6);
        self.notes.push(format!("{package} from nothing: {seconds:.1} s, {crates} crates, {megabytes:.2} MB"));
        self.notes.extend(cold_build_warning(elapsed));
        self.notes.extend(size_warning(size));
        Ok(())
    }

    fn print_summary(&self) {
        let total: Duration = self.passed.iter().map(|(_, elapsed)| elapsed).sum();
        println!("== all {} stages passed, {:.1} s", self.passed.len(), total.as_secs_f64());
        for (name, elapsed) in &self.passed {
            println!("   {name:<14} {:>7.1} s", elapsed.as_secs_f64());
        }
        self.notes.iter().for_each(|note| println!("   {note}"));
    }
}

/// A build that takes long is worth a line; a timing is not a failure, since machines differ.
fn cold_build_warning(elapsed: Duration) -> Option<String> {
    let (seconds, limit) = (elapsed.as_secs_f64(), COLD_BUILD_LIMIT.as_secs());
    (elapsed > COLD_BUILD_LIMIT).then(|| format!("warning: the cold build took {seconds:.0} s, more than {limit} s"))
}

/// So is a large program.
fn size_warning(size: u64) -> Option<String> {
    let limit = SIZE_LIMIT as f64 / 1e6;
    (size > SIZE_LIMIT).then(|| format!("warning: the program has {:.2} MB, more than {limit} MB", size as f64 / 1e6))
}

/// Runs a command, with its output in sight; an exit code other than 0 is a failure.
fn succeed(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| format!("cannot start {command:?}: {error}"))?;
    if status.success() {
        return Ok(());
    }
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    Err(format!("`cargo {}` ended with {status}", arguments.join(" ")).into())
}

/// As [`succeed`], and what cargo warns of is a failure: of keys in a manifest that it does not know, for instance, which
/// `-D warnings` does not reach.
fn succeed_without_warnings(command: &mut Command) -> Result<(), Failure> {
    let mut child =
        command.stderr(Stdio::piped()).spawn().map_err(|error| format!("cannot start {command:?}: {error}"))?;
    let stderr = child.stderr.take().ok_or("the output of errors was asked for")?;
    let mut warning = None;
    for line in BufReader::new(stderr).lines() {
        let line = line?;
        eprintln!("{line}");
        if warning.is_none() && line.starts_with("warning: ") {
            warning = Some(line);
        }
    }
    match (child.wait()?, warning) {
        (status, _) if !status.success() => Err(format!("`{command:?}` ended with {status}").into()),
        (_, Some(warning)) => Err(warning.into()),
        _ => Ok(()),
    }
}

/// How many crates a package consists of, itself included.
fn crate_count(package: &str) -> Result<usize, Failure> {
    let mut tree = workspace::cargo();
    let output = tree
        .args(["tree", "--edges", "normal", "--prefix", "none", "--package", package])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("`cargo tree --package {package}` ended with {}", output.status).into());
    }
    Ok(crates_in(&String::from_utf8_lossy(&output.stdout)))
}

/// The number of different crates in the output of `cargo tree --prefix none`: name and version tell them apart.
fn crates_in(tree: &str) -> usize {
    let name_and_version = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_string(), words.next()?.to_string()))
    };
    tree.lines().filter_map(name_and_version).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_a_version() {
        let tree = "mnist v0.1.0 (crates/mnist)\nrand v0.9.1\nrand v0.9.1 (*)\n\nrand v0.10.0\nserde_derive v1.0.2 (proc-macro)\n";
        assert_eq!(crates_in(tree), 4);
    }

    #[test]
    fn a_stage_that_fails_is_named() {
        let mut stages = Stages::default();
        let failure = stages.run("one", || Err("two".into())).unwrap_err();
        assert_eq!(failure.to_string(), "one: two");
        let failure = succeed(workspace::cargo().arg("no-such-subcommand").stderr(Stdio::null())).unwrap_err();
        assert!(failure.to_string().contains("cargo no-such-subcommand"), "{failure}");
    }

    #[test]
    fn what_cargo_warns_of_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("src/lib.rs"), "").unwrap();
        let check = |profile: &str| {
            let manifest = folder.path().join("Cargo.toml");
            std::fs::write(&manifest, format!("[package]\nname = \"x\"\nedition = \"2024\"\n{profile}[workspace]\n"))
                .unwrap();
            succeed_without_warnings(workspace::cargo().arg("check").current_dir(folder.path()))
        };
        check("").unwrap();
        let failure = check("[profile.release]\nlibc = \"0.2\"\n").unwrap_err();
        assert!(failure.to_string().contains("unused manifest key: profile.release.libc"), "{failure}");
    }

    #[test]
    fn a_slow_build_and_a_large_program_are_warnings() {
        assert_eq!(size_warning(SIZE_LIMIT), None);
        assert!(size_warning(SIZE_LIMIT * 2).unwrap().contains("10.00 MB"));
        assert_eq!(cold_build_warning(COLD_BUILD_LIMIT), None);
        assert!(cold_build_warning(COLD_BUILD_LIMIT * 2).unwrap().contains("120 s"));
    }
}
