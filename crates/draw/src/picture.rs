//! [`Picture`]: pixels in memory, and how they are read from a file.

use crate::{DrawError, decode};
use std::path::Path;

/// A picture in gray or in color, 8 bits a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    channels: usize,
    pixels: Vec<u8>,
}

impl Picture {
    /// A picture from its pixels, row by row: of one channel (gray, 0 is black) or of three (red, green, blue).
    ///
    /// # Panics
    /// When there are not as many numbers as the sizes say, or neither one nor three channels.
    #[track_caller]
    pub fn new(width: usize, height: usize, channels: usize, pixels: Vec<u8>) -> Picture {
        assert!(channels == 1 || channels == 3, "picture: 1 or 3 channels, not {channels}");
        assert_eq!(pixels.len(), width * height * channels, "picture: numbers of {width}×{height}×{channels}");
        Picture { width, height, channels, pixels }
    }

    /// Reads a PNG file, or a JPEG file with the feature `photos`. Transparent parts become white; 16-bit channels keep
    /// their upper half; CMYK becomes red, green and blue.
    ///
    /// # Errors
    /// [`DrawError::Picture`] where it is neither, damaged, or has more than 64 megapixels.
    pub fn open(path: impl AsRef<Path>) -> Result<Picture, DrawError> {
        let path = path.as_ref();
        let read = std::fs::read(path);
        let bytes = read.map_err(|source| decode::error(path, "file", "one that can be read", source.to_string()))?;
        Picture::from_bytes(&bytes, path)
    }

    /// The picture that a file's bytes are, as [`open`](Picture::open); errors name the path.
    ///
    /// # Errors
    /// [`DrawError::Picture`].
    pub fn from_bytes(bytes: &[u8], path: impl AsRef<Path>) -> Result<Picture, DrawError> {
        decode::decode(bytes, path.as_ref())
    }

    /// How many pixels it is wide.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many pixels it is high.
    pub fn height(&self) -> usize {
        self.height
    }

    /// 1 for gray, 3 for color.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The numbers, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    pub(crate) fn color(&self, x: usize, y: usize) -> [u8; 3] {
        let pixel = &self.pixels[(y * self.width + x) * self.channels..][..self.channels];
        if self.channels == 1 { [pixel[0]; 3] } else { [pixel[0], pixel[1], pixel[2]] }
    }

    /// The picture in gray, by the luma of ITU-R BT.601: 0.299 red + 0.587 green + 0.114 blue.
    pub fn to_gray(&self) -> Picture {
        let luma =
            |p: &[u8]| (0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2])).round() as u8;
        match self.channels {
            1 => self.clone(),
            _ => Picture::new(self.width, self.height, 1, self.pixels.chunks_exact(3).map(luma).collect()),
        }
    }

    /// The picture in color: gray becomes three equal channels.
    pub fn to_color(&self) -> Picture {
        match self.channels {
            3 => self.clone(),
            _ => Picture::new(self.width, self.height, 3, self.pixels.iter().flat_map(|&gray| [gray; 3]).collect()),
        }
    }

    /// The rectangle of this size whose upper left corner is pixel (x, y).
    ///
    /// # Panics
    /// When it reaches beyond the picture.
    #[track_caller]
    pub fn crop(&self, x: usize, y: usize, width: usize, height: usize) -> Picture {
        let inside = x + width <= self.width && y + height <= self.height;
        assert!(inside, "crop: {width}×{height} from ({x}, {y}) of {}×{}", self.width, self.height);
        let row = |row: usize| &self.pixels[(row * self.width + x) * self.channels..][..width * self.channels];
        Picture::new(width, height, self.channels, (y..y + height).flat_map(|y| row(y).to_vec()).collect())
    }

    /// The picture at another size. Each new pixel is the mean over the rectangle of the old picture that it covers, with
    /// the parts of pixels at its edges: nothing is lost when a picture shrinks, and pixels become blocks when it grows.
    ///
    /// # Panics
    /// When a size is 0.
    #[track_caller]
    pub fn resize(&self, width: usize, height: usize) -> Picture {
        assert!(width > 0 && height > 0 && self.width > 0 && self.height > 0, "resize: a picture has pixels");
        let (columns, rows) = (covers(self.width, width), covers(self.height, height));
        let mut pixels = Vec::with_capacity(width * height * self.channels);
        for row in &rows {
            for column in &columns {
                for channel in 0..self.channels {
                    let mut sum = 0.0;
                    for &(y, share_y) in row {
                        for &(x, share_x) in column {
                            let pixel = self.pixels[(y * self.width + x) * self.channels + channel];
                            sum += share_y * share_x * f64::from(pixel);
                        }
                    }
                    pixels.push(sum.round() as u8);
                }
            }
        }
        Picture::new(width, height, self.channels, pixels)
    }
}

