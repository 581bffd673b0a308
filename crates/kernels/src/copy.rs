//! Copies between arrays of any strides: permuting, slicing, flipping, broadcasting, padding.

use crate::shared::GRAIN;
use crate::{Level, MAX_RANK, Shape, join};
use std::any::TypeId;

/// The side of the square tiles of a transposition: a row of 16 `f32` is a cache line.
const SIDE: usize = 16;

/// One axis of a copy: its size and its two strides, that of the destination positive.
#[derive(Clone, Copy, Default)]
struct Axis {
    size: usize,
    src: isize,
    dst: isize,
}

/// The axes of a copy, outermost first, ordered by the stride of the destination and merged where both sides allow it.
#[derive(Clone, Copy)]
struct Plan {
    axes: [Axis; MAX_RANK],
    rank: usize,
}

/// `dst[dst_offset + Σ iₐ·dst_strides[a]] = src[src_offset + Σ iₐ·src_strides[a]]` for every index `i` of `shape`.
///
/// Strides may be negative (to flip an axis), those of the source 0 (to repeat it).
///
/// ```
/// use retrograde_kernels::{Shape, copy_strided};
/// let mut transposed = [0; 6];
/// copy_strided(&[1, 2, 3, 4, 5, 6], 0, [1, 3, 0, 0, 0, 0], &mut transposed, 0, [2, 1, 0, 0, 0, 0], Shape::from([3, 2]));
/// assert_eq!(transposed, [1, 4, 2, 5, 3, 6]);
/// ```
///
/// # Panics
/// When an element lies outside its slice, and when the strides of the destination are not those of an array: two
/// indices must not share an element, so each axis must step over all that lies within it.
#[track_caller]
pub fn copy_strided<T: Copy + Send + Sync + 'static>(
    src: &[T],
    src_offset: usize,
    src_strides: [isize; MAX_RANK],
    dst: &mut [T],
    dst_offset: usize,
    dst_strides: [isize; MAX_RANK],
    shape: Shape,
) {
    if shape.is_empty() {
        return;
    }
    check_bounds("src", src.len(), src_offset, src_strides, shape);
    check_bounds("dst", dst.len(), dst_offset, dst_strides, shape);
    let (mut src_start, mut dst_start) = (src_offset as isize, dst_offset as isize);
    let mut plan = Plan { axes: [Axis::default(); MAX_RANK], rank: 0 };
    for (a, &size) in shape.dims().iter().enumerate().filter(|(_, size)| **size != 1) {
        let mut axis = Axis { size, src: src_strides[a], dst: dst_strides[a] };
        if axis.dst < 0 {
            src_start += (size - 1) as isize * axis.src;
            dst_start += (size - 1) as isize * axis.dst;
            (axis.src, axis.dst) = (-axis.src, -axis.dst);
        }
        plan.axes[plan.rank] = axis;
        plan.rank += 1;
    }
    plan.axes[..plan.rank].sort_unstable_by_key(|axis| std::cmp::Reverse(axis.dst));
    let mut within = 0;
    for axis in plan.axes[..plan.rank].iter().rev() {
        assert!(axis.dst > within, "copy_strided: elements of dst overlap: shape {shape}, strides {dst_strides:?}");
        within += (axis.size - 1) as isize * axis.dst;
    }
    plan.merge();
    let src = Pointer(src.as_ptr().wrapping_offset(src_start).cast_mut());
    let dst = Pointer(dst.as_mut_ptr().wrapping_offset(dst_start));
    // SAFETY: all offsets lie within the slices by `check_bounds`; no two indices share an element of `dst` by the
    // assertion above; turning an axis around changes neither.
    unsafe { copy(src, dst, plan) }
}

/// Panics where a corner of the array lies outside its slice.
#[track_caller]
fn check_bounds(name: &str, len: usize, offset: usize, strides: [isize; MAX_RANK], shape: Shape) {
    let (mut low, mut high) = (offset as i128, offset as i128);
    for (&size, &stride) in shape.dims().iter().zip(&strides) {
        let reach = (size as i128 - 1) * stride as i128;
        if reach < 0 { low += reach } else { high += reach }
    }
    assert!(
        low >= 0 && high < len as i128,
        "copy_strided: {name} reaches elements {low} to {high} of {len}: shape {shape}, strides {strides:?}"
    );
}

impl Plan {
    /// Joins neighboring axes that are one in both arrays.
    fn merge(&mut self) {
        let mut rank = 0;
        for a in 0..self.rank {
            let axis = self.axes[a];
            if rank > 0 {
                let outer = &mut self.axes[rank - 1];
                let size = axis.size as isize;
                if outer.src == size * axis.src && outer.dst == size * axis.dst {
                    *outer = Axis { size: outer.size * axis.size, ..axis };
                    continue;
                }
            }
            self.axes[rank] = axis;
            rank += 1;
        }
        self.rank = rank;
    }

    fn len(&self) -> usize {
        self.axes[..self.rank].iter().map(|axis| axis.size).product()
    }

