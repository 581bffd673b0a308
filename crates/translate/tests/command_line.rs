//! The program as its users run it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_translate"));
    command.args(arguments).current_dir(folder);
    command
}

/// Runs the program in a folder, without input.
fn translate(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).stdin(Stdio::null()).output().expect("the program starts")
}

/// Runs the program with these bytes on its standard input.
fn translate_input(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = command(folder, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Expects an exit code and words of the message.
#[track_caller]
fn fails(output: Output, code: i32, words: &[&str]) {
    let message = stderr(&output);
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

/// A model that trains in a second.
const TINY: [&str; 10] = ["--model", "gru", "--pairs", "300", "--width", "8", "--hidden", "8", "--epochs", "1"];

/// The six files of Multi30k, of a few lines each.
fn files(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let (german, english) = (
        ["Ein Hund rennt.", "Zwei Hunde schlafen.", "Eine Katze schläft."],
        ["A dog runs.", "Two dogs sleep.", "A cat sleeps."],
    );
    for (part, times) in [("train", 8), ("val", 2), ("test_2016_flickr", 2)] {
        for (language, lines) in [("de", german), ("en", english)] {
            let text = (lines.join("\n") + "\n").repeat(times);
            fs::write(folder.join(format!("{part}.{language}")), text).unwrap();
        }
    }
}

/// What follows a key of `run.json` that has a number.
fn number(run: &Path, key: &str) -> f64 {
    let text = fs::read_to_string(run.join("run.json")).unwrap();
    let (_, rest) = text.split_once(&format!("\"{key}\": ")).unwrap();
    rest.split([',', '\n']).next().unwrap().parse().unwrap()
}

#[test]
fn a_small_model_learns_to_translate() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ["--pairs", "4000", "--epochs", "5", "--width", "48", "--hidden", "64"];
    let output = translate(folder.path(), &[&settings[..], &["--expect-accuracy", "0.8"]].concat());
    assert!(output.stderr.is_empty(), "{output:?}");
    let text = succeeds(output);
    assert!(text.contains("transformer on generated sentences") && !text.contains('\x1b'), "{text}");
    assert!(text.contains("nrefs:1|case:lc|eff:no|tok:13a|smooth:exp|") && text.contains("English words"), "{text}");
    let run = folder.path().join("runs/translate/1");
    for picture in ["loss.png", "accuracy.png", "perplexity.png", "attention.png"] {
        assert!(fs::read(run.join(picture)).unwrap().starts_with(b"\x89PNG"), "{picture}");
    }
    assert!(number(&run, "bleu") > 50.0 && number(&run, "perplexity_forced") < 2.5, "{text}");
    assert!(number(&run, "perplexity_free") >= number(&run, "perplexity_forced"), "{text}");
    let text = succeeds(translate(folder.path(), &["eval", "--beam", "3", "--expect-accuracy", "0.8"]));
    assert!(text.contains("beam 3") && text.contains("chrF2 = "), "{text}");
    let output = translate(folder.path(), &["eval", "--expect-bleu", "101"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(3) && message.contains("greedy, is below the expected 101.00"), "{message}");
    let output =
        translate_input(folder.path(), &["run"], "Die Frau schläft.\n\n  \nDas Kind lacht nicht.\n".as_bytes());
    let text = succeeds(output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[1], lines[2]), (4, "", ""), "empty lines stay: {text:?}");
    assert!(lines[0].contains("woman") && lines[3].contains("child"), "{text}");
}

#[test]
fn every_model_trains_and_is_tested() {
    let folder = tempfile::tempdir().unwrap();
    let small = ["--pairs", "200", "--width", "8", "--hidden", "12", "--epochs", "1", "--batch-size", "50"];
    for (name, more) in [
        ("rnn", &["--teacher-forcing", "0.5", "--dropout", "0.2"][..]),
        ("lstm", &["--layers", "2", "--teacher-forcing", "0"]),
        ("gru", &["--tokens", "bpe", "--vocabulary", "200"]),
        ("lstm-attention", &["--attention", "cosine", "--teacher-forcing", "0.5"]),
        ("lstm-attention", &["--attention", "cosine-temperature"]),
        ("lstm-attention", &["--attention", "dot"]),
        ("transformer-encoder", &["--label-smoothing", "0.1"]),
        ("transformer", &["--tied", "--norm-first", "--schedule", "noam:width=8,warmup=4", "--layers", "1"]),
    ] {
        let text = succeeds(translate(folder.path(), &[&["--model", name][..], &small, more].concat()));
        assert!(text.contains("free-running") && text.contains("BLEU = "), "{name}: {text}");
    }
}

/// The metrics without the times.
fn metrics(run: &Path) -> Vec<String> {
    let csv = fs::read_to_string(run.join("metrics.csv")).unwrap();
    csv.lines().map(|line| line.split(',').take(6).collect::<Vec<_>>().join(",")).collect()
}

#[test]
fn curves_have_the_same_bits_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    for model in ["lstm-attention", "transformer"] {
        let run = |threads: &str| {
            let name = format!("{model}-{threads}");
            let settings = ["--model", model, "--pairs", "256", "--epochs", "1", "--dropout", "0.2"];
            succeeds(translate(folder.path(), &[&settings[..], &["--threads", threads, "--out", &name]].concat()));
            metrics(&folder.path().join(name))
        };
        let one = run("1");
        assert_eq!(one.len(), 2);
        assert_eq!(run("2"), one);
        assert_eq!(run("3"), one);
    }
}

#[test]
fn a_run_goes_on_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let small = ["--pairs", "300", "--width", "8", "--hidden", "12", "--batch-size", "50", "--schedule", "plateau"];
    let random = ["--model", "lstm-attention", "--dropout", "0.3", "--teacher-forcing", "0.5"];
    let weights = |name: &str, steps: u64| {
        fs::read(folder.path().join(name).join(format!("checkpoints/{steps:012}.safetensors"))).unwrap()
    };
    succeeds(translate(folder.path(), &[&small[..], &random, &["--epochs", "4", "--out", "whole"]].concat()));
    succeeds(translate(folder.path(), &[&small[..], &random, &["--epochs", "2", "--out", "part"]].concat()));
    let config = folder.path().join("part/config.toml");
    let text = fs::read_to_string(&config).unwrap().replace("epochs = 2", "epochs = 4");
    fs::write(&config, text).unwrap();
    assert!(weights("part", 12) != weights("whole", 24), "24 steps change something");
    succeeds(translate(folder.path(), &["train", "--resume", "part"]));
    assert!(weights("part", 24) == weights("whole", 24), "the same bits");
    assert_eq!(metrics(&folder.path().join("part")), metrics(&folder.path().join("whole")));
}

