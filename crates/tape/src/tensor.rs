//! [`Tensor`]: numbers with a shape, outside of any tape.

use crate::Shape;
use kernels::Array;
use std::fmt;
use triomphe::Arc;

/// A row-major array of numbers: what goes into a tape and what comes out of it.
///
/// Cloning shares the numbers; [`as_mut_slice`](Tensor::as_mut_slice) copies them first if they are shared.
///
/// ```
/// use retrograde_tape::Tensor;
/// let x = Tensor::from_vec([2, 2], vec![1.0, 2.0, 3.0, 4.0]);
/// assert_eq!(x.shape().dims(), [2, 2]);
/// assert_eq!(x.as_slice()[3], 4.0);
/// ```
#[derive(Clone)]
pub struct Tensor<T = f32> {
    shape: Shape,
    // May be longer than the shape says, because buffers of a tape come in size classes.
    data: Arc<Array<T>>,
}

/// Whole numbers for gathers and class labels.
pub type Indices = Tensor<u32>;

/// Truth values, 0 or 1.
pub type Mask = Tensor<u8>;

impl<T: Copy> Tensor<T> {
    /// A tensor of these numbers, without copying them.
    ///
    /// # Panics
    /// When `data` has not as many elements as the shape.
    #[track_caller]
    pub fn from_vec(shape: impl Into<Shape>, data: Vec<T>) -> Self {
        let shape = shape.into();
        assert!(
            data.len() == shape.len(),
            "tensor: shape {shape} needs {} elements, found {}",
            shape.len(),
            data.len()
        );
        Tensor { shape, data: Arc::new(data.into()) }
    }

    /// A tensor of these numbers, copied.
    ///
    /// # Panics
    /// When `data` has not as many elements as the shape.
    #[track_caller]
    pub fn from_slice(shape: impl Into<Shape>, data: &[T]) -> Self {
        Tensor::from_vec(shape, data.to_vec())
    }

    /// A tensor that repeats one number.
    pub fn full(shape: impl Into<Shape>, value: T) -> Self {
        let shape = shape.into();
        Tensor { shape, data: Arc::new(Array::filled(value, shape.len())) }
    }

    /// A tensor whose element number `i`, in row-major order, is `f(i)`.
    pub fn from_fn(shape: impl Into<Shape>, f: impl FnMut(usize) -> T) -> Self
    where
        T: Default,
    {
        let shape = shape.into();
        let mut data = Array::filled(T::default(), shape.len());
        data.iter_mut().zip((0..shape.len()).map(f)).for_each(|(to, number)| *to = number);
        Tensor { shape, data: Arc::new(data) }
    }

    /// A tensor without axes.
    pub fn scalar(value: T) -> Self {
        Tensor::full(Shape::SCALAR, value)
    }

    pub(crate) fn from_shared(shape: Shape, data: Arc<Array<T>>) -> Self {
        debug_assert!(data.len() >= shape.len());
        Tensor { shape, data }
    }

    pub(crate) fn shared(&self) -> &Arc<Array<T>> {
        &self.data
    }

    pub(crate) fn into_shared(self) -> Arc<Array<T>> {
        self.data
    }

    /// The sizes along each axis.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The numbers in row-major order.
    pub fn as_slice(&self) -> &[T] {
        &self.data[..self.shape.len()]
    }

    /// The numbers, to be changed in place. Copies them first if another tensor or a tape shares them.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        let len = self.shape.len();
        &mut Arc::make_mut(&mut self.data)[..len]
    }

    /// The same numbers under another shape.
    ///
    /// # Panics
    /// When the number of elements differs.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        assert!(shape.len() == self.shape.len(), "reshape: sizes differ: left {}, right {shape}", self.shape);
        Tensor { shape, data: self.data }
    }

    /// The numbers as a vector; those of [`from_vec`](Tensor::from_vec) where they are, unless they are shared.
    pub fn into_vec(self) -> Vec<T> {
        let len = self.shape.len();
        let mut data = Arc::try_unwrap(self.data).map_or_else(|shared| shared.to_vec(), Array::into_vec);
        data.truncate(len);
        data
    }

    /// The number of a tensor of one element.
    ///
    /// # Panics
    /// When there is not exactly one.
    #[track_caller]
    pub fn item(&self) -> T {
        assert!(self.shape.len() == 1, "item: needs one element, found shape {}", self.shape);
        self.data[0]
    }
}

impl<T: Copy + PartialEq> PartialEq for Tensor<T> {
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape && self.as_slice() == other.as_slice()
    }
}

impl<T: Copy + fmt::Debug> fmt::Debug for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 16;
        let data = self.as_slice();
        write!(f, "Tensor {} {:?}", self.shape, &data[..data.len().min(SHOWN)])?;
        if data.len() > SHOWN { write!(f, " and {} more", data.len() - SHOWN) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_numbers_are_copied_before_they_change() {
        let a = Tensor::from_vec([2], vec![1.0, 2.0]);
        let mut b = a.clone();
        b.as_mut_slice()[0] = 9.0;
        assert_eq!((a.as_slice(), b.as_slice()), (&[1.0, 2.0][..], &[9.0, 2.0][..]));
        assert_eq!(b.into_vec(), [9.0, 2.0]);
    }

    #[test]
    #[should_panic(expected = "tensor: shape [2, 3] needs 6 elements, found 5")]
    fn wrong_length() {
        Tensor::from_vec([2, 3], vec![0.0; 5]);
    }
}
