//! The packages that the workspace stands on are used where they belong, and by nobody else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The normal dependencies of every crate of the workspace, by the name of its folder.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let folders = fs::read_dir(crates).unwrap().map(|entry| entry.unwrap());
    let read = |folder: fs::DirEntry| {
        let text = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        let names =
            manifest.get("dependencies").and_then(toml::Value::as_table).into_iter().flat_map(|t| t.keys().cloned());
        (folder.file_name().into_string().unwrap(), names.collect())
    };
    folders.map(read).collect()
}

#[test]
fn each_package_where_it_works() {
    let dependencies = dependencies();
    let users = |package: &str| -> Vec<&str> {
        let uses = |names: &[String]| names.iter().any(|name| name == package);
        dependencies.iter().filter(|(_, names)| uses(names)).map(|(folder, _)| folder.as_str()).collect()
    };
    assert_eq!(users("rayon"), ["kernels"]);
    assert_eq!(users("matrixmultiply"), ["kernels"]);
    assert_eq!(users("plotters"), ["draw"]);
    assert_eq!(users("byteorder"), ["data"]);
    assert_eq!(users("clap"), ["mnist", "train"]);
    assert_eq!(users("rand"), ["data", "kernels", "nn", "tape"]);
    assert_eq!(users("rand_distr"), ["kernels", "nn"]);
    assert_eq!(users("thiserror"), ["data", "draw", "kernels", "mnist", "tape", "train"]);
}

#[test]
fn the_lock_file_has_them_all() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock")).unwrap();
    let lock: toml::Table = text.parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    for name in ["rayon", "matrixmultiply", "rand", "rand_distr", "thiserror", "clap", "plotters", "byteorder"] {
        assert!(packages.iter().any(|package| package["name"].as_str() == Some(name)), "{name}");
    }
}
