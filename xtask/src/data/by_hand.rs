//! What to do where this machine has no network: which files to bring, from where to where.

use super::catalog::{Dataset, FOLDER};
use std::fmt::Write;
use std::path::Path;

/// The instructions for placing the files of a data set in a folder by hand.
pub(super) fn instructions(dataset: &Dataset, folder: &Path) -> String {
    let Dataset { name, title, mirrors, files, .. } = dataset;
    let mut text = format!("{title} by hand: place these files in the folder {}\n\n", folder.display());
    let width = files.iter().map(|file| file.name.len()).max().unwrap_or(0);
    for file in *files {
        _ = writeln!(text, "  {:<width$}  {:>10} bytes  SHA-256 {}", file.name, file.size, file.sha256);
    }
    text += "\nfrom any of these addresses, each followed by the name of the file\n\n";
    mirrors.iter().for_each(|mirror| _ = writeln!(text, "  {mirror}"));
    _ = write!(
        text,
        "\nand check{} them, then go on:\n\n  cargo xtask data {name} --to {}\n  {}\n\n\
         Any other folder will do as well.",
        if dataset.members.is_empty() { "" } else { " and unpack" },
        quoted(folder),
        command(dataset, folder),
    );
    text
}

/// What to say when everything is in the folder.
pub(super) fn go_on(dataset: &Dataset, folder: &Path) -> String {
    let archives: Vec<&str> = dataset.files.iter().map(|file| file.name).collect();
    let rest = match dataset.members {
        [] => String::new(),
        _ => format!("{} may be deleted. ", archives.join(" and ")),
    };
    let (title, place, command) = (dataset.title, folder.display(), command(dataset, folder));
    format!("{title} is in {place}. {rest}Go on with\n\n  {command}")
}

/// The command to go on with when the files are in that folder.
pub(super) fn command(dataset: &Dataset, folder: &Path) -> String {
    dataset.command.replace(FOLDER, &quoted(folder))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/\\:._-+,@~".contains(c);
    if !path.is_empty() && path.chars().all(plain) { path } else { format!("\"{path}\"") }
}

#[cfg(test)]
mod tests {
    use super::super::catalog::DATASETS;
    use super::*;

    #[test]
    fn everything_that_is_needed_is_said() {
        for dataset in DATASETS {
            let text = instructions(dataset, Path::new("some where"));
            let files = dataset.files.iter().flat_map(|file| [file.name, file.sha256]);
            for needed in files.chain(dataset.mirrors.iter().copied()).chain(["\"some where\""]) {
                assert!(text.contains(needed), "{needed} is missing in\n{text}");
            }
            dataset.files.iter().for_each(|file| assert!(text.contains(&format!("{} bytes", file.size))));
        }
    }

    #[test]
    fn only_paths_that_need_it_are_quoted() {
        assert_eq!(quoted(Path::new("datasets/cache/mnist")), "datasets/cache/mnist");
        assert_eq!(quoted(Path::new("a b")), "\"a b\"");
    }
}
