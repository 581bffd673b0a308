//! Updates in place, and what is asked of gradients: what accumulation, optimizers and clipping are made of.

use crate::elementwise::CHUNK;
use crate::{Float, for_each_chunk, join};

vectorize! {
    fn update_slice[F: Copy, G: Fn(&mut F, F)](w: &mut [F], g: &[F], f: G) {
        w.iter_mut().zip(g).for_each(|(w, &g)| f(w, g));
    }
    fn update2_slice[F: Copy, G: Fn(&mut F, &mut F, F)](w: &mut [F], s: &mut [F], g: &[F], f: G) {
        w.iter_mut().zip(s).zip(g).for_each(|((w, s), &g)| f(w, s, g));
    }
    fn update3_slice[F: Copy, G: Fn(&mut F, &mut F, &mut F, F)](w: &mut [F], s: &mut [F], t: &mut [F], g: &[F], f: G) {
        w.iter_mut().zip(s).zip(t).zip(g).for_each(|(((w, s), t), &g)| f(w, s, t, g));
    }
    fn update4_slice[F: Copy, G: Fn(&mut F, &mut F, &mut F, &mut F, F)](
        w: &mut [F], s: &mut [F], t: &mut [F], u: &mut [F], g: &[F], f: G
    ) {
        w.iter_mut().zip(s).zip(t).zip(u).zip(g).for_each(|((((w, s), t), u), &g)| f(w, s, t, u, g));
    }
    fn sum_of_squares_slice[F: Float](x: &[F]) -> f64 {
        // Sixteen sums side by side, in a fixed order.
        let mut sums = [0.0; 16];
        let (blocks, rest) = x.as_chunks::<16>();
        for block in blocks {
            for (sum, x) in sums.iter_mut().zip(block) {
                let x = x.to_f64();
                *sum += x * x;
            }
        }
        sums.iter().sum::<f64>() + rest.iter().map(|x| x.to_f64() * x.to_f64()).sum::<f64>()
    }
    fn all_finite_slice[F: Float](x: &[F]) -> bool {
        // 0 · x is 0 for every finite x, and NaN otherwise, which a sum keeps.
        let mut sums = [F::ZERO; 16];
        let (blocks, rest) = x.as_chunks::<16>();
        for block in blocks {
            sums.iter_mut().zip(block).for_each(|(sum, &x)| *sum += x * F::ZERO);
        }
        sums.iter().chain(rest).all(|&x| x * F::ZERO == F::ZERO)
    }
}

/// `w[i] ← f(w[i], g[i])`, by reference.
///
/// # Panics
/// When the lengths differ.
#[inline]
pub fn update<F: Copy + Send + Sync>(w: &mut [F], g: &[F], f: impl Fn(&mut F, F) + Sync + Copy) {
    assert_eq!(w.len(), g.len(), "update: lengths differ");
    if let ([w], [g]) = (&mut *w, g) {
        f(w, *g);
    } else {
        for_each_chunk(w, CHUNK, |i, w| update_slice(w, &g[i * CHUNK..][..w.len()], f));
    }
}

/// As [`update`], with a second array that is changed along: a velocity.
///
/// # Panics
/// When the lengths differ.
pub fn update2<F: Copy + Send + Sync>(w: &mut [F], s: &mut [F], g: &[F], f: impl Fn(&mut F, &mut F, F) + Sync + Copy) {
    assert!(w.len() == g.len() && s.len() == g.len(), "update2: lengths differ");
    if w.len() <= CHUNK {
        return update2_slice(w, s, g, f);
    }
    let middle = w.len().div_ceil(CHUNK) / 2 * CHUNK;
    let ((w, w_rest), (s, s_rest), (g, g_rest)) = (w.split_at_mut(middle), s.split_at_mut(middle), g.split_at(middle));
    join(|| update2(w, s, g, f), || update2(w_rest, s_rest, g_rest, f));
}

/// As [`update`], with two more arrays that are changed along: a first and a second moment.
///
/// # Panics
/// When the lengths differ.
pub fn update3<F: Copy + Send + Sync>(
    w: &mut [F],
    s: &mut [F],
    t: &mut [F],
    g: &[F],
    f: impl Fn(&mut F, &mut F, &mut F, F) + Sync + Copy,
) {
    assert!(w.len() == g.len() && s.len() == g.len() && t.len() == g.len(), "update3: lengths differ");
    if w.len() <= CHUNK {
        return update3_slice(w, s, t, g, f);
    }
    let middle = w.len().div_ceil(CHUNK) / 2 * CHUNK;
    let ((w, w_rest), (s, s_rest)) = (w.split_at_mut(middle), s.split_at_mut(middle));
    let ((t, t_rest), (g, g_rest)) = (t.split_at_mut(middle), g.split_at(middle));
    join(|| update3(w, s, t, g, f), || update3(w_rest, s_rest, t_rest, g_rest, f));
}