#[test]
fn settings_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let with = "--pairs 200 --width 8 --hidden 8 --epochs 1";
    let all = ["compare", "--with", with, "--model gru", "--model transformer-encoder"];
    let text = succeeds(translate(folder.path(), &all));
    assert!(text.contains("perplexity forced") && text.contains("BLEU: nrefs:1"), "{text}");
    let comparison = folder.path().join("runs/translate-compare/1");
    for file in ["loss.png", "accuracy.png", "table.txt", "reports.json", "2/run.json"] {
        assert!(comparison.join(file).is_file(), "{file}");
    }
    let table = fs::read_to_string(comparison.join("table.txt")).unwrap();
    // Without its last run and its results, as after a kill, it goes on; what is complete is not computed again.
    fs::remove_dir_all(comparison.join("2")).unwrap();
    fs::remove_file(comparison.join("table.txt")).unwrap();
    fs::remove_file(comparison.join("1/model.safetensors")).unwrap();
    succeeds(translate(folder.path(), &["compare", "--resume", comparison.to_str().unwrap()]));
    let without_seconds = |table: &str| -> Vec<String> {
        table.lines().map(|line| line.split_whitespace().filter(|word| word.len() != 3).collect::<String>()).collect()
    };
    let again = fs::read_to_string(comparison.join("table.txt")).unwrap();
    assert_eq!(without_seconds(&again), without_seconds(&table));
    assert!(!comparison.join("1/model.safetensors").exists());
}

