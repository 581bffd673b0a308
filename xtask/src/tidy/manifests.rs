//! Rules about what depends on what, from the `Cargo.toml` of each package.

use super::repository::{Dependency, Package, Repository};
use super::{Finding, Rule};
use crate::source::words;

pub(super) const RULES: &[Rule] = &[edges, confined_packages, required_packages, lints];

/// A crate of the workspace, and the crates that it may depend on.
struct Layer {
    name: &'static str,
    may_use: &'static [&'static str],
    /// What its tests and examples may use besides.
    tests_may_use: &'static [&'static str],
}

const fn layer(name: &'static str, may_use: &'static [&'static str], tests_may_use: &'static [&'static str]) -> Layer {
    Layer { name, may_use, tests_may_use }
}

const KERNELS: &str = "retrograde-kernels";
const TAPE: &str = "retrograde-tape";
const NN: &str = "retrograde-nn";
const OPTIM: &str = "retrograde-optim";
const DATA: &str = "retrograde-data";
const DRAW: &str = "retrograde-draw";
const TRAIN: &str = "retrograde-train";
const CLASSIFY: &str = "retrograde-classify";
const EXPLAIN: &str = "retrograde-explain";
const DATASETS: &str = "retrograde-datasets";
const FACADE: &str = "retrograde";
const LIBRARIES: &[&str] = &[KERNELS, TAPE, NN, OPTIM, DATA, DRAW, TRAIN, CLASSIFY, EXPLAIN, DATASETS, FACADE];

/// The crates that are a program each.
pub(super) const BINARIES: &[&str] = &["mnist", "cifar", "visualize", "translate"];

/// The arrows of `docs/architecture.md`.
const LAYERS: &[Layer] = &[
    layer(KERNELS, &[], &[]),
    layer(DATASETS, &[], &[]),
    layer(TAPE, &[KERNELS], &[]),
    layer(NN, &[TAPE], &[]),
    layer(OPTIM, &[TAPE], &[NN]),
    layer(DATA, &[TAPE, DATASETS], &[]),
    layer(DRAW, &[TAPE], &[]),
    layer(TRAIN, &[OPTIM, DATA, DRAW, TAPE], &[NN, DATASETS]),
    layer(CLASSIFY, &[TRAIN, NN, DATA, DRAW, TAPE], &[DATASETS]),
    layer(EXPLAIN, &[OPTIM, TAPE], &[NN]),
    layer(FACADE, LIBRARIES, &[]),
    layer("mnist", LIBRARIES, &[]),
    layer("cifar", LIBRARIES, &[]),
    layer("visualize", LIBRARIES, &[]),
    layer("translate", LIBRARIES, &[]),
];

/// Packages of others, and the only packages of ours that may name them.
const CONFINED: &[(&[&str], &[&str])] = &[
    (&["rayon", "matrixmultiply"], &[KERNELS]),
    (&["plotters", "image"], &[DRAW]),
    (&["ureq"], &["xtask"]),
    (&["clap", "indicatif"], &[TRAIN, CLASSIFY, "mnist", "cifar", "visualize", "translate", "xtask"]),
];

/// Packages of others that some library or program must depend on, and use.
const REQUIRED: &[&str] =
    &["rayon", "matrixmultiply", "rand", "rand_distr", "thiserror", "clap", "plotters", "byteorder"];

/// Whether a package is a tool or a test of the workspace, not something that it ships.
pub(super) fn is_internal(package: &Package) -> bool {
    package.name == "xtask" || package.folder.starts_with("tests/") || is_peer(package)
}

/// Whether a package is a program to compare with, which stands outside of the workspace.
fn is_peer(package: &Package) -> bool {
    package.folder.starts_with("benches/peers/")
}

fn finding(package: &Package, line: usize, what: String, way_out: &'static str) -> Finding {
    Finding { path: format!("{}Cargo.toml", package.folder), line, what, way_out }
}

/// Arrows between the crates of the workspace run downwards only.
fn edges(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in repository.packages.iter().filter(|package| !is_internal(package)) {
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == package.name) else {
            let what = format!("the layers do not say what {} may depend on", package.name);
            findings.push(finding(package, 1, what, "add a line to LAYERS in xtask/src/tidy/manifests.rs"));
            continue;
        };
        let ours = |d: &&Dependency| repository.packages.iter().any(|package| package.name == d.package);
        for dependency in package.dependencies.iter().filter(ours) {
            let to = dependency.package.as_str();
            let allowed = layer.may_use.contains(&to) || dependency.dev && layer.tests_may_use.contains(&to);
            if !allowed || to == package.name {
                let what = format!("{} depends on {to}", package.name);
                let way_out =
                    "arrows run downwards only: move the code to the crate that may, see docs/architecture.md";
                findings.push(finding(package, dependency.line, what, way_out));
            }
        }
    }
    findings
}

/// Some packages of others stay behind one crate of ours.
fn confined_packages(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in repository.packages.iter().filter(|package| !is_peer(package)) {
        for dependency in &package.dependencies {
            let confined = CONFINED.iter().find(|(theirs, _)| theirs.contains(&dependency.package.as_str()));
            if let Some((_, ours)) = confined.filter(|(_, ours)| !ours.contains(&package.name.as_str())) {
                let what =
                    format!("{} depends on {}, which only {} may", package.name, dependency.package, ours.join(", "));
                findings.push(finding(package, dependency.line, what, "use what that crate offers instead"));
            }
        }
    }
    findings
}

/// The packages that the workspace builds on are there, and in use: a dependency that no code names does not count.
fn required_packages(repository: &Repository) -> Vec<Finding> {
    let uses = |package: &Package, name: &str| {
        let declared = package.dependencies.iter().find(|d| d.package == name && !d.dev);
        let word = declared.map(|dependency| dependency.key.replace('-', "_"));
        word.is_some_and(|word| repository.sources_of(package).any(|s| words(s.code(), &word).next().is_some()))
    };
    let shipped = || repository.packages.iter().filter(|package| !is_internal(package));
    let missing = REQUIRED.iter().filter(|name| !shipped().any(|package| uses(package, name)));
    let finding = |name: &&str| Finding {
        path: "Cargo.toml".to_string(),
        line: 1,
        what: format!("no library or program depends on {name} and uses it"),
        way_out: "use it where docs/architecture.md says",
    };
    missing.map(finding).collect()
}

/// Every package but the kernels is held to the lints of the workspace, which forbid unsafe code. The tests are exempt,
/// since one of them counts allocations, and so are the peers, which are none of it.
fn lints(repository: &Repository) -> Vec<Finding> {
    let held =
        |package: &&Package| package.name != KERNELS && !package.folder.starts_with("tests/") && !is_peer(package);
    let inherits = |package: &Package| package.manifest.get("lints").and_then(|l| l.get("workspace")?.as_bool());
    let loose = repository.packages.iter().filter(held).filter(|package| inherits(package) != Some(true));
    let what = "does not inherit the lints of the workspace";
    loose.map(|package| finding(package, 1, what.to_string(), "add `lints.workspace = true`")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    fn manifest(name: &str, rest: &str) -> String {
        format!("[package]\nname = \"{name}\"\n{rest}")
    }

    #[test]
    fn an_arrow_upwards_is_found() {
        let (tape, nn) = (manifest(TAPE, ""), manifest(NN, "[dependencies]\nretrograde-tape = \"1\"\nserde = \"1\""));
        let upwards = manifest(TAPE, "[dependencies]\nretrograde-nn = \"1\"");
        check(edges, &[("tape/Cargo.toml", &tape), ("nn/Cargo.toml", &nn)], &[]);
        check(edges, &[("tape/Cargo.toml", &upwards), ("nn/Cargo.toml", &nn)], &["tape/Cargo.toml:4"]);
    }

    #[test]
    fn an_arrow_for_tests_alone_may_go_further() {
        let nn = manifest(NN, "");
        let tests = manifest(TRAIN, "[dev-dependencies]\nretrograde-nn = \"1\"");
        let always = manifest(TRAIN, "[dependencies]\nretrograde-nn = \"1\"");
        check(edges, &[("nn/Cargo.toml", &nn), ("train/Cargo.toml", &tests)], &[]);
        check(edges, &[("nn/Cargo.toml", &nn), ("train/Cargo.toml", &always)], &["train/Cargo.toml:4"]);
    }

    #[test]
    fn a_crate_without_a_layer_is_found_unless_it_is_a_tool_or_a_test() {
        let new = manifest("new", "");
        check(edges, &[("new/Cargo.toml", &new), ("tests/external/Cargo.toml", &new)], &["new/Cargo.toml:1"]);
        check(edges, &[("xtask/Cargo.toml", &manifest("xtask", ""))], &[]);
        let peer = manifest("peer", "[dependencies]\nclap = \"4\"");
        for rule in [edges, confined_packages, lints] {
            check(rule, &[("benches/peers/other/Cargo.toml", &peer)], &[]);
        }
    }

    #[test]
    fn layers_run_downwards() {
        for layer in LAYERS.iter().filter(|layer| layer.may_use != LIBRARIES) {
            let below = |name: &str| LAYERS.iter().take_while(|other| other.name != layer.name).any(|o| o.name == name);
            assert!(layer.may_use.iter().all(|name| below(name)), "{} reaches upwards", layer.name);
        }
    }

    #[test]
    fn a_confined_package_is_found_elsewhere_even_under_another_name() {
        let kernels = manifest(KERNELS, "[dependencies]\nrayon = \"1\"");
        let nn = manifest(NN, "[dependencies]\nthreads = { package = \"rayon\", version = \"1\" }");
        let draw = manifest(DRAW, "[dev-dependencies]\nclap = \"4\"\nplotters = \"0.3\"");
        let files = [("kernels/Cargo.toml", &*kernels), ("nn/Cargo.toml", &*nn), ("draw/Cargo.toml", &*draw)];
        check(confined_packages, &files, &["draw/Cargo.toml:4", "nn/Cargo.toml:4"]);
    }

    #[test]
    fn a_required_package_must_be_declared_and_used() {
        let declared: String = REQUIRED.iter().map(|name| format!("{name} = \"1\"\n")).collect();
        let package = manifest(TAPE, &format!("[dependencies]\n{declared}"));
        let all: String = REQUIRED.iter().map(|name| format!("use {name} as _;\n")).collect();
        let but_one = all.replace("use clap as _", "// use clap as _");
        check(required_packages, &[("a/Cargo.toml", &package), ("a/src/lib.rs", &all)], &[]);
        check(required_packages, &[("a/Cargo.toml", &package), ("a/src/lib.rs", &but_one)], &["Cargo.toml:1"]);
        let test_only = package.replace("[dependencies]", "[dev-dependencies]");
        let all_missing = vec!["Cargo.toml:1"; REQUIRED.len()];
        check(required_packages, &[("a/Cargo.toml", &test_only), ("a/src/lib.rs", &all)], &all_missing);
        check(required_packages, &[("tests/Cargo.toml", &package), ("tests/src/lib.rs", &all)], &all_missing);
    }

    #[test]
    fn a_package_without_the_lints_of_the_workspace_is_found() {
        let held = manifest(NN, "[lints]\nworkspace = true");
        let files = [
            ("nn/Cargo.toml", &*held),
            ("a/Cargo.toml", &manifest(TAPE, "")),
            ("k/Cargo.toml", &manifest(KERNELS, "")),
        ];
        check(lints, &files, &["a/Cargo.toml:1"]);
    }
}
