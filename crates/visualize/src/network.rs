//! The network: where its weights come from, what its classes and layers are called, how pictures go in.

use crate::arguments::NetworkArguments;
use nn::stack::{Stack, Start};
use nn::weights::{self, WeightsError};
use nn::zoo::{self, Architecture};
use nn::{Layer, Sequential};
use std::path::{Path, PathBuf};
use tape::{Params, Tape, Tensor, Var};
use train::Failure;

/// A network, ready for pictures.
pub(crate) struct Network {
    pub(crate) title: String,
    pub(crate) params: Params,
    pub(crate) model: Sequential,
    pub(crate) classes: Vec<String>,
    /// What is taken off red, green and blue, and what they are divided by.
    mean: [f32; 3],
    std: [f32; 3],
    /// Height and width of the pictures.
    pub(crate) size: [usize; 2],
    /// The layer of GradCAM.
    pub(crate) last_pixels: usize,
}

/// What a file of weights says about its network.
#[derive(serde::Deserialize)]
struct About {
    layers: Vec<String>,
    image: [usize; 3],
    mean: [f32; 3],
    std: [f32; 3],
    classes: Vec<String>,
    title: String,
}

/// A network that cannot be had.
#[derive(Debug, thiserror::Error)]
enum NetworkError {
    #[error("no architecture {name:?}{hint}; there are {known}")]
    Architecture { name: String, hint: String, known: String },
    #[error(
        "no weights of {name} in {}; download them with `cargo xtask data squeezenet`, or give their file with --weights",
        places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(" or ")
    )]
    NoDownload { name: &'static str, places: Vec<PathBuf> },
    #[error("{name} needs --weights: torchvision's .pth, or safetensors with the same names")]
    NoFile { name: &'static str },
    #[error("{}: it does not say how its network is made: name the architecture with --model", path.display())]
    NoAbout { path: PathBuf },
    #[error("{}: {source}", path.display())]
    Weights { path: PathBuf, source: WeightsError },
    #[error("{}: what it says about its network is wrong: {what}", path.display())]
    About { path: PathBuf, what: String },
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}: expected {expected} names of classes, one a line, found {found}", path.display())]
    Classes { path: PathBuf, expected: usize, found: usize },
    #[error("no class {name:?}{hint}; there are {count}, with the numbers 0 to {}", count - 1)]
    Class { name: String, hint: String, count: usize },
    #[error("no layer {name:?}{hint}; there are {known}")]
    Layer { name: String, hint: String, known: String },
}

fn input(error: NetworkError) -> Failure {
    Failure::Input(error.into())
}

impl Network {
    /// The network that the command line means.
    pub(crate) fn open(arguments: &NetworkArguments) -> Result<Network, Failure> {
        let mut network = match (&arguments.model, &arguments.weights) {
            (None, None) => Network::described(datasets::SHAPES_NETWORK, Path::new("the network inside the program"))?,
            (None, Some(path)) => Network::described(&read(path)?, path)?,
            (Some(name), path) => Network::known(architecture(name)?, path.as_deref())?,
        };
        if let Some(path) = &arguments.classes {
            let text = String::from_utf8_lossy(&read(path)?).into_owned();
            let (expected, names): (usize, Vec<String>) =
                (network.classes.len(), text.lines().map(String::from).collect());
            if names.len() != expected {
                return Err(input(NetworkError::Classes { path: path.clone(), expected, found: names.len() }));
            }
            network.classes = names;
        }
        Ok(network)
    }

    /// The network of a file that says how it is made.
    fn described(bytes: &[u8], path: &Path) -> Result<Network, Failure> {
        let wrong = |source| input(NetworkError::Weights { path: path.into(), source });
        let about = weights::about(bytes).map_err(wrong)?;
        let about = about.ok_or_else(|| input(NetworkError::NoAbout { path: path.into() }))?;
        let broken = |what: String| input(NetworkError::About { path: path.into(), what });
        let about: About = serde_json::from_str(&about).map_err(|error| broken(error.to_string()))?;
        let stack = Stack::new(&about.layers).map_err(|error| broken(error.to_string()))?;
        let outputs = stack.outputs(about.image).map_err(|error| broken(error.to_string()))?;
        if outputs != about.classes.len() || about.image[0] != 3 {
            return Err(broken(format!("{outputs} outputs, {} classes", about.classes.len())));
        }
        let mut params = Params::new(0);
        let model = stack.build(params.root(), about.image, Start::Zero).map_err(|error| broken(error.to_string()))?;
        weights::from_file(&mut params, bytes).map_err(wrong)?;
        let [_, height, width] = about.image;
        let last_pixels = 0;
        let About { mean, std, classes, title, .. } = about;
        let mut network = Network { title, params, model, classes, mean, std, size: [height, width], last_pixels };
        network.last_pixels = network.layers_with_pixels().last().copied().unwrap_or(0);
        Ok(network)
    }

    /// A network of a known architecture for ImageNet.
    fn known(architecture: Architecture, path: Option<&Path>) -> Result<Network, Failure> {
        let path = match path {
            Some(path) => path.to_path_buf(),
            None => downloaded(architecture)?,
        };
        let bytes = read(&path)?;
        let classes: Vec<String> = datasets::IMAGENET_CLASSES.lines().map(String::from).collect();
        let mut params = Params::new(0);
        let model = architecture.build(params.root(), classes.len());
        weights::from_file(&mut params, &bytes).map_err(|source| input(NetworkError::Weights { path, source }))?;
        let last = match architecture {
            Architecture::SqueezeNet1_0 | Architecture::SqueezeNet1_1 => "features.12",
            Architecture::ResNet18 => "layer4.1",
            Architecture::ResNet34 => "layer4.2",
            Architecture::Vgg16 => "features.29",
            Architecture::Vgg19 => "features.35",
        };
        let last_pixels = model.position(last).unwrap_or(0);
        let (title, mean, std) = (architecture.name().to_string(), zoo::MEAN, zoo::STD);
        Ok(Network { title, params, model, classes, mean, std, size: [224; 2], last_pixels })
    }

