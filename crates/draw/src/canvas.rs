//! A list of shapes and texts, and how it becomes a PNG file.
//!
//! Positions are in pixels of the finished picture, fractions allowed, from the top left.

use crate::Picture;
use crate::text::Typeface;
use plotters::prelude::*;

/// Shapes are drawn this many times larger and averaged.
const SMOOTHING: u32 = 3;

pub(crate) type Point = (f64, f64);
pub(crate) type Ink = RGBColor;

/// The form of a marker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Marker {
    Disk,
    Square,
    Triangle,
    Ring,
}

enum Shape {
    Line { points: Vec<Point>, color: Ink, width: f64 },
    Marker { form: Marker, center: Point, radius: f64, color: Ink },
    Rectangle { corners: [Point; 2], color: Ink },
}

struct Text {
    text: String,
    size: f32,
    start: Point,
    color: Ink,
}

/// What is to be drawn, later things over earlier ones, texts over all.
pub(crate) struct Canvas {
    width: u32,
    height: u32,
    pub(crate) typeface: Typeface,
    shapes: Vec<Shape>,
    pictures: Vec<(Picture, u32, u32, u32)>,
    texts: Vec<Text>,
}

impl Canvas {
    pub(crate) fn new(width: u32, height: u32) -> Canvas {
        Canvas { width, height, typeface: Typeface::new(), shapes: vec![], pictures: vec![], texts: vec![] }
    }

    /// Sets the size, where it depends on what is to be drawn.
    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        (self.width, self.height) = (width, height);
    }

    pub(crate) fn line(&mut self, points: impl Into<Vec<Point>>, color: Ink, width: f64) {
        self.shapes.push(Shape::Line { points: points.into(), color, width });
    }

    /// A line of dashes and gaps; both are given in pixels.
    pub(crate) fn dashed(&mut self, points: &[Point], color: Ink, width: f64, dash: f64, gap: f64) {
        let mut drawing = true;
        let mut left = dash;
        let mut current = Vec::from_iter(points.first().copied());
        for pair in points.windows(2) {
            let ((mut x, mut y), end) = (pair[0], pair[1]);
            loop {
                let length = (end.0 - x).hypot(end.1 - y);
                if length <= left {
                    left -= length;
                    current.push(end);
                    break;
                }
                (x, y) = (x + (end.0 - x) * left / length, y + (end.1 - y) * left / length);
                current.push((x, y));
                let finished = std::mem::replace(&mut current, vec![(x, y)]);
                if drawing {
                    self.line(finished, color, width);
                }
                drawing = !drawing;
                left = if drawing { dash } else { gap };
            }
        }
        if drawing && current.len() > 1 {
            self.line(current, color, width);
        }
    }

    pub(crate) fn marker(&mut self, form: Marker, center: Point, radius: f64, color: Ink) {
        self.shapes.push(Shape::Marker { form, center, radius, color });
    }

    /// A filled rectangle.
    pub(crate) fn rectangle(&mut self, corners: [Point; 2], color: Ink) {
        self.shapes.push(Shape::Rectangle { corners, color });
    }

    /// A picture from the point (x, y) on, each of its pixels a square of `scale`; over all shapes.
    pub(crate) fn picture(&mut self, picture: &Picture, x: u32, y: u32, scale: u32) {
        self.pictures.push((picture.clone(), x, y, scale));
    }

    /// A line of text whose baseline starts at `start`.
    pub(crate) fn text(&mut self, text: &str, size: f32, start: Point, color: Ink) {
        self.texts.push(Text { text: text.into(), size, start, color });
    }

    /// A line of text around or up to a point of its baseline: `share` of its width is left of it.
    pub(crate) fn text_at(&mut self, text: &str, size: f32, share: f64, (x, y): Point, color: Ink) {
        self.text(text, size, (x - share * self.typeface.width(text, size), y), color);
    }

    /// Draws everything.
    ///
    /// # Errors
    /// What plotters or the encoder say.
    pub(crate) fn to_png(&self) -> Result<Vec<u8>, String> {
        let mut pixels = self.draw_shapes().map_err(|error| error.to_string())?;
        for (picture, x, y, scale) in &self.pictures {
            self.draw_picture(&mut pixels, picture, (*x, *y), *scale);
        }
        for text in &self.texts {
            self.draw_text(&mut pixels, text);
        }
        encode(self.width, self.height, &pixels).map_err(|error| error.to_string())
    }

    fn draw_shapes(&self) -> Result<Vec<u8>, DrawingAreaErrorKind<impl std::error::Error + Send + Sync + use<>>> {
        let (width, height) = (self.width * SMOOTHING, self.height * SMOOTHING);
        let mut large = vec![255; (width * height * 3) as usize];
        let root = BitMapBackend::with_buffer(&mut large, (width, height)).into_drawing_area();
        for shape in &self.shapes {
            draw(&root, shape)?;
        }
        root.present()?;
        drop(root);
        Ok(scaled_down(&large, self.width as usize, self.height as usize))
    }

    fn draw_picture(&self, pixels: &mut [u8], picture: &Picture, (left, top): (u32, u32), scale: u32) {
        for y in top..(top + picture.height() as u32 * scale).min(self.height) {
            for x in left..(left + picture.width() as u32 * scale).min(self.width) {
                let color = picture.color(((x - left) / scale) as usize, ((y - top) / scale) as usize);
                pixels[3 * (y * self.width + x) as usize..][..3].copy_from_slice(&color);
            }
        }
    }

    fn draw_text(&self, pixels: &mut [u8], text: &Text) {
        let (width, height) = (self.width as i32, self.height as i32);
        self.typeface.set(&text.text, text.size, text.start, |x, y, coverage| {
            if (0..width).contains(&x) && (0..height).contains(&y) {
                let start = 3 * (y * width + x) as usize;
                let ink = [text.color.0, text.color.1, text.color.2];
                for (pixel, ink) in pixels[start..start + 3].iter_mut().zip(ink) {
                    *pixel = (f32::from(*pixel) + (f32::from(ink) - f32::from(*pixel)) * coverage).round() as u8;
                }
            }
        });
    }
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, plotters::coord::Shift>;
type AreaError<'a> = DrawingAreaErrorKind<<BitMapBackend<'a> as DrawingBackend>::ErrorType>;

