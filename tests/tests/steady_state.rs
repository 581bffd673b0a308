//! A training step in steady state asks the allocator for nothing and touches no new page.
//!
//! The only test of its file, since allocations of all threads count.

use optim::{Optimizer, Sgd};
use retrograde_tests::allocator::{Counting, allocations, page_faults};
use retrograde_tests::models::{batch, classify, perceptron};
use tape::{Params, Tape, Threads};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_step_of_the_perceptron_allocates_nothing() {
    const STEPS: usize = 200;
    assert!(allocations() > 0, "the allocator counts");
    for threads in [1, 2] {
        let (allocated, faults) = Threads::new(threads).unwrap().run(|| {
            let mut params = Params::new(0);
            let model = perceptron(&mut params, 128);
            let (images, labels) = batch(64);
            let (mut sgd, mut tape) = (Sgd::new(0.01).momentum(0.9), Tape::new());
            let mut step = || {
                let (_, step) = tape.grad(&params, |t| classify(&model, t.input(&images), t.indices(&labels)));
                sgd.step(&mut params, step);
            };
            // Threads take the pieces of the work as they come, so each needs a while to have had one of every kind.
            (0..STEPS).for_each(|_| step());
            let before = (allocations(), page_faults());
            (0..STEPS).for_each(|_| step());
            (allocations() - before.0, page_faults().zip(before.1).map(|(after, before)| after - before))
        });
        assert_eq!(allocated, 0, "allocations in {STEPS} steps with {threads} threads");
        if cfg!(target_os = "linux") {
            assert_eq!(faults, Some(0), "page faults in {STEPS} steps with {threads} threads");
        }
    }
}
