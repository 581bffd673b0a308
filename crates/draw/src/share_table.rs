//! [`ShareTable`]: shares of several things, side by side.

use crate::canvas::Canvas;
use crate::confusion::tint;
use crate::layout::{FRAME, GRAY, INK, WHITE};
use crate::{DrawError, file};
use std::path::Path;

const TITLE: f32 = 25.0;
const LABEL: f32 = 18.0;
const CELL: (f64, f64) = (76.0, 46.0);
const NAME: f64 = 400.0;

/// A table of shares, as the accuracies of several models in each class: a row a model, the darker the higher, with the
/// mean of each row at its end.
///
/// ```
/// use retrograde_draw::ShareTable;
/// let columns = ["cat", "dog"].map(String::from).to_vec();
/// let rows = vec![("small".to_string(), vec![Some(0.5), Some(0.75)]), ("large".to_string(), vec![Some(0.9), None])];
/// assert!(ShareTable::new("Accuracy", columns, rows).to_png()?.starts_with(b"\x89PNG"));
/// # Ok::<(), retrograde_draw::DrawError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ShareTable {
    title: String,
    columns: Vec<String>,
    rows: Vec<(String, Vec<Option<f64>>)>,
}

impl ShareTable {
    /// Rows of shares from 0 to 1, `None` where there is none.
    ///
    /// # Panics
    /// When a row has not as many shares as there are columns.
    #[track_caller]
    pub fn new(title: impl Into<String>, columns: Vec<String>, rows: Vec<(String, Vec<Option<f64>>)>) -> ShareTable {
        assert!(rows.iter().all(|(_, row)| row.len() == columns.len()), "share table: {} columns", columns.len());
        ShareTable { title: title.into(), columns, rows }
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
        let widest = self.rows.iter().map(|(name, _)| canvas.typeface.width(name, LABEL)).fold(0.0, f64::max);
        let (left, top) = (58.0 + widest.min(NAME), 104.0);
        let size = (CELL.0 * self.columns.len() as f64, CELL.1 * self.rows.len() as f64);
        let (width, height) = (left + size.0 + 120.0, top + size.1 + 40.0);
        canvas.resize(width as u32, height as u32);
        let title = canvas.typeface.fitted(&self.title, TITLE, width - 72.0);
        canvas.text(&title, TITLE, (36.0, 50.0), INK);
        for (column, name) in self.columns.iter().enumerate() {
            let name = canvas.typeface.fitted(name, LABEL, CELL.0 - 6.0);
            canvas.text_at(&name, LABEL, 0.5, (left + CELL.0 * (column as f64 + 0.5), top - 12.0), GRAY);
        }
        canvas.text_at("mean", LABEL, 1.0, (left + size.0 + 84.0, top - 12.0), GRAY);
        for (row, (name, shares)) in self.rows.iter().enumerate() {
            let y = top + CELL.1 * row as f64;
            let middle = y + CELL.1 / 2.0 + 6.0;
            let name = canvas.typeface.fitted(name, LABEL, NAME);
            canvas.text_at(&name, LABEL, 1.0, (left - 12.0, middle), INK);
            for (column, share) in shares.iter().enumerate() {
                let Some(share) = *share else { continue };
                let x = left + CELL.0 * column as f64;
                canvas.rectangle([(x, y), (x + CELL.0, y + CELL.1)], tint(share, true));
                let color = if share > 0.5 { WHITE } else { INK };
                canvas.text_at(&format!("{:.1}", 100.0 * share), LABEL, 0.5, (x + CELL.0 / 2.0, middle), color);
            }
            let known: Vec<f64> = shares.iter().copied().flatten().collect();
            let mean = 100.0 * known.iter().sum::<f64>() / known.len().max(1) as f64;
            canvas.text_at(&format!("{mean:.1} %"), LABEL, 1.0, (left + size.0 + 84.0, middle), INK);
        }
        let (right, bottom) = (left + size.0, top + size.1);
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
