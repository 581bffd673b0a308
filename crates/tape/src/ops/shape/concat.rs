//! Values side by side along an axis: `dx_i` is the part of `g` where `x_i` lies. `concat` joins along an axis that
//! there is, `stack` along a new one.

use super::squeeze::inserted;
use crate::axis::IntoAxis;
use crate::{Input, Op, Reads, Real, Shape, Var, Vjp};

/// Up to this many values are joined without allocating.
const INLINE: usize = 256;

#[derive(Clone, Copy)]
struct Concat {
    axis: u8,
}

impl<F: Real> Op<F> for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let axis = self.axis as usize;
        let mut start = 0;
        for i in 0..cx.input_count() {
            let end = start + cx.shape(i).dims()[axis];
            cx.give(i, |c| c.g.slice(axis, start..end));
            start = end;
        }
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

#[derive(Clone, Copy)]
struct Stack {
    axis: u8,
}

impl<F: Real> Op<F> for Stack {
    fn name(&self) -> &'static str {
        "stack"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        for i in 0..cx.input_count() {
            cx.give(i, |c| c.g.slice(self.axis as usize, i..i + 1).reshape(c.shape(i)));
        }
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

/// The values side by side along an axis, as PyTorch's `cat`. The other axes have the same sizes in all of them.
///
/// Formulas: [`ops::shape::concat`](mod@crate::ops::shape::concat).
///
/// ```
/// use retrograde_tape::{Params, Tape, Tensor, concat};
/// Tape::<f32>::new().eval(&Params::new(0), |t| {
///     let a = t.input(&Tensor::from_vec([2, 1], vec![1.0, 2.0]));
///     let b = t.input(&Tensor::from_vec([2, 2], vec![3.0, 4.0, 5.0, 6.0]));
///     assert_eq!(&*concat(&[a, b], 1).value(), [1.0, 3.0, 4.0, 2.0, 5.0, 6.0]);
/// });
/// ```
///
/// # Panics
/// When there are no values, the axis does not exist, or another axis differs in size.
#[track_caller]
pub fn concat<'t, F: Real>(values: &[Var<'t, F>], axis: impl IntoAxis) -> Var<'t, F> {
    let first = first("concat", values);
    let mut to = first.shape();
    let Some(axis) = axis.axis(to.rank()) else {
        first.graph().fail(format_args!("concat: axis: left {axis:?}, right {to}"))
    };
    for value in &values[1..] {
        let shape = value.shape();
        let fits = shape.rank() == to.rank() && (0..to.rank()).all(|a| a == axis || shape.dims()[a] == to.dims()[a]);
        if !fits {
            let left = first.shape();
            first.graph().fail(format_args!("concat: sizes besides axis {axis}: left {left}, right {shape}"));
        }
        to.dims_mut()[axis] += shape.dims()[axis];
    }
    join(values, axis, to, Concat { axis: axis as u8 })
}

/// The values along a new axis, which stands at `axis` of the result, as PyTorch's `stack`.
///
/// Formulas: [`ops::shape::concat`](mod@crate::ops::shape::concat).
///
/// # Panics
/// When there are no values, their shapes differ, the axis is not one of the result, or there are 6 axes already.
#[track_caller]
pub fn stack<'t, F: Real>(values: &[Var<'t, F>], axis: impl IntoAxis) -> Var<'t, F> {
    let first = first("stack", values);
    let part = first.shape();
    for value in &values[1..] {
        let shape = value.shape();
        if shape != part {
            first.graph().fail(format_args!("stack: shapes: left {part}, right {shape}"));
        }
    }
    let Some(axis) = axis.axis(part.rank() + 1) else {
        first.graph().fail(format_args!("stack: axis: left {axis:?}, right {part}"))
    };
    join(values, axis, inserted(part, axis, values.len()), Stack { axis: axis as u8 })
}

#[track_caller]
fn first<'t, F: Real>(op: &str, values: &[Var<'t, F>]) -> Var<'t, F> {
    match values.first() {
        Some(first) => *first,
        None => panic!("{op}: needs at least one value"),
    }
}

