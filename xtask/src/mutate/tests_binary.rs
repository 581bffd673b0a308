//! The executable that holds the unit tests of the tape: built once, run many times.

use crate::{Failure, workspace};
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a run of the tests came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All tests passed.
    Passed,
    /// The name of the first test that failed.
    Failed(String),
    /// The tests did not end in time.
    Hung,
}

/// The executable of the tape's unit tests.
pub(super) struct TestsBinary {
    executable: PathBuf,
    timeout: Duration,
}

impl TestsBinary {
    /// Has cargo build it.
    pub(super) fn build(timeout: Duration) -> Result<TestsBinary, Failure> {
        let mut cargo = workspace::cargo();
        cargo.args([
            "test",
            "--package",
            "retrograde-tape",
            "--lib",
            "--no-run",
            "--message-format=json-render-diagnostics",
        ]);
        let output = cargo.stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err("the unit tests of retrograde-tape do not build; see above".into());
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        let executable =
            find_executable(&messages).ok_or("cargo did not say where the unit tests of retrograde-tape are")?;
        Ok(TestsBinary { executable, timeout })
    }

    /// Runs all tests without a fault and returns the log of the rules that ran.
    pub(super) fn reached_rules(&self) -> Result<String, Failure> {
        let log = tempfile::NamedTempFile::new()?;
        match self.run(&[], ("RETROGRADE_MUTATE_LOG", log.path().as_os_str()))? {
            Outcome::Passed => Ok(std::fs::read_to_string(log.path())?),
            Outcome::Failed(test) => Err(format!("{test} fails without any mutation: mend that first").into()),
            Outcome::Hung => Err("the tests do not end even without any mutation: raise --timeout".into()),
        }
    }

    /// Runs the tests whose path contains `filter`, or all, with `mutant` (`op:input`) wrong.
    pub(super) fn run_mutated(&self, mutant: &str, filter: Option<&str>) -> std::io::Result<Outcome> {
        self.run(filter.as_slice(), ("RETROGRADE_MUTATE", mutant.as_ref()))
    }

    fn run(&self, arguments: &[&str], (variable, value): (&str, &std::ffi::OsStr)) -> std::io::Result<Outcome> {
        // A file, since a pipe that nobody reads would fill up and block the tests.
        let output = tempfile::NamedTempFile::new()?;
        let mut tests = Command::new(&self.executable)
            .current_dir(workspace::root().join("crates/tape"))
            .args(arguments)
            .env_remove("RETROGRADE_MUTATE")
            .env_remove("RETROGRADE_MUTATE_LOG")
            .env(variable, value)
            .stdin(Stdio::null())
            .stdout(output.reopen()?)
            .stderr(Stdio::null())
            .spawn()?;
        let started = Instant::now();
        let status = loop {
            if let Some(status) = tests.try_wait()? {
                break status;
            }
            if started.elapsed() > self.timeout {
                tests.kill()?;
                tests.wait()?;
                return Ok(Outcome::Hung);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        if status.success() {
            return Ok(Outcome::Passed);
        }
        let mut text = Vec::new();
        File::open(output.path())?.read_to_end(&mut text)?;
        Ok(Outcome::Failed(first_failure(&String::from_utf8_lossy(&text))))
    }
}

/// The executable of the unit tests among cargo's messages, a JSON object a line.
fn find_executable(messages: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_tests = |message: &Value| {
        message["reason"] == "compiler-artifact"
            && message["target"]["name"] == "retrograde_tape"
            && message["profile"]["test"] == true
    };
    messages.filter(of_tests).find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

/// The first test that the test harness's output calls failed.
fn first_failure(output: &str) -> String {
    let failed = |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_string());
    let name = output.lines().find_map(failed).map(|name| name.trim_end_matches(" - should panic").to_string());
    name.unwrap_or_else(|| "a crash of the tests".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_that_of_the_unit_tests() {
        let artifact = |name: &str, test: bool, executable: &str| {
            format!(
                "{{\"reason\":\"compiler-artifact\",\"target\":{{\"name\":\"{name}\"}},\
                 \"profile\":{{\"test\":{test}}},\"executable\":{executable}}}\n"
            )
        };
        let library = artifact("retrograde_tape", false, "null");
        let other = artifact("retrograde_kernels", true, "\"kernels\"");
        let tests = artifact("retrograde_tape", true, "\"target/tape-1\"");
        let noise = "Compiling\n{\"reason\":\"build-finished\"}\n";
        assert_eq!(find_executable(&format!("{library}{other}{noise}")), None);
        assert_eq!(find_executable(&format!("{library}{other}{tests}{noise}")), Some("target/tape-1".into()));
    }

    #[test]
    fn the_first_failure_is_named() {
        let output = "running 3 tests\ntest ops::add::tests::add ... ok\ntest ops::mul::tests::mul ... FAILED\n\
                      test ops::sub::tests::sub ... FAILED\n";
        assert_eq!(first_failure(output), "ops::mul::tests::mul");
        assert_eq!(first_failure("test a - should panic ... FAILED"), "a");
        assert_eq!(first_failure("running 3 tests\n"), "a crash of the tests");
    }
}
