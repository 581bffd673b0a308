//! Windows of an image with the channels last, and back.

use crate::pack::{Source, pack};
use crate::simd::Simd;

/// Some channels of an image.
#[derive(Clone, Copy)]
pub(super) struct Image {
    pub(super) from: *const f32,
    pub(super) channels: usize,
    pub(super) size: [usize; 2],
}

/// Copies a window, with zeros outside the image: channel c of pixel (i, j) at `to[(i · width + j) · padded + c]`.
///
/// # Safety
/// The processor has the instruction set of `V`, for which the caller is compiled; the image and the frame are valid.
#[inline(always)]
pub(super) unsafe fn frame_window<V: Simd<Scalar = f32>>(
    image: &Image,
    [top, left]: [isize; 2],
    [height, width]: [usize; 2],
    padded: usize,
    to: *mut f32,
) {
    let pixels = image.size[0] * image.size[1];
    let begin = (-left).clamp(0, width as isize) as usize;
    let end = (image.size[1] as isize - left).clamp(begin as isize, width as isize) as usize;
    for i in 0..height {
        let row = top + i as isize;
        // SAFETY: the caller's promise; what is read lies inside the image.
        unsafe {
            let to = std::slice::from_raw_parts_mut(to.add(i * width * padded), width * padded);
            if row < 0 || row >= image.size[0] as isize || begin == end {
                to.fill(0.0);
                continue;
            }
            to[..begin * padded].fill(0.0);
            to[end * padded..].fill(0.0);
            let inside = &mut to[begin * padded..end * padded];
            if padded > image.channels {
                inside.fill(0.0);
            }
            let first = (row * image.size[1] as isize + left + begin as isize) as usize;
            let source = Source { from: image.from.add(first), along: pixels, deep: 1 };
            pack::<V>(source, image.channels, end - begin, inside.as_mut_ptr(), padded);
        }
    }
}

/// The inverse for pixels in a row: channel c of pixel i, at `from[i · padded + c]`, goes to `to[c · pixels + i]`.
///
/// # Safety
/// As [`frame_window`].
#[inline(always)]
pub(super) unsafe fn channels_first<V: Simd<Scalar = f32>>(
    from: *const f32,
    padded: usize,
    count: usize,
    channels: usize,
    to: *mut f32,
    pixels: usize,
) {
    let square = V::SQUARE;
    // SAFETY: the caller's promise.
    unsafe {
        if count < square || channels < square {
            for c in 0..channels {
                for i in 0..count {
                    *to.add(c * pixels + i) = *from.add(i * padded + c);
                }
            }
            return;
        }
        // The last block reaches back over its neighbor. Along the pixels first, so that lines are written whole.
        for c in (0..channels.div_ceil(square)).map(|block| (block * square).min(channels - square)) {
            for i in (0..count.div_ceil(square)).map(|block| (block * square).min(count - square)) {
                V::transpose(from.add(i * padded + c), padded, V::SQUARE, to.add(c * pixels + i), pixels);
            }
        }
    }
}
