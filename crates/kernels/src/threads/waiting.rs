//! What a thread does while others work.
//!
//! Kernels follow each other within microseconds. A thread that sleeps in between has to be woken, which takes 10 to
//! 100 µs, on a virtual machine most; and one that gives its processor away where another program wants it gets it back
//! after milliseconds. So a thread that others wait for does neither at once; one that holds nothing up stays awake, but
//! lets other programs go first.

use rayon::Yield;
use std::cell::Cell;

/// Looks for about 0.1 ms, which is more than most calls take, whether `done` holds.
pub(super) fn look(done: impl Fn() -> bool) {
    let mut looks = 0..4096;
    while !done() && looks.next().is_some() {
        std::hint::spin_loop();
    }
}

thread_local! {
    /// Whether this is a thread of a pool of ours, outside of any kernel.
    static FREE: Cell<bool> = const { Cell::new(false) };
}

/// A thread of a pool of ours begins.
pub(super) fn begin() {
    FREE.set(true);
}

/// Runs `f`, in which this thread may wait for others.
pub(super) fn engaged<R>(f: impl FnOnce() -> R) -> R {
    /// Also where `f` panics.
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            FREE.set(self.0);
        }
    }
    let _restore = Restore(FREE.replace(false));
    f()
}

/// Keeps a thread that has helped another from sleeping, since more is likely to follow. Not in a pool of someone else,
/// who has other things to wait for. A thread that had slept asks the allocator for a few bytes here, and then no more as
/// long as it stays.
pub(super) fn stay() {
    if FREE.get() {
        rayon::spawn(help);
    }
}

/// Helps others until there was nothing to do for about 4 ms.
fn help() {
    // A thread that waits inside a kernel may have taken this from the one that was to stay.
    if !FREE.get() {
        return;
    }
    engaged(|| {
        let mut idle = 0;
        while idle < 10_000 {
            if let Some(Yield::Executed) = rayon::yield_now() {
                idle = 0;
            } else {
                std::thread::yield_now();
                idle += 1;
            }
        }
    });
}
