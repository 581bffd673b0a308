//! The product on one thread: which parts of A and B are packed, and in which order the tiles are computed.

use super::{Finish, Product, dots};
use crate::micro::{Micro, REGISTERS, Tile, WIDE_REGISTERS, prefetch_second_level};
use crate::pack::{Source, pack, pack_panels};
use crate::{Float, scratch};

/// The most columns of A that are summed before C is written: a panel of B of this depth stays in the first two levels
/// of cache. The only number of this file that decides about bits.
const DEPTH: usize = 384;

/// The most rows of A that are packed at a time: with [`DEPTH`], a third of a second level of cache of half a MiB.
const fn height_limit<F>() -> usize {
    480 / size_of::<F>()
}

/// Whether B, whose columns are adjacent, is read where it lies: a copy pays when many rows of A share it, and when B is
/// too large for the second level of cache, since the copy reads it along its rows, which the processor fetches ahead.
fn in_place_b<F>(m: usize, k: usize, b_row: usize) -> bool {
    m <= 8 || m <= 32 && k * b_row * size_of::<F>() <= 1 << 20
}

/// Whether A is read where it lies: a copy pays when it is read often, and its rows are not adjacent or those of a tile
/// are a small part of a cache line.
fn in_place_a<F>(panels: usize, rows: usize, a_row: usize) -> bool {
    match a_row {
        1 => panels <= 4 || rows * size_of::<F>() > 32,
        _ => panels <= 16,
    }
}

/// The most rows of a tile whose A is read where it lies, if it would be `rows` otherwise: those that are a power of two
/// apart share the eight lines of a set in the first level of cache. Measured with AVX-512, rows of 8 KiB: 206 GFLOP/s
/// with tiles of 8 rows, 172 with 14, 190 with packed ones.
fn rows_in_place<F>(rows: usize, a_row: usize) -> usize {
    if a_row.is_multiple_of(4096 / size_of::<F>()) { rows.min(8) } else { rows }
}

/// Whether B, which has to be turned, is packed a panel at a time, just before that is used, and the next one is asked for
/// meanwhile. That pays when all of A stays in the second level of cache, and B does not. Measured: 624×128×5008 and
/// 528×256×6000, 1.05 times as fast.
fn by_panels<F>(size_of_a: usize, size_of_b: usize) -> bool {
    size_of_a * size_of::<F>() <= 640 << 10 && size_of_b * size_of::<F>() > 1 << 20
}

/// Whether `Bᵀ·Aᵀ` is computed, and turned: then A is packed instead of B, and B is read where it lies. That pays when B
/// is much larger, and C, which is turned, is small beside both; with at most 1024 rows of A, many columns of C have a place
/// in the scratch. Measured: 128×5504×2048, 215 GFLOP/s instead of 188, since a copy of B has to be read from memory before
/// anything is multiplied.
fn is_turned<F: Float>(product: &Product<F>) -> bool {
    let &Product { m, k, n, .. } = product;
    let large = (33..=1024).contains(&m) && n >= 2 * m && k >= 4 * m;
    let along_rows = product.a_layout.row_stride == 1 && product.b_layout.column_stride == 1;
    large && along_rows && !product.accumulate && product.finish.is_none()
}

/// Multiplies on this thread, with AVX-512.
///
/// # Safety
/// As [`Product`] states it; the processor has AVX-512 F, BW, DQ and VL; `scratch` is valid for its capacity.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
pub(super) unsafe fn multiply_avx512<V: Micro>(product: &Product<V::Scalar>, scratch: *mut V::Scalar) {
    // SAFETY: the caller's promise.
    unsafe { multiply::<V>(product, scratch) }
}

/// Multiplies on this thread, with AVX2.
///
/// # Safety
/// As [`Product`] states it; the processor has AVX2 and FMA; `scratch` is valid for its capacity.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn multiply_avx2<V: Micro>(product: &Product<V::Scalar>, scratch: *mut V::Scalar) {
    // SAFETY: the caller's promise.
    unsafe { multiply::<V>(product, scratch) }
}

#[inline(always)]
unsafe fn multiply<V: Micro>(product: &Product<V::Scalar>, scratch: *mut V::Scalar) {
    let &Product { m, n, c, c_row, .. } = product;
    let is_turned = is_turned(product);
    let capacity = scratch::capacity::<V::Scalar>();
    let kept = if is_turned { capacity / 4 } else { 0 };
    let columns = if is_turned { kept / m } else { n };
    for j in (0..n).step_by(columns) {
        let columns = columns.min(n - j);
        let mut part = product.part(0..m, j..j + columns);
        if is_turned {
            part = Product { c: scratch, c_row: m, ..part.exchanged() };
        }
        // SAFETY: the caller's promise; what is turned begins in the scratch, and the rest of that is for packing.
        unsafe {
            multiply_blocks::<V>(&part, scratch.add(kept), capacity - kept);
            if is_turned {
                pack::<V>(Source { from: scratch, along: m, deep: 1 }, columns, m, c.add(j), c_row);
            }
        }
    }
}

