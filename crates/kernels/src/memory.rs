//! Memory for large arrays.

/// An array of `len` times `T::default()`, where the system has them in pages of 2 MiB, as far as it fills such: the
/// processor then knows the addresses of all rows of a matrix at once. With pages of 4 KiB a training step takes up to
/// 3 % longer.
pub fn array<T: Copy + Default>(len: usize) -> Vec<T> {
    let array = vec![T::default(); len];
    #[cfg(target_os = "linux")]
    ask_for_large_pages(&array);
    array
}

#[cfg(target_os = "linux")]
fn ask_for_large_pages<T>(array: &[T]) {
    const PAGE: usize = 2 << 20;
    let start = array.as_ptr().cast::<u8>().align_offset(PAGE);
    let length = size_of_val(array).saturating_sub(start) / PAGE * PAGE;
    if length > 0 {
        let start = array.as_ptr().cast::<u8>().wrapping_add(start).cast_mut();
        // SAFETY: the range lies within the array, and the advice changes nothing of what it holds. Where the system does
        // not take it, all is as before.
        unsafe { libc::madvise(start.cast(), length, libc::MADV_HUGEPAGE) };
    }
}

#[cfg(test)]
mod tests {
    use super::array;

    #[test]
    fn arrays_of_all_sizes_hold_zeros_and_can_be_written() {
        for len in [0, 1, 1000, 1 << 19, (1 << 19) + 1, 3 << 20] {
            let mut array = array::<f32>(len);
            assert!(array.len() == len && array.iter().all(|&x| x == 0.0), "{len}");
            array.fill(1.0);
            assert!(array.iter().all(|&x| x == 1.0), "{len}");
        }
    }
}
