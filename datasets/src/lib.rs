//! The small data sets that ship with Retrograde, as bytes; where each is from and under which licence, see the README beside it.

/// Optical recognition of handwritten digits (E. Alpaydin and C. Kaynak, UCI, CC BY 4.0): gzipped CSV, 1,797 rows of
/// 64 pixels (8×8, 0 to 16) and the label.
pub const DIGITS: &[u8] = include_bytes!("../digits/digits.csv.gz");

/// A small convolutional network for the generated shapes, trained by `cargo run --release -p cifar`: safetensors with its
/// layers and classes in the header.
pub const SHAPES_NETWORK: &[u8] = include_bytes!("../networks/shapes.safetensors");

/// The names of ImageNet's 1,000 classes, one a line, in the order of every network's outputs.
pub const IMAGENET_CLASSES: &str = include_str!("../imagenet_classes.txt");

/// Photographs in the public domain, as JPEG files with their names.
pub const PHOTOS: [(&str, &[u8]); 4] = [
    ("astronaut", include_bytes!("../photos/astronaut.jpg")),
    ("chelsea", include_bytes!("../photos/chelsea.jpg")),
    ("coffee", include_bytes!("../photos/coffee.jpg")),
    ("rocket", include_bytes!("../photos/rocket.jpg")),
];
