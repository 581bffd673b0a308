//! Figures of training as PNG files, pictures, and sparklines for the terminal.
//!
//! ```
//! use retrograde_draw::{Curve, Figure};
//! let train = [(1.0, 2.1), (2.0, 1.2), (3.0, 0.9)];
//! let validation = [(1.0, 1.9), (2.0, 1.3), (3.0, 1.1)];
//! let png = Figure::new("Loss")
//!     .axis_labels("epoch", "cross-entropy")
//!     .curve(Curve::new("train", train))
//!     .curve(Curve::new("validation", validation))
//!     .mark("best validation: epoch 3", (3.0, 1.1))
//!     .to_png()?;
//! assert!(png.starts_with(b"\x89PNG"));
//! # Ok::<(), retrograde_draw::DrawError>(())
//! ```
//!
//! Lines and markers are drawn by plotters at three times the size and scaled down, which smooths them. Text is set
//! from a font inside the library, at positions finer than a pixel: neither a system library nor an installed font is
//! needed. This is the only crate of the workspace that knows plotters.

mod axis;
mod canvas;
mod confusion;
mod contact_sheet;
mod decode;
mod error;
mod figure;
mod file;
#[cfg(feature = "photos")]
mod heat;
mod heat_table;
mod layout;
mod picture;
mod ratio_chart;
mod share_table;
mod sparkline;
mod text;

pub use confusion::ConfusionMatrix;
pub use contact_sheet::ContactSheet;
pub use error::DrawError;
pub use figure::{Curve, Figure};
pub use file::{is_temporary, write_file};
#[cfg(feature = "photos")]
pub use heat::{Colors, color_bar, heat_map, overlay};
pub use heat_table::HeatTable;
pub use picture::Picture;
pub use ratio_chart::RatioChart;
pub use share_table::ShareTable;
pub use sparkline::sparkline;
