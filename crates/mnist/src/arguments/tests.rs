//! What flags and files mean.

use super::*;
use clap::CommandFactory;
use classify::Options;
use train::Training;

fn options(arguments: &[&str]) -> Options<Flags> {
    let cli = Cli::try_parse_from(["mnist"].iter().chain(arguments)).unwrap();
    match cli.command {
        None => cli.train.options,
        Some(Command::Train(arguments)) => arguments.options,
        other => panic!("{other:?}"),
    }
}

fn meant(options: Options<Flags>) -> (Settings, Training) {
    options.project.settings(options.training).unwrap()
}

fn settings(arguments: &[&str]) -> (Settings, Training) {
    meant(options(arguments))
}

fn training(arguments: &[&str]) -> Training {
    settings(arguments).1
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn bare_means_train_and_flags_work_with_and_without_the_command() {
    assert_eq!(settings(&[]), settings(&["train"]));
    assert_eq!(settings(&["--lr", "2"]), settings(&["train", "--lr", "2"]));
    assert_eq!(training(&["--lr", "2"]).lr, 2.0);
}

#[test]
fn defaults_belong_to_the_data_set_and_the_optimizer() {
    let (_, digits) = settings(&[]);
    let (flags, mnist) = settings(&["--data-dir", "there"]);
    assert_eq!((mnist.lr, mnist.reg, mnist.epochs, mnist.batch_size), (0.1, 1e-3, 10, 64));
    assert_eq!(flags.dataset, DatasetKind::Mnist);
    assert_ne!((digits.lr, digits.epochs), (mnist.lr, mnist.epochs));
    assert_eq!(training(&["--data-dir", "there", "--epochs", "3"]).epochs, 3);
    let adam = training(&["--optimizer", "adam:beta1=0.8"]);
    assert_eq!((adam.lr, adam.reg), (0.001, 0.0));
}

#[test]
fn the_table_of_defaults_is_right() {
    for (row, arguments) in [("digits    mlp", &["--model", "mlp"]), ("          softmax", &["--model", "softmax"])] {
        let table = EXAMPLES.split("Defaults by data set").nth(1).unwrap();
        let line = table.lines().find(|line| line.contains(row)).unwrap();
        let numbers: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let Training { lr, reg, epochs, batch_size, .. } = training(arguments);
        assert_eq!(numbers[..4], [lr, reg, epochs as f64, batch_size as f64], "{row}");
    }
}

#[test]
fn what_is_written_can_be_read_and_means_the_same() {
    for arguments in [
        &[][..],
        &["--model", "softmax", "--no-relu", "--seed", "7"],
        &["--data-dir", "there", "--optimizer", "sgd:momentum=0.9", "--schedule", "step:every=2", "--patience", "3"],
        &["--average", "0.99", "--clip-norm", "1.5", "--save-every", "10", "--init", "he", "--hidden", "9"],
    ] {
        let (settings, training) = settings(arguments);
        let folder = tempfile::tempdir().unwrap();
        let run = train::RunFolder::create(Some(folder.path()), "mnist").unwrap();
        run.write_config(&toml_of(&settings, &training)).unwrap();
        let again = Options::default().or_config(Some(&run.file("config.toml"))).unwrap();
        assert_eq!(meant(again), (settings, training));
    }
}

/// What a run writes.
fn toml_of(settings: &Settings, training: &Training) -> serde_json::Value {
    let mut all = serde_json::to_value(settings).unwrap();
    let serde_json::Value::Object(training) = serde_json::to_value(training).unwrap() else { panic!("no object") };
    all.as_object_mut().unwrap().extend(training);
    all
}

#[test]
fn flags_win_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, "lr = 0.25\nepochs = 7\n").unwrap();
    let (_, training) = meant(options(&["--epochs", "3"]).or_config(Some(&path)).unwrap());
    assert_eq!((training.lr, training.epochs), (0.25, 3));
}

#[test]
fn values_of_a_file_are_checked_as_flags_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    for (text, message) in [
        ("lr = nan", "lr is NaN in the configuration file; it must be a finite number above 0"),
        ("batch_size = 0", "batch_size is 0 in the configuration file; it must be at least 1"),
        ("reg = -1.0", "reg is -1 in the configuration file; it must be a finite number, 0 or more"),
        ("model = \"softmax\"\nhidden = 3", "--hidden is for --model mlp"),
    ] {
        std::fs::write(&path, text).unwrap();
        let options = Options::<Flags>::default().or_config(Some(&path)).unwrap();
        let error = match options.project.settings(options.training) {
            Err(train::Failure::Input(error)) => error.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn what_cannot_work_is_refused() {
    for arguments in [
        &["--lr", "NaN"][..],
        &["--lr", "0"],
        &["--batch-size", "0"],
        &["--epochs", "0"],
        &["--reg", "-1"],
        &["--model", "cnn"],
        &["--optimizer", "adm"],
        &["--schedule", "step:every=0"],
        &["--lr", "1", "train"],
        &["train", "--resume", "runs/mnist/1", "--lr", "1"],
        &["train", "--resume", "runs/mnist/1", "--out", "x"],
    ] {
        assert!(Cli::try_parse_from(["mnist"].iter().chain(arguments)).is_err(), "{arguments:?}");
    }
    let resume = ["mnist", "train", "--resume", "runs/mnist/1", "--threads", "1", "--expect-accuracy", "0.5"];
    assert!(Cli::try_parse_from(resume).is_ok());
}
