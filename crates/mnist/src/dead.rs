//! Outputs that are dead: behind a ReLU, one that is 0 for every image gets no gradient any more.

use data::{LabeledImages, Loader};
use tape::{Params, Tape, Var};

/// The outputs of a model that are 0 for every image.
pub(crate) fn dead_outputs(
    tape: &mut Tape,
    params: &Params,
    images: &LabeledImages,
    logits: impl for<'t> Fn(Var<'t>) -> Var<'t>,
) -> Vec<usize> {
    let mut alive = vec![false; images.classes()];
    for batch in Loader::sequential(images, 256).epoch(0) {
        tape.eval(params, |t| {
            let largest = logits(t.input(&batch.images)).amax(0).value();
            alive.iter_mut().zip(largest.iter()).for_each(|(alive, &largest)| *alive |= largest > 0.0);
        });
    }
    (0..alive.len()).filter(|&output| !alive[output]).collect()
}

/// Which they are, and what helps.
pub(crate) fn dead_words(dead: &[usize]) -> String {
    if dead.is_empty() {
        return "none".to_string();
    }
    let classes: Vec<String> = dead.iter().map(usize::to_string).collect();
    format!(
        "{} of 10 ({}), at the end of training: the ReLU makes them 0 for every training image, so they get no gradient \
         any more; --no-relu or a lower --lr helps",
        dead.len(),
        classes.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use tape::Tensor;

    #[test]
    fn an_output_is_dead_if_no_image_moves_it() {
        let images = data::digits().validation;
        // Output 3 reads pixels with negative weights only, the others with positive ones.
        let weight = Tensor::from_fn([64, 10], |i| if i % 10 == 3 { -1.0 } else { 1.0 });
        fn model<'t>(x: Var<'t>, weight: &Tensor) -> Var<'t> {
            x.flatten(1).matmul(x.graph().input(weight)).relu()
        }
        let dead = dead_outputs(&mut Tape::new(), &Params::new(0), &images, |x| model(x, &weight));
        assert_eq!(dead, [3]);
    }
}
