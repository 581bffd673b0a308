//! General matrix multiply: `C = A·B`, any strides, with bias and activation in the same pass.
//!
//! On x86-64 with AVX2 or AVX-512 the product is computed by micro-kernels of our own, in the manner of
//! Goto and van de Geijn (*Anatomy of high-performance matrix multiplication*, 2008): C in tiles that fit the
//! registers, A and B packed into the order of reading where that pays. Elsewhere the `matrixmultiply` crate does it.
//!
//! ```text
//!                        n                    a rectangle of C, by one thread:
//!                  ┌─────┬─────┐
//!                  │  B  │     │ k             for 384 of the depth at a time,
//!                  │     │     │                 for as many columns as the scratch memory holds: pack B in panels,
//!                  └─────┴─────┘                   for 120 rows of A: pack them,
//!            k                                       for each panel, which stays in the first level of cache,
//!         ┌─────┐  ┌─────┬─────┐                       for each tile: its sums in registers,
//!       m │  A  │  │  C  │     │                         6 × 16 with AVX2, 14 × 32 with AVX-512
//!         └─────┘  └─────┴─────┘
//! ```
//!
//! Sizes are those of `f32`. Measured on two cores, as a share of the peak: of a Zen 3 with AVX2, 207 GFLOP/s, 256³ 87 %,
//! 512³ 88 %, 1024³ 88 %, most products of large linear layers 76 to 90 %; of a Zen 4 with AVX-512, 236 GFLOP/s, 95, 95
//! and 92 %, and 84 to 95 %.
//!
//! The threads share C in rectangles, and every rectangle is computed by one thread from its own packed copies, so no
//! thread ever waits for another before the end. Each element of C is summed over fixed pieces of the depth, in order,
//! wherever it lies in a tile or a rectangle: that is why the number of threads does not change a bit, nor does the number
//! of rows: a row of A gives the same bits alone as among others, which decoding word by word relies on.

#[cfg(target_arch = "x86_64")]
mod block;
#[cfg(target_arch = "x86_64")]
mod dots;
mod epilogue;
mod fallback;
mod gram;
#[cfg(test)]
mod tests;

pub use epilogue::{Activation, Epilogue};
pub use gram::gram;

use crate::{Float, Level, for_each_index};
pub(crate) use epilogue::Finish;

/// How a matrix lies in its slice: element (i, j) at `i · row_stride + j · column_stride`, in elements. A stride of 0
/// repeats a row or a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatrixLayout {
    /// From a row to the next.
    pub row_stride: usize,
    /// From a column to the next.
    pub column_stride: usize,
}

impl MatrixLayout {
    /// The layout of a contiguous row-major matrix.
    ///
    /// ```
    /// use retrograde_kernels::MatrixLayout;
    /// assert_eq!(MatrixLayout::row_major(3), MatrixLayout { row_stride: 3, column_stride: 1 });
    /// ```
    pub const fn row_major(columns: usize) -> Self {
        MatrixLayout { row_stride: columns, column_stride: 1 }
    }

    /// The layout of the transpose of the same elements.
    pub const fn transposed(self) -> Self {
        MatrixLayout { row_stride: self.column_stride, column_stride: self.row_stride }
    }

    /// The number of elements that a slice needs for `rows` × `columns`.
    fn extent(self, rows: usize, columns: usize) -> Option<usize> {
        if rows == 0 || columns == 0 {
            return Some(0);
        }
        let down = (rows - 1).checked_mul(self.row_stride)?;
        let right = (columns - 1).checked_mul(self.column_stride)?;
        down.checked_add(right)?.checked_add(1)
    }
}

/// Matrix product: `C = activation(A·B + bias)`, or `C = activation(C + A·B + bias)` with `accumulate`.
///
/// A is `m` × `k`, B is `k` × `n`, both of any layout; C is `m` × `n`, row-major, with `c_row_stride` elements from a
/// row to the next. With `k = 0` the product is zero. Infinities and not-a-numbers propagate as in the sum.
///
/// The error of an element is at most about `k · ε · Σ|a||b|`; its bits do not depend on the number of threads.
///
/// ```
/// use retrograde_kernels::{Epilogue, MatrixLayout, gemm};
/// let (a, b) = ([1.0, 2.0, 3.0, 4.0_f32], [5.0, 6.0]);
/// let mut c = [0.0; 2];
/// gemm(2, 2, 1, &a, MatrixLayout::row_major(2), &b, MatrixLayout::row_major(1), &mut c, 1, false, Epilogue::none());
/// assert_eq!(c, [17.0, 39.0]);
/// ```
///
/// # Panics
/// When a slice is too short for its matrix, rows of C overlap, or the bias has not `n` elements.
#[track_caller]
#[allow(clippy::too_many_arguments)]
pub fn gemm<F: Float>(
    m: usize,
    k: usize,
    n: usize,
    a: &[F],
    a_layout: MatrixLayout,
    b: &[F],
    b_layout: MatrixLayout,
    c: &mut [F],
    c_row_stride: usize,
    accumulate: bool,
    epilogue: Epilogue<'_, F>,
) {
    run(Level::current(), (m, k, n), (a, a_layout), (b, b_layout), c, c_row_stride, accumulate, epilogue);
}

