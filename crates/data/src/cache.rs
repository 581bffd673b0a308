//! Where downloaded data sets are.

use std::env;
use std::path::PathBuf;

/// The folder of a data set that was downloaded before: `$RETROGRADE_DATA/<name>` if that variable is set; else
/// `datasets/cache/<name>` in the present folder or one above it, as in a clone of the repository; else
/// `retrograde/<name>` in `$XDG_DATA_HOME` or `~/.local/share`. `Err` has all that was looked at, none of which exists.
///
/// # Errors
/// See above.
pub fn cached(name: &str) -> Result<PathBuf, Vec<PathBuf>> {
    let places = match env::var_os("RETROGRADE_DATA").filter(|folder| !folder.is_empty()) {
        Some(folder) => vec![PathBuf::from(folder).join(name)],
        None => {
            let here = env::current_dir().unwrap_or_default();
            let root = here.ancestors().find(|folder| folder.join("datasets").is_dir()).unwrap_or(&here);
            let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".local/share"));
            let shared = env::var_os("XDG_DATA_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
            let shared = shared.or_else(home).map(|folder| folder.join("retrograde").join(name));
            [Some(root.join("datasets/cache").join(name)), shared].into_iter().flatten().collect()
        }
    };
    places.iter().find(|place| place.is_dir()).cloned().ok_or(places)
}
