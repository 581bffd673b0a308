//! The files that tidy looks at: manifests, sources, and other text.

use crate::Failure;
use crate::source::Source;
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Table, Value};

/// The files of a repository, by their paths from its root, with `/` between folders.
pub(crate) struct Repository {
    /// The packages, the innermost folders first.
    pub(super) packages: Vec<Package>,
    /// The `.rs` files.
    pub(super) sources: Vec<(String, Source)>,
    /// All files, as text.
    pub(super) texts: Vec<(String, String)>,
}

/// A package, from its `Cargo.toml`.
pub(super) struct Package {
    pub(super) name: String,
    /// Its folder, with a `/` at the end; empty in the root.
    pub(super) folder: String,
    pub(super) manifest: Table,
    pub(super) dependencies: Vec<Dependency>,
}

/// A line in a table of dependencies.
pub(super) struct Dependency {
    /// The name that the code uses.
    pub(super) key: String,
    /// The name of the package.
    pub(super) package: String,
    /// Whether only tests, examples and benchmarks see it.
    pub(super) dev: bool,
    pub(super) line: usize,
}

impl Repository {
    /// Reads what is below `root`, without what its `.gitignore` names.
    pub(crate) fn read(root: &Path) -> Result<Repository, Failure> {
        let ignored = std::fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
        let ignored: Vec<&str> = ignored.lines().map(|line| line.trim().trim_matches('/')).collect();
        let (mut files, mut folders) = (Vec::new(), vec![String::new()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(root.join(&folder))? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = format!("{folder}{name}");
                let kind = entry.file_type()?;
                if ignored.contains(&path.as_str()) || name == "target" || name == ".git" {
                    continue;
                } else if kind.is_dir() {
                    folders.push(path + "/");
                } else if kind.is_file() && is_text(&path) {
                    let text = std::fs::read_to_string(entry.path());
                    files.push((path.clone(), text.map_err(|error| format!("cannot read {path}: {error}"))?));
                }
            }
        }
        Repository::new(files)
    }

    /// A repository of these files.
    pub(crate) fn new(mut files: Vec<(String, String)>) -> Result<Repository, Failure> {
        files.sort();
        let mut manifests = Vec::new();
        for (path, text) in files.iter().filter(|(path, _)| path.rsplit('/').next() == Some("Cargo.toml")) {
            let manifest: Table = toml::from_str(text).map_err(|error| format!("{path}: {error}"))?;
            manifests.push((path, text, manifest));
        }
        let shared = manifests
            .iter()
            .find_map(|(.., manifest)| Some(table(table(manifest, "workspace")?, "dependencies")?.clone()));
        let shared = shared.unwrap_or_default();
        let mut packages: Vec<Package> = Vec::new();
        for (path, text, manifest) in manifests {
            let Some(name) = table(&manifest, "package").and_then(|package| package.get("name")?.as_str()) else {
                continue;
            };
            packages.push(Package {
                name: name.to_string(),
                folder: path.trim_end_matches("Cargo.toml").to_string(),
                dependencies: dependencies(&manifest, text, &shared),
                manifest,
            });
        }
        packages.sort_by_key(|package| std::cmp::Reverse(package.folder.len()));
        let rust = files.iter().filter(|(path, _)| path.ends_with(".rs"));
        let sources = rust.map(|(path, text)| (path.clone(), Source::new(text))).collect();
        Ok(Repository { packages, sources, texts: files })
    }

    /// How many files were read.
    pub(crate) fn file_count(&self) -> usize {
        self.texts.len()
    }

    /// The package that a file belongs to.
    pub(super) fn package_of(&self, path: &str) -> Option<&Package> {
        self.packages.iter().find(|package| path.starts_with(&package.folder))
    }

    /// The sources of a package.
    pub(super) fn sources_of<'a>(&'a self, package: &'a Package) -> impl Iterator<Item = &'a Source> {
        let own = |path: &str| self.package_of(path).is_some_and(|owner| owner.folder == package.folder);
        self.sources.iter().filter(move |(path, _)| own(path)).map(|(_, source)| source)
    }
}

/// Whether a file is text that people wrote.
fn is_text(path: &str) -> bool {
    let extensions = ["rs", "toml", "md", "sh", "py", "yml", "yaml", "css", "html"];
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with(".ci/") || name.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
}

fn table<'a>(parent: &'a Table, key: &str) -> Option<&'a Table> {
    parent.get(key)?.as_table()
}

fn dependencies(manifest: &Table, text: &str, shared: &Table) -> Vec<Dependency> {
    let targets =
        table(manifest, "target").into_iter().flat_map(|targets| targets.values().filter_map(Value::as_table));
    let mut found = BTreeMap::new();
    for parent in std::iter::once(manifest).chain(targets) {
        for (kind, dev) in [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)] {
            for (key, value) in table(parent, kind).into_iter().flatten() {
                let renamed = value.get("package").or_else(|| shared.get(key)?.get("package")).and_then(Value::as_str);
                let package = renamed.unwrap_or(key).to_string();
                let line = line_of_key(text, kind, key);
                found.insert((key.clone(), dev), Dependency { key: key.clone(), package, dev, line });
            }
        }
    }
    found.into_values().collect()
}

/// The line of a key in a table of a manifest, `key = …`, `key.workspace = …` or `[table.key]`; 1 if it is written in
/// another way.
fn line_of_key(text: &str, table: &str, key: &str) -> usize {
    let mut inside = false;
    for (i, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            inside = header == table || header.ends_with(&format!(".{table}"));
            if header.ends_with(&format!("{table}.{key}")) {
                return i + 1;
            }
        } else if inside && line.strip_prefix(key).is_some_and(|rest| rest.starts_with([' ', '=', '.'])) {
            return i + 1;
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_found_in_every_table_under_their_real_names() {
        let root = "[workspace.dependencies]\ntape = { package = \"retrograde-tape\" }\n";
        let text = "[package]\nname = \"a\"\n[dependencies]\ntape.workspace = true\nb = { package = \"c\", version = \"1\" }\n\
                    [target.'cfg(unix)'.dev-dependencies]\nlibc = \"1\"\n[dependencies.clap]\nversion = \"1\"\n";
        let files = [("Cargo.toml", root), ("a/Cargo.toml", text)];
        let repository = Repository::new(files.map(|(path, text)| (path.into(), text.into())).into()).unwrap();
        let found = repository.packages[0].dependencies.iter();
        let found: Vec<_> = found.map(|d| (d.key.as_str(), d.package.as_str(), d.dev, d.line)).collect();
        assert_eq!(
            found,
            [
                ("b", "c", false, 5),
                ("clap", "clap", false, 8),
                ("libc", "libc", true, 7),
                ("tape", "retrograde-tape", false, 4)
            ]
        );
    }

    #[test]
    fn a_file_belongs_to_the_innermost_package() {
        let files = [
            ("a/Cargo.toml", "[package]\nname = \"a\""),
            ("a/b/Cargo.toml", "[package]\nname = \"b\""),
            ("a/b/x.rs", ""),
        ];
        let repository = Repository::new(files.map(|(path, text)| (path.into(), text.into())).into()).unwrap();
        assert_eq!(repository.package_of("a/b/x.rs").unwrap().name, "b");
        assert_eq!(repository.package_of("a/x.rs").unwrap().name, "a");
        assert!(repository.package_of("x.rs").is_none());
        let count = |i: usize| repository.sources_of(&repository.packages[i]).count();
        assert_eq!((count(0), count(1)), (1, 0));
    }
}
