//! `cargo xtask tidy`: what the compiler does not check about the shape of this repository. Also a test of this crate.
//!
//! A rule is a function from a [`Repository`] to [`Finding`]s; every rule is tested on small sources that break it.

mod manifests;
mod repository;
mod sources;

use crate::Failure;
use repository::Repository;
use std::fmt;

/// Finds what does not belong: forbidden dependencies, unsafe code, overlong files, ops without a gradient check.
///
/// Every finding is a line `path:line: what; the way out`.
#[derive(clap::Args)]
pub(crate) struct Tidy {}

impl Tidy {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let repository = Repository::read(&crate::workspace::root())?;
        let findings = findings(&repository);
        for finding in &findings {
            println!("{finding}");
        }
        if !findings.is_empty() {
            return Err(format!("{} findings; each line above says the way out", findings.len()).into());
        }
        println!("{} files, nothing to tidy", repository.file_count());
        Ok(())
    }
}

/// Something that does not belong where it is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    what: String,
    way_out: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.path, self.line, self.what, self.way_out)
    }
}

/// What all rules find, by path and line.
fn findings(repository: &Repository) -> Vec<Finding> {
    let rules = manifests::RULES.iter().chain(sources::RULES);
    let mut findings: Vec<Finding> = rules.flat_map(|rule| rule(repository)).collect();
    findings.sort();
    findings
}

/// A rule, as tables of rules list it.
type Rule = fn(&Repository) -> Vec<Finding>;

/// Holds a rule to finding exactly `expected` (`path:line`) in a repository of these files.
#[cfg(test)]
fn check(rule: Rule, files: &[(&str, &str)], expected: &[&str]) {
    let files = files.iter().map(|&(path, text)| (path.to_string(), text.to_string()));
    let repository = Repository::new(files.collect()).expect("the manifests are TOML");
    let mut found = rule(&repository);
    found.sort();
    let places: Vec<String> = found.iter().map(|finding| format!("{}:{}", finding.path, finding.line)).collect();
    assert_eq!(places, expected, "{found:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_is_tidy() {
        let repository = Repository::read(&crate::workspace::root()).unwrap();
        assert!(repository.file_count() > 20, "the repository was not read: {} files", repository.file_count());
        let findings: Vec<String> = findings(&repository).iter().map(Finding::to_string).collect();
        assert!(findings.is_empty(), "{}", findings.join("\n"));
    }

    #[test]
    fn a_finding_is_a_line_that_an_editor_can_jump_to() {
        let finding = Finding { path: "a/b.rs".into(), line: 3, what: "what".into(), way_out: "the way out" };
        assert_eq!(finding.to_string(), "a/b.rs:3: what; the way out");
    }
}
