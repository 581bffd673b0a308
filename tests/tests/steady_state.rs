//! A training step in steady state asks the allocator for nothing and touches no new page.
//!
//! The only test of its file, since allocations of all threads count.

use optim::{Optimizer, Sgd};
use retrograde_tests::allocator::{Counting, allocations, page_faults};
use retrograde_tests::models::{batch, classify, perceptron};
use tape::{Level, Params, Tape, Threads};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Steps that are counted together.
const WINDOW: usize = 100;

#[test]
fn a_step_of_the_perceptron_allocates_nothing() {
    assert!(allocations() > 0, "the allocator counts");
    if Level::current() == Level::Baseline {
        // Matrix products are those of matrixmultiply then, which asks for its packing buffers at every call.
        return;
    }
    for threads in [1, 2] {
        let windows: Vec<(u64, Option<u64>)> = Threads::new(threads).unwrap().run(|| {
            let mut params = Params::new(0);
            let model = perceptron(&mut params, 128);
            let (images, labels) = batch(64);
            let (mut sgd, mut tape) = (Sgd::new(0.01).momentum(0.9), Tape::new());
            let mut window = || {
                let before = (allocations(), page_faults());
                for _ in 0..WINDOW {
                    let (_, step) = tape.grad(&params, |t| classify(&model, t.input(&images), t.indices(&labels)));
                    sgd.step(&mut params, step);
                }
                (allocations() - before.0, page_faults().zip(before.1).map(|(after, before)| after - before))
            };
            (0..20).map(|_| window()).collect()
        });
        // Threads take pieces of the work as they come, so a thread may meet a piece of some kind for the first time
        // late, and touches its scratch memory then. What every step did would show in every window.
        let nothing = if cfg!(target_os = "linux") { (0, Some(0)) } else { (0, None) };
        let steady = windows.windows(5).any(|windows| windows.iter().all(|&window| window == nothing));
        assert!(steady, "allocations and page faults in {WINDOW} steps each, {threads} threads: {windows:?}");
    }
}
