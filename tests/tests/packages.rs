//! The packages that the workspace stands on are used where they belong, by nobody else, and are part of the programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each package, with the folders of the crates that use it.
const USERS: [(&str, &[&str]); 8] = [
    ("rayon", &["kernels"]),
    ("matrixmultiply", &["kernels"]),
    ("rand", &["data", "explain", "kernels", "nn", "tape", "translate"]),
    ("rand_distr", &["data", "explain", "kernels", "nn"]),
    (
        "thiserror",
        &[
            "cifar",
            "classify",
            "data",
            "draw",
            "explain",
            "kernels",
            "mnist",
            "nn",
            "optim",
            "tape",
            "train",
            "translate",
            "visualize",
        ],
    ),
    ("clap", &["cifar", "classify", "mnist", "train", "translate", "visualize"]),
    ("plotters", &["draw"]),
    ("byteorder", &["data"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read_toml(path: &Path) -> toml::Table {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The normal dependencies of every crate of the workspace, by the name of its folder. An optional one is none.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let folders = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap());
    let read = |folder: fs::DirEntry| {
        let manifest = read_toml(&folder.path().join("Cargo.toml"));
        let always =
            |value: &toml::Value| value.get("optional").is_none_or(|optional| optional.as_bool() == Some(false));
        let names = manifest.get("dependencies").and_then(toml::Value::as_table).into_iter().flatten();
        let names = names.filter(|(_, value)| always(value)).map(|(name, _)| name.clone()).collect();
        (folder.file_name().into_string().unwrap(), names)
    };
    folders.map(read).collect()
}

/// Whether a file below `folder` mentions a path of the package.
fn mentions(folder: &Path, package: &str) -> bool {
    let is_part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return mentions(&path, package);
        }
        let text = fs::read_to_string(&path).unwrap();
        let is_whole_name = |(at, _): (usize, &str)| !text[..at].ends_with(is_part_of_name);
        text.match_indices(&format!("{package}::")).any(is_whole_name)
    })
}

#[test]
fn each_package_where_it_works() {
    let dependencies = dependencies();
    for (package, expected) in USERS {
        let users = dependencies.iter().filter(|(_, names)| names.contains(package));
        assert_eq!(users.map(|(folder, _)| folder.as_str()).collect::<Vec<_>>(), expected, "users of {package}");
        for user in expected {
            assert!(mentions(&root().join("crates").join(user).join("src"), package), "{user} does not use {package}");
        }
    }
}

#[test]
fn all_are_part_of_the_program_that_trains() {
    let dependencies = dependencies();
    let (mut reached, mut open) = (BTreeSet::new(), vec!["mnist"]);
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            // The crates of the workspace are known by the names of their folders.
            open.extend(dependencies.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    for (package, _) in USERS {
        assert!(reached.contains(package), "{package} is not below mnist: {reached:?}");
    }
}

#[test]
fn the_lock_file_has_them_all() {
    let lock = read_toml(&root().join("Cargo.lock"));
    let packages = lock["package"].as_array().unwrap();
    for (name, _) in USERS {
        let is_it = |package: &toml::Value| package["name"].as_str() == Some(name) && package.get("source").is_some();
        assert!(packages.iter().any(is_it), "{name} from a registry");
    }
}
