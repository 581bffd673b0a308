//! Strided copies against a naive loop over random shapes and strides.

use super::*;
use crate::Threads;
use crate::reduce::tests::shapes;
use proptest::prelude::*;

/// Both arrays are cut out of larger ones with permuted axes, steps and turned axes; the source may repeat.
fn layout(
    shape: Shape,
    order: &[usize],
    how: impl Fn(usize) -> (usize, bool, bool),
) -> (usize, [isize; MAX_RANK], usize) {
    let (mut strides, mut offset, mut step) = ([0isize; MAX_RANK], 2usize, 1usize);
    for &a in order.iter().filter(|&&a| a < shape.rank()) {
        let (spread, turned, repeated) = how(a);
        if repeated {
            continue;
        }
        let stride = step * spread;
        let reach = shape.dims()[a].saturating_sub(1) * stride;
        strides[a] = if turned { -(stride as isize) } else { stride as isize };
        offset += if turned { reach } else { 0 };
        step = reach + stride;
    }
    (offset, strides, step + 4)
}

fn naive<T: Copy>(
    src: &[T],
    (src_offset, src_strides): (usize, [isize; MAX_RANK]),
    dst: &mut [T],
    (dst_offset, dst_strides): (usize, [isize; MAX_RANK]),
    shape: Shape,
) {
    for flat in 0..shape.len() {
        let place = |offset: usize, strides: [isize; MAX_RANK]| {
            let coordinate = |a: usize| (flat / shape.strides()[a] % shape.dims()[a]) as isize;
            (offset as isize + (0..shape.rank()).map(|a| coordinate(a) * strides[a]).sum::<isize>()) as usize
        };
        dst[place(dst_offset, dst_strides)] = src[place(src_offset, src_strides)];
    }
}

fn check(shape: Shape, src: (usize, [isize; MAX_RANK], usize), dst: (usize, [isize; MAX_RANK], usize)) {
    let numbers: Vec<u32> = (0..src.2 as u32).collect();
    let (mut got, mut want) = (vec![u32::MAX; dst.2], vec![u32::MAX; dst.2]);
    copy_strided(&numbers, src.0, src.1, &mut got, dst.0, dst.1, shape);
    naive(&numbers, (src.0, src.1), &mut want, (dst.0, dst.1), shape);
    assert!(got == want, "{shape}, src {:?}, dst {:?}", src.1, dst.1);
}

proptest! {
    #[test]
    fn any_strides(
        shape in shapes(),
        src_order in Just(vec![0usize, 1, 2, 3, 4, 5]).prop_shuffle(),
        dst_order in Just(vec![0usize, 1, 2, 3, 4, 5]).prop_shuffle(),
        steps in prop::collection::vec(prop_oneof![4 => Just(1usize), 1 => Just(2)], 12),
        turned in 0usize..4096,
        repeated in prop_oneof![Just(0usize), 0usize..64],
    ) {
        let turned = if turned % 2 == 0 { 0 } else { turned };
        let src = layout(shape, &src_order, |a| (steps[a], turned >> a & 1 == 1, repeated >> a & 1 == 1));
        let dst = layout(shape, &dst_order, |a| (steps[a + 6], turned >> (a + 6) & 1 == 1, false));
        check(shape, src, dst);
    }
}

#[test]
fn transpositions_on_any_number_of_threads() {
    let orders = [[0, 1, 2], [1, 0, 2], [2, 1, 0], [0, 2, 1], [1, 2, 0], [2, 0, 1]];
    for threads in [1, 2, 3, 7] {
        Threads::new(threads).unwrap().run(|| {
            for dims in [[1, 333, 517], [7, 130, 200], [256, 1, 512], [300, 400, 3]] {
                for (src_order, dst_order) in orders.iter().flat_map(|a| orders.iter().map(move |b| (a, b))) {
                    let shape = Shape::from(dims);
                    let plain = |_| (1, false, false);
                    check(shape, layout(shape, src_order, plain), layout(shape, dst_order, plain));
                }
            }
        });
    }
}

#[test]
fn elements_of_other_sizes() {
    let shape = Shape::from([40, 50]);
    let (src_strides, dst_strides) = ([50, 1, 0, 0, 0, 0], [1, 40, 0, 0, 0, 0]);
    let check = |make: fn(usize) -> [u8; 3]| {
        let src: Vec<_> = (0..2000).map(make).collect();
        let (mut got, mut want) = (vec![[0; 3]; 2000], vec![[0; 3]; 2000]);
        copy_strided(&src, 0, src_strides, &mut got, 0, dst_strides, shape);
        naive(&src, (0, src_strides), &mut want, (0, dst_strides), shape);
        assert_eq!(got, want);
    };
    check(|i| [i as u8, (i >> 8) as u8, 1]);
    let src: Vec<u64> = (0..2000).collect();
    let mut got = vec![0; 2000];
    copy_strided(&src, 0, src_strides, &mut got, 0, dst_strides, shape);
    assert!((0..2000).all(|i| got[i] as usize == i % 40 * 50 + i / 40));
}

#[test]
#[should_panic(expected = "copy_strided: src reaches elements -1 to 3 of 4: shape [5]")]
fn outside_the_source() {
    copy_strided(&[0u8; 4], 3, [-1, 0, 0, 0, 0, 0], &mut [0; 5], 0, [1, 0, 0, 0, 0, 0], Shape::from([5]));
}

#[test]
#[should_panic(expected = "copy_strided: elements of dst overlap: shape [2, 3]")]
fn an_overlapping_destination() {
    copy_strided(&[0u8; 6], 0, [3, 1, 0, 0, 0, 0], &mut [0; 6], 0, [2, 1, 0, 0, 0, 0], Shape::from([2, 3]));
}