/// For each of `new` pixels along an axis, which of the `old` ones it covers, and the share of each in it.
fn covers(old: usize, new: usize) -> Vec<Vec<(usize, f64)>> {
    let size = old as f64 / new as f64;
    let cover = |i: usize| {
        let (begin, end) = (i as f64 * size, (i + 1) as f64 * size);
        let share = |k: usize| ((end.min((k + 1) as f64) - begin.max(k as f64)) / size).max(0.0);
        (begin as usize..(end.ceil() as usize).min(old)).map(|k| (k, share(k))).collect()
    };
    (0..new).map(cover).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crops_and_colors() {
        let picture = Picture::new(3, 2, 1, vec![1, 2, 3, 4, 5, 6]);
        assert_eq!(picture.crop(1, 0, 2, 2).pixels(), [2, 3, 5, 6]);
        assert_eq!(picture.crop(2, 1, 1, 1).to_color().pixels(), [6, 6, 6]);
    }

    fn png(color: png::ColorType, depth: png::BitDepth, width: u32, height: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if color == png::ColorType::Indexed {
            encoder.set_palette(vec![10, 20, 30, 40, 50, 60]);
        }
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(data).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn open(bytes: &[u8]) -> Result<Picture, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.png");
        std::fs::write(&path, bytes).unwrap();
        Picture::open(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn every_kind_of_png() {
        use png::{BitDepth::*, ColorType::*};
        let read = |color, depth, data: &[u8]| open(&png(color, depth, 2, 1, data)).unwrap();
        assert_eq!(read(Grayscale, Eight, &[7, 200]), Picture::new(2, 1, 1, vec![7, 200]));
        assert_eq!(read(Grayscale, One, &[0b0100_0000]), Picture::new(2, 1, 1, vec![0, 255]));
        assert_eq!(read(Grayscale, Sixteen, &[7, 99, 200, 1]), Picture::new(2, 1, 1, vec![7, 200]));
        assert_eq!(read(GrayscaleAlpha, Eight, &[7, 255, 0, 51]), Picture::new(2, 1, 1, vec![7, 204]));
        assert_eq!(read(Rgb, Eight, &[1, 2, 3, 4, 5, 6]), Picture::new(2, 1, 3, vec![1, 2, 3, 4, 5, 6]));
        let rgba = read(Rgba, Eight, &[1, 2, 3, 255, 4, 5, 6, 0]);
        assert_eq!(rgba, Picture::new(2, 1, 3, vec![1, 2, 3, 255, 255, 255]));
        assert_eq!(read(Indexed, Eight, &[1, 0]), Picture::new(2, 1, 3, vec![40, 50, 60, 10, 20, 30]));
    }

    /// A file of 16×16 pixels with the four inks of print, all cyan.
    #[test]
    fn inks_become_colors() {
        let picture = open(include_bytes!("../tests/cyan-cmyk.jpg")).unwrap();
        assert_eq!([picture.width(), picture.height()], [16, 16]);
        let is_cyan = |pixel: &[u8]| pixel[0] < 8 && pixel[1] > 247 && pixel[2] > 247;
        assert!(picture.pixels().chunks(3).all(is_cyan), "{:?}", &picture.pixels()[..3]);
    }

    #[test]
    fn damaged_files_are_refused() {
        let good = png(png::ColorType::Rgb, png::BitDepth::Eight, 5, 5, &(0..75).collect::<Vec<u8>>());
        assert!(open(&good).is_ok());
        // The chunk behind the pixels, the last twelve bytes, says nothing.
        for len in 0..good.len() - 12 {
            assert!(open(&good[..len]).is_err(), "cut to {len} bytes");
        }
        let mut huge = good.clone();
        huge[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        assert!(open(&huge).is_err());
        let error = open(b"GIF89a").unwrap_err();
        assert!(error.contains("x.png: contents: expected a whole PNG") && error.contains("convert it"), "{error}");
        assert!(Picture::open("nowhere.png").unwrap_err().to_string().contains("nowhere.png"));
    }

    #[test]
    fn means_of_what_is_covered() {
        let picture = Picture::new(4, 2, 1, vec![0, 10, 20, 30, 40, 50, 60, 70]);
        assert_eq!(picture.resize(2, 1).pixels(), [25, 45]);
        assert_eq!(picture.resize(4, 2), picture);
        assert_eq!(picture.resize(8, 2).pixels()[..4], [0, 0, 10, 10]);
        // Three of four: 1⅓ old pixels each.
        let third = Picture::new(4, 1, 1, vec![0, 60, 60, 120]).resize(3, 1);
        assert_eq!(third.pixels(), [15, 60, 105]);
        let color = Picture::new(1, 2, 3, vec![255, 0, 0, 0, 0, 255]);
        assert_eq!(color.to_gray().pixels(), [76, 29]);
        assert_eq!(color.resize(1, 1).pixels(), [128, 0, 128]);
    }
}
