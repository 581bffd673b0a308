//! The command line.

use crate::method::MethodChoice;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use train::{at_least_one, non_negative, positive};

/// See what a network looks at, fool it, dream with it, paint with it
///
/// Without a command: one sheet with every attribution method, on pictures and with a network inside the program.
#[derive(Parser)]
#[command(name = "visualize", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) gallery: GalleryArguments,
}

const EXAMPLES: &str = "\
Examples:
  visualize
  visualize attribute shapes:5 --method all
  visualize dream star
  visualize fool shapes:5 --target ring
  cargo xtask data squeezenet
  visualize classify photo:chelsea cat.jpg --model squeezenet1_1
  visualize gradcam photo:chelsea --model squeezenet1_1
  visualize style --content cat.jpg --style painting.jpg --model squeezenet1_1";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// All attribution methods side by side, on several pictures
    Gallery(GalleryArguments),
    /// The five most probable classes of pictures
    Classify(PicturesArguments),
    /// What a score depends on, by a method of choice
    Attribute(AttributeArguments),
    /// The slope of the score, pixel by pixel
    Saliency(PicturesArguments),
    /// The parts of a layer's activation that speak for a class
    Gradcam(PicturesArguments),
    /// Guided backpropagation
    Guided(PicturesArguments),
    /// A picture of what the network takes a class to be
    Dream(DreamArguments),
    /// More of what a layer sees in a picture already
    DeepDream(DeepDreamArguments),
    /// Change a picture, unseen, until it is taken for another class
    Fool(FoolArguments),
    /// The content of one picture in the style of another
    Style(StyleArguments),
    /// A picture from a layer's features alone
    Invert(InvertArguments),
    /// The known networks, or the layers of one
    Zoo(ZooArguments),
    /// A script for a shell's completion
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Which network.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct NetworkArguments {
    /// A known architecture, see `visualize zoo` [default: what the file of weights says, or the network inside the program]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,

    /// Its weights: safetensors, or PyTorch's .pth [default: where `cargo xtask data` puts them]
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,

    /// The names of its classes, one a line [default: those in the weights, or ImageNet's]
    #[arg(long, value_name = "FILE")]
    pub(crate) classes: Option<PathBuf>,

    /// The folder for the results, new or empty [default: the next free number below runs]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Threads that compute [default: one a core]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) threads: Option<usize>,

    /// Print what each kind of operation cost
    #[arg(long)]
    pub(crate) profile: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct GalleryArguments {
    /// Pictures, as in `visualize classify --help` [default: some inside the program]
    #[arg(long, value_name = "PICTURE", num_args = 1..)]
    pub(crate) pictures: Vec<String>,

    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct PicturesArguments {
    /// PNG or JPEG files; photo:astronaut, photo:chelsea, photo:coffee and photo:rocket, or shapes:NUMBER for a generated
    /// picture, are inside the program
    #[arg(value_name = "PICTURE", required = true)]
    pub(crate) pictures: Vec<String>,

    /// The class whose score is looked at, by name or number [default: the most probable one]
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,

    /// The layer of GradCAM, by its name in `visualize zoo` [default: the last one that has pixels]
    #[arg(long, value_name = "NAME")]
    pub(crate) layer: Option<String>,

    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct AttributeArguments {
    /// The method
    #[arg(long, value_enum, default_value = "integrated-gradients")]
    pub(crate) method: MethodChoice,

    #[command(flatten)]
    pub(crate) common: PicturesArguments,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct DreamArguments {
    /// The class, by name or number
    pub(crate) class: String,

    /// Steps
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = 100)]
    pub(crate) iterations: usize,

    /// How far a step goes [default: 25 at 224 pixels, less for smaller pictures]
    #[arg(long, value_parser = positive)]
    pub(crate) rate: Option<f64>,

    /// How much large numbers cost
    #[arg(long, value_parser = non_negative, default_value_t = 1e-3)]
    pub(crate) l2: f64,

    /// Seed of the noise at the start
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,

    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct DeepDreamArguments {
    /// The picture, as in `visualize classify --help`
    pub(crate) picture: String,

    /// The layer, by its name in `visualize zoo` [default: the middle one of those that have pixels]
    #[arg(long, value_name = "NAME")]
    pub(crate) layer: Option<String>,

    /// How far a step goes
    #[arg(long, value_parser = positive, default_value_t = 0.04)]
    pub(crate) rate: f64,

    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct FoolArguments {
    /// The picture, as in `visualize classify --help`
    pub(crate) picture: String,

    /// The class that it shall be taken for, by name or number
    #[arg(long, value_name = "CLASS")]
    pub(crate) target: String,

    /// How far a step goes, in normalized units [default: 0.5 at 224 pixels, less for smaller pictures]
    #[arg(long, value_parser = positive)]
    pub(crate) rate: Option<f64>,

    /// The most steps
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = 100)]
    pub(crate) iterations: usize,

    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}

/// Settings of style transfer that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// A painting of bold shapes, from 512 pixels
    CompositionVii,
    /// Long brush strokes, from 224 pixels
    TheScream,
    /// Short brush strokes, from 192 pixels
    StarryNight,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct StyleArguments {
    /// The picture that is painted
    #[arg(long, value_name = "PICTURE")]
    pub(crate) content: String,

    /// The painting whose style it gets
    #[arg(long, value_name = "PICTURE")]
    pub(crate) style: String,

    /// Weights and sizes that belong together; for the features of SqueezeNet
    #[arg(long, value_enum, default_value = "starry-night")]
    pub(crate) preset: Preset,

    /// The short side of the result, in pixels
    #[arg(long, value_name = "PIXELS", value_parser = at_least_one, default_value_t = 192)]
    pub(crate) size: usize,

    /// Steps
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = 200)]
    pub(crate) iterations: usize,

    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct InvertArguments {
    /// The picture, as in `visualize classify --help`
    pub(crate) picture: String,

    /// The layer whose features are kept, by its name in `visualize zoo` [default: features.3 where there is one]
    #[arg(long, value_name = "NAME")]
    pub(crate) layer: Option<String>,

    /// The short side of the result, in pixels
    #[arg(long, value_name = "PIXELS", value_parser = at_least_one, default_value_t = 192)]
    pub(crate) size: usize,

    /// Steps
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = 200)]
    pub(crate) iterations: usize,

    /// Seed of the noise at the start
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,

    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct ZooArguments {
    /// The architecture whose layers are listed
    pub(crate) model: Option<String>,

    /// A file of weights that says how its network is made
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    pub(crate) weights: Option<PathBuf>,
}
