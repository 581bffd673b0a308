//! The figures of the ten classes, each about as large as the unit disk.

/// Cosine and sine of 72° and of 144°.
const FIFTHS: [[f32; 2]; 2] = [[0.309_017, 0.951_056_5], [-0.809_017, 0.587_785_25]];

/// Whether the figure of a class has the point. The stripes are moved by `phase`, from 0 to 1.
pub(super) fn contains(class: usize, phase: f32, x: f32, y: f32) -> bool {
    let square = x * x + y * y;
    let (near, far) = (x.abs().min(y.abs()), x.abs().max(y.abs()));
    match class {
        0 => square < 0.72,
        1 => (0.27..0.85).contains(&square),
        2 => far < 0.76,
        // Half planes 0.48 from the center, their normals 120° apart.
        3 => y > -0.48 && 0.866_025_4 * x.abs() + 0.5 * y < 0.48,
        4 => far < 0.92 && near < 0.27,
        5 => star(x, y),
        6 => square < 0.85 && even(y / 0.27 + 2.0 * phase),
        7 => far < 0.84 && even(x / 0.42) == even(y / 0.42),
        8 => square < 0.85 && (x - 0.42) * (x - 0.42) + y * y > 0.5,
        _ => (x.abs() - 0.52) * (x.abs() - 0.52) + y * y < 0.16,
    }
}

/// Whether a number is in [2k, 2k + 1) for a whole k.
fn even(x: f32) -> bool {
    let half = x * 0.5;
    half - half.floor() < 0.5
}

/// The star of five points: what at least four of five half planes have.
fn star(x: f32, y: f32) -> bool {
    let normals = FIFTHS.iter().flat_map(|&[cos, sin]| [[sin, cos], [-sin, cos]]).chain([[0.0, 1.0]]);
    normals.filter(|[a, b]| a * x + b * y < 0.34).count() >= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share of the square [−1.1, 1.1]² that a figure takes.
    fn area(class: usize) -> f32 {
        let places = |i: i32| (i % 220 - 110) as f32 / 100.0 + 0.005;
        (0..220 * 220).filter(|&i| contains(class, 0.0, places(i), places(i / 220))).count() as f32 * 1e-4
    }

    #[test]
    fn areas_are_those_of_the_formulas() {
        let pi = std::f32::consts::PI;
        let check =
            |class, want: f32| assert!((area(class) - want).abs() < 0.02, "{class}: {}, not {want}", area(class));
        check(0, 0.72 * pi);
        check(1, 0.58 * pi);
        check(2, 1.52 * 1.52);
        // 3√3 times the square of the inner radius.
        check(3, 27f32.sqrt() * 0.48 * 0.48);
        check(4, 4.0 * 0.54 * 0.92 - 0.54 * 0.54);
        // Ten triangles between a point, the center and an inner corner.
        let (point, corner) = (0.34 / 0.309_017, 0.34 / 0.809_017);
        check(5, 5.0 * point * corner * 0.587_785_25);
        check(7, 8.0 * 0.42 * 0.42);
        check(9, 2.0 * 0.16 * pi);
    }

    #[test]
    fn stripes_move_with_the_phase() {
        assert_ne!(contains(6, 0.0, 0.0, 0.1), contains(6, 0.5, 0.0, 0.1));
        assert_eq!(contains(6, 0.0, 0.0, 0.1), contains(6, 1.0, 0.0, 0.1));
        assert!((0.8..1.9).contains(&area(6)));
    }

    #[test]
    fn a_crescent_is_open_on_one_side() {
        assert!(contains(8, 0.0, -0.6, 0.0) && !contains(8, 0.0, 0.3, 0.0) && !contains(8, 0.0, 0.8, 0.0));
        assert!((0.7..1.6).contains(&area(8)));
    }
}