fn draw<'a>(root: &Area<'a>, shape: &Shape) -> Result<(), AreaError<'a>> {
    let large = |length: f64| (length * f64::from(SMOOTHING)).round() as i32;
    let place = |&(x, y): &Point| (large(x), large(y));
    match shape {
        Shape::Line { points, color, width } => {
            // Segment by segment, with a disk at every joint: plotters' own joints are pointed, and not quite straight
            // between segments of one direction.
            let style = color.stroke_width(large(*width) as u32);
            for pair in points.windows(2) {
                root.draw(&PathElement::new([place(&pair[0]), place(&pair[1])], style))?;
            }
            for joint in points.iter().take(points.len().saturating_sub(1)).skip(1) {
                root.draw(&Circle::new(place(joint), large(*width) / 2, color.filled()))?;
            }
            Ok(())
        }
        Shape::Rectangle { corners: [a, b], color } => {
            let ((left, top), (right, bottom)) = (place(a), place(b));
            root.draw(&Rectangle::new([(left, top), (right - 1, bottom - 1)], color.filled()))
        }
        Shape::Marker { form, center, radius, color } => {
            let (center, size, style) = (place(center), large(*radius), color.filled());
            match form {
                Marker::Disk => root.draw(&Circle::new(center, size, style)),
                Marker::Ring => {
                    let points = (0..=90).map(|i| (f64::from(i) * 4.0).to_radians().sin_cos());
                    let place = |(sin, cos): (f64, f64)| {
                        let radius = radius * f64::from(SMOOTHING);
                        (center.0 + (cos * radius).round() as i32, center.1 + (sin * radius).round() as i32)
                    };
                    let style = color.stroke_width(large(2.5) as u32);
                    root.draw(&PathElement::new(points.map(place).collect::<Vec<_>>(), style))
                }
                Marker::Square => {
                    let half = size * 7 / 8;
                    let corners = [(center.0 - half, center.1 - half), (center.0 + half, center.1 + half)];
                    root.draw(&Rectangle::new(corners, style))
                }
                Marker::Triangle => root.draw(&TriangleMarker::new(center, size * 5 / 4, style)),
            }
        }
    }
}

/// The mean of each block of pixels.
fn scaled_down(large: &[u8], width: usize, height: usize) -> Vec<u8> {
    let factor = SMOOTHING as usize;
    let mut small = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let block = (0..factor * factor).map(|i| {
                    let (row, column) = (y * factor + i / factor, x * factor + i % factor);
                    u32::from(large[3 * (row * width * factor + column) + channel])
                });
                small.push((block.sum::<u32>() / (SMOOTHING * SMOOTHING)) as u8);
            }
        }
    }
    small
}

fn encode(width: u32, height: u32, pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}