    /// The plan without its outermost axis.
    fn inside(&self) -> Plan {
        let mut plan = *self;
        plan.axes.rotate_left(1);
        plan.rank -= 1;
        plan
    }

    /// The axis along which the source is contiguous while the destination is along the last: a transposition.
    fn transposed(&self) -> Option<usize> {
        let last = self.axes[self.rank - 1];
        if last.dst != 1 || matches!(last.src, -1..=1) {
            return None;
        }
        self.axes[..self.rank - 1].iter().position(|axis| axis.src == 1)
    }
}

/// The start of an array, to be handed to another thread.
struct Pointer<T>(*mut T);

impl<T> Clone for Pointer<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Pointer<T> {}
// SAFETY: it is dereferenced only in `copy`, whose callers promise that elements are not shared.
unsafe impl<T: Send + Sync> Send for Pointer<T> {}

impl<T> Pointer<T> {
    /// The place `count` elements on; a method, so that closures take the whole pointer with them.
    #[inline(always)]
    fn offset(self, count: isize) -> Self {
        Pointer(self.0.wrapping_offset(count))
    }
}

/// # Safety
/// Every element of the plan is within its allocation, and nobody else reads or writes those of `dst`.
unsafe fn copy<T: Copy + Send + Sync + 'static>(src: Pointer<T>, dst: Pointer<T>, plan: Plan) {
    // Halving the largest axis leaves blocks whose lines are long on both sides.
    if plan.len() > GRAIN
        && let Some(a) = (0..plan.rank).max_by_key(|&a| (plan.axes[a].size, std::cmp::Reverse(a)))
    {
        let (mut first, mut second) = (plan, plan);
        let axis = plan.axes[a];
        let half = if axis.size > 2 * SIDE { (axis.size / 2).next_multiple_of(SIDE) } else { axis.size / 2 };
        first.axes[a].size = half;
        second.axes[a].size = axis.size - half;
        let (src_next, dst_next) = (src.offset(half as isize * axis.src), dst.offset(half as isize * axis.dst));
        // SAFETY: the halves are disjoint parts of the plan.
        join(move || unsafe { copy(src, dst, first) }, move || unsafe { copy(src_next, dst_next, second) });
        return;
    }
    // SAFETY: as promised by the caller.
    unsafe { copy_here(src, dst, &plan) }
}

/// # Safety
/// As for [`copy`].
unsafe fn copy_here<T: Copy + 'static>(src: Pointer<T>, dst: Pointer<T>, plan: &Plan) {
    match plan.rank {
        // SAFETY: in range and unshared, as promised by the caller.
        0 => unsafe { dst.0.write(src.0.read()) },
        // SAFETY: as above.
        1 => unsafe { copy_run(src, dst, plan.axes[0]) },
        // SAFETY: as above.
        2 if plan.transposed() == Some(0) => unsafe { transpose(src, dst, plan.axes[0], plan.axes[1]) },
        2 => {
            let [outer, inner, ..] = plan.axes;
            for i in 0..outer.size as isize {
                // SAFETY: a run of the plan.
                unsafe { copy_run(src.offset(i * outer.src), dst.offset(i * outer.dst), inner) }
            }
        }
        _ => {
            // The loop of a transposition must be next to the last one, so the other one goes outside.
            let mut plan = *plan;
            if plan.transposed() == Some(0) {
                plan.axes.swap(0, 1);
            }
            let inside = plan.inside();
            for i in 0..plan.axes[0].size as isize {
                let (src, dst) = (src.offset(i * plan.axes[0].src), dst.offset(i * plan.axes[0].dst));
                // SAFETY: part of the plan.
                unsafe { copy_here(src, dst, &inside) }
            }
        }
    }
}

/// # Safety
/// As for [`copy`].
#[inline]
unsafe fn copy_run<T: Copy>(src: Pointer<T>, dst: Pointer<T>, axis: Axis) {
    if axis.dst == 1 && axis.src == 1 {
        // SAFETY: both runs are in range, and source and destination are different slices.
        unsafe { src.0.copy_to_nonoverlapping(dst.0, axis.size) };
        return;
    }
    match (axis.dst, axis.src) {
        // Constant strides, which the compiler turns into vectors.
        // SAFETY: as above.
        (1, -1) => unsafe { copy_steps(src, dst, axis.size, -1, 1) },
        // SAFETY: as above.
        (1, 0) => unsafe { copy_steps(src, dst, axis.size, 0, 1) },
        // SAFETY: as above.
        _ => unsafe { copy_steps(src, dst, axis.size, axis.src, axis.dst) },
    }
}

/// # Safety
/// As for [`copy`].
#[inline(always)]
unsafe fn copy_steps<T: Copy>(src: Pointer<T>, dst: Pointer<T>, size: usize, src_stride: isize, dst_stride: isize) {
    for i in 0..size as isize {
        // SAFETY: in range, as promised by the caller.
        unsafe { dst.offset(i * dst_stride).0.write(src.offset(i * src_stride).0.read()) }
    }
}

