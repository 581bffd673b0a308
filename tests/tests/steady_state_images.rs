//! Training a convolutional network in steady state, loading included, asks the allocator for nothing and touches no new
//! page.
//!
//! The only test of its file, since allocations of all threads count.

use data::{Augment, AugmentedImages, LabeledImages, Loader, Normalize};
use nn::Layer;
use nn::stack::{Stack, Start};
use optim::{Optimizer, Sgd};
use retrograde_tests::allocator::{Counting, allocations, page_faults};
use tape::{Level, Params, Shape, Tape, Threads};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const BATCH: usize = 32;

/// Steps that are counted together: an epoch.
const WINDOW: usize = 10;

const LAYERS: &str = "conv 12 kernel=3 padding=1 relu; batch-norm relu; max-pool 2; residual 16 stride=2; \
                      conv 20 kernel=3 stride=2 tanh; global-avg-pool; linear 10";

#[test]
fn training_a_convolutional_network_allocates_nothing() {
    assert!(allocations() > 0, "the allocator counts");
    if Level::current() == Level::Baseline {
        // Matrix products are those of matrixmultiply then, which asks for its packing buffers at every call.
        return;
    }
    let pixels = (0..WINDOW * BATCH * 3072).map(|i| (i * i % 251) as u8).collect();
    let labels = (0..WINDOW * BATCH).map(|i| (i % 10) as u32).collect();
    let images = LabeledImages::new(Shape::from([3, 32, 32]), 10, 255, pixels, labels);
    let (augment, normalize) = (Augment::none().crop(4).flip(0.5), Normalize::CIFAR10);
    let data = AugmentedImages { images, augment, normalize, seed: 0 };
    let stack: Stack = LAYERS.parse().unwrap();
    for threads in [1, 2] {
        let windows: Vec<(u64, Option<u64>)> = Threads::new(threads).unwrap().run(|| {
            let mut params = Params::new(0);
            let model = stack.build(params.root(), [3, 32, 32], Start::Usual).unwrap();
            let mut loader = Loader::shuffled(&data, BATCH, 0);
            let (mut sgd, mut tape) = (Sgd::new(0.01).momentum(0.9), Tape::new());
            let mut window = |epoch| {
                let before = (allocations(), page_faults());
                for batch in loader.epoch(epoch) {
                    let (_, step) = tape.grad(&params, |t| {
                        model.forward(t.input(&batch.images)).cross_entropy(t.indices(&batch.labels))
                    });
                    sgd.step(&mut params, step);
                }
                (allocations() - before.0, page_faults().zip(before.1).map(|(after, before)| after - before))
            };
            (0..20).map(&mut window).collect()
        });
        // As in the test of the perceptron: a thread may meet a piece of some kind for the first time late.
        let nothing = if cfg!(target_os = "linux") { (0, Some(0)) } else { (0, None) };
        let steady = windows.windows(5).any(|windows| windows.iter().all(|&window| window == nothing));
        assert!(steady, "allocations and page faults in {WINDOW} steps each, {threads} threads: {windows:?}");
    }
}
