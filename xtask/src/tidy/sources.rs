//! Rules about what stands in the files.

use super::manifests::BINARIES;
use super::repository::Repository;
use super::{Finding, Rule};
use crate::math::{self, OPS};
use crate::source::{Source, line_of, words};

pub(super) const RULES: &[Rule] = &[
    overlong_files,
    ops_without_gradient_check,
    stale_page_of_derivatives,
    modules_without_documentation,
    unsafe_code,
    printing,
    unfinished_code,
    unfinished_thoughts,
    machine_paths,
];

const KERNELS: &str = "crates/kernels/";
const MAX_LINES: usize = 500;

fn finding(path: &str, text: &str, at: usize, what: String, way_out: &'static str) -> Finding {
    Finding { path: path.to_string(), line: line_of(text, at), what, way_out }
}

/// What `positions` finds in each source, as findings.
fn in_sources<'a, P: Iterator<Item = (usize, String)>>(
    repository: &'a Repository,
    way_out: &'static str,
    positions: impl Fn(&'a str, &'a Source) -> P,
) -> Vec<Finding> {
    let in_one = |(path, source): &'a (String, Source)| {
        positions(path, source).map(move |(at, what)| finding(path, source.text(), at, what, way_out))
    };
    repository.sources.iter().flat_map(in_one).collect()
}

/// The calls of a macro.
fn calls<'a>(source: &'a Source, name: &'a str) -> impl Iterator<Item = (usize, String)> + 'a {
    let called = |at: &usize| source.code()[at + name.len()..].starts_with('!');
    words(source.code(), name).filter(called).map(move |at| (at, format!("`{name}!`")))
}

/// A file that is longer than can be read in one sitting.
fn overlong_files(repository: &Repository) -> Vec<Finding> {
    let way_out = "split it by what it is about";
    in_sources(repository, way_out, |_, source| {
        let lines = source.text().lines().count();
        let start_of_last = source.text().trim_end_matches('\n').rfind('\n').map_or(0, |at| at + 1);
        (lines > MAX_LINES).then(|| (start_of_last, format!("{lines} lines, more than {MAX_LINES}"))).into_iter()
    })
}

/// An op without a gradient check: in its file, or in the `tests.rs` of a folder of its name.
fn ops_without_gradient_check(repository: &Repository) -> Vec<Finding> {
    let ops = || repository.sources.iter().filter(|(path, _)| path.starts_with(OPS));
    let checks = |source: &Source| words(source.code(), "gradcheck").next().is_some();
    let unchecked = ops().filter(|(path, source)| {
        let tests = format!("{}/tests.rs", path.trim_end_matches("/mod.rs").trim_end_matches(".rs"));
        let checked_apart = ops().any(|(other, source)| *other == tests && checks(source));
        source.code().contains("Op<F> for ") && !checks(source) && !checked_apart
    });
    let way_out = "add a test that calls `gradcheck`, to first and second order";
    unchecked.map(|(path, _)| finding(path, "", 0, "an op without a gradient check".to_string(), way_out)).collect()
}

/// The page of all derivatives, where it is not what the documentation of the ops says.
fn stale_page_of_derivatives(repository: &Repository) -> Vec<Finding> {
    let ops = repository.sources.iter().filter_map(|(path, source)| Some((path.strip_prefix(OPS)?, source.text())));
    let page = math::page(ops.clone());
    let current = repository.texts.iter().find(|(path, _)| path == math::PAGE).map(|(_, text)| text.as_str());
    let stale = ops.count() > 0 && current != Some(&page);
    let found = || finding(math::PAGE, "", 0, "not what the ops document".to_string(), "run `cargo xtask math`");
    stale.then(found).into_iter().collect()
}

/// A module that does not say what it is for. Before `//!` there may be `#!` lines and blank ones.
fn modules_without_documentation(repository: &Repository) -> Vec<Finding> {
    in_sources(repository, "say in its first lines what the module is for", |_, source| {
        let first = source.text().lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("#!"));
        let documented = first.is_some_and(|line| line.starts_with("//!"));
        (!documented).then(|| (0, "a module without `//!`".to_string())).into_iter()
    })
}

