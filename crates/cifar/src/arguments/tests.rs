//! What flags and files mean.

use super::*;
use clap::CommandFactory;
use classify::Options;
use train::{Failure, Training};

fn options(arguments: &[&str]) -> Options<Flags> {
    let cli = Cli::try_parse_from(["cifar"].iter().chain(arguments)).unwrap();
    match cli.command {
        None => cli.train.options,
        Some(Command::Train(arguments)) => arguments.options,
        other => panic!("{other:?}"),
    }
}

fn meant(options: Options<Flags>) -> Result<(Settings, Training), String> {
    options.project.settings(options.training).map_err(|failure| match failure {
        Failure::Input(error) => error.to_string(),
        other => panic!("{other:?}"),
    })
}

fn settings(arguments: &[&str]) -> (Settings, Training) {
    meant(options(arguments)).unwrap()
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_table_of_defaults_is_right() {
    let table = EXAMPLES.split("\nDefaults").nth(1).unwrap();
    for (row, arguments) in [
        ("shapes   small", &[][..]),
        ("two-layer", &["--data-dir", "x", "--model", "two-layer"]),
        ("vanilla", &["--data-dir", "x", "--model", "vanilla"]),
        ("custom", &["--data-dir", "x"]),
        ("resnet32", &["--data-dir", "x", "--model", "resnet32"]),
    ] {
        let line = table.lines().find(|line| line.contains(row)).unwrap();
        let numbers: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let (_, Training { lr, reg, epochs, batch_size, .. }) = settings(arguments);
        assert_eq!(numbers[..], [lr, reg, epochs as f64, batch_size as f64], "{row}");
    }
}

#[test]
fn what_is_written_can_be_read_and_means_the_same() {
    for arguments in [
        &[][..],
        &[
            "--data-dir",
            "there",
            "--model",
            "resnet32",
            "--shortcut",
            "project",
            "--cutout",
            "8",
            "--jitter",
            "0.2",
            "--jpeg",
            "75",
        ],
        &["--unbalanced", "step", "--factor", "0.1", "--loss", "cb-focal", "--gamma", "2", "--sigmoid"],
        &["--layers", "flatten; linear 10", "--mixup", "0.4", "--label-smoothing", "0.1", "--sampler", "weighted"],
    ] {
        let (settings, training) = settings(arguments);
        let folder = tempfile::tempdir().unwrap();
        let run = train::RunFolder::create(Some(folder.path()), "cifar").unwrap();
        let mut all = serde_json::to_value(&settings).unwrap();
        let serde_json::Value::Object(rest) = serde_json::to_value(&training).unwrap() else { panic!("no object") };
        all.as_object_mut().unwrap().extend(rest);
        run.write_config(&all).unwrap();
        let again = Options::default().or_config(Some(&run.file("config.toml"))).unwrap();
        assert_eq!(meant(again).unwrap(), (settings, training));
    }
}

#[test]
fn flags_win_over_the_file_and_a_model_over_its_layers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, "layers = [\"flatten\", \"linear 10\"]\nlr = 0.25\n").unwrap();
    let (mine, training) = meant(options(&["--epochs", "3"]).or_config(Some(&path)).unwrap()).unwrap();
    assert_eq!((mine.layers.unwrap().len(), training.lr, training.epochs), (2, 0.25, 3));
    let (other, _) = meant(options(&["--model", "vanilla"]).or_config(Some(&path)).unwrap()).unwrap();
    assert_eq!((other.layers, other.model), (None, Some(ModelKind::Vanilla)));
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    for (arguments, message) in [
        (&["--model", "small", "--layers", "flatten"][..], "--layers and --model exclude each other"),
        (&["--dataset", "shapes", "--data-dir", "x"], "--data-dir is not for --dataset shapes"),
        (&["--shortcut", "project"], "--shortcut is for --model resnet32"),
        (&["--factor", "0.1"], "--factor is for --unbalanced"),
        (
            &["--beta", "0.9"],
            "--beta is not for --loss cross-entropy: leave it out, or choose class-balanced or cb-focal",
        ),
        (&["--loss", "class-balanced", "--gamma", "2"], "--gamma is not for --loss class-balanced"),
        (&["--loss", "focal", "--label-smoothing", "0.1"], "--label-smoothing is not for --loss focal"),
        (&["--loss", "focal", "--mixup", "0.1"], "--mixup is not for --loss focal"),
    ] {
        let error = meant(options(arguments)).unwrap_err();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn values_of_a_file_are_checked_as_flags_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    for (text, message) in [
        ("unbalanced = \"exp\"\nfactor = 0.0", "factor is 0 in the configuration file; it must be a number above 0"),
        ("loss = \"focal\"\ngamma = -1.0", "gamma is -1 in the configuration file"),
        ("mixup = nan", "mixup is NaN in the configuration file"),
        ("jpeg = 500", "jpeg is 500 in the configuration file; it must be a whole number from 1 to 100"),
        ("cutout = 0", "cutout is 0 in the configuration file; it must be at least 1"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = meant(Options::<Flags>::default().or_config(Some(&path)).unwrap()).unwrap_err();
        assert!(error.starts_with(message), "{error}");
    }
}
