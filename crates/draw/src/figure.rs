//! What a figure consists of, and how it is saved.

use crate::axis::Scale;
use crate::{DrawError, file, layout};
use std::path::Path;

/// A line through points, with a name for the legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub(crate) label: String,
    pub(crate) values: Vec<(f64, f64)>,
    pub(crate) color: Option<usize>,
    pub(crate) dashed: bool,
}

impl Curve {
    /// A curve through the points (x, y). A point that is not finite interrupts it.
    pub fn new(label: impl Into<String>, values: impl Into<Vec<(f64, f64)>>) -> Curve {
        Curve { label: label.into(), values: values.into(), color: None, dashed: false }
    }

    /// Chooses one of the seven colors by its number, which otherwise follows from the order of the curves: so that
    /// curves that belong together, as training and validation with one setting, have one color.
    pub fn color(mut self, number: usize) -> Curve {
        self.color = Some(number);
        self
    }

    /// Draws the curve dashed.
    pub fn dashed(mut self) -> Curve {
        self.dashed = true;
        self
    }
}

/// Curves over one axis, as a PNG of 1200×750 pixels that is readable when it is shown 800 wide.
///
/// The colors are those of Okabe and Ito (2008, *Color universal design*), which people with any kind of color vision
/// tell apart; the markers differ too. Points that have no place, because they are not finite, too large (from 10¹⁰⁰) or
/// not positive on a logarithmic axis, are left out, and a note in the figure counts them.
#[derive(Clone, Debug)]
pub struct Figure {
    pub(crate) title: String,
    pub(crate) labels: [String; 2],
    pub(crate) curves: Vec<Curve>,
    pub(crate) mark: Option<(String, (f64, f64))>,
    pub(crate) strip: Option<Curve>,
    pub(crate) scale: Scale,
    pub(crate) note: Option<String>,
}

impl Figure {
    /// A figure without curves.
    pub fn new(title: impl Into<String>) -> Figure {
        Figure {
            title: title.into(),
            labels: Default::default(),
            curves: vec![],
            mark: None,
            strip: None,
            scale: Scale::Linear,
            note: None,
        }
    }

    /// What is written at the axes.
    pub fn axis_labels(mut self, x: impl Into<String>, y: impl Into<String>) -> Figure {
        self.labels = [x.into(), y.into()];
        self
    }

    /// Adds a curve.
    pub fn curve(mut self, curve: Curve) -> Figure {
        self.curves.push(curve);
        self
    }

    /// Rings one point and explains the ring in the legend.
    pub fn mark(mut self, label: impl Into<String>, point: (f64, f64)) -> Figure {
        self.mark = Some((label.into(), point));
        self
    }

    /// Adds a low panel below the curves, over the same x: for the learning rate. It is logarithmic where the values
    /// span a factor of 50.
    pub fn strip(mut self, label: impl Into<String>, values: impl Into<Vec<(f64, f64)>>) -> Figure {
        self.strip = Some(Curve::new(label, values));
        self
    }

    /// Labels the y axis in percent: 1 is 100 %.
    pub fn percent(mut self) -> Figure {
        self.scale = Scale::Percent;
        self
    }

    /// Makes the y axis logarithmic.
    pub fn log_y(mut self) -> Figure {
        self.scale = Scale::Logarithmic;
        self
    }

    /// Writes a line below the figure.
    pub fn note(mut self, note: impl Into<String>) -> Figure {
        self.note = Some(note.into());
        self
    }

    /// The figure as the bytes of a PNG file.
    ///
    /// # Errors
    /// [`DrawError::Empty`] where there is no point to draw.
    pub fn to_png(&self) -> Result<Vec<u8>, DrawError> {
        let canvas = layout::arrange(self)?;
        canvas.to_png().map_err(|cause| DrawError::Draw { title: self.title.clone(), cause })
    }

    /// Writes the figure to a file, which is there whole or not at all.
    ///
    /// # Errors
    /// [`DrawError::Empty`] where there is no point to draw, [`DrawError::Write`] where the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), DrawError> {
        let (png, path) = (self.to_png()?, path.as_ref());
        file::write_file(path, &png).map_err(|source| DrawError::Write { path: path.into(), source })
    }
}