#[test]
fn tuning_goes_on_after_a_kill_without_repeating_a_trial() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("space.toml"), "lr = [0.001, 0.01]\nwidth = [4, 8]\n").unwrap();
    let with = "--model gru --pairs 200 --hidden 8 --epochs 1";
    let arguments = ["tune", "--space", "space.toml", "--grid", "--with", with, "--out", "search"];
    let text = succeeds(translate(folder.path(), &arguments));
    assert_eq!(text.lines().filter(|line| line.contains("--lr=0.001 --width=8")).count(), 2, "{text}");
    let search = folder.path().join("search");
    assert!(fs::read(search.join("trials.png")).unwrap().starts_with(b"\x89PNG"));
    let table = fs::read_to_string(search.join("table.txt")).unwrap();
    fs::remove_dir_all(search.join("4")).unwrap();
    let first = fs::read(search.join("1/run.json")).unwrap();
    let text = succeeds(translate(folder.path(), &["tune", "--resume", "search"]));
    assert_eq!(text.matches("complete, in search").count(), 3, "{text}");
    assert_eq!(fs::read(search.join("1/run.json")).unwrap(), first);
    let ranks = |table: &str| -> Vec<String> {
        table.lines().map(|line| line.split_whitespace().take(4).collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(ranks(&fs::read_to_string(search.join("table.txt")).unwrap()), ranks(&table));
}

#[test]
fn odd_sentences() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    succeeds(translate(path, &TINY));
    let long = "der Hund ".repeat(5000) + "\n";
    let output = translate_input(path, &["run"], long.as_bytes());
    assert!(stderr(&output).contains("sentence 1 has 10000 tokens; only the first 64 are translated"), "{output:?}");
    assert_eq!(succeeds(output).lines().count(), 1);
    let output = translate(path, &["run", "xyzzy plugh", ""]);
    assert!(stderr(&output).contains("sentence 1 has no word that the model knows"), "{output:?}");
    assert_eq!(succeeds(output), "\n\n");
    fails(translate_input(path, &["run"], b"Hund\nK\xe4fer\n"), 2, &["line 2 of the standard input"]);
    let drawn = |seed: &str| succeeds(translate(path, &["run", "--sample", "2", "--seed", seed, "Der Hund schläft."]));
    assert_eq!(drawn("1"), drawn("1"));
    assert_ne!(drawn("1"), drawn("2"));
    fails(translate(path, &["run", "--map", "map.png", "Der Hund"]), 2, &["GRU", "looks at no single words"]);
}

#[test]
fn lines_are_answered_at_once_alone_and_in_batches() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    succeeds(translate(path, &TINY));
    let lines = ["Der Hund schläft.", "", "Die Frau hilft dem Kind.", "xyzzy", "Der Mann sieht den Hund."];
    // A person, or a program, that waits for each answer.
    let mut child =
        command(path, &["run", "--beam", "3"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut answers = String::new();
    for line in lines {
        writeln!(input, "{line}").unwrap();
        output.read_line(&mut answers).unwrap();
    }
    drop(input);
    assert!(child.wait().unwrap().success());
    assert_eq!(answers.lines().map(str::is_empty).collect::<Vec<_>>(), [false, true, false, true, false], "{answers}");
    let file = (lines.join("\n") + "\n").repeat(60);
    assert_eq!(succeeds(translate_input(path, &["run", "--beam", "3"], file.as_bytes())), answers.repeat(60));
}

#[test]
fn mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for name in ["good", "lengths", "latin", "empty", "nothing"] {
        files(&path.join(name));
    }
    let append = |file: &str, bytes: &[u8]| {
        let path = path.join(file);
        fs::write(&path, [&fs::read(&path).unwrap(), bytes].concat()).unwrap();
    };
    append("lengths/val.de", b"Noch einer.\n");
    append("latin/train.de", b"K\xe4fer\n");
    append("latin/train.en", b"beetle\n");
    append("empty/train.de", b"\nEin Hund.\n");
    append("empty/train.en", b"nothing\n \n");
    fs::write(path.join("nothing/train.de"), "").unwrap();
    fs::write(path.join("nothing/train.en"), "").unwrap();
    let on = |data: &str, out: &str| {
        let small = ["--model", "gru", "--width", "8", "--hidden", "8", "--epochs", "1", "--min-count", "1"];
        translate(path, &[&["--data-dir", data, "--out", out][..], &small].concat())
    };
    fails(on("nowhere", "x"), 2, &["nowhere", "train.de"]);
    fails(on("lengths", "x"), 2, &["val.de has 7 lines", "has 6"]);
    fails(on("latin", "x"), 2, &["train.de: line 25: expected UTF-8"]);
    fails(on("nothing", "x"), 2, &["no pair of sentences to train"]);
    assert!(!path.join("x").exists(), "nothing was begun");
    let text = succeeds(on("empty", "run"));
    assert!(text.contains("left out: 2 with an empty sentence, 0 too long"), "{text}");
    let output = command(path, &["--dataset", "multi30k"]).env("RETROGRADE_DATA", "none").output().unwrap();
    fails(output, 2, &["cargo xtask data multi30k", "--data-dir"]);
    fails(translate(path, &["--model", "gpt"]), 2, &["invalid value 'gpt'"]);
    fails(translate(path, &["--config", "good/val.de"]), 2, &["good/val.de, line 1"]);
    fails(translate(path, &["eval", "--run", "good"]), 2, &["good is not the folder of a run"]);
    fails(translate(path, &["run", "Hund"]), 2, &["no run in runs/translate"]);
    fails(translate(path, &["compare", "--preset", "model"]), 2, &["no preset \"model\"; there are models, attention"]);
    fs::write(path.join("space.toml"), "lr = { min = 1.0 }\n").unwrap();
    fails(translate(path, &["tune", "--space", "space.toml"]), 2, &["space.toml: lr is"]);
    fs::write(path.join("space.toml"), "lrr = [1.0]\n").unwrap();
    fails(translate(path, &["tune", "--space", "space.toml"]), 2, &["--lrr"]);
}