/// Multiplies, with `capacity` elements of `scratch` for what is packed.
///
/// # Safety
/// As [`Product`] states it; the processor has the instruction set of `V`; `scratch` is valid for its capacity.
#[inline(always)]
unsafe fn multiply_blocks<V: Micro>(product: &Product<V::Scalar>, scratch: *mut V::Scalar, capacity: usize) {
    let &Product { m, k, n, a, b, c, finish, .. } = product;
    let (a_row, a_column) = (product.a_layout.row_stride, product.a_layout.column_stride);
    let (b_row, b_column) = (product.b_layout.row_stride, product.b_layout.column_stride);
    if product.by_dots {
        // SAFETY: the caller's promise.
        return unsafe { dots::multiply::<V>(product) };
    }
    let in_place_b = n == 1 || b_column == 1 && in_place_b::<V::Scalar>(m, k, b_row);
    // A single row leaves too few independent sums in a tile of the usual width.
    let panel = if m == 1 && in_place_b { WIDE_REGISTERS } else { REGISTERS } * V::LANES;
    let in_place_a = in_place_a::<V::Scalar>(n.div_ceil(panel), V::ROWS, a_row);
    let depth = even_part(k, DEPTH);
    let by_panels = b_row == 1 && !in_place_b && by_panels::<V::Scalar>(m * depth, k * n);
    let height_limit = if by_panels { m } else { height_limit::<V::Scalar>() };
    let of_a = (height_limit.min(m) * depth).next_multiple_of(V::LANES);
    let (packed_a, packed_b) = (scratch, scratch.wrapping_add(of_a));
    let width = if by_panels { panel } else { (capacity - of_a) / depth / panel * panel };
    // SAFETY: the caller's promise; all indices are inside the matrices, and the packed parts inside the scratch.
    unsafe {
        for p in (0..k).step_by(depth) {
            let depth = depth.min(k - p);
            for j in (0..n).step_by(width) {
                let width = width.min(n - j);
                if !in_place_b {
                    let source = Source { from: b.add(p * b_row + j * b_column), along: b_column, deep: b_row };
                    pack_panels::<V>(source, panel, width, depth, packed_b);
                }
                let next = b.wrapping_add(p * b_row + (j + width) * b_column);
                let mut ahead = Ahead { columns: next, stride: b_column, depth, asked: 0 };
                for i in (0..m).step_by(height_limit) {
                    let height = height_limit.min(m - i);
                    let most = if in_place_a { rows_in_place::<V::Scalar>(V::ROWS, a_row) } else { V::ROWS };
                    let rows = even_part(height, most);
                    if !in_place_a && (j == 0 || height < m) {
                        let from = a.add(i * a_row + p * a_column);
                        let source = Source { from, along: a_row, deep: a_column };
                        pack_panels::<V>(source, rows, height, depth, packed_a);
                    }
                    let mut j1 = 0;
                    while j1 < width {
                        let columns = match width - j1 {
                            rest if rest >= panel => panel,
                            rest => rest.min(REGISTERS * V::LANES),
                        };
                        let (b, b_row) = if in_place_b {
                            (b.add(p * b_row + j + j1), b_row)
                        } else {
                            // Panels are as wide as they were packed.
                            (packed_b.add(j1 * depth).cast_const(), columns)
                        };
                        for i1 in (0..height).step_by(rows) {
                            let rows = rows.min(height - i1);
                            if by_panels && j + width < n {
                                ahead.ask((i1 + rows) * panel / m);
                            }
                            let (a, a_row, a_column) = if in_place_a {
                                (a.add((i + i1) * a_row + p * a_column), a_row, a_column)
                            } else {
                                (packed_a.add(i1 * depth).cast_const(), 1, rows)
                            };
                            let c = c.add((i + i1) * product.c_row + j + j1);
                            let accumulate = product.accumulate || p > 0;
                            let (c_row, last) = (product.c_row, p + depth == k);
                            let finish = if last { finish.at_column(j + j1).at_row(i + i1) } else { Finish::NONE };
                            V::multiply_tile(&Tile {
                                depth,
                                rows,
                                columns,
                                a,
                                a_row,
                                a_column,
                                b,
                                b_row,
                                c,
                                c_row,
                                accumulate,
                                finish,
                            });
                            finish.beyond_registers().apply(rows, columns, c, c_row);
                        }
                        j1 += columns;
                    }
                }
            }
        }
    }
}

/// What is packed next: columns of B whose elements are adjacent.
struct Ahead<F> {
    columns: *const F,
    stride: usize,
    depth: usize,
    asked: usize,
}

impl<F> Ahead<F> {
    /// Asks for the columns up to `end`.
    #[inline(always)]
    fn ask(&mut self, end: usize) {
        while self.asked < end {
            let column = self.columns.wrapping_add(self.asked * self.stride).cast::<u8>();
            for line in (0..self.depth * size_of::<F>()).step_by(64) {
                prefetch_second_level(column.wrapping_add(line));
            }
            self.asked += 1;
        }
    }
}

/// `total` cut into the fewest parts of at most `most`, as even as can be.
#[inline(always)]
fn even_part(total: usize, most: usize) -> usize {
    total.div_ceil(total.div_ceil(most))
}
