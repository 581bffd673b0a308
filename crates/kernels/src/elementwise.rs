//! Elementwise kernels: one, two or three arrays of the same length in, one out, or one in and two out.

use crate::for_each_chunk;
use crate::shared::Shared;

/// How many elements a task has, and from where on several threads are used. Measured with two threads instead of one,
/// best and worst of several runs: 2¹⁵ sums take 1.1 µs less (of 4.1) or 0.6 µs more, 2¹⁵ exponentials 7 µs less (of 16)
/// or the same time, 2²⁰ exponentials half the time or the same.
pub(crate) const CHUNK: usize = 1 << 14;

vectorize! {
    fn map_slice[T: Copy, U, G: Fn(T) -> U](x: &[T], out: &mut [U], f: G) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = f(x);
        }
    }
    fn map2_slice[T: Copy, U, V, G: Fn(T) -> (U, V)](x: &[T], first: &mut [U], second: &mut [V], f: G) {
        for ((first, second), &x) in first.iter_mut().zip(second).zip(x) {
            (*first, *second) = f(x);
        }
    }
    fn zip_slice[A: Copy, B: Copy, U, G: Fn(A, B) -> U](a: &[A], b: &[B], out: &mut [U], f: G) {
        for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
            *out = f(a, b);
        }
    }
    fn zip3_slice[A: Copy, B: Copy, C: Copy, U, G: Fn(A, B, C) -> U](a: &[A], b: &[B], c: &[C], out: &mut [U], f: G) {
        for (((out, &a), &b), &c) in out.iter_mut().zip(a).zip(b).zip(c) {
            *out = f(a, b, c);
        }
    }
}

/// `out[i] = f(x[i])`.
///
/// A small closure is compiled into the loop for every instruction set. One as long as two or more elementary functions
/// should say `#[inline(always)] |x| …`: it may be called once per element otherwise, which takes several times as long.
///
/// ```
/// let mut out = [0.0; 3];
/// retrograde_kernels::map(&[1.0, 4.0, 9.0], &mut out, f32::sqrt);
/// assert_eq!(out, [1.0, 2.0, 3.0]);
/// ```
///
/// # Panics
/// When the lengths differ.
#[inline]
pub fn map<T: Copy + Sync, U: Send>(x: &[T], out: &mut [U], f: impl Fn(T) -> U + Sync + Copy) {
    assert_eq!(x.len(), out.len(), "map: lengths differ");
    if let ([x], [out]) = (x, &mut *out) {
        *out = f(*x);
    } else if out.len() <= CHUNK {
        map_slice(x, out, f);
    } else {
        for_each_chunk(out, CHUNK, |i, out| map_slice(&x[i * CHUNK..][..out.len()], out, f));
    }
}

/// `(first[i], second[i]) = f(x[i])`: for what has much of its work in common.
///
/// # Panics
/// When the lengths differ.
pub fn map2<T: Copy + Sync, U: Send, V: Send>(
    x: &[T],
    first: &mut [U],
    second: &mut [V],
    f: impl Fn(T) -> (U, V) + Sync + Copy,
) {
    assert!(x.len() == first.len() && second.len() == first.len(), "map2: lengths differ");
    let second = Shared::new(second);
    for_each_chunk(first, CHUNK, |i, first| {
        // SAFETY: every chunk has a part of its own.
        let second = unsafe { second.part(i * CHUNK, first.len()) };
        map2_slice(&x[i * CHUNK..][..first.len()], first, second, f);
    });
}

/// `out[i] = f(a[i], b[i])`.
///
/// # Panics
/// When the lengths differ.
#[inline]
pub fn zip<A: Copy + Sync, B: Copy + Sync, U: Send>(
    a: &[A],
    b: &[B],
    out: &mut [U],
    f: impl Fn(A, B) -> U + Sync + Copy,
) {
    assert!(a.len() == out.len() && b.len() == out.len(), "zip: lengths differ");
    if let ([a], [b], [out]) = (a, b, &mut *out) {
        *out = f(*a, *b);
    } else if out.len() <= CHUNK {
        zip_slice(a, b, out, f);
    } else {
        for_each_chunk(out, CHUNK, |i, out| {
            let range = i * CHUNK..i * CHUNK + out.len();
            zip_slice(&a[range.clone()], &b[range], out, f);
        });
    }
}

/// `out[i] = f(a[i], b[i], c[i])`.
///
/// # Panics
/// When the lengths differ.
pub fn zip3<A: Copy + Sync, B: Copy + Sync, C: Copy + Sync, U: Send>(
    a: &[A],
    b: &[B],
    c: &[C],
    out: &mut [U],
    f: impl Fn(A, B, C) -> U + Sync + Copy,
) {
    let len = out.len();
    assert!(a.len() == len && b.len() == len && c.len() == len, "zip3: lengths differ");
    for_each_chunk(out, CHUNK, |i, out| {
        let range = i * CHUNK..i * CHUNK + out.len();
        zip3_slice(&a[range.clone()], &b[range.clone()], &c[range], out, f);
    });
}

/// Writes `value` into every element.
pub fn fill<T: Copy + Send + Sync>(out: &mut [T], value: T) {
    if out.len() <= CHUNK { out.fill(value) } else { for_each_chunk(out, CHUNK, |_, out| out.fill(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Threads;

    #[test]
    fn bits_do_not_depend_on_the_number_of_threads() {
        let n = 5 * CHUNK + 123;
        let x: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).sin() * 4.0).collect();
        let compute = |threads: usize| {
            Threads::new(threads).unwrap().run(|| {
                let (mut a, mut b, mut c) = (vec![0.0; n], vec![0.0; n], vec![0f32; n]);
                map(&x, &mut a, crate::Float::exp);
                zip(&x, &a, &mut b, |x, a| x / a);
                zip3(&x, &a, &b, &mut c, |x, a, b| x * a + b);
                let (mut sum, mut product) = (vec![0.0; n], vec![0.0; n]);
                map2(&x, &mut sum, &mut product, |x| (x + 3.0, x * 3.0));
                assert!((0..n).all(|i| (sum[i], product[i]) == (x[i] + 3.0, x[i] * 3.0)));
                (a, b, c)
            })
        };
        let one = compute(1);
        for (i, &x) in x.iter().enumerate() {
            let (a, b) = (crate::Float::exp(x), x / crate::Float::exp(x));
            assert_eq!((one.0[i], one.1[i], one.2[i]), (a, b, x * a + b), "element {i}");
        }
        for threads in [2, 3, 7] {
            assert!(compute(threads) == one, "{threads} threads");
        }
    }

    #[test]
    fn not_a_number_propagates() {
        use crate::Float;
        let n = 100;
        let number: Vec<f32> = (0..n).map(|i| if i % 7 == 3 { f32::NAN } else { i as f32 - 50.0 }).collect();
        let zero = vec![0.0; n];
        let mut out = vec![0.0; n];
        let mut check = |a: &[f32], b: &[f32]| {
            zip(a, b, &mut out, Float::maximum);
            assert!((0..n).all(|i| out[i].is_nan() == (i % 7 == 3)), "maximum: {out:?}");
            zip(a, b, &mut out, Float::minimum);
            assert!((0..n).all(|i| out[i].is_nan() == (i % 7 == 3)), "minimum: {out:?}");
        };
        check(&number, &zero);
        check(&zero, &number);
    }

    #[test]
    #[should_panic(expected = "zip: lengths differ")]
    fn lengths_must_match() {
        zip(&[1.0, 2.0], &[1.0], &mut [0.0, 0.0], |a: f32, b: f32| a + b);
    }
}
