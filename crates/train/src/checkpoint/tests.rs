//! Checkpoints come back to the bit, or not at all.

use super::*;
use rand::RngExt;
use serde_json::json;

type State = serde_json::Value;

fn snapshot(step: u64) -> Snapshot<State> {
    let mut arrays = BTreeMap::new();
    let numbers = (0..12).map(|i| (i as f32 * 0.37 + step as f32).sin()).collect();
    arrays.insert("params/fc.weight".to_string(), Array { dims: vec![3, 4], numbers: Numbers::F32(numbers) });
    arrays.insert("optimizer/rate".to_string(), vec![0.1 + step as f64 / 3.0, f64::MIN_POSITIVE].into());
    Snapshot { step, arrays, state: json!({ "epoch": step, "loss": 0.1 + 0.2, "history": [1.5, 1e-300] }) }
}

/// A folder with the checkpoints of steps 1 and 2.
fn saved() -> (tempfile::TempDir, Checkpoints) {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::open(folder.path()).unwrap();
    checkpoints.save(&snapshot(1)).unwrap();
    checkpoints.save(&snapshot(2)).unwrap();
    (folder, checkpoints)
}

#[track_caller]
fn falls_back(checkpoints: &Checkpoints, spoiled: &Path, what: &str) {
    let found: Found<State> = checkpoints.newest().unwrap().unwrap();
    assert_eq!(found.snapshot, snapshot(1), "{what}");
    let [rejected] = &found.rejected[..] else { panic!("{what}: {:?}", found.rejected) };
    assert!(rejected.to_string().contains(&spoiled.display().to_string()), "{what}: {rejected}");
}

#[test]
fn the_newest_comes_back_to_the_bit() {
    let (_folder, checkpoints) = saved();
    let found: Found<State> = checkpoints.newest().unwrap().unwrap();
    assert_eq!(found.snapshot, snapshot(2));
    assert!(found.rejected.is_empty());
    let empty = tempfile::tempdir().unwrap();
    assert!(Checkpoints::open(empty.path()).unwrap().newest::<State>().unwrap().is_none());
}

#[test]
fn no_flipped_bit_is_accepted() {
    let (folder, checkpoints) = saved();
    let mut random = tape::Random::new(5, 0, 0);
    for name in ["000000000002.json", "000000000002.safetensors"] {
        let path = folder.path().join(name);
        let good = fs::read(&path).unwrap();
        for _ in 0..1000 {
            let (byte, bit) = (random.random_range(0..good.len()), random.random_range(0..8));
            let mut bad = good.clone();
            bad[byte] ^= 1 << bit;
            fs::write(&path, bad).unwrap();
            falls_back(&checkpoints, &path, &format!("{name}: bit {bit} of byte {byte}"));
        }
        fs::write(&path, &good).unwrap();
    }
    assert_eq!(checkpoints.newest::<State>().unwrap().unwrap().snapshot, snapshot(2));
}

#[test]
fn no_missing_end_is_accepted() {
    let (folder, checkpoints) = saved();
    for name in ["000000000002.json", "000000000002.safetensors"] {
        let path = folder.path().join(name);
        let good = fs::read(&path).unwrap();
        for len in 0..good.len() {
            fs::write(&path, &good[..len]).unwrap();
            falls_back(&checkpoints, &path, &format!("{name}: cut to {len} bytes"));
        }
        fs::write(&path, [&good[..], b" "].concat()).unwrap();
        falls_back(&checkpoints, &path, &format!("{name}: a byte more"));
        fs::write(&path, &good).unwrap();
    }
}

#[test]
fn files_that_were_exchanged_are_noticed() {
    let (folder, checkpoints) = saved();
    let path = |name: &str| folder.path().join(name);
    fs::copy(path("000000000001.json"), path("000000000002.json")).unwrap();
    falls_back(&checkpoints, &path("000000000002.json"), "the manifest of another step");
    fs::remove_file(path("000000000002.safetensors")).unwrap();
    falls_back(&checkpoints, &path("000000000002.json"), "no numbers");
    fs::write(path("000000000001.json"), "{}").unwrap();
    let error = checkpoints.newest::<State>().unwrap_err().to_string();
    assert!(error.contains("no checkpoint in") && error.contains("--resume"), "{error}");
}

#[test]
fn three_are_kept_and_what_is_half_written_is_removed() {
    let (folder, checkpoints) = saved();
    for step in 3..=7 {
        checkpoints.save(&snapshot(step)).unwrap();
    }
    let names = || {
        let mut names: Vec<String> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let kept: Vec<String> =
        (5..=7).flat_map(|step| ["json", "safetensors"].map(|kind| format!("{step:012}.{kind}"))).collect();
    assert_eq!(names(), kept);
    // As if the program had been killed while it wrote step 8, and once more while it wrote a temporary file.
    fs::write(folder.path().join("000000000008.safetensors"), "half").unwrap();
    fs::write(folder.path().join(".write-abc123.tmp"), "half").unwrap();
    fs::write(folder.path().join("notes.txt"), "the user's").unwrap();
    Checkpoints::open(folder.path()).unwrap();
    assert_eq!(names(), [kept, vec!["notes.txt".to_string()]].concat());
}