/// `batch` matrix products of one size, `Cᵢ = activation(Aᵢ·Bᵢ + bias)`.
///
/// `offsets(i)` says at which element of `a` and of `b` the operands of product i begin, so that dimensions of the batch
/// can be broadcast by repeating offsets. `Cᵢ` is contiguous and begins at element `i · m · n`. Otherwise as [`gemm`].
///
/// # Panics
/// When a slice is too short for a matrix, or the bias has not `n` elements.
#[track_caller]
#[allow(clippy::too_many_arguments)]
pub fn gemm_batched<F: Float>(
    batch: usize,
    m: usize,
    k: usize,
    n: usize,
    a: &[F],
    a_layout: MatrixLayout,
    b: &[F],
    b_layout: MatrixLayout,
    offsets: impl Fn(usize) -> (usize, usize) + Sync,
    c: &mut [F],
    epilogue: Epilogue<'_, F>,
) {
    run_batched(Level::current(), batch, (m, k, n), (a, a_layout), (b, b_layout), offsets, c, epilogue);
}

#[track_caller]
#[allow(clippy::too_many_arguments)]
fn run<F: Float>(
    level: Level,
    (m, k, n): (usize, usize, usize),
    (a, a_layout): (&[F], MatrixLayout),
    (b, b_layout): (&[F], MatrixLayout),
    c: &mut [F],
    c_row: usize,
    accumulate: bool,
    epilogue: Epilogue<'_, F>,
) {
    check("gemm: a", a.len(), 0, a_layout, m, k);
    check("gemm: b", b.len(), 0, b_layout, k, n);
    check("gemm: c", c.len(), 0, MatrixLayout::row_major(c_row), m, n);
    assert!(m <= 1 || c_row >= n, "gemm: c: rows overlap: {n} columns, row stride {c_row}");
    let (a, b, c, finish) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), finish("gemm", n, epilogue));
    let product = Product { m, k, n, a, a_layout, b, b_layout, c, c_row, accumulate, finish, by_dots: false };
    // SAFETY: the checks above; C is borrowed mutably.
    unsafe { product.row_first().run(level) }
}

#[track_caller]
#[allow(clippy::too_many_arguments)]
fn run_batched<F: Float>(
    level: Level,
    batch: usize,
    (m, k, n): (usize, usize, usize),
    (a, a_layout): (&[F], MatrixLayout),
    (b, b_layout): (&[F], MatrixLayout),
    offsets: impl Fn(usize) -> (usize, usize) + Sync,
    c: &mut [F],
    epilogue: Epilogue<'_, F>,
) {
    let needed = m.checked_mul(n).and_then(|size| size.checked_mul(batch));
    assert!(
        needed.is_some_and(|needed| needed <= c.len()),
        "gemm_batched: c: {} elements, {batch} matrices of {m} × {n}",
        c.len()
    );
    let finish = finish("gemm_batched", n, epilogue);
    let (a_length, b_length) = (a.len(), b.len());
    let (a, b, c, c_row, accumulate) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), n, false);
    let product = Product { m, k, n, a, a_layout, b, b_layout, c, c_row, accumulate, finish, by_dots: false };
    // The offsets are checked where they are used, so that `offsets` is asked only once for each product.
    let nth = |i: usize| {
        let (a_offset, b_offset) = offsets(i);
        check("gemm_batched: a", a_length, a_offset, a_layout, m, k);
        check("gemm_batched: b", b_length, b_offset, b_layout, k, n);
        product.moved(a_offset, b_offset, i * m * n).row_first()
    };
    let groups = batch.min(product.multiplications().saturating_mul(batch) / GRAIN);
    if groups >= 2 * rayon::current_num_threads() {
        for_each_index(groups, |group| {
            for i in group * batch / groups..(group + 1) * batch / groups {
                // SAFETY: `nth` checks A and B; C was checked above, is borrowed mutably, and every product has a part of
                // its own.
                unsafe { nth(i).run_here(level) }
            }
        });
    } else {
        for i in 0..batch {
            // SAFETY: as above.
            unsafe { nth(i).run(level) }
        }
    }
}

