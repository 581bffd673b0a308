//! One step of one sequence: what the gates do.

use super::{Cell, Recalled};
use crate::Float;

vectorize! {
    /// `out = a + b`.
    fn add[F: Float](a: &[F], b: &[F], out: &mut [F]) {
        for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
            *out = a + b;
        }
    }
    /// `out = a + b · c`.
    fn add_product[F: Float](a: &[F], b: &[F], c: &[F], out: &mut [F]) {
        for (((out, &a), &b), &c) in out.iter_mut().zip(a).zip(b).zip(c) {
            *out = a + b * c;
        }
    }
    fn sigmoid[F: Float](x: &mut [F]) {
        for x in x {
            *x = x.sigmoid();
        }
    }
    fn tanh[F: Float](x: &mut [F]) {
        for x in x {
            *x = x.tanh();
        }
    }
    /// `c = f∘c₋ + i∘g`, `h = o∘tanh c`.
    fn lstm_state[F: Float](i: &[F], f: &[F], g: &[F], o: &[F], c: &mut [F], h: &mut [F]) {
        for (((((h, c), &i), &f), &g), &o) in h.iter_mut().zip(c).zip(i).zip(f).zip(g).zip(o) {
            *c = f * *c + i * g;
            *h = o * c.tanh();
        }
    }
    /// `h = (1 − z)∘n + z∘h₋`.
    fn gru_state[F: Float](z: &[F], n: &[F], h: &mut [F]) {
        for ((h, &z), &n) in h.iter_mut().zip(z).zip(n) {
            *h = (F::ONE - z) * n + z * *h;
        }
    }
    /// `dx = (dy + dh) · (1 − y²)`, `dh = 0`.
    fn rnn_backward[F: Float](y: &[F], dy: &[F], dx: &mut [F], dh: &mut [F]) {
        for (((dx, dh), &y), &dy) in dx.iter_mut().zip(dh).zip(y).zip(dy) {
            *dx = (dy + *dh) * (F::ONE - y * y);
            *dh = F::ZERO;
        }
    }
    /// The gates' cotangents before their activations; `dc` becomes that of `c₋`, `dh` 0.
    fn lstm_backward[F: Float](
        gates: [&[F]; 4], before: &[F], dy: &[F], d: [&mut [F]; 4], dh: &mut [F], dc: &mut [F],
    ) {
        let n = dy.len();
        let ([i, f, g, o], [di, df, dg, d_o]) = (gates.map(|gate| &gate[..n]), d.map(|gate| &mut gate[..n]));
        let (before, dh, dc) = (&before[..n], &mut dh[..n], &mut dc[..n]);
        for j in 0..n {
            let (i, f, g, o) = (i[j], f[j], g[j], o[j]);
            let t = (f * before[j] + i * g).tanh();
            let h = dy[j] + dh[j];
            let c = dc[j] + h * o * (F::ONE - t * t);
            di[j] = c * g * i * (F::ONE - i);
            df[j] = c * before[j] * f * (F::ONE - f);
            dg[j] = c * i * (F::ONE - g * g);
            d_o[j] = h * t * o * (F::ONE - o);
            dc[j] = c * f;
            dh[j] = F::ZERO;
        }
    }
    /// The gates' cotangents before their activations, and in `dr` that of the product; `dh` becomes that of `h₋`
    /// without the way through the product.
    fn gru_backward[F: Float](
        gates: [&[F]; 3], before: &[F], product: &[F], dy: &[F], dx: [&mut [F]; 3], dr: [&mut [F]; 3], dh: &mut [F],
    ) {
        let n = dy.len();
        let ([r, z, new], [xr, xz, xn]) = (gates.map(|gate| &gate[..n]), dx.map(|gate| &mut gate[..n]));
        let ([rr, rz, rn], dh) = (dr.map(|gate| &mut gate[..n]), &mut dh[..n]);
        let (before, product) = (&before[..n], &product[..n]);
        for j in 0..n {
            let (r, z, new, h) = (r[j], z[j], new[j], dy[j] + dh[j]);
            let d_new = h * (F::ONE - z) * (F::ONE - new * new);
            let d_r = d_new * product[j] * r * (F::ONE - r);
            let d_z = h * (before[j] - new) * z * (F::ONE - z);
            (xr[j], xz[j], xn[j]) = (d_r, d_z, d_new);
            (rr[j], rz[j], rn[j]) = (d_r, d_z, d_new * r);
            dh[j] = h * z;
        }
    }
}

/// The parts of a row of gates.
fn parts<F, const N: usize>(row: &[F]) -> [&[F]; N] {
    let size = row.len() / N;
    std::array::from_fn(|i| &row[i * size..][..size])
}

/// The parts of a row of gates, to be written.
fn parts_mut<F, const N: usize>(mut row: &mut [F]) -> [&mut [F]; N] {
    let size = row.len() / N;
    std::array::from_fn(|_| row.split_off_mut(..size).unwrap_or_default())
}

/// From the gates of the input and of the state: the activated gates, and the state after the step.
pub(super) fn forward<F: Float>(
    cell: Cell,
    x: &[F],
    r: &[F],
    gates: &mut [F],
    extra: &mut [F],
    h: &mut [F],
    c: &mut [F],
) {
    let n = h.len();
    match cell {
        Cell::Rnn => {
            add(x, r, gates);
            tanh(gates);
            h.copy_from_slice(gates);
        }
        Cell::Lstm => {
            add(x, r, gates);
            sigmoid(&mut gates[..2 * n]);
            tanh(&mut gates[2 * n..3 * n]);
            sigmoid(&mut gates[3 * n..]);
            extra.copy_from_slice(c);
            let [i, f, g, o] = parts(gates);
            lstm_state(i, f, g, o, c, h);
        }
        Cell::Gru => {
            let (of_gates, new) = gates.split_at_mut(2 * n);
            add(&x[..2 * n], &r[..2 * n], of_gates);
            sigmoid(of_gates);
            extra.copy_from_slice(&r[2 * n..]);
            add_product(&x[2 * n..], &of_gates[..n], extra, new);
            tanh(new);
            gru_state(&of_gates[n..], new, h);
        }
    }
}

/// From the cotangents of the output and of the state after the step: those of the gates and of the state before it.
pub(super) fn backward<F: Float>(
    cell: Cell,
    recalled: Recalled<&[F]>,
    dy: &[F],
    dx: &mut [F],
    dr: &mut [F],
    dh: &mut [F],
    dc: &mut [F],
) {
    let Recalled { gates, before, extra } = recalled;
    match cell {
        Cell::Rnn => rnn_backward(gates, dy, dx, dh),
        Cell::Lstm => lstm_backward(parts(gates), extra, dy, parts_mut(dx), dh, dc),
        Cell::Gru => gru_backward(parts(gates), before, extra, dy, parts_mut(dx), parts_mut(dr), dh),
    }
}
