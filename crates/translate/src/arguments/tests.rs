//! What flags and files mean.

use super::*;
use clap::CommandFactory;
use train::{Failure, Options, Training};

fn options(arguments: &[&str]) -> Options<Flags> {
    let cli = Cli::try_parse_from(["translate"].iter().chain(arguments)).unwrap();
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

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn what_is_written_can_be_read_and_means_the_same() {
    for arguments in [
        &[][..],
        &["--data-dir", "there", "--tied", "--norm-first", "--heads", "4", "--label-smoothing", "0.2"],
        &[
            "--model",
            "lstm-attention",
            "--attention",
            "cosine-temperature",
            "--teacher-forcing",
            "0.5",
            "--layers",
            "2",
        ],
        &["--model", "transformer-encoder", "--data-dir", "there"],
        &["--model", "transformer-encoder", "--tokens", "bpe", "--vocabulary", "500", "--patience", "2"],
        &["--model", "rnn", "--min-count", "3", "--max-length", "20", "--pairs", "100", "--schedule", "plateau"],
    ] {
        let (settings, training) = meant(options(arguments)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let run = train::RunFolder::create(Some(folder.path()), "translate").unwrap();
        run.write_config(&train::merged(&settings, &training)).unwrap();
        let again = Options::default().or_config(Some(&run.file("config.toml"))).unwrap();
        assert_eq!(meant(again).unwrap(), (settings, training));
    }
}

#[test]
fn flags_win_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, "model = \"gru\"\nhidden = 9\nlr = 0.25\n").unwrap();
    let (mine, training) = meant(options(&["--hidden", "7"]).or_config(Some(&path)).unwrap()).unwrap();
    assert_eq!((mine.model, mine.hidden, training.lr), (ModelKind::Gru, 7, 0.25));
}

#[test]
fn the_sizes_on_multi30k_are_those_of_the_specification() {
    let (settings, training) = meant(options(&["--data-dir", "x"])).unwrap();
    let Settings { model, layers, width, heads, hidden, .. } = settings;
    assert_eq!((model, layers, width, heads, hidden), (ModelKind::Transformer, 3, 256, Some(8), 512));
    assert_eq!((training.lr, training.epochs, training.schedule.to_string().as_str()), (0.001, 12, "one-cycle"));
    let (settings, _) = meant(options(&["--data-dir", "x", "--model", "transformer-encoder"])).unwrap();
    assert_eq!((settings.width, settings.heads, settings.hidden, settings.layers), (128, Some(2), 2048, 1));
}

#[test]
fn another_optimizer_does_not_get_the_regularization_of_the_default() {
    let with = |optimizer: &[&str]| {
        let encoder = ["--data-dir", "x", "--model", "transformer-encoder"];
        let (_, training) = meant(options(&[&encoder, optimizer].concat())).unwrap();
        (training.optimizer.to_string(), training.reg, training.decay_weights_only)
    };
    assert_eq!(with(&[]), ("adamw".to_string(), 0.4, Some(true)));
    assert_eq!(with(&["--optimizer", "adam"]).1, 0.0);
    assert_eq!(with(&["--optimizer", "sgd"]).1, 0.0);
    assert_eq!(with(&["--optimizer", "adam", "--reg", "0.1"]).1, 0.1);
    assert_eq!(with(&["--decay-weights-only=false"]).2, Some(false));
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    for (arguments, message) in [
        (&["--dataset", "generated", "--data-dir", "x"][..], "--data-dir is not for --dataset generated"),
        (&["--model", "gru", "--attention", "dot"], "--attention is not for the model GRU: leave it out, or choose"),
        (&["--model", "transformer", "--teacher-forcing", "0.5"], "--teacher-forcing is not for the model transformer"),
        (&["--model", "gru", "--heads", "2"], "--heads is not for the model GRU"),
        (&["--model", "lstm", "--tied"], "--tied is not for the model LSTM: leave"),
        (&["--model", "transformer-encoder", "--layers", "2"], "--layers is not for the model transformer encoder"),
        (&["--model", "transformer", "--heads", "5"], "5 heads do not divide a width of 96"),
        (&["--tokens", "bpe", "--min-count", "2"], "--min-count is not for --tokens bpe"),
        (&["--vocabulary", "99"], "--vocabulary is not for --tokens words"),
        (&["--tokens", "bpe", "--vocabulary", "4"], "--vocabulary 4 has no room"),
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
        ("dropout = 1.5", "dropout is 1.5 in the configuration file; it must be a number from 0 to 1"),
        ("model = \"gru\"\nteacher_forcing = -0.5", "teacher_forcing is -0.5 in the configuration file"),
        ("max_length = 0", "max_length is 0 in the configuration file; it must be at least 1"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = meant(Options::<Flags>::default().or_config(Some(&path)).unwrap()).unwrap_err();
        assert!(error.starts_with(message), "{error}");
    }
}