/// Copies a plane whose source is contiguous along `across` and whose destination is contiguous along `along`.
///
/// Tiles are read line by line into a buffer and written from there line by line, so that each cache line is touched
/// once: with strides of a power of two, all lines of a tile compete for the same few places in the cache.
///
/// # Safety
/// As for [`copy`].
unsafe fn transpose<T: Copy + 'static>(src: Pointer<T>, dst: Pointer<T>, across: Axis, along: Axis) {
    let words = [TypeId::of::<f32>(), TypeId::of::<u32>(), TypeId::of::<i32>()].contains(&TypeId::of::<T>());
    for j in (0..along.size).step_by(SIDE) {
        for i in (0..across.size).step_by(SIDE) {
            let src = src.offset(i as isize + j as isize * along.src);
            let dst = dst.offset(i as isize * across.dst + j as isize);
            let (height, width) = (SIDE.min(across.size - i), SIDE.min(along.size - j));
            if height < SIDE || width < SIDE {
                for i in 0..height as isize {
                    let (src, dst) = (src.offset(i), dst.offset(i * across.dst));
                    // SAFETY: a row of the tile, in range.
                    unsafe { copy_run(src, dst, Axis { size: width, ..along }) };
                }
                continue;
            }
            #[cfg(target_arch = "x86_64")]
            if words && Level::current() >= Level::Avx2 {
                let (src, dst) = (src.0.cast::<f32>(), dst.0.cast::<f32>());
                // SAFETY: the tile is in range, of type `f32` or one of the same size without padding, and the
                // processor has AVX2.
                unsafe { tile::transpose_words(src, along.src, dst, across.dst) };
                continue;
            }
            // SAFETY: the tile is in range; lines of the source are contiguous along `across`, those of the
            // destination along `along`.
            unsafe {
                let tile: [[T; SIDE]; SIDE] =
                    std::array::from_fn(|j| src.offset(j as isize * along.src).0.cast::<[T; SIDE]>().read());
                for i in 0..SIDE as isize {
                    let line: [T; SIDE] = std::array::from_fn(|j| tile[j][i as usize]);
                    dst.offset(i * across.dst).0.cast::<[T; SIDE]>().write(line);
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod tile {
    use super::SIDE;
    use std::arch::x86_64::*;

    /// Transposes a tile of [`SIDE`] × [`SIDE`] words: `dst[i · dst_stride + j] = src[j · src_stride + i]`.
    ///
    /// # Safety
    /// The lines of both tiles are in range, nobody else writes them, and the processor has AVX2.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn transpose_words(src: *const f32, src_stride: isize, dst: *mut f32, dst_stride: isize) {
        let mut lines = [[0.0f32; SIDE]; SIDE];
        for (j, line) in lines.iter_mut().enumerate() {
            // SAFETY: a line of the source.
            *line = unsafe { src.wrapping_offset(j as isize * src_stride).cast::<[f32; SIDE]>().read() };
        }
        for i in (0..SIDE).step_by(8) {
            // SAFETY: eight words of a line.
            let square =
                |j: usize| std::array::from_fn(|k| unsafe { _mm256_loadu_ps(lines[j + k][i..i + 8].as_ptr()) });
            let (left, right) = (transpose_square(square(0)), transpose_square(square(8)));
            for k in 0..8 {
                let line = dst.wrapping_offset((i + k) as isize * dst_stride);
                // SAFETY: a line of the destination.
                unsafe {
                    _mm256_storeu_ps(line, left[k]);
                    _mm256_storeu_ps(line.wrapping_add(8), right[k]);
                }
            }
        }
    }

    /// Transposes eight vectors of eight: pairs, then pairs of pairs, then halves are exchanged.
    #[target_feature(enable = "avx2")]
    fn transpose_square(r: [__m256; 8]) -> [__m256; 8] {
        let mut quads = [r[0]; 8];
        for h in 0..2 {
            let [a, b, c, d] = [r[4 * h], r[4 * h + 1], r[4 * h + 2], r[4 * h + 3]];
            let (ab_low, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
            let (cd_low, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
            quads[4 * h] = _mm256_shuffle_ps::<0x44>(ab_low, cd_low);
            quads[4 * h + 1] = _mm256_shuffle_ps::<0xEE>(ab_low, cd_low);
            quads[4 * h + 2] = _mm256_shuffle_ps::<0x44>(ab_high, cd_high);
            quads[4 * h + 3] = _mm256_shuffle_ps::<0xEE>(ab_high, cd_high);
        }
        let mut columns = [r[0]; 8];
        for k in 0..4 {
            columns[k] = _mm256_permute2f128_ps::<0x20>(quads[k], quads[k + 4]);
            columns[k + 4] = _mm256_permute2f128_ps::<0x31>(quads[k], quads[k + 4]);
        }
        columns
    }
}

#[cfg(test)]
mod tests;
