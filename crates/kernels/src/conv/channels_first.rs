//! Results whose channels came last, as an array has them.

use crate::simd::Simd;

/// Turns pixels in a row around: channel c of pixel i, at `from[i · padded + c]`, goes to `to[c · pixels + i]`.
///
/// # Safety
/// The processor has the instruction set of `V`, for which the caller is compiled; `from` is valid for `count` pixels of
/// `padded` numbers, `to` for what is written.
#[inline(always)]
pub(super) unsafe fn channels_first<V: Simd>(
    from: *const V::Scalar,
    padded: usize,
    count: usize,
    channels: usize,
    to: *mut V::Scalar,
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
