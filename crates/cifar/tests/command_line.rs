//! The program as its users run it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in a folder.
fn cifar(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cifar")).args(arguments).current_dir(folder).output().expect("the program starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Expects an exit code and words of the message.
#[track_caller]
fn fails(output: Output, code: i32, words: &[&str]) {
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{message}");
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
    assert!(!message.contains("panicked"), "{message}");
}

#[track_caller]
fn succeeds(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    stdout(&output)
}

/// A network that trains in a second or two.
const TINY: &str = "conv 4 kernel=3 stride=2 relu; batch-norm; max-pool 2; flatten; linear 10";

/// A folder with CIFAR-10's files, of a few records each.
fn files(folder: &Path, records: usize) {
    for name in ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"] {
        let record = |i: usize| {
            let label = (i % 10) as u8;
            std::iter::once(label).chain((0..3072).map(move |p| (p * (i + 3) % 256) as u8))
        };
        fs::write(folder.join(format!("{name}.bin")), (0..records).flat_map(record).collect::<Vec<u8>>()).unwrap();
    }
}

#[test]
fn bare_trains_a_small_network_on_generated_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let output = cifar(folder.path(), &["--epochs", "3", "--expect-accuracy", "0.6"]);
    assert!(output.stderr.is_empty(), "{output:?}");
    let text = succeeds(output);
    assert!(text.contains("small CNN on generated shapes") && !text.contains('\x1b'), "{text}");
    let run = folder.path().join("runs/cifar/1");
    for picture in ["loss.png", "accuracy.png", "confusion.png", "mistakes.png"] {
        assert!(fs::read(run.join(picture)).unwrap().starts_with(b"\x89PNG"), "{picture}");
    }
    let report = fs::read_to_string(run.join("run.json")).unwrap();
    assert!(report.contains("\"class_accuracies\"") && report.contains("\"checkerboard\""), "{report}");
    let text = succeeds(cifar(folder.path(), &["eval", "--expect-accuracy", "0.6"]));
    assert!(text.contains("crescent ") && text.contains("test accuracy: "), "{text}");
    let text = succeeds(cifar(folder.path(), &["predict", "0", "5", "runs/cifar/1/loss.png"]));
    assert_eq!(text.lines().count(), 3, "{text}");
}

#[test]
fn curves_have_the_same_bits_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let metrics = |threads: &str| {
        let settings = [
            "--layers",
            "conv 16 kernel=3 padding=1 relu; batch-norm; residual 32 stride=2; global-avg-pool; linear 10",
        ];
        let rest = ["--epochs", "1", "--batch-size", "100", "--augment", "standard", "--cutout", "6", "--mixup", "0.3"];
        let run = ["--threads", threads, "--overfit", "600", "--out", threads];
        succeeds(cifar(folder.path(), &[&settings[..], &rest, &run].concat()));
        let csv = fs::read_to_string(folder.path().join(threads).join("metrics.csv")).unwrap();
        csv.lines().map(|line| line.split(',').take(6).collect::<Vec<_>>().join(",")).collect::<Vec<_>>()
    };
    let one = metrics("1");
    assert!(one.len() == 2);
    assert_eq!(metrics("2"), one);
    assert_eq!(metrics("3"), one);
}

#[test]
fn a_run_goes_on_with_the_same_bits_random_changes_included() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        "--layers",
        TINY,
        "--overfit",
        "500",
        "--augment",
        "standard",
        "--jitter",
        "0.3",
        "--jpeg",
        "60",
        "--mixup",
        "0.5",
    ];
    // Weights and all that the optimizer remembers, after so many steps.
    let weights = |name: &str, steps: u64| {
        fs::read(folder.path().join(name).join(format!("checkpoints/{steps:012}.safetensors"))).unwrap()
    };
    succeeds(cifar(folder.path(), &[&settings[..], &["--epochs", "4", "--out", "whole"]].concat()));
    succeeds(cifar(folder.path(), &[&settings[..], &["--epochs", "2", "--out", "part"]].concat()));
    let config = folder.path().join("part/config.toml");
    let text = fs::read_to_string(&config).unwrap().replace("epochs = 2", "epochs = 4");
    fs::write(&config, text).unwrap();
    assert!(weights("part", 20) != weights("whole", 40), "40 steps change something");
    succeeds(cifar(folder.path(), &["train", "--resume", "part"]));
    assert!(weights("part", 40) == weights("whole", 40), "the same bits");
}

