//! [`RatioChart`]: how many times larger things are than a reference.

use crate::axis::{Axis, Scale};
use crate::canvas::Canvas;
use crate::layout::{COLORS, FRAME, GRAY, GRID, INK};
use crate::{DrawError, file};
use std::path::Path;

const TITLE: f32 = 25.0;
const LABEL: f32 = 18.0;
const BAR: f64 = 16.0;
const GAP: f64 = 14.0;
const PANEL: f64 = 720.0;
const EDGE: f64 = 36.0;

/// Bars that start at 1, on a logarithmic axis: to the right where something is larger than the reference, to the left
/// where it is smaller. A row for each thing, a color for each series.
///
/// ```
/// use retrograde_draw::RatioChart;
/// let rows = vec![("matmul".to_string(), vec![1.2, 0.9]), ("softmax".to_string(), vec![3.0, 2.5])];
/// let chart = RatioChart::new("Time of others", ["stock", "tuned"].map(String::from).to_vec(), rows);
/// assert!(chart.axis_label("times as long").to_png()?.starts_with(b"\x89PNG"));
/// # Ok::<(), retrograde_draw::DrawError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RatioChart {
    title: String,
    axis_label: String,
    series: Vec<String>,
    rows: Vec<(String, Vec<f64>)>,
}

impl RatioChart {
    /// A row of ratios for each thing, one for each series. A ratio that is not finite and positive has no bar.
    ///
    /// # Panics
    /// When a row has not as many ratios as there are series.
    #[track_caller]
    pub fn new(title: impl Into<String>, series: Vec<String>, rows: Vec<(String, Vec<f64>)>) -> RatioChart {
        assert!(rows.iter().all(|(_, row)| row.len() == series.len()), "ratio chart: {} series", series.len());
        RatioChart { title: title.into(), axis_label: String::new(), series, rows }
    }

    /// What is written below the axis.
    pub fn axis_label(mut self, label: impl Into<String>) -> RatioChart {
        self.axis_label = label.into();
        self
    }

    /// The chart as the bytes of a PNG file.
    ///
    /// # Errors
    /// [`DrawError::Empty`] where there is no bar.
    pub fn to_png(&self) -> Result<Vec<u8>, DrawError> {
        let ratios = || self.rows.iter().flat_map(|(_, row)| row).copied();
        if !ratios().any(|ratio| Scale::Logarithmic.can_show(ratio)) {
            return Err(DrawError::Empty { title: self.title.clone(), values: ratios().count() });
        }
        let shown = ratios().filter(|&ratio| Scale::Logarithmic.can_show(ratio)).chain([1.0]);
        let axis = Axis::around(shown, Scale::Logarithmic, 0.08);
        let mut canvas = Canvas::new(0, 0);
        let widest = self.rows.iter().map(|(name, _)| canvas.typeface.width(name, LABEL)).fold(0.0, f64::max);
        let (left, top) = (EDGE + widest + 14.0, 118.0);
        let row_height = BAR * self.series.len() as f64 + GAP;
        let (right, bottom) = (left + PANEL, top + row_height * self.rows.len() as f64 + GAP);
        canvas.resize((right + EDGE) as u32, (bottom + 84.0) as u32);
        let title = canvas.typeface.fitted(&self.title, TITLE, right - EDGE);
        canvas.text(&title, TITLE, (EDGE, 48.0), INK);
        self.legend(&mut canvas);

        for (fraction, label) in axis.ticks(8) {
            let x = left + PANEL * fraction;
            canvas.line([(x, top), (x, bottom)], GRID, 1.0);
            canvas.text_at(&label, LABEL, 0.5, (x, bottom + 26.0), INK);
        }
        let one = left + PANEL * axis.fraction(1.0);
        for (row, (name, ratios)) in self.rows.iter().enumerate() {
            let y = top + GAP + row_height * row as f64;
            let middle = y + (row_height - GAP) / 2.0;
            canvas.text_at(name, LABEL, 1.0, (left - 14.0, middle + 6.0), INK);
            for (number, &ratio) in ratios.iter().enumerate().filter(|(_, ratio)| Scale::Logarithmic.can_show(**ratio))
            {
                let (x, y) = (left + PANEL * axis.fraction(ratio), y + BAR * number as f64);
                canvas.rectangle([(one.min(x), y), (one.max(x), y + BAR - 2.0)], COLORS[number % COLORS.len()]);
            }
        }
        canvas.line([(one, top), (one, bottom)], INK, 2.0);
        canvas.line([(left, bottom), (right, bottom)], FRAME, 1.5);
        canvas.text_at(&self.axis_label, LABEL, 0.5, ((left + right) / 2.0, bottom + 58.0), GRAY);
        canvas.to_png().map_err(|cause| DrawError::Draw { title: self.title.clone(), cause })
    }

    fn legend(&self, canvas: &mut Canvas) {
        let mut x = EDGE;
        for (number, name) in self.series.iter().enumerate() {
            canvas.rectangle([(x, 72.0), (x + 26.0, 72.0 + BAR)], COLORS[number % COLORS.len()]);
            canvas.text(name, LABEL, (x + 36.0, 86.0), INK);
            x += 36.0 + canvas.typeface.width(name, LABEL) + 32.0;
        }
    }

    /// Writes the chart to a file, which is there whole or not at all.
    ///
    /// # Errors
    /// [`DrawError::Empty`] where there is nothing to draw, [`DrawError::Write`] where the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), DrawError> {
        let (png, path) = (self.to_png()?, path.as_ref());
        file::write_file(path, &png).map_err(|source| DrawError::Write { path: path.into(), source })
    }
}
