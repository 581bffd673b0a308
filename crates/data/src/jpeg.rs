//! What JPEG leaves of a picture.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Compresses a picture of one or three channels, plane after plane, and puts in its place what comes out again. As most
/// programs do, colors are kept at half the resolution in both directions.
pub(crate) fn through_jpeg(planes: &mut [u8], height: usize, width: usize, quality: u8) {
    let channels = planes.len() / (height * width);
    let (color, decoded) = match channels {
        1 => (ColorType::Luma, ColorSpace::Luma),
        _ => (ColorType::Rgb, ColorSpace::RGB),
    };
    let mut pixels = Vec::with_capacity(planes.len());
    for i in 0..height * width {
        pixels.extend(planes.iter().skip(i).step_by(height * width));
    }
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let [columns, rows] =
        [width, height].map(|size| u16::try_from(size).expect("a picture of at most 65,535 pixels a side"));
    encoder.encode(&pixels, columns, rows, color).expect("memory takes what an encoder writes");
    let options = DecoderOptions::new_fast().jpeg_set_out_colorspace(decoded);
    let pixels =
        JpegDecoder::new_with_options(ZCursor::new(&file), options).decode().expect("what was just encoded is whole");
    for (channel, plane) in planes.chunks_exact_mut(height * width).enumerate() {
        plane.iter_mut().zip(pixels.chunks_exact(channels)).for_each(|(out, pixel)| *out = pixel[channel]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A smooth picture with a sharp edge.
    fn picture(channels: usize) -> Vec<u8> {
        let pixel = |i: usize| {
            let (channel, y, x) = (i / 1024, i / 32 % 32, i % 32);
            if x > 18 { 30 + 60 * channel } else { 4 * y + 2 * x + 20 * channel }
        };
        (0..channels * 1024).map(|i| pixel(i) as u8).collect()
    }

    /// The root of the mean squared difference.
    fn distance(quality: u8, channels: usize) -> f64 {
        let (picture, mut planes) = (picture(channels), picture(channels));
        through_jpeg(&mut planes, 32, 32, quality);
        let squares = planes.iter().zip(&picture).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
        (squares.sum::<f64>() / picture.len() as f64).sqrt()
    }

    #[test]
    fn a_lower_quality_leaves_less() {
        for channels in [1, 3] {
            eprintln!("{:?}", [10, 50, 75, 90, 100].map(|quality| distance(quality, channels)));
            let [worst, usual, best] = [10, 40, 100].map(|quality| distance(quality, channels));
            assert!(best < usual && usual < worst && worst < 20.0, "{channels}: {best} {usual} {worst}");
        }
        assert!(distance(100, 1) < 1.0, "without colors, only rounding is lost: {}", distance(100, 1));
    }

    #[test]
    fn any_size() {
        for (height, width) in [(1, 1), (3, 5), (32, 17)] {
            let mut planes = vec![77; 3 * height * width];
            through_jpeg(&mut planes, height, width, 90);
            assert!(planes.iter().all(|&pixel| (74..=80).contains(&pixel)), "{planes:?}");
        }
    }
}
