//! [`ConfusionMatrix`]: which classes are taken for which.

use crate::canvas::{Canvas, Ink};
use crate::layout::{FRAME, GRAY, INK, WHITE};
use crate::{DrawError, file};
use std::path::Path;

const TITLE: f32 = 25.0;
const LABEL: f32 = 18.0;
/// A cell below this size has no room for its number.
const ROOM: f64 = 30.0;

/// A table of counts: in each row, how often samples of a class were taken for each class. Cells are the darker the larger
/// their share of the row; right ones are blue, wrong ones vermilion, two colors that people with any kind of color vision
/// tell apart (Okabe and Ito 2008).
///
/// ```
/// use retrograde_draw::ConfusionMatrix;
/// let names = ["cat", "dog"].map(String::from).to_vec();
/// let matrix = ConfusionMatrix::new("Cats and dogs", names, vec![vec![48, 2], vec![5, 45]]);
/// assert!(matrix.to_png()?.starts_with(b"\x89PNG"));
/// # Ok::<(), retrograde_draw::DrawError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConfusionMatrix {
    title: String,
    names: Vec<String>,
    counts: Vec<Vec<u64>>,
}

impl ConfusionMatrix {
    /// Counts of samples by class (rows) and by the class that they were taken for (columns).
    ///
    /// # Panics
    /// When there are not as many rows and columns as names.
    #[track_caller]
    pub fn new(title: impl Into<String>, names: Vec<String>, counts: Vec<Vec<u64>>) -> ConfusionMatrix {
        let square = counts.len() == names.len() && counts.iter().all(|row| row.len() == names.len());
        assert!(square, "confusion matrix: rows and columns of {} classes", names.len());
        ConfusionMatrix { title: title.into(), names, counts }
    }

    /// The table as the bytes of a PNG file.
    ///
    /// # Errors
    /// [`DrawError::Empty`] where there is no class.
    pub fn to_png(&self) -> Result<Vec<u8>, DrawError> {
        let classes = self.names.len();
        if classes == 0 {
            return Err(DrawError::Empty { title: self.title.clone(), values: 0 });
        }
        let cell = (760.0 / classes as f64).clamp(7.0, 76.0).floor();
        let named = cell >= LABEL as f64;
        let mut canvas = Canvas::new(0, 0);
        let widest = self.names.iter().map(|name| canvas.typeface.width(name, LABEL)).fold(0.0, f64::max).min(160.0);
        let (left, top) = (66.0 + if named { widest } else { 0.0 }, 104.0 + if named { 22.0 } else { 0.0 });
        let side = cell * classes as f64;
        let (width, height) = (left + side + 150.0, top + side + 40.0);
        canvas.resize(width as u32, height as u32);
        let title = canvas.typeface.fitted(&self.title, TITLE, width - 72.0);
        canvas.text(&title, TITLE, (36.0, 50.0), INK);
        canvas.text_at("taken for", LABEL, 0.5, (left + side / 2.0, 84.0), GRAY);
        canvas.text("class", LABEL, (36.0, top - 12.0), GRAY);
        canvas.text_at("right", LABEL, 1.0, (left + side + 110.0, top - 12.0), GRAY);
        for (row, counts) in self.counts.iter().enumerate() {
            let (total, y) = (counts.iter().sum::<u64>().max(1) as f64, top + cell * row as f64);
            let middle = y + cell / 2.0 + 6.0;
            for (column, &count) in counts.iter().enumerate() {
                let x = left + cell * column as f64;
                let share = count as f64 / total;
                canvas.rectangle([(x, y), (x + cell, y + cell)], tint(share, row == column));
                if count > 0 && cell >= ROOM {
                    let color = if share > 0.5 { WHITE } else { INK };
                    canvas.text_at(&count.to_string(), LABEL, 0.5, (x + cell / 2.0, middle), color);
                }
            }
            if named {
                let name = canvas.typeface.fitted(&self.names[row], LABEL, 160.0);
                canvas.text_at(&name, LABEL, 1.0, (left - 10.0, middle), INK);
                let short = canvas.typeface.fitted(&self.names[row], LABEL, cell - 4.0);
                canvas.text_at(&short, LABEL, 0.5, (left + cell * (row as f64 + 0.5), top - 12.0), INK);
                let right = format!("{:.1} %", 100.0 * counts[row] as f64 / total);
                canvas.text_at(&right, LABEL, 1.0, (left + side + 110.0, middle), INK);
            }
        }
        let corners = [(left, top), (left + side, top), (left + side, top + side), (left, top + side), (left, top)];
        canvas.line(corners, FRAME, 1.5);
        canvas.to_png().map_err(|cause| DrawError::Draw { title: self.title.clone(), cause })
    }

    /// Writes the table to a file, which is there whole or not at all.
    ///
    /// # Errors
    /// [`DrawError::Empty`] where there is no class, [`DrawError::Write`] where the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), DrawError> {
        let (png, path) = (self.to_png()?, path.as_ref());
        file::write_file(path, &png).map_err(|source| DrawError::Write { path: path.into(), source })
    }
}

/// From white to a color. Mistakes are rare, so that the root of their share decides, to make small ones visible.
pub(crate) fn tint(share: f64, right: bool) -> Ink {
    let (full, share) = if right { ([0.0, 90.0, 160.0], share) } else { ([213.0, 94.0, 0.0], share.sqrt()) };
    let mix = |channel: f64| (255.0 + (channel - 255.0) * share).round() as u8;
    Ink { 0: mix(full[0]), 1: mix(full[1]), 2: mix(full[2]) }
}
