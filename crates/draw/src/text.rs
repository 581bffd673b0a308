//! Text from the font inside the library.

use ab_glyph::{Font, FontRef, Glyph, ScaleFont, point};

const DEJAVU_SANS: &[u8] = include_bytes!("../fonts/DejaVuSans-subset.ttf");

/// Measures and sets lines of text.
pub(crate) struct Typeface {
    font: FontRef<'static>,
}

impl Typeface {
    pub(crate) fn new() -> Typeface {
        Typeface { font: FontRef::try_from_slice(DEJAVU_SANS).expect("the font in the library is whole") }
    }

    /// Glyphs on a baseline that starts at (`x`, `y`), and where the next one would come.
    fn line(&self, text: &str, size: f32, x: f32, y: f32) -> (Vec<Glyph>, f32) {
        // `size` is the em in pixels; ab_glyph's scale is the height from ascent to descent.
        let height = self.font.height_unscaled() / self.font.units_per_em().expect("the font tells its em");
        let font = self.font.as_scaled(size * height);
        let (mut glyphs, mut x, mut last) = (Vec::new(), x, None);
        for character in text.chars() {
            let character = if character.is_control() { ' ' } else { character };
            let id = font.glyph_id(character);
            x += last.map_or(0.0, |last| font.kern(last, id));
            glyphs.push(id.with_scale_and_position(font.scale(), point(x, y)));
            x += font.h_advance(id);
            last = Some(id);
        }
        (glyphs, x)
    }

    /// The width of a line in pixels.
    pub(crate) fn width(&self, text: &str, size: f32) -> f64 {
        self.line(text, size, 0.0, 0.0).1.into()
    }

    /// The text, or its beginning and an ellipsis, so that it fits `width`.
    pub(crate) fn fitted(&self, text: &str, size: f32, width: f64) -> String {
        if self.width(text, size) <= width {
            return text.into();
        }
        let fits = |end: usize| self.width(&format!("{}…", &text[..end]), size) <= width;
        let ends: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
        let count = ends.partition_point(|&end| fits(end));
        format!("{}…", text[..ends[count.saturating_sub(1)]].trim_end())
    }

    /// Calls `cover` with every pixel that the line touches and how much of it is covered, 0 to 1.
    pub(crate) fn set(&self, text: &str, size: f32, (x, y): (f64, f64), mut cover: impl FnMut(i32, i32, f32)) {
        for glyph in self.line(text, size, x as f32, y as f32).0 {
            if let Some(outline) = self.font.outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                outline.draw(|x, y, coverage| cover(corner.x as i32 + x as i32, corner.y as i32 + y as i32, coverage));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_measured_and_fitted() {
        let typeface = Typeface::new();
        assert!((typeface.width("MMMM", 20.0) - 2.0 * typeface.width("MM", 20.0)).abs() < 1e-3);
        // The em of DejaVu Sans is 2048 units, its M is 1767 wide.
        assert!((typeface.width("M", 2048.0) - 1767.0).abs() < 0.5);
        let fitted = typeface.fitted("a title that is too long", 20.0, 100.0);
        assert!(fitted.ends_with('…') && typeface.width(&fitted, 20.0) <= 100.0 && fitted.len() > 8, "{fitted}");
        assert_eq!(typeface.fitted("short", 20.0, 100.0), "short");
        assert_eq!(typeface.fitted("none", 20.0, 1.0), "…");
    }

    #[test]
    fn the_font_has_the_signs_that_figures_use() {
        let font = Typeface::new().font;
        for sign in "AZaz09äéßŁαλΩ%×·−–…⁰⁹⁻→≤∞√∑∂∇".chars() {
            assert_ne!(font.glyph_id(sign).0, 0, "{sign} is missing");
        }
    }
}
