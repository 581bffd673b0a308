//! A training loop in steady state, loading included, asks the allocator for nothing and touches no new page.
//!
//! The only test of its file, since allocations of all threads count.

use data::{LabeledImages, Loader};
use optim::{Optimizer, Sgd};
use retrograde_tests::allocator::{Counting, allocations, page_faults};
use retrograde_tests::models::{CLASSES, PIXELS, classify, perceptron};
use tape::{Level, Params, Shape, Tape, Threads};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const BATCH: usize = 64;

/// Steps that are counted together: an epoch.
const WINDOW: usize = 100;

#[test]
fn training_the_perceptron_allocates_nothing() {
    assert!(allocations() > 0, "the allocator counts");
    if Level::current() == Level::Baseline {
        // Matrix products are those of matrixmultiply then, which asks for its packing buffers at every call.
        return;
    }
    let pixels = (0..WINDOW * BATCH * PIXELS).map(|i| (i * i % 251) as u8).collect();
    let labels = (0..WINDOW * BATCH).map(|i| (i % CLASSES) as u32).collect();
    let images = LabeledImages::new(Shape::from([1, 28, 28]), CLASSES, 255, pixels, labels);
    for threads in [1, 2] {
        let windows: Vec<(u64, Option<u64>)> = Threads::new(threads).unwrap().run(|| {
            let mut params = Params::new(0);
            let model = perceptron(&mut params, 128);
            let mut loader = Loader::shuffled(&images, BATCH, 0);
            let (mut sgd, mut tape) = (Sgd::new(0.01).momentum(0.9), Tape::new());
            let mut window = |epoch| {
                let before = (allocations(), page_faults());
                for batch in loader.epoch(epoch) {
                    let (_, step) = tape.grad(&params, |t| {
                        classify(&model, t.input(&batch.images).flatten(1), t.indices(&batch.labels))
                    });
                    sgd.step(&mut params, step);
                }
                (allocations() - before.0, page_faults().zip(before.1).map(|(after, before)| after - before))
            };
            (0..20).map(&mut window).collect()
        });
        // Threads take pieces of the work as they come, so a thread may meet a piece of some kind for the first time
        // late, and touches its scratch memory then. What every step did would show in every window.
        let nothing = if cfg!(target_os = "linux") { (0, Some(0)) } else { (0, None) };
        let steady = windows.windows(5).any(|windows| windows.iter().all(|&window| window == nothing));
        assert!(steady, "allocations and page faults in {WINDOW} steps each, {threads} threads: {windows:?}");
    }
}
