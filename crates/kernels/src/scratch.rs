//! Memory for packed operands, kept by every thread.

use std::cell::{Cell, RefCell};

use crate::Float;

/// Bytes a thread keeps: pages that were never written take no memory.
const BYTES: usize = 2 << 20;

/// Elements of `F` in the scratch memory.
pub(crate) const fn capacity<F: Float>() -> usize {
    BYTES / size_of::<F>()
}

#[repr(C, align(64))]
struct CacheLine {
    _bytes: [u8; 64],
}

thread_local! {
    static SCRATCH: RefCell<Vec<CacheLine>> = const { RefCell::new(Vec::new()) };
    static SHARED: Cell<Vec<CacheLine>> = const { Cell::new(Vec::new()) };
}

/// Calls `f` with memory for [`capacity`] elements, not initialized, aligned to a cache line. Not to be nested: `f` must
/// neither call this nor wait for other tasks.
pub(crate) fn with<F: Float, R>(f: impl FnOnce(*mut F) -> R) -> R {
    SCRATCH.with_borrow_mut(|scratch| {
        // Never filled, so that its length stays 0: only the capacity is used.
        if scratch.capacity() == 0 {
            scratch.reserve_exact(BYTES / size_of::<CacheLine>());
        }
        f(scratch.as_mut_ptr().cast())
    })
}

/// As [`with`], with memory for `length` elements where these are more: that is allocated, and not kept.
pub(crate) fn with_at_least<F: Float, R>(length: usize, f: impl FnOnce(*mut F) -> R) -> R {
    if length <= capacity::<F>() {
        return with(f);
    }
    let mut memory = Vec::<F>::with_capacity(length);
    f(memory.as_mut_ptr())
}

/// As [`with_at_least`], with memory for `length` elements that are all `value`.
pub(crate) fn with_filled<F: Float, R>(length: usize, value: F, f: impl FnOnce(&mut [F]) -> R) -> R {
    // SAFETY: there is memory for `length` elements, which no one else has.
    with_at_least(length, |memory| f(unsafe { filled(memory, length, value) }))
}

/// The elements of fresh memory, all of them `value`.
///
/// # Safety
/// There is memory for `length` elements, which no one else has.
pub(crate) unsafe fn filled<'a, F: Float>(memory: *mut F, length: usize, value: F) -> &'a mut [F] {
    // SAFETY: the caller's promise; all elements are written here.
    unsafe {
        (0..length).for_each(|i| memory.add(i).write(value));
        std::slice::from_raw_parts_mut(memory, length)
    }
}

/// Calls `f` with memory for `length` elements, not initialized, aligned to a cache line, which its tasks may share; it is
/// another memory than that of [`with`], which products inside of `f` may use. The thread keeps it, as much as was ever asked
/// for; what is asked for meanwhile, by another task that the thread takes on while it waits, is allocated and kept instead.
pub(crate) fn with_shared<F: Float, R>(length: usize, f: impl FnOnce(*mut F) -> R) -> R {
    let mut memory = SHARED.take();
    let lines = (length * size_of::<F>()).div_ceil(size_of::<CacheLine>());
    if memory.capacity() < lines {
        memory = Vec::with_capacity(lines);
    }
    let result = f(memory.as_mut_ptr().cast());
    SHARED.set(memory);
    result
}