/// Unsafe code outside the kernels; the allocator that the tests count with is excepted.
fn unsafe_code(repository: &Repository) -> Vec<Finding> {
    let way_out = "only crates/kernels may be unsafe: write the safe form, or a kernel";
    in_sources(repository, way_out, |path, source| {
        let allowed = path.starts_with(KERNELS) || path.starts_with("tests/") && path.contains("alloc");
        words(source.code(), "unsafe").filter(move |_| !allowed).map(|at| (at, "unsafe code".to_string()))
    })
}

/// A library that prints. Tests, examples, programs and tools may; progress and warnings belong to `train`.
fn printing(repository: &Repository) -> Vec<Finding> {
    let way_out = "return it, and let the program print it";
    in_sources(repository, way_out, |path, source| {
        let package = repository.package_of(path).map_or("", |package| package.name.as_str());
        let parts: Vec<&str> = path.split('/').collect();
        let for_people = ["tests", "tests.rs", "examples", "benches"].iter().any(|part| parts.contains(part));
        // What the programs that classify images say is in one library.
        let speaks = for_people || BINARIES.contains(&package) || ["xtask", "retrograde-classify"].contains(&package);
        let mut macros = vec!["dbg"];
        macros.extend(["print", "println"].iter().filter(|_| !speaks));
        macros.extend(["eprint", "eprintln"].iter().filter(|_| !speaks && package != "retrograde-train"));
        let tests_begin = source.tests_begin();
        macros.into_iter().flat_map(|name| calls(source, name)).filter(move |(at, _)| *at < tests_begin)
    })
}

/// Code that is still to be written.
fn unfinished_code(repository: &Repository) -> Vec<Finding> {
    in_sources(repository, "write it, or leave it out", |_, source| {
        ["todo", "unimplemented"].into_iter().flat_map(|name| calls(source, name))
    })
}

/// A comment that postpones something.
fn unfinished_thoughts(repository: &Repository) -> Vec<Finding> {
    in_sources(repository, "do it, or say plainly what is not there", |_, source| {
        let places = |word: &'static str| words(source.comments(), word).map(move |at| (at, format!("`{word}`")));
        ["TODO", "FIXME", "XXX"].into_iter().flat_map(places)
    })
}

/// The top folders that a path on somebody's machine begins with.
const MACHINE_FOLDERS: &[&str] = &["home", "mnt", "root", "tmp", "work", "Users"];

