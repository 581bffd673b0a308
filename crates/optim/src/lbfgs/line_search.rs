//! The line search for a step length that meets the strong Wolfe conditions: the loss falls enough (sufficient decrease,
//! `c₁`), and its slope has become flat enough (curvature, `c₂`).

/// How much of the decrease that the slope promises must be reached.
const C1: f64 = 1e-4;
/// What share of the slope may be left.
const C2: f64 = 0.9;
/// The most trial lengths after the first.
const MAX_TRIALS: usize = 25;

/// A loss with its gradient.
#[derive(Clone, Debug)]
pub(super) struct Point<F> {
    pub(super) loss: f64,
    pub(super) gradient: Vec<F>,
}

/// Where the search ended.
pub(super) struct Found<F> {
    pub(super) length: f64,
    pub(super) point: Point<F>,
    pub(super) evaluations: u64,
}

/// A point on the line, at a length, with the slope there.
#[derive(Clone)]
struct Trial<F> {
    length: f64,
    slope: f64,
    point: Point<F>,
}

/// Searches from `start`, where the slope along the direction is `slope`, first at `length`. `evaluate` gives the point at
/// a length, and its slope; `reach` is the largest component of the direction.
pub(super) fn strong_wolfe<F: Clone>(
    start: &Point<F>,
    slope: f64,
    length: f64,
    reach: f64,
    tolerance_change: f64,
    mut evaluate: impl FnMut(f64) -> (Point<F>, f64),
) -> Found<F> {
    let mut evaluations = 0;
    let mut at = |length: f64| {
        evaluations += 1;
        let (point, slope) = evaluate(length);
        Trial { length, slope, point }
    };
    let high = |trial: &Trial<F>| trial.point.loss > start.loss + C1 * trial.length * slope;
    let flat = |trial: &Trial<F>| trial.slope.abs() <= -C2 * slope;

    // Lengthen the step until it is good, or a good one lies between two trials.
    let origin = Trial { length: 0.0, slope, point: start.clone() };
    let (mut before, mut trial) = (origin.clone(), at(length));
    let mut trials = 0;
    let [mut a, mut b] = loop {
        if trials == MAX_TRIALS {
            break [origin, trial];
        }
        if high(&trial) || (trials > 1 && trial.point.loss >= before.point.loss) {
            break [before, trial];
        }
        if flat(&trial) {
            return Found { length: trial.length, point: trial.point, evaluations };
        }
        if trial.slope >= 0.0 {
            break [before, trial];
        }
        let bounds = (trial.length + 0.01 * (trial.length - before.length), 10.0 * trial.length);
        let next = at(minimum_of_cubic(&before, &trial, bounds));
        before = std::mem::replace(&mut trial, next);
        trials += 1;
    };

    // Narrow the bracket between `a` and `b`, whichever of them is lower.
    let mut stalled = false;
    let mut a_is_low = a.point.loss <= b.point.loss;
    while trials < MAX_TRIALS && (b.length - a.length).abs() * reach >= tolerance_change {
        let (least, most) = (a.length.min(b.length), a.length.max(b.length));
        let mut t = minimum_of_cubic(&a, &b, (least, most));
        let margin = 0.1 * (most - least);
        if (most - t).min(t - least) < margin {
            if stalled || t >= most || t <= least {
                t = if (t - most).abs() < (t - least).abs() { most - margin } else { least + margin };
                stalled = false;
            } else {
                stalled = true;
            }
        } else {
            stalled = false;
        }
        let trial = at(t);
        trials += 1;
        let (low, far) = if a_is_low { (&mut a, &mut b) } else { (&mut b, &mut a) };
        if high(&trial) || trial.point.loss >= low.point.loss {
            *far = trial;
            a_is_low = a.point.loss <= b.point.loss;
            continue;
        }
        let done = flat(&trial);
        if !done && trial.slope * (far.length - low.length) >= 0.0 {
            *far = low.clone();
        }
        *low = trial;
        if done {
            break;
        }
    }
    let low = if a_is_low { a } else { b };
    Found { length: low.length, point: low.point, evaluations }
}

/// The minimum between the bounds of the cubic with the values and slopes of two trials (Nocedal and Wright 2006, equation
/// 3.59), or the middle where it has none.
fn minimum_of_cubic<F>(a: &Trial<F>, b: &Trial<F>, (least, most): (f64, f64)) -> f64 {
    let (a, b) = if a.length <= b.length { (a, b) } else { (b, a) };
    let d1 = a.slope + b.slope - 3.0 * (a.point.loss - b.point.loss) / (a.length - b.length);
    let square = d1 * d1 - a.slope * b.slope;
    if square < 0.0 {
        return (least + most) / 2.0;
    }
    let d2 = square.sqrt();
    let t = b.length - (b.length - a.length) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2));
    t.max(least).min(most)
}