/// As [`update`], with three more arrays that are changed along.
///
/// # Panics
/// When the lengths differ.
pub fn update4<F: Copy + Send + Sync>(
    w: &mut [F],
    s: &mut [F],
    t: &mut [F],
    u: &mut [F],
    g: &[F],
    f: impl Fn(&mut F, &mut F, &mut F, &mut F, F) + Sync + Copy,
) {
    let len = g.len();
    assert!(w.len() == len && s.len() == len && t.len() == len && u.len() == len, "update4: lengths differ");
    if len <= CHUNK {
        return update4_slice(w, s, t, u, g, f);
    }
    let middle = len.div_ceil(CHUNK) / 2 * CHUNK;
    let ((w, w_rest), (s, s_rest)) = (w.split_at_mut(middle), s.split_at_mut(middle));
    let ((t, t_rest), (u, u_rest)) = (t.split_at_mut(middle), u.split_at_mut(middle));
    let (g, g_rest) = g.split_at(middle);
    join(|| update4(w, s, t, u, g, f), || update4(w_rest, s_rest, t_rest, u_rest, g_rest, f));
}

/// `sum[i] += x[i]`.
///
/// # Panics
/// When the lengths differ.
#[inline]
pub fn accumulate<F: Float>(sum: &mut [F], x: &[F]) {
    update(sum, x, |sum, x| *sum += x);
}

/// `Σ x²`, in double precision; the same bits for any number of threads.
pub fn sum_of_squares<F: Float>(x: &[F]) -> f64 {
    if x.len() <= CHUNK {
        return sum_of_squares_slice(x);
    }
    let (left, right) = x.split_at(x.len().div_ceil(CHUNK) / 2 * CHUNK);
    let (left, right) = join(|| sum_of_squares(left), || sum_of_squares(right));
    left + right
}

/// Whether no element is infinite or NaN.
pub fn all_finite<F: Float>(x: &[F]) -> bool {
    if x.len() <= CHUNK {
        return all_finite_slice(x);
    }
    let (left, right) = x.split_at(x.len().div_ceil(CHUNK) / 2 * CHUNK);
    let (left, right) = join(|| all_finite(left), || all_finite(right));
    left && right
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * 0.731).sin()).collect()
    }

    #[test]
    fn updates_reach_every_element_once() {
        let lengths = [0, 1, 2, 100, CHUNK, CHUNK + 1, 3 * CHUNK + 17];
        for (n, threads) in lengths.into_iter().flat_map(|n| [1, 2, 3, 7].map(|threads| (n, threads))) {
            let g = numbers(n);
            let (mut w, mut s, mut t, mut u) = (vec![1.0; n], vec![2.0; n], vec![3.0; n], vec![4.0; n]);
            crate::Threads::new(threads).unwrap().run(|| {
                update(&mut w, &g, |w, g| *w += g);
                update2(&mut w, &mut s, &g, |w, s, g| (*w, *s) = (*w - g, *s + g));
                update3(&mut w, &mut s, &mut t, &g, |w, s, t, g| (*w, *s, *t) = (*w + *t, *s - g, *t * g));
                accumulate(&mut t, &g);
                update4(&mut w, &mut s, &mut t, &mut u, &g, |w, s, _, u, g| *u = *u * *w + *s * g);
            });
            for i in 0..n {
                assert_eq!(w[i], (1.0 + g[i]) - g[i] + 3.0, "w[{i}] of {n}");
                assert_eq!(s[i], (2.0 + g[i]) - g[i], "s[{i}] of {n}");
                assert_eq!(t[i], 3.0 * g[i] + g[i], "t[{i}] of {n}");
                assert_eq!(u[i], 4.0 * w[i] + s[i] * g[i], "u[{i}] of {n}");
            }
        }
    }

    #[test]
    fn sums_and_finiteness() {
        let n = 3 * CHUNK + 17;
        let mut x = numbers(n);
        let want: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        let compute = |threads| crate::Threads::new(threads).unwrap().run(|| sum_of_squares(&x));
        assert!((compute(1) / want - 1.0).abs() < 1e-12);
        for threads in [2, 3, 7] {
            assert_eq!(compute(1).to_bits(), compute(threads).to_bits(), "{threads} threads");
        }
        assert!(all_finite(&x));
        for (i, bad) in [(0, f32::NAN), (n / 2, f32::INFINITY), (n - 1, f32::NEG_INFINITY)] {
            let good = std::mem::replace(&mut x[i], bad);
            assert!(!all_finite(&x), "{bad} at {i}");
            x[i] = good;
        }
    }
}
