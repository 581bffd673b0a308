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
    fails(mnist(path, &["--dataset", "digits", "--data-dir", "x"]), 2, &["--data-dir is not for --dataset digits"]);
    fails(mnist(path, &["--optimizer", "lbfgs", "--reg", "1"]), 2, &["--reg is not for --optimizer lbfgs"]);
    fails(mnist(path, &["--optimizer", "adm"]), 2, &["did you mean \"adam\"?"]);
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

/// The examples of a help text, as arguments.
fn examples(help: &str) -> Vec<Vec<String>> {
    let lines = help.lines().skip_while(|line| !line.starts_with("Examples:")).skip(1);
    let lines = lines.take_while(|line| !line.trim().is_empty()).filter(|line| line.starts_with("  mnist"));
    let mut examples = Vec::new();
    for line in lines {
        // What the example does stands behind two spaces or more.
        let command = line.trim().split("   ").next().unwrap();
        let mut words = Vec::new();
        for (number, part) in command.split('\'').enumerate() {
            match number % 2 {
                0 => words.extend(part.split_whitespace().map(String::from)),
                _ => words.push(part.to_string()),
            }
        }
        examples.push(words.split_off(1));
    }
    examples
}

#[test]
fn help_teaches_and_its_examples_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    // What the examples speak of: a run, and a picture.
    assert!(mnist(path, &[]).status.success());
    let digit = draw::ContactSheet::new("").picture(draw::Picture::new(2, 2, 1, vec![0; 4]), [""]);
    digit.save(path.join("digit.png")).unwrap();
    let mut count = 0;
    for command in ["train", "eval", "predict", "compare", "summary", "find-lr"] {
        let help = stdout(&mnist(path, &[command, "--help"]));
        let examples = examples(&help);
        assert!(examples.len() >= 2, "{command}: {help}");
        for example in examples {
            count += 1;
            let words: Vec<&str> = example.iter().map(String::as_str).collect();
            let output = mnist(path, &words);
            // The large data sets are not there; everything else about such an example is.
            if words.contains(&"FOLDER") {
                fails(output, 2, &["no train-images-idx3-ubyte", "FOLDER"]);
            } else if words.contains(&"fashion") {
                fails(output, 2, &["no fashion in", "cargo xtask data fashion"]);
            } else {
                assert_eq!(output.status.code(), Some(0), "{example:?}: {output:?}");
            }
        }
    }
    assert_eq!(count, 17);
}

#[test]
fn a_run_is_evaluated_again_with_the_same_result() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let line = |text: &str| text.lines().find(|line| line.starts_with("test accuracy")).unwrap().to_string();
    let trained = stdout(&mnist(path, &["--epochs", "12", "--optimizer", "adam", "--average", "0.9"]));
    assert_eq!(line(&stdout(&mnist(path, &["eval"]))), line(&trained));
    let run = path.join("runs/mnist/1");
    for picture in ["confusion.png", "mistakes.png", "loss.png", "accuracy.png"] {
        assert!(fs::read(run.join(picture)).unwrap().starts_with(b"\x89PNG"), "{picture}");
    }
    fails(mnist(path, &["eval", "--expect-accuracy", "1"]), 3, &["below the expected"]);
    fails(mnist(path, &["eval", "--run", "."]), 2, &["is not the folder of a run", "config.toml"]);
    fails(mnist(path, &["predict", "360"]), 2, &["neither a file nor the number of a test image, from 0 to 359"]);
    fails(mnist(path, &["predict", "runs/mnist/1/config.toml"]), 2, &["expected a whole PNG"]);
    // A picture that the program drew of a test image is read as that digit.
    let mut sure = 0;
    for index in 0..10 {
        let test = data::digits().test;
        let picture = draw::Picture::new(8, 8, 1, test.picture(index)).resize(64, 64);
        write_png(&path.join("one.png"), &picture);
        let (by_number, by_file) =
            (stdout(&mnist(path, &["predict", &index.to_string()])), stdout(&mnist(path, &["predict", "one.png"])));
        let class = |text: &str| text.split_whitespace().nth(1).unwrap().to_string();
        sure += u32::from(class(&by_number) == class(&by_file));
    }
    assert_eq!(sure, 10);
}

fn write_png(path: &Path, picture: &draw::Picture) {
    let file = fs::File::create(path).unwrap();
    let mut encoder = png::Encoder::new(file, picture.width() as u32, picture.height() as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(picture.pixels()).unwrap();
}

#[test]
fn settings_of_a_file_and_their_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let first = mnist(path, &["--epochs", "2", "--optimizer", "sgd:momentum=0.9", "--lr", "0.1", "--seed", "3"]);
    assert!(first.status.success(), "{first:?}");
    let again = mnist(path, &["--config", "runs/mnist/1/config.toml"]);
    assert!(again.status.success(), "{again:?}");
    let weights = |number: &str| fs::read(path.join("runs/mnist").join(number).join("model.safetensors")).unwrap();
    assert_eq!(weights("1"), weights("2"), "config.toml has everything");
    fs::write(path.join("mine.toml"), "epochs = 2\nbatchsize = 3\n").unwrap();
    let want = ["mine.toml, line 2: no setting \"batchsize\"", "did you mean \"batch_size\"?"];
    fails(mnist(path, &["--config", "mine.toml"]), 2, &want);
    fails(mnist(path, &["--config", "none.toml"]), 2, &["cannot read none.toml"]);
}

#[test]
fn a_comparison_is_one_table_and_one_figure() {
    let folder = tempfile::tempdir().unwrap();
    let output = mnist(folder.path(), &["compare", "--out", "side", "", "--epochs 3"]);
    let text = stdout(&output);
    assert!(text.lines().any(|line| line.starts_with("--epochs 3 ")), "{text}");
    for file in ["accuracy.png", "loss.png", "table.txt", "1/model.safetensors", "2/model.safetensors"] {
        assert!(folder.path().join("side").join(file).is_file(), "{file}");
    }
    fails(mnist(folder.path(), &["compare", "--epohcs 3"]), 2, &["in \"--epohcs 3\"", "--epochs"]);
}

#[test]
fn completions_for_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&mnist(folder.path(), &["completions", shell]));
        assert!(script.contains("batch-size") && script.contains("find-lr"), "{shell}");
    }
}

#[test]
fn a_profile_adds_up() {
    let folder = tempfile::tempdir().unwrap();
    let text = stdout(&mnist(folder.path(), &["--epochs", "3", "--profile"]));
    let shares =
        text.lines().skip_while(|line| !line.starts_with("op ")).skip(1).take_while(|line| line.contains(" ms"));
    let total: f64 = shares.map(|line| line.split_whitespace().nth(6).unwrap().parse::<f64>().unwrap()).sum();
    assert!((total - 100.0).abs() < 1.0, "{total}: {text}");
}
