//! A curve in a line of text.

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Longer sequences are averaged down to this, so that the line fits a terminal.
const WIDTH: usize = 60;

/// The values as a line of at most 60 bars, the smallest as ▁, the largest as █; a value that is not finite is a space.
///
/// ```
/// assert_eq!(retrograde_draw::sparkline(&[4.0, 3.0, 2.0, f64::NAN, 0.5]), "█▆▄ ▁");
/// ```
pub fn sparkline(values: &[f64]) -> String {
    let columns = values.len().min(WIDTH);
    let bars: Vec<f64> = (0..columns)
        .map(|column| {
            let part = &values[column * values.len() / columns..(column + 1) * values.len() / columns];
            // Divided first, so that the sum of large values stays finite.
            part.iter().map(|value| value / part.len() as f64).sum()
        })
        .collect();
    let finite = || bars.iter().copied().filter(|bar| bar.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let level = |bar: f64| match bar {
        bar if !bar.is_finite() => ' ',
        _ if low == high => LEVELS[3],
        // Halved, because the difference of the ends may overflow.
        bar => LEVELS[((bar / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) * 7.0).round() as usize],
    };
    bars.iter().map(|&bar| level(bar)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let check = |values: &[f64], expected| assert_eq!(sparkline(values), expected);
        check(&[], "");
        check(&[3.0], "▄");
        check(&[2.0, 2.0], "▄▄");
        check(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], "▁▂▃▄▅▆▇█");
        check(&[f64::NAN, f64::INFINITY], "  ");
        check(&[f64::MAX, f64::MIN], "█▁");
        let long: Vec<f64> = (0..6000).map(f64::from).collect();
        assert_eq!(sparkline(&long).chars().count(), WIDTH);
        assert!(sparkline(&long).starts_with('▁') && sparkline(&long).ends_with('█'));
    }
}
