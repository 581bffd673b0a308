//! The gradient by a picture, and style transfer, ask the allocator for nothing in steady state.
//!
//! The only test of its file, since allocations of all threads count.

use explain::StyleTransfer;
use nn::stack::{Stack, Start};
use nn::{Layer, Sequential};
use optim::{Adam, Optimizer};
use retrograde_tests::allocator::{Counting, allocations};
use tape::{Level, Params, Shape, Tape, Tensor, Threads};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Steps that are counted together.
const WINDOW: usize = 10;

const LAYERS: &str = "conv 12 kernel=3 stride=2 relu; max-pool 3 stride=2; conv 20 kernel=3 padding=1 relu; \
                      conv 8 kernel=1 relu; global-avg-pool; linear 10";

const SIZE: [usize; 3] = [3, 33, 41];

/// Whether several windows in a row asked for nothing: a thread may meet a piece of work for the first time late.
fn is_steady(mut step: impl FnMut()) -> bool {
    let mut window = || {
        let before = allocations();
        (0..WINDOW).for_each(|_| step());
        allocations() - before
    };
    let windows: Vec<u64> = (0..20).map(|_| window()).collect();
    windows.windows(5).any(|windows| windows.iter().all(|&window| window == 0))
}

fn network() -> (Params, Sequential, Tensor) {
    let mut params = Params::new(0);
    let stack: Stack = LAYERS.parse().unwrap();
    let model = stack.build(params.root(), SIZE, Start::Usual).unwrap();
    let [channels, height, width] = SIZE;
    let x = Tensor::from_fn(Shape::from([1, channels, height, width]), |i| (i * 37 % 101) as f32 / 101.0);
    (params, model, x)
}

#[test]
fn looking_at_a_picture_and_painting_allocate_nothing() {
    assert!(allocations() > 0, "the allocator counts");
    if Level::current() == Level::Baseline {
        // Matrix products are those of matrixmultiply then, which asks for its packing buffers at every call.
        return;
    }
    for threads in [1, 2] {
        Threads::new(threads).unwrap().run(|| {
            let (mut params, model, x) = network();
            let mut tape = Tape::new();
            let slope = || {
                tape.run(&params, |t| {
                    let x = t.leaf(&x);
                    let [_slope] = model.forward(x).slice(1, 7..8).sum(..).grad([x]);
                });
            };
            assert!(is_steady(slope), "the gradient by a picture, {threads} threads");

            let transfer = StyleTransfer::new(2, 5e-2, vec![(0, 1000.0), (3, 10.0)], 2e-2);
            let mut tape = Tape::new();
            let targets =
                transfer.targets(&mut tape, &params, &x, &x, |x, places, see| model.activations(x, places, see));
            params.set_frozen(true, |_| true);
            let pixels = params.root().at("explain").param("picture", x.shape(), 0.25);
            let mut adam = Adam::new(3e-2);
            let paint = || {
                let (_, step) = tape.grad(&params, |t| {
                    let [content, style, variation] =
                        transfer.losses(t.param(pixels), &targets, |x, places, see| model.activations(x, places, see));
                    content + style + variation
                });
                adam.step(&mut params, step);
            };
            assert!(is_steady(paint), "style transfer, {threads} threads");
        });
    }
}
