//! A pool of threads of our own, and the few ways in which kernels use it.

mod calls;
mod waiting;

use crate::shared::Shared;
use calls::Calls;
use rayon::{FnContext, ThreadPool};
use std::sync::atomic::{AtomicBool, Ordering};

/// The pool could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start {threads} threads: {source}; ask for fewer")]
pub struct ThreadsError {
    threads: usize,
    source: rayon::ThreadPoolBuildError,
}

/// A pool of threads that the kernels inside [`run`](Threads::run) share.
///
/// Run whole training loops inside it: from inside, handing half of a kernel to another thread costs 1 to 2 µs, for the
/// others stay awake for some 4 ms; a kernel called from outside any pool wakes rayon's global pool at about 12 µs a call. The results are the same, bit
/// for bit, for any number of threads.
///
/// ```
/// use retrograde_kernels::Threads;
/// let threads = Threads::new(2)?;
/// let sum: u64 = threads.run(|| (1..=10).sum());
/// assert_eq!(sum, 55);
/// # Ok::<(), retrograde_kernels::ThreadsError>(())
/// ```
#[derive(Debug)]
pub struct Threads {
    pool: ThreadPool,
}

impl Threads {
    /// Starts `threads` threads; 0 means as many as the machine has processors.
    ///
    /// # Errors
    /// When the operating system refuses to start them.
    pub fn new(threads: usize) -> Result<Threads, ThreadsError> {
        let build = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("retrograde-{i}"));
        build
            .start_handler(|_| waiting::begin())
            .build()
            .map(|pool| Threads { pool })
            .map_err(|source| ThreadsError { threads, source })
    }

    /// How many threads there are.
    pub fn count(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Runs `f` on one of the threads; kernels that `f` calls use them all.
    pub fn run<R: Send>(&self, f: impl FnOnce() -> R + Send) -> R {
        self.pool.install(|| waiting::engaged(f))
    }
}

/// Runs both closures, on two threads where one is free.
pub fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    let (mut a, mut b) = (Call::Open(a), Call::Open(b));
    join_both(&mut || a.run(), &mut || b.run());
    (a.result(), b.result())
}

/// A closure before and after it ran.
enum Call<F, R> {
    Open(F),
    Running,
    Done(R),
}

impl<F: FnOnce() -> R, R> Call<F, R> {
    fn run(&mut self) {
        if let Call::Open(f) = std::mem::replace(self, Call::Running) {
            *self = Call::Done(f());
        }
    }

    fn result(self) -> R {
        match self {
            Call::Done(result) => result,
            _ => unreachable!("`join` returns when both closures have run"),
        }
    }
}

/// As [`join`]. What `rayon` makes of a closure is long; since this function and [`call_each`] take objects, it is
/// compiled once, instead of once for every kernel and operation.
///
/// Where `b` runs on another thread, that is nearly done as well when `a` is. Rayon waits by giving the processor away;
/// a program that wants it then keeps it for milliseconds, at every kernel. So this looks for a while first.
pub(crate) fn join_both(a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
    let running = AtomicBool::new(false);
    let mut first = || {
        a();
        waiting::look(|| !running.load(Ordering::Relaxed));
    };
    let second = |context: FnContext| {
        running.store(true, Ordering::Relaxed);
        b();
        running.store(false, Ordering::Relaxed);
        if context.migrated() {
            waiting::stay();
        }
    };
    waiting::engaged(|| rayon::join_context(|_| first(), second));
}

/// Calls `f` with every index below `count`, on all threads. Which thread runs which index is not fixed, so `f` must
/// not let one call depend on another.
#[inline]
pub fn for_each_index(count: usize, f: impl Fn(usize) + Sync) {
    call_each(count, &f);
}

/// As [`for_each_index`], compiled once.
fn call_each(count: usize, f: &(dyn Fn(usize) + Sync)) {
    let threads = rayon::current_num_threads().min(count);
    if threads <= 1 {
        (0..count).for_each(f);
    } else {
        Calls::run(f, count, threads);
    }
}

/// Cuts `out` into chunks of `chunk` elements (the last may be shorter) and calls `f` with the index of each chunk and
/// the chunk, on all threads.
///
/// # Panics
/// When `chunk` is 0.
#[inline]
pub fn for_each_chunk<T: Send>(out: &mut [T], chunk: usize, f: impl Fn(usize, &mut [T]) + Sync) {
    call_each_chunk(out, chunk, &f);
}

/// As [`for_each_chunk`], compiled once for a type of elements.
fn call_each_chunk<T: Send>(out: &mut [T], chunk: usize, f: &(dyn Fn(usize, &mut [T]) + Sync)) {
    assert!(chunk > 0, "for_each_chunk: a chunk needs at least one element");
    let length = out.len();
    if length <= chunk {
        if length > 0 {
            f(0, out);
        }
        return;
    }
    let out = Shared::new(out);
    // SAFETY: every index has a part of its own.
    call_each(length.div_ceil(chunk), &|i| f(i, unsafe { out.part(i * chunk, chunk.min(length - i * chunk)) }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn every_index_and_every_chunk_is_visited_once() {
        for threads in [1, 2, 3, 40] {
            Threads::new(threads).unwrap().run(|| {
                for count in [0, 1, 2, 7, 64, 100] {
                    let seen: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
                    for_each_index(count, |i| {
                        seen[i].fetch_add(1, Ordering::Relaxed);
                    });
                    assert!(seen.iter().all(|n| n.load(Ordering::Relaxed) == 1), "{count} indices, {threads} threads");
                    let mut out = vec![0; count];
                    for_each_chunk(&mut out, 3, |i, part| part.iter_mut().for_each(|x| *x += i + 1));
                    assert!(out.iter().enumerate().all(|(j, &x)| x == j / 3 + 1), "{out:?}");
                }
            });
        }
    }
}