/// A path that exists on one machine only, in any file.
fn machine_paths(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in &repository.texts {
        for folder in MACHINE_FOLDERS {
            let (below, way_out) =
                (format!("/{folder}/"), "name it from the root of the repository, or take it as an argument");
            // After a letter or a dot it is the middle of a longer path.
            let inside = |at: usize| text[..at].ends_with(|c: char| c.is_alphanumeric() || "._-~})]>*".contains(c));
            let places = text.match_indices(&below).map(|(at, _)| at).filter(|&at| !inside(at));
            findings.extend(places.map(|at| finding(path, text, at, format!("a path below /{folder}"), way_out)));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    fn manifest(name: &str) -> String {
        format!("[package]\nname = \"{name}\"")
    }

    #[test]
    fn a_file_over_the_limit_is_found() {
        let (at, over) = ("//\n".repeat(MAX_LINES), "//\n".repeat(MAX_LINES + 1));
        check(overlong_files, &[("a.rs", &at), ("b.rs", &over), ("c.md", &over)], &["b.rs:501"]);
    }

    #[test]
    fn the_page_of_derivatives_is_what_the_ops_say() {
        let op = ("crates/tape/src/ops/kind/a.rs", "//! `y = x`.");
        let page = math::page([("kind/a.rs", op.1)].into_iter());
        check(stale_page_of_derivatives, &[op, ("docs/math.md", &page)], &[]);
        check(stale_page_of_derivatives, &[op, ("docs/math.md", "old")], &["docs/math.md:1"]);
        check(stale_page_of_derivatives, &[op], &["docs/math.md:1"]);
        check(stale_page_of_derivatives, &[("src/lib.rs", "")], &[]);
    }

    #[test]
    fn an_op_without_a_gradient_check_is_found() {
        let files = [
            ("crates/tape/src/ops/mod.rs", ""),
            ("crates/tape/src/ops/kind/a.rs", "impl<F: Real> Op<F> for A {}\ngradcheck::unary(f)"),
            ("crates/tape/src/ops/kind/b.rs", "impl<F: Real> Op<F> for B {} // gradcheck is called elsewhere"),
            ("crates/tape/src/ops/kind/c.rs", "impl<F: Real> Op<F> for C {}"),
            ("crates/tape/src/ops/kind/c/tests.rs", "gradcheck::unary(f)"),
            ("crates/tape/src/ops/kind/d.rs", "impl<F: Real> Op<F> for D {}"),
            ("crates/tape/src/ops/kind/helper.rs", "fn helper() {}"),
        ];
        let expected = ["crates/tape/src/ops/kind/b.rs:1", "crates/tape/src/ops/kind/d.rs:1"];
        check(ops_without_gradient_check, &files, &expected);
    }

    #[test]
    fn a_module_that_does_not_say_what_it_is_for_is_found() {
        let files = [
            ("a.rs", "#!/usr/bin/env cargo\n#![no_std]\n\n//! What it is for."),
            ("b.rs", "/// Of the item.\nfn f() {}"),
            ("c.rs", ""),
        ];
        check(modules_without_documentation, &files, &["b.rs:1", "c.rs:1"]);
    }

    #[test]
    fn unsafe_code_is_found_where_it_does_not_belong() {
        let block = "fn f() {\n    unsafe { g() }\n}";
        let files = [
            ("crates/kernels/src/lib.rs", block),
            ("crates/nn/src/a.rs", block),
            ("crates/nn/src/b.rs", "#![forbid(unsafe_code)] // no unsafe\nlet s = \"unsafe\";"),
            ("tests/allocations.rs", block),
            ("tests/other.rs", block),
        ];
        check(unsafe_code, &files, &["crates/nn/src/a.rs:2", "tests/other.rs:2"]);
    }

    #[test]
    fn a_library_that_prints_is_found() {
        let prints = "fn f() {\n    println!(\"a\");\n    eprintln!(\"b\");\n}";
        let (nn, train, mnist) = (manifest("retrograde-nn"), manifest("retrograde-train"), manifest("mnist"));
        let files = [
            ("nn/Cargo.toml", &*nn),
            ("nn/src/a.rs", prints),
            (
                "nn/src/b.rs",
                "/// println!(\"example\")\nfn println() {}\n#[cfg(test)]\nmod tests {\n    fn f() { println!() }\n}",
            ),
            ("nn/examples/a.rs", prints),
            ("nn/src/a/tests.rs", prints),
            ("train/Cargo.toml", &*train),
            ("train/src/a.rs", prints),
            ("mnist/Cargo.toml", &*mnist),
            ("mnist/src/main.rs", prints),
            ("mnist/src/a.rs", "fn f() { dbg!(1) }"),
        ];
        check(printing, &files, &["mnist/src/a.rs:1", "nn/src/a.rs:2", "nn/src/a.rs:3", "train/src/a.rs:2"]);
    }

    #[test]
    fn what_is_still_to_be_written_is_found() {
        let code = "fn f() { todo!() }\nfn g() { unimplemented!(\"later\") }\nfn todo() {}";
        check(unfinished_code, &[("a.rs", code)], &["a.rs:1", "a.rs:2"]);
        let comments = "// TODO: later\n/// FIXME\nlet s = \"TODO\"; // AUTODOC";
        check(unfinished_thoughts, &[("a.rs", comments)], &["a.rs:1", "a.rs:2"]);
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        let path = |folder: &str| {
            format!("see `/{folder}/x` and\nhttps://example.org/{folder}/x, ./{folder}/x, $HOME/{folder}/x")
        };
        for folder in MACHINE_FOLDERS {
            check(machine_paths, &[("a.md", &path(folder)), ("b.toml", "/proc/self/status")], &["a.md:1"]);
        }
    }
}
