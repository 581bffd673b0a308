//! Random numbers that depend on a key and a position alone.
//!
//! [`Philox`](philox) turns a counter into random words, so that element i of a filled slice needs no other element:
//! fills run on all threads and have the same bits for any number of them, and a resumed run draws what the
//! uninterrupted one would have drawn.

mod fill;
mod philox;
#[cfg(test)]
mod tests;

pub use fill::{fill_bernoulli, fill_normal, fill_uniform};

use rand::TryRng;
use std::convert::Infallible;

/// What a stream of random numbers is determined by: the seed of the run, the step of the training, and the number of
/// the draw within the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RandomKey {
    /// The seed of the run.
    pub seed: u64,
    /// The step.
    pub step: u64,
    /// The number of the draw within the step.
    pub draw: u64,
}

/// The blocks of four words that belong to a key, by number.
///
/// The Philox key is the seed; step and draw are encrypted into a second key and the upper half of the counter. For one
/// seed that is a bijection, so different draws never share a stream.
#[derive(Clone, Copy, Debug)]
struct Blocks {
    key: [u32; 2],
    high: [u32; 2],
}

impl Blocks {
    fn new(key: RandomKey) -> Blocks {
        let halves = |x: u64| [x as u32, (x >> 32) as u32];
        let ([a, b], [c, d]) = (halves(key.step), halves(key.draw));
        let [a, b, c, d] = philox::block(halves(key.seed), [a, b, c, d]);
        Blocks { key: [a, b], high: [c, d] }
    }

    fn get(&self, number: u64) -> [u32; 4] {
        philox::block(self.key, [number as u32, (number >> 32) as u32, self.high[0], self.high[1]])
    }
}

/// A generator of random numbers for the distributions of `rand` and `rand_distr`: a stream that is fully determined
/// by its key.
///
/// Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, *Parallel random numbers: as easy as 1, 2, 3*). Not for secrets.
///
/// ```
/// use rand::RngExt;
/// use retrograde_kernels::Random;
/// let die = |seed| Random::new(seed, 0, 0).random_range(1..=6);
/// assert_eq!(die(7), die(7));
/// ```
#[derive(Clone, Debug)]
pub struct Random {
    blocks: Blocks,
    /// The number of the next block.
    next: u64,
    words: [u32; 4],
    /// How many of `words` are used up.
    used: usize,
}

impl Random {
    /// The stream of draw number `draw` in step `step` of the run with seed `seed`.
    pub fn new(seed: u64, step: u64, draw: u64) -> Random {
        Random::from(RandomKey { seed, step, draw })
    }

    fn word(&mut self) -> u32 {
        if self.used == 4 {
            self.words = self.blocks.get(self.next);
            self.next += 1;
            self.used = 0;
        }
        self.used += 1;
        self.words[self.used - 1]
    }
}

impl From<RandomKey> for Random {
    fn from(key: RandomKey) -> Random {
        Random { blocks: Blocks::new(key), next: 0, words: [0; 4], used: 4 }
    }
}

impl TryRng for Random {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.word())
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let low = self.word();
        Ok(u64::from(self.word()) << 32 | u64::from(low))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for part in bytes.chunks_mut(4) {
            part.copy_from_slice(&self.word().to_le_bytes()[..part.len()]);
        }
        Ok(())
    }
}