#[test]
fn a_network_learns_a_few_images_by_heart() {
    let folder = tempfile::tempdir().unwrap();
    let text = succeeds(cifar(folder.path(), &["overfit", "--epochs", "30"]));
    assert!(text.contains("50 images train") && text.contains("mistakes: none of 50"), "{text}");
    // One that cannot is found out.
    let blind = ["overfit", "--layers", "avg-pool 32; flatten; linear 10", "--epochs", "3"];
    fails(cifar(folder.path(), &blind), 3, &["below the expected 98.00 %"]);
}

#[test]
fn ways_to_cope_with_unbalanced_classes_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path(), 40);
    let with = "--epochs 1 --model two-layer --factor 0.1";
    let data = folder.path().to_str().unwrap();
    let text =
        succeeds(cifar(folder.path(), &["compare", "--preset", "imbalance", "--data-dir", data, "--with", with]));
    for words in ["weighted sampler", "class-balanced focal loss", "training images by class: ", "mean"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let comparison = folder.path().join("runs/cifar-compare/1");
    for file in ["accuracy.png", "loss.png", "classes.png", "table.txt", "reports.json", "5/run.json"] {
        assert!(comparison.join(file).is_file(), "{file}");
    }
    // Without its last run and its results, as after an interruption, it goes on to the same ones.
    let accuracies = |text: &str| text.rsplit_once("\nclass ").unwrap().1.to_string();
    let table = fs::read_to_string(comparison.join("table.txt")).unwrap();
    fs::remove_dir_all(comparison.join("5")).unwrap();
    fs::remove_file(comparison.join("table.txt")).unwrap();
    fs::remove_file(comparison.join("4/run.json")).unwrap();
    let text = succeeds(cifar(folder.path(), &["compare", "--resume", comparison.to_str().unwrap()]));
    assert_eq!(text.matches("complete, in ").count(), 3, "{text}");
    assert_eq!(accuracies(&fs::read_to_string(comparison.join("table.txt")).unwrap()), accuracies(&table));
    assert!(comparison.join("4/run.json").is_file() && comparison.join("5/run.json").is_file());
}

#[test]
fn mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for name in ["whole", "truncated", "label"] {
        fs::create_dir(path.join(name)).unwrap();
        files(&path.join(name), 3);
    }
    let batch = path.join("truncated/data_batch_3.bin");
    fs::write(&batch, &fs::read(&batch).unwrap()[..5000]).unwrap();
    let batch = path.join("label/data_batch_2.bin");
    let mut bytes = fs::read(&batch).unwrap();
    bytes[3073] = 10;
    fs::write(&batch, bytes).unwrap();
    fails(cifar(path, &["--data-dir", "nowhere"]), 2, &["nowhere", "data_batch_1.bin"]);
    fails(cifar(path, &["--data-dir", "truncated"]), 2, &["data_batch_3.bin", "5000"]);
    fails(cifar(path, &["--data-dir", "label"]), 2, &["data_batch_2.bin", "10"]);
    fails(cifar(path, &["--dataset", "cifar10"]), 2, &["cargo xtask data cifar10"]);
    fails(cifar(path, &["--layers", "cnov 8"]), 2, &["layer 1, \"cnov 8\"", "did you mean \"conv\"?"]);
    let unfit = "conv 8; max-pool 40; flatten; linear 10";
    fails(
        cifar(path, &["--layers", unfit]),
        2,
        &["layer 2, \"max-pool 40\", does not fit images of 8 channels of 30×30"],
    );
    fails(cifar(path, &["--layers", "flatten; linear 7"]), 2, &["gives 7 numbers", "end with \"linear 10\""]);
    fs::write(path.join("mine.toml"), "layers = [\"conv 8\", \"flaten\"]\n").unwrap();
    fails(cifar(path, &["--config", "mine.toml"]), 2, &["layer 2, \"flaten\"", "did you mean \"flatten\"?"]);
    fails(cifar(path, &["compare", "--layers 'flatten"]), 2, &["in \"--layers 'flatten\": a quote that is not closed"]);
    fails(cifar(path, &["compare", "--layers 'flatten; linaer 10'"]), 2, &["layer 2, \"linaer 10\""]);
    fails(cifar(path, &["compare", "--preset", "imbalanced"]), 2, &["no preset \"imbalanced\"; there are imbalance"]);
    succeeds(cifar(path, &["--layers", TINY, "--overfit", "50", "--epochs", "1", "--out", "run"]));
    fails(cifar(path, &["predict", "--run", "run", "mine.toml"]), 2, &["mine.toml", "a whole PNG"]);
    fails(cifar(path, &["predict", "--run", "run", "99999"]), 2, &["neither a file nor the number of a test image"]);
}

