//! Ranges, tick positions and tick labels.

/// Where values are drawn along one direction.
#[derive(Debug)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    scale: Scale,
}

/// How values become positions, and positions labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    Linear,
    /// Linear, with ticks at whole numbers only.
    Whole,
    /// Linear; 1 is labeled 100 %.
    Percent,
    Logarithmic,
}

impl Scale {
    /// Whether a value has a place on an axis. Sums and differences of such values are finite.
    pub(crate) fn can_show(self, value: f64) -> bool {
        value.abs() < 1e100 && (self != Scale::Logarithmic || value > 1e-100)
    }

    fn position(self, value: f64) -> f64 {
        if self == Scale::Logarithmic { value.log10() } else { value }
    }
}

impl Axis {
    /// An axis that shows all of `values`, with room around them of `margin` times the range. There must be a value, and
    /// the scale must be able to show all.
    pub(crate) fn around(values: impl Iterator<Item = f64>, scale: Scale, margin: f64) -> Axis {
        let ends = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
        let (low, high) = values.map(|value| scale.position(value)).fold((f64::INFINITY, f64::NEG_INFINITY), ends);
        let size = low.abs().max(high.abs());
        // Values that differ by rounding only, or not at all, lie in the middle.
        let room = match high - low {
            span if span > (1e-9 * size).max(1e-90) => span * margin,
            _ if scale == Scale::Whole => (1e-3 * size).max(0.5),
            _ if scale == Scale::Logarithmic => 0.5,
            _ if size > 1e-90 => 0.1 * size,
            _ => 0.5,
        };
        let (mut bottom, mut top) = (low - room, high + room);
        if matches!(scale, Scale::Linear | Scale::Percent) && low >= 0.0 {
            bottom = bottom.max(0.0);
        }
        if scale == Scale::Percent && high <= 1.0 {
            top = top.min(1.0);
        }
        Axis { low: bottom, high: top, scale }
    }

    /// Where a value lies between the ends of the axis, 0 to 1.
    pub(crate) fn fraction(&self, value: f64) -> f64 {
        (self.scale.position(value) - self.low) / (self.high - self.low)
    }

    /// About `count` ticks at round numbers: where they lie, 0 to 1, and their labels.
    pub(crate) fn ticks(&self, count: usize) -> Vec<(f64, String)> {
        let ticks = match self.scale {
            Scale::Logarithmic => self.logarithmic_ticks(count),
            _ => self.linear_ticks(self.low, self.high, count),
        };
        let place = |(value, label)| (self.fraction(value), label);
        ticks.into_iter().map(place).filter(|(fraction, _)| (-1e-9..=1.0 + 1e-9).contains(fraction)).collect()
    }

    /// Multiples of 1, 2 or 5 times a power of ten.
    fn linear_ticks(&self, low: f64, high: f64, count: usize) -> Vec<(f64, String)> {
        let rough = (high - low) / count as f64;
        let power = rough.log10().floor();
        let (digit, power) = match rough / 10f64.powf(power) {
            share if share <= 1.0 + 1e-9 => (1.0, power),
            share if share <= 2.0 + 1e-9 => (2.0, power),
            share if share <= 5.0 + 1e-9 => (5.0, power),
            _ => (1.0, power + 1.0),
        };
        let (digit, power) = if self.scale == Scale::Whole && power < 0.0 { (1.0, 0.0) } else { (digit, power) };
        // Divided by the inverse where the step is small, because 1/10 is not a binary number.
        let value = |i: f64| if power < 0.0 { i * digit / 10f64.powf(-power) } else { i * digit * 10f64.powf(power) };
        let step = value(1.0);
        let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
        let label = |value: f64| match self.scale {
            Scale::Percent => format!("{:.*} %", (-power - 2.0).max(0.0) as usize, value * 100.0),
            _ => number(value, low.abs().max(high.abs()), power as i32),
        };
        let indices = (0..=(last - first).clamp(0.0, 100.0) as u32).map(|i| first + f64::from(i));
        indices.map(|i| (value(i), label(value(i)))).collect()
    }