#[test]
fn the_vocabulary_of_another_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    succeeds(translate(path, &[&TINY[..], &["--out", "one"]].concat()));
    succeeds(translate(path, &[&TINY[..], &["--min-count", "5", "--out", "other"]].concat()));
    fs::copy(path.join("other/source.json"), path.join("one/source.json")).unwrap();
    let words = ["one/source.json: expected the vocabulary with the fingerprint", "written with the model"];
    fails(translate(path, &["run", "--run", "one", "Hund"]), 2, &words);
    fails(translate(path, &["eval", "--run", "one"]), 2, &words);
    fails(translate(path, &["train", "--resume", "one"]), 2, &words);
    fs::write(path.join("other/source.json"), "{}").unwrap();
    fails(translate(path, &["run", "--run", "other", "Hund"]), 2, &["other/source.json"]);
}

/// The examples of a help text, as arguments.
fn examples(help: &str) -> Vec<Vec<String>> {
    let lines = help.lines().skip_while(|line| !line.starts_with("Examples:")).skip(1);
    let lines = lines.take_while(|line| !line.trim().is_empty()).filter(|line| line.starts_with("  translate"));
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
    files(&path.join("data"));
    fs::write(path.join("space.toml"), "lr = { min = 1e-3, max = 1e-2, scale = \"logarithmic\" }\nhidden = [8, 16]\n")
        .unwrap();
    succeeds(translate(path, &TINY));
    const FEW: &str = "--pairs 100 --width 8 --hidden 8 --epochs 1";
    for command in [&[][..], &["eval"], &["run"], &["compare"], &["tune"], &["summary"]] {
        let help = succeeds(translate(path, &[command, &["--help"]].concat()));
        let examples = examples(&help);
        assert!(examples.len() >= 2, "{command:?}: {help}");
        for example in examples {
            let reached = |word| match word {
                "FOLDER" => "data",
                // The BLEU of an example is far above that of a model of eight units.
                "35" => "0",
                word => word,
            };
            let mut words: Vec<&str> = example.iter().map(|word| reached(word.as_str())).collect();
            // Few sentences and epochs, where an example trains.
            let few: Vec<&str> = FEW.split(' ').collect();
            match words.first().copied() {
                Some("compare" | "tune") => match words.iter().position(|word| *word == "--with") {
                    Some(with) => words[with + 1] = FEW,
                    None => drop(words.splice(1..1, ["--with", FEW])),
                },
                None => words.extend(few),
                Some(flag) if flag.starts_with("--") => words.extend(few),
                _ => {}
            }
            succeeds(translate(path, &words));
        }
    }
}

#[test]
fn completions_for_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        assert!(succeeds(translate(folder.path(), &["completions", shell])).contains("translate"));
    }
}
