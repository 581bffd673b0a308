//! Sizes of arrays: [`Shape`], row-major strides, broadcasting, and sets of axes.

use std::fmt;

/// The most axes that an array may have.
pub const MAX_RANK: usize = 6;

/// The sizes of an array along its axes: stored inline, `Copy`, at most [`MAX_RANK`] of them.
///
/// A shape without axes is a scalar: one element.
///
/// ```
/// use retrograde_kernels::Shape;
/// let shape = Shape::from([2, 3]);
/// assert_eq!((shape.rank(), shape.len(), shape.dims()), (2, 6, &[2, 3][..]));
/// assert_eq!(shape.to_string(), "[2, 3]");
/// ```
#[derive(Clone, Copy, Default)]
pub struct Shape {
    dims: [usize; MAX_RANK],
    // As wide as the sizes: a shape is copied in whole words, and reading a word of which a byte has just been written
    // stalls the processor.
    rank: usize,
}

impl PartialEq for Shape {
    /// Without branches and calls: every op compares shapes. Sizes of axes that are not there are 0.
    #[inline]
    fn eq(&self, other: &Shape) -> bool {
        let differences = (0..MAX_RANK).fold(0, |all, axis| all | (self.dims[axis] ^ other.dims[axis]));
        self.rank == other.rank && differences == 0
    }
}

impl Eq for Shape {}

impl std::hash::Hash for Shape {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.dims().hash(state);
    }
}

impl Shape {
    /// The shape of a scalar: no axes, one element.
    pub const SCALAR: Shape = Shape { dims: [0; MAX_RANK], rank: 0 };

    /// A shape with these sizes.
    ///
    /// # Panics
    /// When there are more than [`MAX_RANK`].
    #[track_caller]
    pub fn new(dims: &[usize]) -> Shape {
        assert!(dims.len() <= MAX_RANK, "shape: at most {MAX_RANK} axes, found {}: {dims:?}", dims.len());
        let mut shape = Shape { dims: [0; MAX_RANK], rank: dims.len() };
        shape.dims[..dims.len()].copy_from_slice(dims);
        shape
    }

    /// The sizes, outermost first.
    #[inline]
    pub fn dims(&self) -> &[usize] {
        &self.dims[..self.rank]
    }

    /// The sizes, to be changed in place.
    #[inline]
    pub fn dims_mut(&mut self) -> &mut [usize] {
        &mut self.dims[..self.rank]
    }

    /// The number of axes.
    #[inline]
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The number of elements: the product of the sizes.
    #[inline]
    pub fn len(&self) -> usize {
        // Without a loop for what most small values are.
        match self.rank {
            0 => 1,
            1 => self.dims[0],
            _ => self.dims().iter().product(),
        }
    }

