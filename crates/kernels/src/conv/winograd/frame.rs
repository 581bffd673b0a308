//! Windows of an image with the channels last.

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
