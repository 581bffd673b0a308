//! The small data sets that ship with Retrograde, as bytes; where each is from and under which licence, see the README beside it.

/// Optical recognition of handwritten digits (E. Alpaydin and C. Kaynak, UCI, CC BY 4.0): gzipped CSV, 1,797 rows of
/// 64 pixels (8×8, 0 to 16) and the label.
pub const DIGITS: &[u8] = include_bytes!("../digits/digits.csv.gz");
