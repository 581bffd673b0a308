//! Lines, shapes, and mistakes in words.

use super::*;
use crate::Layer;
use tape::{Params, Tape, Tensor};

fn message(text: &str) -> String {
    let built = text.parse::<Stack>().and_then(|stack| stack.outputs([3, 32, 32]));
    built.expect_err(text).to_string()
}

#[test]
fn every_layer_gives_the_shape_that_was_foreseen() {
    let text = "conv 8 kernel=3 padding=1 relu; batch-norm relu; group-norm 4; max-pool 3 stride=2 padding=1 ceil;\
                residual 8; residual 16 stride=2; residual 32 stride=2 project; conv 8 kernel=2 dilation=2 groups=4 \
                bias=false tanh; avg-pool 2 stride=1; relu; dropout 0.5; flatten; linear 7 sigmoid; tanh; sigmoid; \
                batch-norm; linear 10 bias=false";
    let stack: Stack = text.parse().unwrap();
    let mut params = Params::<f32>::new(0);
    let model = stack.build(params.root(), [3, 32, 30], Start::He).unwrap();
    let shape = Tape::new().eval(&params, |t| model.forward(t.input(&Tensor::full([2, 3, 32, 30], 0.5))).shape());
    assert_eq!((shape.dims(), stack.outputs([3, 32, 30])), (&[2, 10][..], Ok(10)));
    assert_eq!(params.entries()[0].name(), "0.weight");
    assert!(params.entries().iter().any(|entry| entry.name() == "6.downsample.1.running_var"));
    assert_eq!(stack.lines().nth(8), Some("avg-pool 2 stride=1"));
}

#[test]
fn a_global_mean_flattens() {
    assert_eq!("conv 5; global-avg-pool; linear 4".parse::<Stack>().unwrap().outputs([1, 9, 9]), Ok(4));
}

#[test]
fn mistakes_are_named_with_their_line() {
    for (text, expected) in [
        ("", "layer 1, \"\": no layer is called \"\"; there are conv"),
        ("conv 8; cnov 8", "layer 2, \"cnov 8\": no layer is called \"cnov\"; did you mean \"conv\"?"),
        ("conv kernel=3", "layer 1, \"conv kernel=3\": the channels are missing: write a number after \"conv\""),
        ("conv 0", "layer 1, \"conv 0\": 0 is not a number of channels"),
        ("conv 1.5", "layer 1, \"conv 1.5\": 1.5 is not a number of channels"),
        ("conv 8 kernal=3", "conv has no setting \"kernal\"; did you mean \"kernel\"?"),
        ("conv 8 kernel=3 kernel=5", "kernel is given twice"),
        ("conv 8 kernel=0", "kernel is \"0\"; it must be a whole number, at least 1"),
        ("conv 8 bias=maybe", "bias is \"maybe\"; it must be true or false"),
        ("conv 8 relu tanh", "there is more than one activation"),
        ("max-pool 2 relu", "max-pool has no flag \"relu\"; there are ceil"),
        ("flatten now", "flatten has no flag \"now\"; there is none"),
        (
            "conv 8; max-pool 40",
            "layer 2, \"max-pool 40\", does not fit images of 8 channels of 30×30: no window of 40×40 lies inside",
        ),
        ("conv 8 kernel=33", "does not fit images of 3 channels of 32×32: the kernel is larger than the padded image"),
        ("conv 8 groups=2", "does not fit images of 3 channels of 32×32: 2 groups do not divide 3 and 8 channels"),
        ("conv 9; group-norm 2", "2 groups do not divide the channels"),
        ("linear 10", "layer 1, \"linear 10\", does not fit images of 3 channels of 32×32: put \"flatten\""),
        ("flatten; conv 8", "layer 2, \"conv 8\", does not fit 3072 numbers: it takes images"),
        ("conv 8; residual 4", "with fewer channels it needs the flag \"project\""),
        ("dropout 1.5; flatten", "a probability is at most 1"),
        ("conv 8", "the last layer, \"conv 8\", gives images of 8 channels of 30×30, not a row of numbers"),
    ] {
        let found = message(text);
        assert!(found.contains(expected), "{text}: {found}");
    }
    assert_eq!(Stack::new([""; 0]), Err(StackError::Empty));
}