/// `C = A·B`, or `C += A·B`, on this thread, each element summed in the order of the depth whatever the sizes: neither the
/// number of rows nor that of columns decides about bits.
///
/// # Safety
/// The pointers are valid for matrices of these sizes and layouts, and nothing else touches the elements of C, whose rows
/// are `c_row` apart.
#[allow(clippy::too_many_arguments)]
pub(crate) unsafe fn gemm_here<F: Float>(
    (m, k, n): (usize, usize, usize),
    (a, a_layout): (*const F, MatrixLayout),
    (b, b_layout): (*const F, MatrixLayout),
    c: *mut F,
    c_row: usize,
    accumulate: bool,
) {
    let finish = finish("gemm", n, Epilogue::none());
    let product = Product { m, k, n, a, a_layout, b, b_layout, c, c_row, accumulate, finish, by_dots: false };
    // SAFETY: the caller's promise; the level is that of the processor.
    unsafe { product.run_here(Level::current()) }
}

/// The fewest multiplications worth giving to a thread. Measured on two cores of a Zen 4: 64³, the smallest cube that is
/// shared, takes 4.8 µs on one thread and 3.7 µs on two, since handing over costs about a microsecond.
const GRAIN: usize = 128 * 1024;

/// Products with a side shorter than this do little with each number that they read, and need more of it to be worth
/// sharing. Measured: a training step of two products of 64×784×10 takes 32 µs on one thread, and on two 28 µs where they
/// share a cache, 60 µs where they do not.
const THIN: usize = 16;

/// Panics unless a slice of `length` elements holds a matrix from `offset` on.
#[track_caller]
#[inline]
fn check(what: &str, length: usize, offset: usize, layout: MatrixLayout, rows: usize, columns: usize) {
    let needed = layout.extent(rows, columns).and_then(|extent| extent.checked_add(offset));
    assert!(
        needed.is_some_and(|needed| needed <= length || rows == 0 || columns == 0),
        "{what}: {length} elements, {rows} × {columns} from element {offset} on with strides {}, {}",
        layout.row_stride,
        layout.column_stride
    );
}

#[track_caller]
fn finish<F: Float>(op: &str, n: usize, epilogue: Epilogue<'_, F>) -> Finish<F> {
    if let Some(bias) = epilogue.bias {
        assert!(bias.len() == n, "{op}: bias: {} elements, {n} columns", bias.len());
    }
    Finish { bias: epilogue.bias.map(<[F]>::as_ptr), column_stride: 1, row_stride: 0, activation: epilogue.activation }
}

/// A checked product, ready to be computed or cut into parts.
///
/// Whoever computes one promises that the pointers are valid for the matrices, and that nothing else touches C.
#[derive(Clone, Copy)]
struct Product<F> {
    m: usize,
    k: usize,
    n: usize,
    a: *const F,
    a_layout: MatrixLayout,
    b: *const F,
    b_layout: MatrixLayout,
    c: *mut F,
    c_row: usize,
    accumulate: bool,
    finish: Finish<F>,
    /// Whether C is a row of dot products of contiguous vectors, which are summed in another order than tiles.
    by_dots: bool,
}

// SAFETY: a product is only pointers and sizes; what happens through them is the promise of whoever computes it.
unsafe impl<F: Float> Sync for Product<F> {}

impl<F: Float> Product<F> {
    fn multiplications(&self) -> usize {
        self.m.saturating_mul(self.k).saturating_mul(self.n)
    }

    /// The same product of operands that begin further on.
    fn moved(&self, a: usize, b: usize, c: usize) -> Self {
        Product { a: self.a.wrapping_add(a), b: self.b.wrapping_add(b), c: self.c.wrapping_add(c), ..*self }
    }

    /// The same product with A and B exchanged where that reads them faster, and the way in which it is summed: decided
    /// before the product is cut, so that the cut does not decide about bits, and by the columns of C alone, so that the
    /// number of rows does not either.
    ///
    /// A contiguous column becomes a row of dot products, if the vectors lie so. A row whose columns of B are apart, as
    /// `x·Wᵀ`, becomes a column, which reads `W` along its rows.
    fn row_first(mut self) -> Self {
        let column = self.n == 1;
        if column && self.m != 1 && self.c_row == 1 {
            self = self.exchanged();
            (self.c_row, self.finish.column_stride) = (self.n, 0);
        } else if self.m == 1 && !column && self.b_layout.row_stride == 1 && self.b_layout.column_stride != 1 {
            self = self.exchanged();
            (self.finish.row_stride, self.finish.column_stride) = (self.finish.column_stride, 0);
            self.c_row = 1;
        }
        let contiguous = self.a_layout.column_stride == 1 && self.b_layout.row_stride == 1;
        self.by_dots = column && self.m == 1 && contiguous && (self.n == 1 || self.b_layout.column_stride != 1);
        self
    }

    /// The transposed product, `Bᵀ·Aᵀ`.
    fn exchanged(self) -> Self {
        Product {
            m: self.n,
            n: self.m,
            a: self.b,
            b: self.a,
            a_layout: self.b_layout.transposed(),
            b_layout: self.a_layout.transposed(),
            ..self
        }
    }

