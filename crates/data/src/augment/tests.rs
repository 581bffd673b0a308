//! Tests of each change alone, against what it should make of a small picture.

use super::*;
use tape::Shape;

const HEIGHT: usize = 4;
const WIDTH: usize = 3;

/// A picture whose pixel `i` is `i + 1`, of one channel or three.
fn picture(channels: usize) -> LabeledImages {
    let shape = Shape::from([channels, HEIGHT, WIDTH]);
    LabeledImages::new(shape, 1, 1, (0..shape.len() as u8).map(|i| i + 1).collect(), vec![0])
}

/// What becomes of the picture in stream number `draw`.
fn change(augment: Augment, channels: usize, normalize: Normalize, draw: u64) -> Vec<f32> {
    let images = picture(channels);
    let mut out = vec![f32::NAN; images.shape().len()];
    let table = augment.table(&images, &normalize);
    augment.write(&images, 0, &table, &normalize, &mut Random::new(0, 0, draw), &mut out);
    out
}

/// The picture in a frame of zeros, moved and perhaps flipped, in a slower and plainer way.
fn moved(padding: usize, top: usize, left: usize, flipped: bool) -> Vec<f32> {
    let pixel = |y: usize, x: usize| match (y + top).checked_sub(padding).zip((x + left).checked_sub(padding)) {
        Some((y, x)) if y < HEIGHT && x < WIDTH => (y * WIDTH + x + 1) as f32,
        _ => 0.0,
    };
    let columns = |y| (0..WIDTH).map(move |x| pixel(y, if flipped { WIDTH - 1 - x } else { x }));
    (0..HEIGHT).flat_map(columns).collect()
}

#[test]
fn crops_are_at_every_place_and_flipped_or_not() {
    for padding in [0, 1, 2, 5] {
        let all = || (0..=2 * padding).flat_map(|top| (0..=2 * padding).map(move |left| (top, left)));
        let places: Vec<Vec<f32>> =
            all().flat_map(|(top, left)| [false, true].map(|flipped| moved(padding, top, left, flipped))).collect();
        let mut seen = vec![0; places.len()];
        let rounds = 60 * places.len();
        for draw in 0..rounds as u64 {
            let have = change(Augment::none().crop(padding).flip(0.25), 1, Normalize::none(), draw);
            let matches: Vec<usize> = (0..places.len()).filter(|&i| places[i] == have).collect();
            assert!(!matches.is_empty(), "padding {padding}: {have:?}");
            seen[matches[0]] += 1;
        }
        if padding <= 1 {
            // Every place is another picture: 45 of 60 rounds are as they were, 15 flipped.
            for (i, &count) in seen.iter().enumerate() {
                let expected = [90, 30][i % 2] as f64;
                assert!((f64::from(count) - expected).abs() < 5.0 * expected.sqrt(), "{i}: {seen:?}");
            }
        }
    }
}

#[test]
fn a_flip_is_certain_or_never() {
    let want = |flipped| moved(0, 0, 0, flipped);
    for draw in 0..200 {
        assert_eq!(change(Augment::none().flip(1.0), 1, Normalize::none(), draw), want(true));
        assert_eq!(change(Augment::none().flip(0.0), 1, Normalize::none(), draw), want(false));
    }
}

#[test]
fn padding_and_cutout_are_black_before_normalization() {
    let normalize = Normalize { mean: [0.5, 1.0, 2.0], std: [0.5, 0.25, 4.0] };
    let black = [-1.0, -4.0, -0.5];
    for draw in 0..50 {
        for augment in [Augment::none().crop(9), Augment::none().cutout(2 * HEIGHT), Augment::none().cutout(2)] {
            let plain = change(augment, 3, Normalize::none(), draw);
            let normalized = change(augment, 3, normalize, draw);
            for (i, (plain, normalized)) in plain.iter().zip(normalized).enumerate() {
                let channel = i / (HEIGHT * WIDTH);
                assert!(*plain != 0.0 || normalized == black[channel], "{normalized} in channel {channel}");
            }
        }
        assert!(change(Augment::none().cutout(2 * HEIGHT), 3, normalize, draw)[..12].iter().all(|x| *x == -1.0));
    }
}

#[test]
fn a_cutout_is_a_square_around_every_pixel() {
    let squares: Vec<(usize, usize)> = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (y, x))).collect();
    for size in [1, 2, 3] {
        let inside = |center: usize, at: usize| (at + size / 2).checked_sub(center).is_some_and(|at| at < size);
        let cut = |&(y, x): &(usize, usize)| -> Vec<f32> {
            let pixel = |i: usize| if inside(y, i / WIDTH) && inside(x, i % WIDTH) { 0.0 } else { (i + 1) as f32 };
            (0..HEIGHT * WIDTH).map(pixel).collect()
        };
        let mut seen = [0; HEIGHT * WIDTH];
        for draw in 0..1200 {
            let have = change(Augment::none().cutout(size), 1, Normalize::none(), draw);
            let found = squares.iter().position(|square| cut(square) == have);
            seen[found.unwrap_or_else(|| panic!("size {size}: {have:?}"))] += 1;
        }
        assert!(seen.iter().all(|count| (50..150).contains(count)), "size {size}: {seen:?}");
    }
}

#[test]
fn jitter_comes_before_normalization_and_keeps_the_choices_of_others() {
    let normalize = Normalize { mean: [0.5; 3], std: [0.25; 3] };
    for draw in 0..50 {
        let crop = Augment::none().crop(1);
        let (plain, jittered) =
            (change(crop, 3, normalize, draw), change(crop.jitter(0.9, 0.0, 0.0), 3, normalize, draw));
        for (plain, jittered) in plain.iter().zip(jittered) {
            // Pixels are at least 1, which stays 1 where the factor is above 1.
            let (x, y) = (plain * 0.25 + 0.5, jittered * 0.25 + 0.5);
            assert_eq!(x == 0.0, y == 0.0, "padding is where it was");
            assert!((0.0..=1.0).contains(&y), "{y}");
        }
    }
}

#[test]
#[should_panic(expected = "a probability is between 0 and 1: 1.5")]
fn an_impossible_probability_is_refused() {
    let _ = Augment::none().flip(1.5);
}

#[test]
#[should_panic(expected = "jitter is finite and not negative: -1")]
fn a_negative_jitter_is_refused() {
    let _ = Augment::none().jitter(0.0, -1.0, 0.0);
}

/// What is compressed is the part that was cut out, and the scale comes after it.
#[cfg(feature = "jpeg")]
#[test]
fn jpeg_comes_after_the_crop_and_before_the_scale() {
    let scale = Normalize { mean: [1.0, 2.0, 3.0], std: [2.0, 4.0, 5.0] };
    for draw in 0..20 {
        let augment = Augment::none().crop(2).flip(0.5);
        let plain = change(augment, 3, Normalize::none(), draw);
        let mut planes: Vec<u8> = plain.iter().map(|&pixel| pixel as u8).collect();
        crate::jpeg::through_jpeg(&mut planes, HEIGHT, WIDTH, 60);
        let expected = planes.iter().enumerate().map(|(i, &pixel)| scale.apply(i / (HEIGHT * WIDTH), f32::from(pixel)));
        assert_eq!(change(augment.jpeg(60), 3, scale, draw), expected.collect::<Vec<f32>>());
    }
}

#[cfg(feature = "jpeg")]
#[test]
#[should_panic(expected = "augment: a quality is from 1 to 100: 0")]
fn a_quality_of_nothing() {
    let _ = Augment::none().jpeg(0);
}
