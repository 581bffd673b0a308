//! The indices of a parallel loop, which threads take one by one.
//!
//! ```text
//! part 0, of the caller        part 1, of the first helper
//! 0 1 2 3 4 5 6 7              8 9 10 11 12 13 14 15
//!       └ the next is 3             └ the next is 10
//! ```
//!
//! A thread takes the indices of its own part, so that it finds in its cache what it wrote in the loop before, and then
//! those that the others have not got to. None waits before all indices are taken, and then for the last calls alone.
//! Halving the indices with nested joins waits at every level; where another program wanted the processor, each wait
//! could cost milliseconds.

use super::{join_both, waiting};
use std::sync::atomic::{AtomicUsize, Ordering};

/// More threads than these share the parts.
const PARTS: usize = 32;

/// How many indices of a part are taken; on a cache line of its own, since threads write it at every call.
#[derive(Default)]
#[repr(align(64))]
struct Taken(AtomicUsize);

/// Calls of `f` with every index below `count`.
pub(crate) struct Calls<'a> {
    f: &'a (dyn Fn(usize) + Sync),
    count: usize,
    parts: usize,
    taken: [Taken; PARTS],
    /// How many threads are taking indices.
    present: AtomicUsize,
}

impl<'a> Calls<'a> {
    /// Makes the calls on so many threads; at most one for each index.
    pub(crate) fn run(f: &'a (dyn Fn(usize) + Sync), count: usize, threads: usize) {
        let calls =
            Calls { f, count, parts: threads.min(PARTS), taken: Default::default(), present: AtomicUsize::new(0) };
        calls.enlist(0, threads);
    }

    /// Lets the threads numbered from `first` to before `last` take indices.
    fn enlist(&self, first: usize, last: usize) {
        if last - first == 1 {
            return self.take(first % self.parts);
        }
        let middle = first + (last - first) / 2;
        join_both(&mut || self.enlist(first, middle), &mut || self.enlist(middle, last));
    }

    /// Calls `f` with indices until all are taken, those of part `own` first.
    fn take(&self, own: usize) {
        self.present.fetch_add(1, Ordering::Relaxed);
        for part in (own..self.parts).chain(0..own) {
            let [start, end] = [part, part + 1].map(|part| self.count * part / self.parts);
            let taken = &self.taken[part].0;
            while start + taken.load(Ordering::Relaxed) < end {
                let index = start + taken.fetch_add(1, Ordering::Relaxed);
                if index < end {
                    (self.f)(index);
                }
            }
        }
        self.present.fetch_sub(1, Ordering::Relaxed);
        waiting::look(|| self.present.load(Ordering::Relaxed) == 0);
    }
}
