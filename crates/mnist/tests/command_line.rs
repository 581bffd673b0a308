//! The program as its users run it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in a folder.
fn mnist(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mnist")).args(arguments).current_dir(folder).output().expect("the program starts")
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

#[test]
fn bare_trains_on_the_digits_and_leaves_a_run_folder() {
    let folder = tempfile::tempdir().unwrap();
    for number in ["1", "2"] {
        let output = mnist(folder.path(), &["--expect-accuracy", "0.95"]);
        assert!(output.status.success(), "{output:?}");
        assert!(output.stderr.is_empty(), "no progress bar where there is no terminal: {output:?}");
        let text = stdout(&output);
        assert!(!text.contains('\x1b'), "no control characters: {text:?}");
        let epochs =
            text.lines().filter(|line| line.split_whitespace().next().is_some_and(|n| n.parse::<u32>().is_ok()));
        assert_eq!(epochs.count(), 40, "a line an epoch: {text}");
        assert!(text.contains("test accuracy: 9"), "{text}");
        let run = folder.path().join("runs/mnist").join(number);
        for picture in ["loss.png", "accuracy.png"] {
            assert!(fs::read(run.join(picture)).unwrap().starts_with(b"\x89PNG"), "{picture}");
        }
        assert_eq!(fs::read_to_string(run.join("metrics.csv")).unwrap().lines().count(), 41);
        assert_eq!(fs::read_to_string(run.join("metrics.jsonl")).unwrap().lines().count(), 40);
        assert!(fs::read_to_string(run.join("config.toml")).unwrap().contains("model = \"mlp\""));
        assert!(fs::read_to_string(run.join("run.json")).unwrap().contains("\"accuracy\""));
    }
}

#[test]
fn curves_have_the_same_bits_for_any_number_of_threads_and_another_seed_other_ones() {
    let folder = tempfile::tempdir().unwrap();
    // A batch large enough that kernels use several threads.
    let metrics = |name: &str, threads: &str, seed: &str| {
        let settings = ["--epochs", "4", "--batch-size", "512", "--hidden", "512", "--lr", "1", "--init", "xavier"];
        let run = ["--threads", threads, "--seed", seed, "--out", name];
        let output = mnist(folder.path(), &[&settings[..], &run].concat());
        assert!(output.status.success(), "{output:?}");
        let csv = fs::read_to_string(folder.path().join(name).join("metrics.csv")).unwrap();
        // Without the last two columns, the time.
        csv.lines().map(|line| line.split(',').take(6).collect::<Vec<_>>().join(",")).collect::<Vec<_>>()
    };
    let one = metrics("one", "1", "5");
    for threads in ["2", "3", "7"] {
        assert_eq!(metrics(threads, threads, "5"), one, "{threads} threads");
    }
    assert_ne!(metrics("other", "1", "6"), one);
}

#[test]
fn dead_outputs_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ["--model", "softmax", "--lr", "1", "--epochs", "5"];
    let text = stdout(&mnist(folder.path(), &settings));
    assert!(text.contains(" of 10 (") && text.contains("--no-relu"), "{text}");
    let text = stdout(&mnist(folder.path(), &[&settings[..], &["--no-relu"]].concat()));
    assert!(!text.contains("dead outputs"), "{text}");
}

#[test]
fn a_result_below_the_expectation_has_its_own_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let output = mnist(folder.path(), &["--epochs", "1", "--expect-accuracy", "0.99"]);
    fails(output, 3, &["is below the expected 99.00 %"]);
}

#[test]
fn what_cannot_work_is_said_before_the_first_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fails(mnist(path, &["--lr", "NaN"]), 2, &["--lr", "a finite number above 0"]);
    fails(mnist(path, &["--batch-size", "0"]), 2, &["must be at least 1"]);
    fails(mnist(path, &["--modle", "mlp"]), 2, &["--modle", "--model"]);
    fails(mnist(path, &["--no-relu"]), 2, &["--no-relu is for --model softmax"]);
    fails(mnist(path, &["--model", "softmax", "--hidden", "9"]), 2, &["--hidden is for --model mlp"]);
    fails(mnist(path, &["--data-dir", "nowhere"]), 2, &["nowhere", "train-images-idx3-ubyte"]);
    fs::write(path.join("file"), "mine").unwrap();
    fails(mnist(path, &["--out", "file"]), 2, &["file is not a folder", "--out"]);
    fails(mnist(path, &["--out", "."]), 2, &["not empty", "--out"]);
    assert_eq!(fs::read(path.join("file")).unwrap(), b"mine");
    assert!(!path.join("runs").exists(), "nothing was begun");
}

#[test]
fn a_learning_rate_beyond_reason_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fails(mnist(folder.path(), &["--lr", "1e38"]), 1, &["epoch 1", "lower --lr"]);
}

#[test]
fn help_teaches_and_its_examples_run() {
    let folder = tempfile::tempdir().unwrap();
    let help = stdout(&mnist(folder.path(), &["--help"]));
    let examples: Vec<Vec<&str>> = help
        .lines()
        .skip_while(|line| !line.starts_with("Examples:"))
        .filter_map(|line| line.trim().strip_prefix("mnist"))
        .map(|line| line.split("   ").next().unwrap().split_whitespace().collect())
        .collect();
    assert_eq!(examples.len(), 4, "{help}");
    for example in examples {
        // The data set is not there; everything else about the example is.
        let expected = if example.contains(&"--data-dir") { 2 } else { 0 };
        let output = mnist(folder.path(), &example);
        assert_eq!(output.status.code(), Some(expected), "{example:?}: {output:?}");
        if expected == 2 {
            fails(output, 2, &["no train-images-idx3-ubyte", "mnist"]);
        }
    }
}
