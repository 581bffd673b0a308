//! Reused buffers: in steady state, a training step takes every buffer from here and asks the allocator for nothing.

use kernels::Array;
use std::cell::{Cell, RefCell};
use std::ops::Deref;
use triomphe::Arc;

/// Buffers that nobody holds, by size class. The counted box of each buffer is kept with it, so that handing one out
/// allocates nothing; contents are whatever the last holder left.
pub(crate) struct Pool<T> {
    classes: RefCell<Vec<Vec<Arc<Array<T>>>>>,
    bytes: Cell<usize>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Pool { classes: RefCell::default(), bytes: Cell::new(0) }
    }
}

/// Up to this many elements, a buffer of its own costs less than the search for a larger one.
const SMALL: usize = 1 << 10;

/// How many classes above its own serve a request: the buffer is less than twice as large as asked.
const LARGER: usize = 7;

/// Size classes in eighths of a power of two: at most 1/8 of a buffer is unused. Returns the class and its size.
#[inline]
fn size_class(len: usize) -> (usize, usize) {
    if len <= 8 {
        return (len, len);
    }
    let exponent = (len - 1).ilog2() as usize;
    let step = 1 << (exponent - 3);
    let eighths = len.div_ceil(step);
    ((exponent - 3) * 8 + eighths, eighths * step)
}

impl<T: Copy + Default> Pool<T> {
    /// A buffer of at least `len` elements that nobody else holds. One of the next classes does where its own has none:
    /// batches of sentences of many lengths share their memory.
    pub(crate) fn take(&self, len: usize) -> Arc<Array<T>> {
        let (class, size) = size_class(len);
        let mut classes = self.classes.borrow_mut();
        if let Some(buffer) = classes.get_mut(class).and_then(Vec::pop) {
            return buffer;
        }
        if size > SMALL
            && let Some(buffer) = classes.iter_mut().skip(class).take(1 + LARGER).find_map(Vec::pop)
        {
            return buffer;
        }
        self.bytes.set(self.bytes.get() + size * size_of::<T>());
        Arc::new(Array::filled(T::default(), size))
    }

    /// Takes a buffer back if this was its last holder and it has the size of a class.
    pub(crate) fn give(&self, buffer: Arc<Array<T>>) {
        let (class, size) = size_class(buffer.len());
        // Cheaper than asking for a mutable reference, which `Output` does before anything is written.
        if size != buffer.len() || Arc::strong_count(&buffer) > 1 {
            return;
        }
        let mut classes = self.classes.borrow_mut();
        if classes.len() <= class {
            classes.resize_with(class + 1, Vec::new);
        }
        classes[class].push(buffer);
    }

    /// Bytes of all the buffers that were ever made.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.get()
    }
}

/// The numbers of a handle. They stay valid, whatever the tape does, until this is dropped; dropping it gives the
/// buffer back to the tape if nothing else holds it.
pub struct Value<'t, T: Copy + Default> {
    pool: &'t Pool<T>,
    buffer: Option<Arc<Array<T>>>,
    len: usize,
}

impl<'t, T: Copy + Default> Value<'t, T> {
    pub(crate) fn new(pool: &'t Pool<T>, buffer: Arc<Array<T>>, len: usize) -> Self {
        Value { pool, buffer: Some(buffer), len }
    }
}

impl<T: Copy + Default> Deref for Value<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match &self.buffer {
            Some(buffer) => &buffer[..self.len],
            None => &[],
        }
    }
}

impl<T: Copy + Default + std::fmt::Debug> std::fmt::Debug for Value<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Copy + Default> Drop for Value<'_, T> {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            self.pool.give(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_grow_and_waste_at_most_an_eighth() {
        let mut last = 0;
        for len in 0..5000 {
            let (class, size) = size_class(len);
            assert!(size >= len && size <= len + len / 8 + 1, "{len} got {size}");
            assert_eq!(size_class(size), (class, size), "a class's size belongs to it: {len}");
            assert!(class >= last && class <= last + 1, "{len}: class {class} after {last}");
            last = class;
        }
    }

    #[test]
    fn a_buffer_comes_back_only_from_its_last_holder() {
        let pool = Pool::<f32>::default();
        let a = pool.take(100);
        let address = a.as_ptr();
        let held = a.clone();
        pool.give(a);
        assert_ne!(pool.take(100).as_ptr(), address, "still held");
        pool.give(held);
        assert_eq!(pool.take(100).as_ptr(), address);
        pool.give(Arc::new(vec![0.0; 1001].into()));
        assert_eq!(pool.take(1001).len(), 1024, "a foreign size does not enter a class");
    }

    #[test]
    fn a_larger_buffer_serves_where_there_is_none_of_the_size() {
        let pool = Pool::<f32>::default();
        let sizes = [20_000, 19_000, 10_241, 10_000].map(|len| {
            let buffer = pool.take(len);
            let size = buffer.len();
            pool.give(buffer);
            size
        });
        assert_eq!(sizes, [20_480, 20_480, 20_480, 10_240], "less than twice as large, or made anew");
        assert_eq!(pool.bytes(), 4 * (20_480 + 10_240));
    }
}