    /// The product of these rows of A and these columns of B.
    fn part(&self, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> Self {
        Product {
            m: rows.len(),
            n: columns.len(),
            a: self.a.wrapping_add(rows.start.wrapping_mul(self.a_layout.row_stride)),
            b: self.b.wrapping_add(columns.start.wrapping_mul(self.b_layout.column_stride)),
            c: self.c.wrapping_add(rows.start * self.c_row + columns.start),
            finish: self.finish.at_column(columns.start).at_row(rows.start),
            ..*self
        }
    }

    /// Computes the product, on all threads where it is large enough.
    ///
    /// # Safety
    /// The pointers are valid for the matrices; nothing else touches C; the processor has the level.
    unsafe fn run(&self, level: Level) {
        let parts = rayon::current_num_threads().min(self.multiplications() / GRAIN);
        let is_thin = self.m.min(self.n).min(self.k) < THIN;
        if parts <= 1 || is_thin && self.multiplications() < 4 * GRAIN {
            // SAFETY: the caller's promise.
            return unsafe { self.run_here(level) };
        }
        let (down, right) = self.grid(parts);
        for_each_index(down * right, |part| {
            let (i, j) = (part / right, part % right);
            let columns = |j: usize| (j * self.n.div_ceil(PANEL) / right * PANEL).min(self.n);
            let part = self.part(i * self.m / down..(i + 1) * self.m / down, columns(j)..columns(j + 1));
            // SAFETY: the caller's promise; the parts of C are disjoint.
            unsafe { part.run_here(level) }
        });
    }

    /// Into how many rows and columns of rectangles C is cut for `parts` threads: the cut that needs the least work,
    /// counting that every rectangle packs its own operands.
    fn grid(&self, parts: usize) -> (usize, usize) {
        // Packing an element of A costs about as much as 10 multiplications in the micro-kernel, one of B as 6; one of A
        // that is read in place, and stays in the second level of cache, hardly anything. Measured: 512×512×512, where two
        // threads then share the rows of A and each packs half of B, 1.02 times as fast with AVX-512, 1.03 with AVX2.
        let is_small = self.m * self.k * size_of::<F>() <= 1 << 20;
        let of_a = if is_small && self.a_layout.row_stride != 1 && self.n <= 16 * PANEL { 1 } else { 10 };
        let cost = |down: usize| {
            let (rows, columns) = (self.m.div_ceil(down), self.n.div_ceil(PANEL).div_ceil(parts / down) * PANEL);
            rows * columns + of_a * rows + 6 * columns
        };
        let down = (1..=parts).filter(|down| parts.is_multiple_of(*down)).min_by_key(|&down| cost(down)).unwrap_or(1);
        (down, parts / down)
    }

    /// Computes the product on this thread.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    unsafe fn run_here(&self, level: Level) {
        if self.m == 0 || self.n == 0 {
            return;
        }
        if self.k == 0 {
            for i in 0..self.m {
                // SAFETY: the caller's promise.
                let row = unsafe { std::slice::from_raw_parts_mut(self.c.add(i * self.c_row), self.n) };
                if !self.accumulate {
                    row.fill(F::ZERO);
                }
            }
            // SAFETY: the caller's promise.
            return unsafe { self.finish.apply(self.m, self.n, self.c, self.c_row) };
        }
        // SAFETY: the caller's promise.
        unsafe { F::multiply(level, self) }
    }
}

/// Columns of C are cut between threads at multiples of this: the widest panel of any level.
const PANEL: usize = 32;

/// What gemm needs to know of a [`Float`]: a product on one thread.
pub trait Element: Sized {
    /// Computes a product on this thread, none of whose sizes is 0.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    unsafe fn multiply(level: Level, product: &Product<Self>);
}

macro_rules! element {
    ($float:ident, $avx512:ident, $avx2:ident, $fallback:path) => {
        #[allow(private_interfaces)]
        impl Element for $float {
            unsafe fn multiply(level: Level, product: &Product<$float>) {
                match level {
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx512 => crate::scratch::with(|scratch| {
                        // SAFETY: the caller's promise, as `Product::run` states it.
                        unsafe { block::multiply_avx512::<std::arch::x86_64::$avx512>(product, scratch) }
                    }),
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx2 => crate::scratch::with(|scratch| {
                        // SAFETY: as above.
                        unsafe { block::multiply_avx2::<std::arch::x86_64::$avx2>(product, scratch) }
                    }),
                    _ => {
                        // SAFETY: as above.
                        unsafe { fallback::multiply(product, $fallback) }
                    }
                }
            }
        }
    };
}

element!(f32, __m512, __m256, matrixmultiply::sgemm);
element!(f64, __m512d, __m256d, matrixmultiply::dgemm);
