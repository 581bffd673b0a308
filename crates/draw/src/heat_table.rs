//! [`HeatTable`]: numbers by rows and columns that have names, as the attention between the words of two sentences.

use crate::canvas::Canvas;
use crate::confusion::tint;
use crate::layout::{FRAME, GRAY, INK, WHITE};
use crate::{DrawError, file};
use std::path::Path;

const TITLE: f32 = 25.0;
const LABEL: f32 = 17.0;
const HEIGHT: f64 = 36.0;
/// The narrowest and the widest column, and the widest name of a row.
const WIDTHS: (f64, f64) = (48.0, 130.0);
const NAME: f64 = 220.0;

/// A table of numbers from 0 to 1, the darker the larger, with the names of its rows at the left and of its columns above.
///
/// ```
/// use retrograde_draw::HeatTable;
/// let [rows, columns] = [["the", "dog"], ["der", "Hund"]].map(|words| words.map(String::from).to_vec());
/// let table = HeatTable::new("Attention", rows, columns, vec![vec![0.9, 0.1], vec![0.2, 0.8]]);
/// assert!(table.to_png()?.starts_with(b"\x89PNG"));
/// # Ok::<(), retrograde_draw::DrawError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HeatTable {
    title: String,
    rows: Vec<String>,
    columns: Vec<String>,
    values: Vec<Vec<f64>>,
}

impl HeatTable {
    /// Numbers from 0 to 1, a list for each row.
    ///
    /// # Panics
    /// When there are not as many rows and columns of numbers as names.
    #[track_caller]
    pub fn new(title: impl Into<String>, rows: Vec<String>, columns: Vec<String>, values: Vec<Vec<f64>>) -> HeatTable {
        let fits = values.len() == rows.len() && values.iter().all(|row| row.len() == columns.len());
        assert!(fits, "heat table: numbers for {} rows and {} columns", rows.len(), columns.len());
        HeatTable { title: title.into(), rows, columns, values }
    }

    /// The table as the bytes of a PNG file.
    ///
    /// # Errors
    /// [`DrawError::Empty`] where there is no row or no column.
    pub fn to_png(&self) -> Result<Vec<u8>, DrawError> {
        if self.rows.is_empty() || self.columns.is_empty() {
            return Err(DrawError::Empty { title: self.title.clone(), values: 0 });
        }
        let mut canvas = Canvas::new(0, 0);
        let widest = |canvas: &Canvas, names: &[String]| {
            names.iter().map(|name| canvas.typeface.width(name, LABEL)).fold(0.0, f64::max)
        };
        let cell = (widest(&canvas, &self.columns) + 14.0).clamp(WIDTHS.0, WIDTHS.1).ceil();
        let (left, top) = (58.0 + widest(&canvas, &self.rows).min(NAME), 112.0);
        let (right, bottom) = (left + cell * self.columns.len() as f64, top + HEIGHT * self.rows.len() as f64);
        canvas.resize((right + 40.0).max(420.0) as u32, (bottom + 40.0) as u32);
        let title = canvas.typeface.fitted(&self.title, TITLE, (right + 40.0).max(420.0) - 72.0);
        canvas.text(&title, TITLE, (36.0, 50.0), INK);
        for (column, name) in self.columns.iter().enumerate() {
            let name = canvas.typeface.fitted(name, LABEL, cell - 6.0);
            canvas.text_at(&name, LABEL, 0.5, (left + cell * (column as f64 + 0.5), top - 12.0), GRAY);
        }
        for (row, (name, values)) in self.rows.iter().zip(&self.values).enumerate() {
            let y = top + HEIGHT * row as f64;
            let middle = y + HEIGHT / 2.0 + 6.0;
            let name = canvas.typeface.fitted(name, LABEL, NAME);
            canvas.text_at(&name, LABEL, 1.0, (left - 12.0, middle), INK);
            for (column, &value) in values.iter().enumerate() {
                let (x, share) =
                    (left + cell * column as f64, if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) });
                canvas.rectangle([(x, y), (x + cell, y + HEIGHT)], tint(share, true));
                if share >= 0.005 {
                    let color = if share > 0.5 { WHITE } else { INK };
                    canvas.text_at(&format!("{:.0}", 100.0 * share), LABEL, 0.5, (x + cell / 2.0, middle), color);
                }
            }
        }
        canvas.line([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], FRAME, 1.5);
        canvas.to_png().map_err(|cause| DrawError::Draw { title: self.title.clone(), cause })
    }

    /// Writes the table to a file, which is there whole or not at all.
    ///
    /// # Errors
    /// [`DrawError::Empty`] where there is nothing to draw, [`DrawError::Write`] where the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), DrawError> {
        let (png, path) = (self.to_png()?, path.as_ref());
        file::write_file(path, &png).map_err(|source| DrawError::Write { path: path.into(), source })
    }
}