/// The examples of a help text, as arguments.
fn examples(help: &str) -> Vec<Vec<String>> {
    let lines = help.lines().skip_while(|line| !line.starts_with("Examples:")).skip(1);
    let lines = lines.take_while(|line| !line.trim().is_empty()).filter(|line| line.starts_with("  cifar"));
    let words = |line: &str| {
        let mut words = Vec::new();
        // What the example does stands behind three spaces or more.
        for (number, part) in line.trim().split("   ").next().unwrap().split('\'').enumerate() {
            match number % 2 {
                0 => words.extend(part.split_whitespace().map(String::from)),
                _ => words.push(part.to_string()),
            }
        }
        words.split_off(1)
    };
    lines.map(words).collect()
}

#[test]
fn every_example_of_every_help_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    files(path, 12);
    succeeds(cifar(path, &["--layers", TINY, "--overfit", "50", "--epochs", "1"]));
    fs::copy(path.join("runs/cifar/1/loss.png"), path.join("photo.png")).unwrap();
    for command in [&[][..], &["eval"], &["predict"], &["compare"], &["overfit"], &["summary"], &["find-lr"]] {
        let help = succeeds(cifar(path, &[command, &["--help"]].concat()));
        let examples = examples(&help);
        assert!(examples.len() >= 2, "{command:?}: {help}");
        for example in examples {
            let mut words: Vec<&str> = example.iter().map(|word| if word == "FOLDER" { "." } else { word }).collect();
            // Few images and epochs, where an example trains.
            let trains = words.is_empty() || words[0].starts_with("--") || words[0] == "overfit";
            if words.first() == Some(&"compare") {
                // Flags for all settings stand before the settings.
                match words.iter().position(|word| *word == "--with") {
                    Some(with) => words[with + 1] = "--model custom --overfit 20 --epochs 1",
                    None => drop(words.splice(1..1, ["--with", "--overfit 50 --epochs 1"])),
                }
            } else if words.first() == Some(&"find-lr") {
                words.extend(["--overfit", "100"]);
            } else if trains {
                let few: &[&str] = if words.contains(&"--epochs") { &[] } else { &["--epochs", "1"] };
                words.extend(["--overfit", "50", "--expect-accuracy", "0"].into_iter().chain(few.iter().copied()));
            }
            if words.contains(&"0.5") && words[0] == "eval" {
                words.retain(|word| *word != "--expect-accuracy" && *word != "0.5");
            }
            succeeds(cifar(path, &words));
        }
    }
}

#[test]
fn completions_for_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        assert!(succeeds(cifar(folder.path(), &["completions", shell])).contains("cifar"));
    }
}
