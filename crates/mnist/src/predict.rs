//! `mnist predict`.

use crate::arguments::PredictArguments;
use crate::session::Session;
use draw::Picture;
use std::path::Path;
use tape::{Shape, Tape, Tensor};
use train::{Failure, RunFolder};

/// A number that no test image has.
#[derive(Debug, thiserror::Error)]
#[error("{input} is neither a file nor the number of a test image, from 0 to {last}")]
struct NoInput {
    input: String,
    last: usize,
}

pub(crate) fn predict(arguments: &PredictArguments) -> Result<(), Failure> {
    let folder = match &arguments.run {
        Some(path) => RunFolder::open(path)?,
        None => RunFolder::newest("mnist")?,
    };
    let (session, params) = Session::of_run(&folder, None)?;
    let (test, names, classifier) = (&session.splits.test, session.class_names(), session.classifier());
    let mut tape = Tape::new();
    for input in &arguments.inputs {
        let mut pixels = vec![0.0; test.shape().len()];
        let mut label = String::new();
        match input.parse::<usize>().ok().filter(|&index| index < test.len()) {
            Some(index) => {
                test.write(index, &mut pixels);
                label = format!("   (it is {})", names[test.labels()[index] as usize]);
            }
            None if Path::new(input).is_file() => pixels = read_picture(Path::new(input), test.shape())?,
            None => {
                let (input, last) = (input.clone(), test.len() - 1);
                return Err(Failure::Input(NoInput { input, last }.into()));
            }
        }
        let mut shape = Shape::from([1]);
        test.shape().dims().iter().for_each(|&d| shape.push(d));
        let image = Tensor::from_vec(shape, pixels);
        let probabilities = tape.eval(&params, |t| classifier.logits(t.input(&image)).softmax(1).to_tensor());
        let mut ranked: Vec<(usize, f32)> = probabilities.as_slice().iter().copied().enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let words: Vec<String> =
            ranked[..3].iter().map(|&(class, p)| format!("{} {:.1} %", names[class], 100.0 * p)).collect();
        println!("{input}: {}{label}", words.join(", "));
    }
    Ok(())
}

/// A picture as the model was trained on: gray, of its size, light on dark.
fn read_picture(path: &Path, shape: Shape) -> Result<Vec<f32>, Failure> {
    let picture = Picture::open(path).map_err(|error| Failure::Input(error.into()))?.to_gray();
    let picture = picture.resize(shape.dims()[2], shape.dims()[1]);
    let pixels: Vec<f32> = picture.pixels().iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
    // Most of a picture is background: where that is light, dark and light are exchanged.
    let light = pixels.iter().filter(|&&pixel| pixel > 0.5).count() > pixels.len() / 2;
    Ok(if light { pixels.iter().map(|pixel| 1.0 - pixel).collect() } else { pixels })
}