    /// Powers of ten, also 2 and 5 times them where there is room; on a short range the ticks of a linear one.
    fn logarithmic_ticks(&self, count: usize) -> Vec<(f64, String)> {
        let decades = self.high - self.low;
        if decades < 0.8 {
            return self.linear_ticks(10f64.powf(self.low), 10f64.powf(self.high), count);
        }
        let stride = (decades / count as f64).ceil().max(1.0) as i32;
        let digits: &[f64] = if decades < 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let first = (self.low.floor() as i32).div_euclid(stride) * stride;
        let powers = (first..=self.high.ceil() as i32).step_by(stride as usize);
        let values = powers.flat_map(|power| digits.iter().map(move |digit| (digit * 10f64.powi(power), power)));
        // All labels alike: powers as soon as one of them is easier to read so.
        let size = if self.low < -4.0 { f64::INFINITY } else { 10f64.powf(self.high) };
        values.map(|(value, power)| (value, number(value, size, power))).collect()
    }
}

/// A number with all digits down to 10^`power`, as a multiple of a power of ten where it is large or small; `size` is
/// the largest of the numbers that are written alike.
fn number(value: f64, size: f64, power: i32) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if size < 1e6 && power > -5 {
        return format!("{value:.*}", (-power).max(0) as usize).replace('-', "−");
    }
    let digits = (value.abs().log10().floor() as i32 - power).clamp(0, 12) as usize;
    let written = format!("{value:.digits$e}");
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let raised = |digit: char| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    };
    let power = format!("10{}", exponent.chars().map(raised).collect::<String>());
    let written = if mantissa == "1" { power } else { format!("{mantissa}×{power}") };
    written.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], scale: Scale, expected: &[&str]) {
        let labels: Vec<String> =
            Axis::around(values.iter().copied(), scale, 0.05).ticks(6).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, expected);
    }

    #[test]
    fn ticks_are_round_numbers() {
        check(&[1.0, 10.0], Scale::Whole, &["2", "4", "6", "8", "10"]);
        check(&[1.0, 2.0], Scale::Whole, &["1", "2"]);
        check(&[1.0], Scale::Whole, &["1"]);
        check(
            &[0.1, 2.3],
            Scale::Linear,
            &["0.0", "0.5", "1.0", "1.5", "2.0"].map(|l| if l == "0.0" { "0" } else { l }),
        );
        check(&[0.5, 0.97], Scale::Percent, &["50 %", "60 %", "70 %", "80 %", "90 %"]);
        check(&[0.99, 1.0], Scale::Percent, &["99.0 %", "99.2 %", "99.4 %", "99.6 %", "99.8 %", "100.0 %"]);
        check(&[-1.0, 1.0], Scale::Linear, &["−1.0", "−0.5", "0", "0.5", "1.0"]);
        check(&[1e-3, 10.0], Scale::Logarithmic, &["0.001", "0.01", "0.1", "1", "10"]);
        check(&[0.03, 0.9], Scale::Logarithmic, &["0.05", "0.1", "0.2", "0.5", "1"]);
        check(&[1e-8, 1.0], Scale::Logarithmic, &["10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "10⁰"]);
        check(&[0.0, 4e7], Scale::Linear, &["0", "10⁷", "2×10⁷", "3×10⁷", "4×10⁷"]);
    }

    #[test]
    fn extreme_values_have_a_place() {
        let extremes = [&[0.0][..], &[7.5], &[1e99, -1e99], &[1e-300], &[1e17, 1e17 + 16.0], &[1.0, 1.0 + 1e-15]];
        for values in extremes {
            for scale in [Scale::Linear, Scale::Whole, Scale::Percent] {
                let axis = Axis::around(values.iter().copied(), scale, 0.05);
                for &value in values {
                    assert!((0.0..=1.0).contains(&axis.fraction(value)), "{value} on {axis:?}");
                }
                assert!(axis.ticks(6).len() < 20, "{axis:?}");
            }
        }
        assert!(!Scale::Linear.can_show(f64::NAN) && !Scale::Linear.can_show(f64::INFINITY));
        assert!(!Scale::Logarithmic.can_show(0.0) && !Scale::Logarithmic.can_show(-1.0));
    }
}
