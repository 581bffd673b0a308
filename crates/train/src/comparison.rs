//! [`Comparison`]: several settings of a program, side by side.

use crate::{CompareArguments, Failure, Options, ProjectOptions, RunFolder};
use clap::{Args, Parser};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};
use std::path::PathBuf;

/// Settings that are compared under a name.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// The name on the command line.
    pub name: &'static str,
    /// The flags of each setting, with what it is called; where that is empty, the flags are its name.
    pub settings: &'static [(&'static str, &'static str)],
}

/// Flags in quotes, as a command line of their own.
#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true, args_override_self = true)]
struct Quoted<O: Args> {
    #[command(flatten)]
    options: Options<O>,
}

/// No preset has this name.
#[derive(Debug, thiserror::Error)]
#[error("no preset {name:?}; there are {}", known.join(", "))]
struct NoPreset {
    name: String,
    known: Vec<&'static str>,
}

/// What is compared: `config.toml` of the comparison's folder.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Comparison {
    /// The data of all settings.
    #[serde(default)]
    pub data_dir: Option<PathBuf>,
    /// Flags for all settings.
    pub with: String,
    /// What they differ in.
    pub settings: Vec<Setting>,
}

/// One of the settings.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Setting {
    /// What it is called.
    pub name: String,
    /// Its flags.
    pub flags: String,
}

impl Comparison {
    /// What the arguments ask for, or what the folder of a comparison that goes on says.
    ///
    /// # Errors
    /// When there is no such preset, or the folder is none of a comparison.
    pub fn of(arguments: &CompareArguments, presets: &[Preset]) -> Result<Comparison, Failure> {
        if let Some(folder) = &arguments.resume {
            return Ok(crate::read_toml(&RunFolder::open(folder)?.file("config.toml"))?);
        }
        let setting = |name: &str, flags: &str| {
            let name = [name, flags, "defaults"].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            Setting { name: name.to_string(), flags: flags.to_string() }
        };
        let chosen = match &arguments.preset {
            None => presets.first(),
            Some(name) => presets.iter().find(|preset| preset.name == name),
        };
        let settings = match (&arguments.settings[..], chosen) {
            ([], Some(preset)) => preset.settings.iter().map(|(name, flags)| setting(name, flags)).collect(),
            ([], None) => {
                let name = arguments.preset.clone().unwrap_or_default();
                let known = presets.iter().map(|preset| preset.name).collect();
                return Err(Failure::Input(NoPreset { name, known }.into()));
            }
            (all, _) => all.iter().map(|flags| setting("", flags)).collect(),
        };
        Ok(Comparison { data_dir: arguments.data_dir.clone(), with: arguments.with.clone(), settings })
    }

    /// The folder of the comparison: that of before, or a new one.
    ///
    /// # Errors
    /// When it cannot be opened or made.
    pub fn folder(&self, arguments: &CompareArguments, program: &str) -> Result<RunFolder, Failure> {
        let folder = match &arguments.resume {
            Some(folder) => RunFolder::open(folder)?,
            None => RunFolder::create(arguments.out.as_deref(), &format!("{program}-compare"))?,
        };
        folder.write_config(self)?;
        Ok(folder)
    }

    /// Trains with every setting by `train`, each in a folder of its own inside `folder`; a run that `read` finds complete
    /// is only read. `tell` prints a line. A failure says how `program command` goes on.
    ///
    /// # Errors
    /// When a training fails.
    pub fn run_all<R: Display>(
        &self,
        folder: &RunFolder,
        [program, command]: [&str; 2],
        tell: impl Fn(fmt::Arguments<'_>),
        read: impl Fn(&RunFolder) -> Option<R>,
        mut train: impl FnMut(&Setting, &RunFolder) -> Result<R, Failure>,
    ) -> Result<Vec<(String, R)>, Failure> {
        let mut reports = Vec::with_capacity(self.settings.len());
        for (number, setting) in (1..).zip(&self.settings) {
            tell(format_args!("{number}/{}: {}", self.settings.len(), setting.name));
            let run = folder.part(number)?;
            let report = match read(&run) {
                Some(report) => {
                    tell(format_args!("complete, in {}\n", run.path().display()));
                    report
                }
                None => {
                    let report = train(setting, &run);
                    let report = report.map_err(|failure| failure.of_several(program, command, folder))?;
                    tell(format_args!("{report}\n"));
                    report
                }
            };
            reports.push((setting.name.clone(), report));
        }
        Ok(reports)
    }

    /// The options that the flags of a setting mean.
    ///
    /// # Errors
    /// When they are not understood.
    pub fn options<O: ProjectOptions>(&self, setting: &Setting) -> Result<Options<O>, Failure> {
        let Options { project, training }: Options<O> = parse_flags(&setting.flags)?.or(parse_flags(&self.with)?);
        Ok(Options { project: project.in_folder(self.data_dir.clone()), training })
    }
}

/// The options that flags in quotes mean.
fn parse_flags<O: ProjectOptions>(flags: &str) -> Result<Options<O>, Failure> {
    let words = shlex::split(flags)
        .ok_or_else(|| Failure::Input(format!("in {flags:?}: a quote that is not closed").into()))?;
    let quoted =
        Quoted::<O>::try_parse_from(words).map_err(|error| Failure::Input(format!("in {flags:?}: {error}").into()))?;
    Ok(quoted.options)
}
