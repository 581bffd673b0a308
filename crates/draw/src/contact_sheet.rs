//! [`ContactSheet`]: small pictures side by side, each with a caption.

use crate::canvas::Canvas;
use crate::layout::{GRAY, INK};
use crate::{DrawError, Picture, file};
use std::path::Path;

const MARGIN: u32 = 36;
const GAP: u32 = 22;
const TITLE: f32 = 25.0;
const CAPTION: f32 = 16.0;
const LINE: u32 = 22;

/// Small pictures side by side, enlarged so that their pixels are crisp, each with captions below, under one title.
///
/// ```
/// use retrograde_draw::{ContactSheet, Picture};
/// let sheet = ContactSheet::new("The five that went wrong")
///     .picture(Picture::new(2, 2, 1, vec![0, 255, 255, 0]), ["4 as 9", "98 %"]);
/// assert!(sheet.to_png()?.starts_with(b"\x89PNG"));
/// # Ok::<(), retrograde_draw::DrawError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ContactSheet {
    title: String,
    columns: Option<usize>,
    cells: Vec<(Picture, Vec<String>)>,
}

impl ContactSheet {
    /// A sheet without pictures.
    pub fn new(title: impl Into<String>) -> ContactSheet {
        ContactSheet { title: title.into(), columns: None, cells: Vec::new() }
    }

    /// With so many columns; otherwise as many as make the sheet about as wide as it is high.
    pub fn columns(self, columns: usize) -> ContactSheet {
        ContactSheet { columns: Some(columns.max(1)), ..self }
    }

    /// Adds a picture with lines of caption.
    pub fn picture<S: Into<String>>(mut self, picture: Picture, captions: impl IntoIterator<Item = S>) -> ContactSheet {
        self.cells.push((picture, captions.into_iter().map(Into::into).collect()));
        self
    }

    /// The sheet as the bytes of a PNG file.
    ///
    /// # Errors
    /// [`DrawError::Empty`] where there is no picture.
    pub fn to_png(&self) -> Result<Vec<u8>, DrawError> {
        let most = |of: fn(&Picture) -> usize| self.cells.iter().map(|(picture, _)| of(picture)).max();
        let (Some(width), Some(height)) = (most(Picture::width), most(Picture::height)) else {
            return Err(DrawError::Empty { title: self.title.clone(), values: 0 });
        };
        // Small pictures become some 120 pixels wide, and cells wide enough for captions.
        let scale = (120 / width.max(height).max(1)).max(1) as u32;
        let cell = (width as u32 * scale).max(132);
        let lines = self.cells.iter().map(|(_, captions)| captions.len()).max().unwrap_or(0) as u32;
        let (step_x, step_y) = (cell + GAP, height as u32 * scale + lines * LINE + GAP);
        let balanced = (self.cells.len() as f64 * f64::from(step_y) / f64::from(step_x)).sqrt().ceil() as usize;
        let columns = self.columns.unwrap_or(balanced).clamp(1, self.cells.len());
        let rows = self.cells.len().div_ceil(columns) as u32;
        let top = MARGIN + 34;
        let mut canvas = Canvas::new(0, 0);
        let natural = canvas.typeface.width(&self.title, TITLE).ceil() as u32;
        let sheet_width = (2 * MARGIN + columns as u32 * step_x - GAP).max(natural.min(900) + 2 * MARGIN);
        canvas.resize(sheet_width, top + rows * step_y - GAP + MARGIN);
        let title = canvas.typeface.fitted(&self.title, TITLE, f64::from(sheet_width - 2 * MARGIN));
        canvas.text(&title, TITLE, (f64::from(MARGIN), f64::from(MARGIN + 14)), INK);
        for (number, (picture, captions)) in self.cells.iter().enumerate() {
            let (column, row) = ((number % columns) as u32, (number / columns) as u32);
            let (x, y) = (MARGIN + column * step_x, top + row * step_y);
            let inset = (cell - picture.width() as u32 * scale) / 2;
            canvas.picture(picture, x + inset, y, scale);
            for (line, caption) in captions.iter().enumerate() {
                let caption = canvas.typeface.fitted(caption, CAPTION, f64::from(cell + GAP - 4));
                let color = if line == 0 { INK } else { GRAY };
                let baseline = y + height as u32 * scale + LINE * (line as u32 + 1) - 3;
                canvas.text_at(&caption, CAPTION, 0.5, (f64::from(x + cell / 2), f64::from(baseline)), color);
            }
        }
        canvas.to_png().map_err(|cause| DrawError::Draw { title: self.title.clone(), cause })
    }

    /// Writes the sheet to a file, which is there whole or not at all.
    ///
    /// # Errors
    /// [`DrawError::Empty`] where there is no picture, [`DrawError::Write`] where the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), DrawError> {
        let (png, path) = (self.to_png()?, path.as_ref());
        file::write_file(path, &png).map_err(|source| DrawError::Write { path: path.into(), source })
    }
}
