//! What the processor can do at most: the measure that the other kernels are held against.

use crate::Level;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The `f32` operations a second that all threads of the current pool reach together, for about `seconds`: independent
/// multiply-adds in registers, two operations each.
///
/// Each thread counts its best interval, so that a moment of other work on the machine does not lower the measure; with
/// more threads than processors the sum is therefore too high.
///
/// ```
/// let threads = retrograde_kernels::Threads::new(1)?;
/// assert!(threads.run(|| retrograde_kernels::peak_flops(0.01)) > 0.0);
/// # Ok::<(), retrograde_kernels::ThreadsError>(())
/// ```
pub fn peak_flops(seconds: f64) -> f64 {
    rayon::broadcast(|_| peak_of_one_thread(seconds)).into_iter().sum()
}

fn peak_of_one_thread(seconds: f64) -> f64 {
    let (factor, term) = (black_box(0.999f32), black_box(0.001f32));
    let fused = |x: f32| x.mul_add(factor, term);
    let run = || match Level::current() {
        // Twice the chains hide the latency of two units, and stay in registers: 32 of 16 numbers, 16 of 8, 16 of 4.
        Level::Avx512 => interval::<4>(fused),
        Level::Avx2 => interval::<3>(fused),
        Level::Baseline if cfg!(target_arch = "aarch64") => interval::<1>(fused),
        // Without FMA, fusing would call a function.
        Level::Baseline => interval::<1>(|x| x * factor + term),
    };
    let (started, mut best) = (Instant::now(), 0.0f64);
    while best == 0.0 || started.elapsed() < Duration::from_secs_f64(seconds) {
        best = best.max(run());
    }
    best
}

/// Operations a second over some tens of microseconds.
fn interval<const CHAINS: usize>(f: impl Fn(f32) -> f32) -> f64 {
    const ROUNDS: usize = 4096;
    let started = Instant::now();
    let chains: [[[f32; WIDTH]; CHAINS]; 2] = iterate(ROUNDS, f);
    black_box(chains);
    let operations = 2 * WIDTH * 2 * CHAINS * ROUNDS;
    operations as f64 / started.elapsed().as_secs_f64()
}

/// The numbers of one chain: a register of the widest level.
const WIDTH: usize = 16;

vectorize! {
    /// `x = f(x)`, `rounds` times, in two groups of chains that do not depend on each other. Two, since the compiler
    /// keeps arrays in registers only where it unrolls all loops over them, which it does for few chains.
    fn iterate[const CHAINS: usize, G: Fn(f32) -> f32](rounds: usize, f: G) -> [[[f32; WIDTH]; CHAINS]; 2] {
        let (mut a, mut b) = ([[1.0; WIDTH]; CHAINS], [[1.0; WIDTH]; CHAINS]);
        for _ in 0..rounds {
            advance(&mut a, &f);
            advance(&mut b, &f);
        }
        [a, b]
    }
}

#[inline(always)]
fn advance<const CHAINS: usize>(chains: &mut [[f32; WIDTH]; CHAINS], f: impl Fn(f32) -> f32) {
    for chain in chains {
        for x in chain {
            *x = f(*x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chain_is_computed() {
        let chains: [[[f32; WIDTH]; 3]; 2] = iterate(3, |x| x * 0.5 + 1.0);
        assert_eq!(chains, [[[1.875; WIDTH]; 3]; 2]);
    }

    #[test]
    fn all_threads_count() {
        let pool = crate::Threads::new(2).unwrap();
        let (one, all) = (peak_of_one_thread(0.02), pool.run(|| peak_flops(0.02)));
        assert!(one > 1e8 && all > one, "one thread {one:e}, two {all:e}");
    }
}
