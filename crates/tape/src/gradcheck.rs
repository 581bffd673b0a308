//! Checks of derivatives against central differences, in double precision, to first and second order.
//!
//! A check compares one random directional derivative, in two evaluations an order, so that hundreds of shapes are
//! affordable: with `s(x) = Σ (r·f(x) + ½ f(x)²)` for random weights `r` and a random direction `u`,
//!
//! * first order: `∇s(x)·u` against `(s(x + hu) − s(x − hu)) / 2h`;
//! * second order: `uᵀ∇²s(x)u` against `(∇s(x + hu)·u − ∇s(x − hu)·u) / 2h`, which differentiates the rules themselves.
//!
//! The square makes the second order tell something for linear functions too. (The idea of one random direction, checked
//! recursively, is that of HIPS autograd.)
//!
//! ```
//! use retrograde_tape::{gradcheck, Tensor};
//! let x = Tensor::from_vec([3], vec![0.1, 0.2, 0.3]);
//! gradcheck::check(|_, x| x[0].exp() * x[1], &[x.clone(), x], gradcheck::Order::Second)?;
//! # Ok::<(), gradcheck::GradcheckError>(())
//! ```

use crate::{Graph, Params, Shape, Tape, Tensor, Var};
use rand::RngExt;
use std::ops::Range;

/// How far a check goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Gradients, for functions whose second derivative is undefined somewhere in the domain.
    First,
    /// Gradients, and gradients of gradients.
    Second,
}

/// A derivative that disagrees with central differences.
#[derive(Clone, Debug, thiserror::Error)]
#[error("gradcheck: {what} of inputs {shapes:?}: left (tape) {analytic}, right (differences) {numeric}")]
pub struct GradcheckError {
    /// What was compared.
    pub what: &'static str,
    /// The shapes of the inputs.
    pub shapes: Vec<Shape>,
    /// What the tape computed.
    pub analytic: f64,
    /// What central differences give.
    pub numeric: f64,
}

/// The value, its directional derivative and its second one, at a point along the direction; and the derivative
/// by a first-order sweep.
struct Point {
    value: f64,
    first: f64,
    second: f64,
    swept: f64,
}

/// Checks the derivatives of `f` by all of `inputs` at once.
///
/// # Errors
/// Where the tape and central differences disagree by more than about 1e-6 of the value, or either is not a number.
pub fn check(
    f: impl for<'t> Fn(&'t Graph<'t, f64>, &[Var<'t, f64>]) -> Var<'t, f64>,
    inputs: &[Tensor<f64>],
    order: Order,
) -> Result<(), GradcheckError> {
    const H: f64 = 1e-5;
    let mut random = kernels::Random::new(11, inputs.len() as u64, 0);
    let mut uniform = |shape: Shape| Tensor::from_fn(shape, |_| random.random_range(-1.0..1.0));
    let directions: Vec<Tensor<f64>> = inputs.iter().map(|x| uniform(x.shape())).collect();
    let params = Params::new(0);
    let mut tape = Tape::new();
    let result = tape.eval(&params, |t| {
        let vars: Vec<_> = inputs.iter().map(|x| t.input(x)).collect();
        f(t, &vars).shape()
    });
    let weights = uniform(result);
    let mut at = |h: f64| {
        tape.run(&params, |t| {
            let moved = inputs.iter().zip(&directions).map(|(x, u)| {
                let (x, u) = (x.as_slice(), u.as_slice());
                x.iter().zip(u).map(|(x, u)| x + h * u).collect::<Vec<f64>>()
            });
            let vars: Vec<Var<'_, f64>> =
                moved.zip(inputs).map(|(values, x)| t.leaf(&Tensor::from_vec(x.shape(), values))).collect();
            let y = f(t, &vars);
            let s = (t.input(&weights) * y + y * y * 0.5).sum(..);
            if h == 0.0 {
                // A rule that reads what its op does not say finds nothing here.
                t.release_unread(0, vars.iter().chain([&s]).map(|var| var.id() as usize), 0);
            }
            let along = |recorded: bool| {
                let slopes = vars.iter().zip(&directions).map(|(x, u)| {
                    let [dx] = if recorded { s.grad_recorded([*x]) } else { s.grad([*x]) };
                    (dx * t.input(u)).sum(..)
                });
                slopes.reduce(|a, b| a + b)
            };
            let first = along(true).unwrap_or(t.scalar(0.0));
            let swept = along(false).unwrap_or(t.scalar(0.0));
            let second = if order == Order::First || !first.requires_grad() {
                0.0
            } else {
                let curvatures = vars.iter().zip(&directions).map(|(x, u)| {
                    let [dx] = first.grad([*x]);
                    (dx * t.input(u)).sum(..).item()
                });
                curvatures.sum()
            };
            Point { value: s.item(), first: first.item(), second, swept: swept.item() }
        })
    };
    let (ahead, behind, here) = (at(H), at(-H), at(0.0));
    let close = |what, analytic: f64, numeric: f64, tolerance: f64| {
        // Written so that a comparison with NaN fails.
        if (analytic - numeric).abs() <= tolerance * (1.0 + analytic.abs() + numeric.abs()) {
            return Ok(());
        }
        Err(GradcheckError { what, shapes: inputs.iter().map(Tensor::shape).collect(), analytic, numeric })
    };
    close("first-order sweep against recorded sweep", here.swept, here.first, 1e-12)?;
    close("first derivative", here.first, (ahead.value - behind.value) / (2.0 * H), 1e-6)?;
    if order == Order::Second {
        close("second derivative", here.second, (ahead.first - behind.first) / (2.0 * H), 1e-6)?;
    }
    Ok(())
}