    /// The places of the layers whose results have pixels.
    pub(crate) fn layers_with_pixels(&self) -> Vec<usize> {
        let x = Tensor::full([1, 3, self.size[0], self.size[1]], 0.0);
        let places: Vec<usize> = (0..self.model.len()).collect();
        let has_pixels = |shape: tape::Shape| matches!(shape.dims(), [_, _, height, width] if height * width > 1);
        Tape::new().run(&self.params, |t| {
            let mut shapes = Vec::with_capacity(places.len());
            self.model.activations(t.input(&x), &places, |y| shapes.push(y.shape()));
            places.iter().zip(shapes).filter(|&(_, shape)| has_pixels(shape)).map(|(&place, _)| place).collect()
        })
    }

    /// Logits `[n, classes]` of pictures.
    pub(crate) fn logits<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.model.forward(x)
    }

    /// The activation of the layer at a place, and the scores of a class.
    pub(crate) fn scored<'t>(&self, x: Var<'t>, layer: usize, class: usize) -> (Var<'t>, Var<'t>) {
        let activation = self.model.forward_to(x, layer);
        (activation, explain::class_scores(self.model.forward_from(activation, layer), class))
    }

    /// Pictures `[1, 3, height, width]` from 0 to 1, as the network takes them.
    pub(crate) fn normalize(&self, x: &Tensor) -> Tensor {
        let channel = |i: usize| i / (x.shape().len() / 3) % 3;
        Tensor::from_fn(x.shape(), |i| (x.as_slice()[i] - self.mean[channel(i)]) / self.std[channel(i)])
    }

    /// The way back, from 0 to 1.
    pub(crate) fn denormalize(&self, x: &Tensor) -> Tensor {
        let channel = |i: usize| i / (x.shape().len() / 3) % 3;
        Tensor::from_fn(x.shape(), |i| x.as_slice()[i] * self.std[channel(i)] + self.mean[channel(i)])
    }

    /// By how much steps of the usual length must be shorter, since the pictures are smaller than 224×224.
    pub(crate) fn scale(&self) -> f64 {
        ((self.size[0] * self.size[1]) as f64).sqrt() / 224.0
    }

    /// The least and the largest number of each channel that a picture can have.
    pub(crate) fn range(&self) -> Vec<[f64; 2]> {
        let range = |(mean, std): (&f32, &f32)| [-mean / std, (1.0 - mean) / std].map(f64::from);
        self.mean.iter().zip(&self.std).map(range).collect()
    }

    /// The probability of every class.
    pub(crate) fn probabilities(&self, tape: &mut Tape, x: &Tensor) -> Vec<f32> {
        tape.eval(&self.params, |t| self.logits(t.input(x)).softmax(1).to_tensor()).into_vec()
    }

    /// The class of a name or a number.
    pub(crate) fn class(&self, word: &str) -> Result<usize, Failure> {
        let same = |name: &&String| name.eq_ignore_ascii_case(word);
        let named = self.classes.iter().position(|name| same(&name));
        let numbered = word.parse::<usize>().ok().filter(|&number| number < self.classes.len());
        named.or(numbered).ok_or_else(|| {
            let known: Vec<&str> = self.classes.iter().map(String::as_str).collect();
            let (name, hint) = (word.to_string(), train::nearest(word, &known));
            input(NetworkError::Class { name, hint, count: known.len() })
        })
    }

    /// The place of the layer of a name.
    pub(crate) fn layer(&self, name: &str) -> Result<usize, Failure> {
        self.model.position(name).ok_or_else(|| {
            let known: Vec<&str> = self.model.names().collect();
            let hint = train::nearest(name, &known);
            input(NetworkError::Layer { name: name.to_string(), hint, known: known.join(", ") })
        })
    }

    /// The name of the layer at a place.
    pub(crate) fn layer_name(&self, place: usize) -> &str {
        self.model.names().nth(place).unwrap_or_default()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|source| input(NetworkError::Read { path: path.into(), source }))
}

/// The architecture of a name.
pub(crate) fn architecture(name: &str) -> Result<Architecture, Failure> {
    let found = Architecture::ALL.into_iter().find(|architecture| architecture.name() == name);
    found.ok_or_else(|| {
        let known = Architecture::ALL.map(Architecture::name);
        let hint = train::nearest(name, &known);
        input(NetworkError::Architecture { name: name.to_string(), hint, known: known.join(", ") })
    })
}

/// Where `cargo xtask data` puts the weights of an architecture.
fn downloaded(architecture: Architecture) -> Result<PathBuf, Failure> {
    let name = architecture.name();
    if architecture != Architecture::SqueezeNet1_1 {
        return Err(input(NetworkError::NoFile { name }));
    }
    let places = match data::cached("squeezenet") {
        Ok(folder) if folder.join(SQUEEZENET).is_file() => return Ok(folder.join(SQUEEZENET)),
        Ok(folder) => vec![folder],
        Err(places) => places,
    };
    Err(input(NetworkError::NoDownload { name, places }))
}

/// What `cargo xtask data squeezenet` brings.
const SQUEEZENET: &str = "squeezenet1_1-b8a52dc0.pth";