/// Copies each value into its place along `axis` of the result.
#[track_caller]
fn join<'t, F: Real>(values: &[Var<'t, F>], axis: usize, to: Shape, op: impl Op<F> + Copy) -> Var<'t, F> {
    let graph = values[0].graph();
    let mut out = graph.output(to);
    let target = to.strides();
    let others: usize = (0..to.rank()).filter(|&a| a != axis).map(|a| to.dims()[a]).product();
    let mut start = 0;
    for value in values {
        let x = value.value();
        if x.is_empty() {
            continue;
        }
        let mut part = to;
        part.dims_mut()[axis] = x.len() / others;
        let source = part.strides().map(|s| s as isize);
        let y = out.as_mut_slice();
        kernels::copy_strided(&x, 0, source, y, start * target[axis], target.map(|s| s as isize), part);
        start += part.dims()[axis];
    }
    if values.len() <= INLINE {
        let mut inputs = [Input::from(values[0]); INLINE];
        inputs.iter_mut().zip(values).for_each(|(input, &value)| *input = value.into());
        graph.record(op, &inputs[..values.len()], to, out)
    } else {
        let inputs: Vec<Input> = values.iter().map(|&value| value.into()).collect();
        graph.record(op, &inputs, to, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn concat_gradients() {
        gradcheck::pair(|a, b| concat(&[a, b], 0), -1.0..1.0, &[2, 3], &[4, 3]);
        gradcheck::pair(|a, b| concat(&[a, b, a], -1), -1.0..1.0, &[2, 3], &[2, 1]);
        gradcheck::triple(|a, b, c| concat(&[a, b, c], 1), -1.0..1.0, &[2, 1, 3], &[2, 2, 3], &[2, 0, 3]);
        gradcheck::triple(|a, b, c| concat(&[a, b, c], 0), -1.0..1.0, &[0], &[2], &[3]);
        gradcheck::shapes(|x| concat(&[x], 0), -1.0..1.0, &[&[3], &[2, 0]]);
        gradcheck::shapes(|x| concat(&[x; 300], 1), -1.0..1.0, &[&[2, 1]]);
    }

    #[test]
    fn stack_gradients() {
        gradcheck::pair(|a, b| stack(&[a, b, a * b], 0), -1.0..1.0, &[2, 3], &[2, 3]);
        gradcheck::pair(|a, b| stack(&[a, b], 1), -1.0..1.0, &[2, 3], &[2, 3]);
        gradcheck::pair(|a, b| stack(&[a, b], -1), -1.0..1.0, &[2, 3], &[2, 3]);
        gradcheck::pair(|a, b| stack(&[a, b], 0), -1.0..1.0, &[], &[]);
        gradcheck::pair(|a, b| stack(&[a, b], 1), -1.0..1.0, &[2, 0], &[2, 0]);
    }

    #[test]
    fn places() {
        Tape::<f64>::new().eval(&Params::new(0), |t| {
            let x = t.input(&Tensor::from_vec([2, 2], vec![1.0, 2.0, 3.0, 4.0]));
            let y = t.input(&Tensor::from_vec([2, 2], vec![5.0, 6.0, 7.0, 8.0]));
            assert_eq!(&*concat(&[x, y], 0).value(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
            assert_eq!(&*concat(&[x, y], 1).value(), [1.0, 2.0, 5.0, 6.0, 3.0, 4.0, 7.0, 8.0]);
            let last = stack(&[x, y], 2);
            assert_eq!(last.shape().dims(), [2, 2, 2]);
            assert_eq!(&*last.value(), [1.0, 5.0, 2.0, 6.0, 3.0, 7.0, 4.0, 8.0]);
        });
    }

    #[test]
    #[should_panic(expected = "concat: sizes besides axis 0: left [2, 2], right [2, 3]")]
    fn sizes_differ() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            concat(&[t.full([2, 2], 0.0), t.full([2, 3], 0.0)], 0);
        });
    }
}