/// A tensor of numbers from `domain`, the same for every call with the same shape and `draw`.
pub fn sample(shape: impl Into<Shape>, domain: Range<f64>, draw: u64) -> Tensor<f64> {
    let mut random = kernels::Random::new(5, 0, draw);
    Tensor::from_fn(shape, |_| random.random_range(domain.clone()))
}

/// Checks an elementwise function of one value to second order, over shapes of every kind, and over operands that were
/// transposed, sliced and repeated.
///
/// # Panics
/// Where a derivative is wrong.
#[track_caller]
pub fn unary(f: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64>, domain: Range<f64>) {
    unary_to(Order::Second, f, domain);
}

/// As [`unary`], to the order given.
#[track_caller]
pub fn unary_to(order: Order, f: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64>, domain: Range<f64>) {
    let shapes: [&[usize]; 7] = [&[3, 4], &[], &[1], &[17], &[0], &[0, 3], &[2, 1, 3]];
    shapes_to(order, &f, domain.clone(), &shapes);
    shapes_to(order, |x| f(x.transpose(0, 1)), domain.clone(), &[&[3, 4]]);
    shapes_to(order, |x| f(x.slice(1, 1..4)), domain.clone(), &[&[2, 5]]);
    shapes_to(order, |x| f(x.broadcast_to([4, 3])), domain, &[&[3], &[4, 1]]);
}

/// Checks a function of one value to second order for each of these shapes.
#[track_caller]
pub fn shapes(f: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64>, domain: Range<f64>, shapes: &[&[usize]]) {
    shapes_to(Order::Second, f, domain, shapes);
}

/// As [`shapes`], to the order given.
#[track_caller]
pub fn shapes_to(
    order: Order,
    f: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64>,
    domain: Range<f64>,
    shapes: &[&[usize]],
) {
    for shape in shapes {
        expect(check(|_, x| f(x[0]), &[sample(*shape, domain.clone(), 1)], order));
    }
}

/// Checks an elementwise function of two values to second order, over all ways to broadcast them.
#[track_caller]
pub fn binary(f: impl for<'t> Fn(Var<'t, f64>, Var<'t, f64>) -> Var<'t, f64>, left: Range<f64>, right: Range<f64>) {
    binary_to(Order::Second, f, left, right);
}

/// As [`binary`], to the order given.
#[track_caller]
pub fn binary_to(
    order: Order,
    f: impl for<'t> Fn(Var<'t, f64>, Var<'t, f64>) -> Var<'t, f64>,
    left: Range<f64>,
    right: Range<f64>,
) {
    let pairs: [(&[usize], &[usize]); 10] = [
        (&[3, 4], &[3, 4]),
        (&[3, 4], &[4]),
        (&[3, 1], &[3, 4]),
        (&[3, 4], &[]),
        (&[], &[5]),
        (&[1], &[1]),
        (&[2, 1, 3], &[5, 1]),
        (&[0, 3], &[3]),
        (&[1, 0], &[2, 1]),
        (&[7], &[7]),
    ];
    for (a, b) in pairs {
        let inputs = [sample(a, left.clone(), 1), sample(b, right.clone(), 2)];
        expect(check(|_, x| f(x[0], x[1]), &inputs, order));
    }
    let inputs = |a: &[usize], b: &[usize]| [sample(a, left.clone(), 1), sample(b, right.clone(), 2)];
    expect(check(|_, x| f(x[0].transpose(0, 1), x[1]), &inputs(&[4, 3], &[3, 4]), order));
    expect(check(|_, x| f(x[0], x[1].slice(1, 1..4)), &inputs(&[2, 3], &[2, 5]), order));
    expect(check(|_, x| f(x[0].broadcast_to([2, 3]), x[1]), &inputs(&[3], &[2, 3]), order));
    // The same value on both sides: both cotangents flow into it.
    if left == right {
        expect(check(|_, x| f(x[0], x[0] + x[0]), &[sample([3], left.start / 2.0..left.end / 2.0, 1)], order));
    }
}

/// Checks a function of two values of these shapes to second order.
#[track_caller]
pub fn pair(
    f: impl for<'t> Fn(Var<'t, f64>, Var<'t, f64>) -> Var<'t, f64>,
    domain: Range<f64>,
    left: &[usize],
    right: &[usize],
) {
    let inputs = [sample(left, domain.clone(), 1), sample(right, domain, 2)];
    expect(check(|_, x| f(x[0], x[1]), &inputs, Order::Second));
}

/// Checks a function of three values of these shapes to second order.
#[track_caller]
pub fn triple(
    f: impl for<'t> Fn(Var<'t, f64>, Var<'t, f64>, Var<'t, f64>) -> Var<'t, f64>,
    domain: Range<f64>,
    first: &[usize],
    second: &[usize],
    third: &[usize],
) {
    let inputs = [sample(first, domain.clone(), 1), sample(second, domain.clone(), 2), sample(third, domain, 3)];
    expect(check(|_, x| f(x[0], x[1], x[2]), &inputs, Order::Second));
}

#[track_caller]
fn expect(result: Result<(), GradcheckError>) {
    if let Err(error) = result {
        panic!("{error}");
    }
}