    /// Whether there is no element, because some size is 0.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.dims().contains(&0)
    }

    /// Row-major strides, in elements; unused entries are 0.
    #[inline]
    pub fn strides(&self) -> [usize; MAX_RANK] {
        let mut strides = [0; MAX_RANK];
        let mut step = 1;
        for axis in (0..self.rank()).rev() {
            strides[axis] = step;
            step *= self.dims[axis];
        }
        strides
    }

    /// The strides by which an array of this shape is read as one of shape `to`: 0 along every axis that is repeated.
    /// `self` must broadcast to `to`.
    pub fn broadcast_strides(&self, to: Shape) -> [usize; MAX_RANK] {
        let own = self.strides();
        let mut strides = [0; MAX_RANK];
        let skip = to.rank() - self.rank();
        for axis in 0..self.rank() {
            strides[skip + axis] = if self.dims[axis] == 1 { 0 } else { own[axis] };
        }
        strides
    }

    /// The shape of an elementwise result of two operands, by NumPy's rule: sizes are compared from the last axis;
    /// they must be equal, or one of them 1 or absent. `None` where they do not match.
    pub fn broadcast(self, other: Shape) -> Option<Shape> {
        let (long, short) = if self.rank >= other.rank { (self, other) } else { (other, self) };
        let mut shape = long;
        let skip = long.rank() - short.rank();
        for axis in 0..short.rank() {
            let (l, s) = (long.dims[skip + axis], short.dims[axis]);
            shape.dims[skip + axis] = match (l, s) {
                _ if l == s => l,
                (1, s) => s,
                (l, 1) => l,
                _ => return None,
            };
        }
        Some(shape)
    }

    /// The shape with the sizes along `axes` replaced by 1 (`keep`), or removed.
    pub fn reduced(self, axes: Axes, keep: bool) -> Shape {
        let mut shape = Shape::SCALAR;
        for (axis, &size) in self.dims().iter().enumerate() {
            match (axes.contains(axis), keep) {
                (false, _) => shape.push(size),
                (true, true) => shape.push(1),
                (true, false) => {}
            }
        }
        shape
    }

    /// Appends an axis.
    ///
    /// # Panics
    /// When there are [`MAX_RANK`] already.
    #[track_caller]
    pub fn push(&mut self, size: usize) {
        assert!(self.rank() < MAX_RANK, "shape: at most {MAX_RANK} axes, {self} has them already");
        self.dims[self.rank()] = size;
        self.rank += 1;
    }

    /// The shape seen from one axis: the product of the sizes before it, its size, the product of the sizes after it.
    pub fn around(&self, axis: usize) -> (usize, usize, usize) {
        let dims = self.dims();
        (dims[..axis].iter().product(), dims[axis], dims[axis + 1..].iter().product())
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    #[track_caller]
    fn from(dims: [usize; N]) -> Shape {
        Shape::new(&dims)
    }
}

impl From<&[usize]> for Shape {
    #[track_caller]
    fn from(dims: &[usize]) -> Shape {
        Shape::new(dims)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.dims())
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A set of axes, by index from the outermost.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Axes(u8);

impl Axes {
    /// No axis.
    pub const NONE: Axes = Axes(0);

    /// Every axis of an array of `rank` axes.
    #[inline]
    pub fn all(rank: usize) -> Axes {
        Axes((1u16 << rank).wrapping_sub(1) as u8)
    }

    /// One axis.
    #[inline]
    pub fn one(axis: usize) -> Axes {
        Axes(1 << axis)
    }

    /// This set with one more axis.
    #[inline]
    pub fn with(self, axis: usize) -> Axes {
        Axes(self.0 | 1 << axis)
    }

    /// Whether the axis is in the set.
    #[inline]
    pub fn contains(self, axis: usize) -> bool {
        self.0 >> axis & 1 == 1
    }

    /// How many axes are in the set.
    #[inline]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether the set is empty.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_follows_numpy() {
        let check = |a: &[usize], b: &[usize], want: Option<&[usize]>| {
            assert_eq!(Shape::new(a).broadcast(Shape::new(b)), want.map(Shape::new), "{a:?} and {b:?}");
            assert_eq!(Shape::new(b).broadcast(Shape::new(a)), want.map(Shape::new), "{b:?} and {a:?}");
        };
        check(&[], &[2, 3], Some(&[2, 3]));
        check(&[3], &[2, 3], Some(&[2, 3]));
        check(&[2, 1], &[3], Some(&[2, 3]));
        check(&[4, 1, 3], &[5, 1], Some(&[4, 5, 3]));
        check(&[0], &[1], Some(&[0]));
        check(&[2, 3], &[2], None);
        check(&[0], &[2], None);
    }

    #[test]
    fn strides_and_reductions() {
        assert_eq!(Shape::from([2, 3, 4]).strides()[..3], [12, 4, 1]);
        assert_eq!(Shape::from([3, 1]).broadcast_strides(Shape::from([2, 3, 4]))[..3], [0, 1, 0]);
        let axes = Axes::one(0).with(2);
        assert_eq!(Shape::from([2, 3, 4]).reduced(axes, true), Shape::from([1, 3, 1]));
        assert_eq!(Shape::from([2, 3, 4]).reduced(axes, false), Shape::from([3]));
        assert_eq!(Axes::all(3), Axes::one(0).with(1).with(2));
        assert_eq!(Shape::from([2, 3, 4]).around(1), (2, 3, 4));
    }
}
