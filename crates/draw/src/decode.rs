//! Files of pictures.

use crate::{DrawError, Picture};
use std::io::Cursor;
use std::path::Path;

/// The most pixels that a file may have.
const MOST_PIXELS: usize = 64 << 20;

pub(crate) fn error(path: &Path, what: &'static str, expected: &'static str, found: String) -> DrawError {
    DrawError::Picture { path: path.into(), what, expected, found }
}

/// The picture that the bytes are.
pub(crate) fn decode(bytes: &[u8], path: &Path) -> Result<Picture, DrawError> {
    #[cfg(feature = "photos")]
    if bytes.starts_with(b"\xff\xd8\xff") {
        return jpeg(bytes, path);
    }
    png(bytes, path)
}

fn check_size(width: usize, height: usize, path: &Path) -> Result<(), DrawError> {
    match width.saturating_mul(height) {
        1..=MOST_PIXELS => Ok(()),
        _ => Err(error(path, "size", "at most 64 megapixels", format!("{width}×{height}"))),
    }
}

fn png(bytes: &[u8], path: &Path) -> Result<Picture, DrawError> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let kinds = if cfg!(feature = "photos") { "a whole PNG or JPEG" } else { "a whole PNG" };
    let damaged = |source: png::DecodingError| error(path, "contents", kinds, source.to_string());
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (width, height) = reader.info().size();
    let (width, height) = (width as usize, height as usize);
    check_size(width, height, path)?;
    let mut pixels = vec![0; reader.output_buffer_size().unwrap_or(0)];
    let frame = reader.next_frame(&mut pixels).map_err(damaged)?;
    pixels.truncate(frame.buffer_size());
    // What follows the pixels must be whole too.
    reader.finish().map_err(damaged)?;
    let over_white = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let (channels, pixels) = match frame.color_type {
        png::ColorType::Grayscale => (1, pixels),
        png::ColorType::Rgb => (3, pixels),
        png::ColorType::GrayscaleAlpha => (1, pixels.chunks_exact(2).map(|p| over_white(p[0], p[1])).collect()),
        png::ColorType::Rgba => {
            let opaque = |p: &[u8]| [over_white(p[0], p[3]), over_white(p[1], p[3]), over_white(p[2], p[3])];
            (3, pixels.chunks_exact(4).flat_map(opaque).collect())
        }
        png::ColorType::Indexed => return Err(error(path, "colors", "a palette", "none".to_string())),
    };
    Ok(Picture::new(width, height, channels, pixels))
}

#[cfg(feature = "photos")]
fn jpeg(bytes: &[u8], path: &Path) -> Result<Picture, DrawError> {
    use zune_jpeg::JpegDecoder;
    use zune_jpeg::zune_core::bytestream::ZCursor;
    use zune_jpeg::zune_core::colorspace::ColorSpace;
    use zune_jpeg::zune_core::options::DecoderOptions;

    // Strict: the default fills what is missing with gray.
    let options = DecoderOptions::new_safe().set_strict_mode(true).jpeg_set_out_colorspace(ColorSpace::RGB);
    let options = options.set_max_width(1 << 26).set_max_height(1 << 26);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let damaged = |source: String| error(path, "contents", "a whole JPEG", source);
    decoder.decode_headers().map_err(|source| damaged(source.to_string()))?;
    let (width, height) = decoder.dimensions().unwrap_or((0, 0));
    check_size(width, height, path)?;
    let pixels = decoder.decode().map_err(|source| damaged(source.to_string()))?;
    match pixels.len() == 3 * width * height {
        true => Ok(Picture::new(width, height, 3, pixels)),
        false => Err(error(path, "colors", "red, green and blue", format!("{} numbers", pixels.len()))),
    }
}
