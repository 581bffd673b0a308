//! Derivatives of plain closures, without parameters.

use crate::{Params, Real, Shape, Tape, Tensor, Var};

/// The gradient of a scalar function: `∇f(x)`, of the shape of `x`.
///
/// ```
/// use retrograde_tape::{grad, Tensor};
/// let slope = grad(|x| x.sin().sum(..), &Tensor::from_vec([2], vec![0.0f64, 1.0]));
/// assert!((slope.as_slice()[1] - 1f64.cos()).abs() < 1e-15);
/// ```
///
/// # Panics
/// When the result of `f` has more than one element.
#[track_caller]
pub fn grad<F: Real>(f: impl for<'t> FnOnce(Var<'t, F>) -> Var<'t, F>, x: &Tensor<F>) -> Tensor<F> {
    value_and_grad(f, x).1
}

/// The value and the gradient of a scalar function: `f(x)` and `∇f(x)`.
///
/// # Panics
/// When the result of `f` has more than one element.
#[track_caller]
pub fn value_and_grad<F: Real>(f: impl for<'t> FnOnce(Var<'t, F>) -> Var<'t, F>, x: &Tensor<F>) -> (F, Tensor<F>) {
    let mut store = Params::new(0);
    let id = store.root().param("x", x.shape(), 0.0);
    *store.get_mut(id) = x.clone();
    let mut tape = Tape::new();
    let (value, step) = tape.grad(&store, |t| f(t.param(id)));
    let gradient = step.gradient(&store, id).map_or_else(
        || Tensor::full(x.shape(), F::ZERO),
        |gradient| Tensor::from_slice(x.shape(), gradient.as_slice()),
    );
    (value, gradient)
}

/// The Jacobian matrix of a function: all `∂f(x)ᵢ/∂xⱼ`, of the shape of the result followed by the shape of `x`. One
/// reverse sweep for each element of the result.
///
/// ```
/// use retrograde_tape::{jacobian, Tensor};
/// let j = jacobian(|x| x * x, &Tensor::from_vec([2], vec![3.0f32, 4.0]));
/// assert_eq!(j.as_slice(), [6.0, 0.0, 0.0, 8.0]);
/// ```
///
/// # Panics
/// When the two shapes have more than 6 axes together.
#[track_caller]
pub fn jacobian<F: Real>(f: impl for<'t> FnOnce(Var<'t, F>) -> Var<'t, F>, x: &Tensor<F>) -> Tensor<F> {
    Tape::new().run(&Params::new(0), |t| {
        let x = t.leaf(x);
        let y = f(x);
        let mut rows = Vec::with_capacity(y.shape().len() * x.shape().len());
        for i in 0..y.shape().len() {
            let mut unit = Tensor::full(y.shape(), F::ZERO);
            unit.as_mut_slice()[i] = F::ONE;
            let [row] = y.vjp([x], t.input(&unit));
            rows.extend_from_slice(&row.value());
        }
        let mut shape: Shape = y.shape();
        x.shape().dims().iter().for_each(|&size| shape.push(size));
        Tensor::from_vec(shape, rows)
    })
}

/// The product of a scalar function's Hessian with a vector, `∇²f(x)·v`, of the shape of `x`, without the Hessian
/// (Pearlmutter 1994): the gradient of `∇f(x)·v`.
///
/// ```
/// use retrograde_tape::{hessian_vector, Tensor};
/// let x = Tensor::from_vec([2], vec![1.0f64, 2.0]);
/// let v = Tensor::from_vec([2], vec![1.0, 0.0]);
/// assert_eq!(hessian_vector(|x| x.powi(3).sum(..), &x, &v).as_slice(), [6.0, 0.0]);
/// ```
///
/// # Panics
/// When the result of `f` has more than one element, or the shapes of `x` and `v` differ.
#[track_caller]
pub fn hessian_vector<F: Real>(
    f: impl for<'t> FnOnce(Var<'t, F>) -> Var<'t, F>,
    x: &Tensor<F>,
    v: &Tensor<F>,
) -> Tensor<F> {
    assert!(x.shape() == v.shape(), "hessian_vector: shapes of x and v: left {}, right {}", x.shape(), v.shape());
    Tape::new().run(&Params::new(0), |t| {
        let x = t.leaf(x);
        let [gradient] = f(x).grad_recorded([x]);
        let [product] = (gradient * t.input(v)).sum(..).grad([x]);
        product.to_tensor()
    })
}
