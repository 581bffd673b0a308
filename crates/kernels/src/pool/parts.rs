//! [`Parts`]: rows of an image, dealt out by the stride of the windows, so that what a row of windows reads lies side by
//! side.

use super::windows::{PoolShape, Windows};
use crate::Float;

/// Results that are computed side by side.
pub(super) const LANES: usize = 16;

/// How a padded row is dealt out: its place t is number `t / stride` of part `t mod stride`. What tap k of window j reads,
/// place `j · stride + k · dilation`, is then number j after what window 0 reads: see [`taps`](Parts::taps).
#[derive(Clone, Copy)]
pub(super) struct Parts {
    kernel: usize,
    pub(super) stride: usize,
    pub(super) padding: usize,
    dilation: usize,
    /// From what a tap reads to what the next does: parts and numbers of a part.
    step: [usize; 2],
    /// Numbers of a part, with room behind for a last group of [`LANES`] windows.
    length: usize,
}

impl Parts {
    /// For windows that slide. `None` for others and where there is nothing to look at; and for a single window a row, whose
    /// places lie side by side as they are.
    pub(super) fn new(shape: &PoolShape) -> Option<Parts> {
        match shape.windows[1] {
            Windows::Sliding { kernel, stride, padding, dilation, results }
                if shape.in_pixels() * results > 0 && (results > 1 || dilation > 1) =>
            {
                let windows = results.next_multiple_of(LANES) + (kernel - 1) * dilation / stride;
                let length = windows.max((shape.in_size[1] + padding).div_ceil(stride));
                Some(Parts { kernel, stride, padding, dilation, step: [dilation % stride, dilation / stride], length })
            }
            _ => None,
        }
    }

    /// Numbers of a row with its padding.
    pub(super) fn len(&self) -> usize {
        self.stride * self.length
    }

    /// For each tap how far it is from the first in the row, and where what window 0 reads lies in the parts.
    #[inline(always)]
    pub(super) fn taps(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let &Parts { kernel, stride, dilation, length, step: [parts, numbers], .. } = self;
        let (mut part, mut number) = (0, 0);
        (0..kernel).map(move |tap| {
            let at = part * length + number;
            (part, number) = (part + parts, number + numbers);
            if part >= stride {
                (part, number) = (part - stride, number + 1);
            }
            (tap * dilation, at)
        })
    }

    /// Deals out a row.
    #[inline(always)]
    pub(super) fn deal<F: Float>(&self, row: &[F], parts: &mut [F]) {
        match self.stride {
            1 => parts[self.padding..][..row.len()].copy_from_slice(row),
            2 => {
                let [first, second] = self.halves(parts);
                deal_pairs(row, first, second);
            }
            _ => self.places().zip(row).for_each(|(place, &number)| parts[place] = number),
        }
    }

    /// Adds to a row what was dealt out.
    #[inline(always)]
    pub(super) fn add_to<F: Float>(&self, row: &mut [F], parts: &mut [F]) {
        match self.stride {
            1 => row.iter_mut().zip(&parts[self.padding..]).for_each(|(sum, &number)| *sum += number),
            2 => {
                let [first, second] = self.halves(parts);
                add_pairs(row, first, second);
            }
            _ => self.places().zip(row).for_each(|(place, sum)| *sum += parts[place]),
        }
    }

    /// With stride 2, the part that the first number of a row belongs to and the other, from the row's first numbers on.
    #[inline(always)]
    fn halves<'a, F>(&self, parts: &'a mut [F]) -> [&'a mut [F]; 2] {
        let (even, odd) = parts.split_at_mut(self.length);
        let start = self.padding / 2;
        if self.padding.is_multiple_of(2) {
            [&mut even[start..], &mut odd[start..]]
        } else {
            [&mut odd[start..], &mut even[start + 1..]]
        }
    }

    /// Where the numbers of a row lie in the parts.
    #[inline(always)]
    fn places(&self) -> impl Iterator<Item = usize> + use<> {
        let &Parts { stride, padding, length, .. } = self;
        let (mut part, mut number) = (padding % stride, padding / stride);
        std::iter::repeat_with(move || {
            let place = part * length + number;
            part += 1;
            if part == stride {
                (part, number) = (0, number + 1);
            }
            place
        })
    }
}

/// `row = [first[0], second[0], first[1], second[1], …]`, read from the left.
#[inline(always)]
fn deal_pairs<F: Float>(row: &[F], first: &mut [F], second: &mut [F]) {
    let (pairs, last) = row.as_chunks::<2>();
    if let [number] = last {
        first[pairs.len()] = *number;
    }
    for ((pair, first), second) in pairs.iter().zip(first).zip(second) {
        (*first, *second) = (pair[0], pair[1]);
    }
}

/// `row += [first[0], second[0], first[1], second[1], …]`.
#[inline(always)]
fn add_pairs<F: Float>(row: &mut [F], first: &[F], second: &[F]) {
    let (pairs, last) = row.as_chunks_mut::<2>();
    if let [sum] = last {
        *sum += first[pairs.len()];
    }
    for ((pair, &first), &second) in pairs.iter_mut().zip(first).zip(second) {
        *pair = [pair[0] + first, pair[1] + second];
    }
}

/// Stores as many results as there are.
#[inline(always)]
pub(super) fn store<T: Copy>(results: &[T; LANES], to: &mut [T]) {
    const HALF: usize = LANES / 2;
    match to.first_chunk_mut() {
        Some(to) => *to = *results,
        None => match to.split_first_chunk_mut::<HALF>() {
            Some((half, rest)) => {
                half.copy_from_slice(&results[..HALF]);
                rest.iter_mut().zip(&results[HALF..]).for_each(|(to, &result)| *to = result);
            }
            None => to.iter_mut().zip(results).for_each(|(to, &result)| *to = result),
        },
    }
}
