//! Larger batches and wider layers, for `--scaling`: what an operation takes as they grow.

use super::measure::{Ceiling, Measurement};
use super::report::duration;
use super::{Workload, steps};
use draw::{Curve, Figure};

/// Where the width grows.
const BATCH: usize = 64;

/// Sizes as powers of two.
const BATCHES: std::ops::RangeInclusive<u32> = 3..=12;
const WIDTHS: std::ops::RangeInclusive<u32> = 4..=12;

/// A network that grows in one direction.
struct Growth {
    name: &'static str,
    /// Examples of a step; where there is none, that is what grows.
    batch: Option<usize>,
    sizes: std::ops::RangeInclusive<u32>,
    make: fn(usize) -> Workload,
}

const GROWTHS: [Growth; 3] = [
    Growth {
        name: "mlp_mnist by batch, 128 units",
        batch: None,
        sizes: BATCHES,
        make: |batch| steps::mlp("mlp_mnist step", batch, 128),
    },
    Growth {
        name: "mlp_mnist by width, batches of 64",
        batch: Some(BATCH),
        sizes: WIDTHS,
        make: |width| steps::mlp("mlp_mnist step", BATCH, width),
    },
    Growth { name: "vanilla_cnn by batch", batch: None, sizes: 2..=9, make: steps::vanilla },
];

/// One size: seconds and operations of a step.
#[derive(Clone, Copy)]
struct Point {
    size: usize,
    seconds: f64,
    operations: f64,
}

impl Point {
    fn picoseconds(&self) -> f64 {
        self.seconds / self.operations * 1e12
    }
}

/// Times steps of all sizes with the threads of the current pool: lines for the page, and the figure.
pub(super) fn run(ceiling: &Ceiling, seconds: f64, show: &mut dyn FnMut(String)) -> Figure {
    let mut figure = Figure::new("Larger batches and wider layers")
        .axis_labels("log₂ of the size", "time of an operation, ps")
        .log_y();
    for (number, Growth { name, batch, sizes, make }) in GROWTHS.into_iter().enumerate() {
        show(String::new());
        show(name.to_string());
        let size = if batch.is_some() { "width" } else { "batch" };
        show(format!("{size:<10} {:>12} {:>16} {:>16}", "a step", "a step / batch", "an operation"));
        let points: Vec<Point> = sizes.clone().map(|power| point(1 << power, make, seconds)).collect();
        for point in &points {
            show(line(point, batch.unwrap_or(point.size)));
        }
        let curve: Vec<(f64, f64)> = sizes.map(f64::from).zip(points.iter().map(Point::picoseconds)).collect();
        figure = figure.curve(Curve::new(name, curve).color(number));
    }
    let peak = 1e12 / ceiling.flops;
    let ends = [*BATCHES.start().min(GROWTHS[2].sizes.start()), *WIDTHS.end()].map(|end| (f64::from(end), peak));
    figure.curve(Curve::new("the processor's peak", ends.to_vec()).color(GROWTHS.len()).dashed())
}

fn point(size: usize, make: fn(usize) -> Workload, seconds: f64) -> Point {
    let (work, mut run) = make(size).make.run();
    Point { size, seconds: Measurement::of(&mut *run, seconds).median, operations: work.amount() }
}

fn line(point: &Point, examples: usize) -> String {
    let [step, example] = [point.seconds, point.seconds / examples as f64].map(duration);
    format!("{:<10} {step:>12} {example:>16} {:>13.2} ps", point.size, point.picoseconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_table() {
        let line = line(&Point { size: 64, seconds: 1e-3, operations: 1e8 }, 64);
        assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["64", "1.000", "ms", "15.62", "µs", "10.00", "ps"]);
    }

    #[test]
    fn work_grows_with_the_size() {
        for Growth { name, sizes, make, .. } in GROWTHS {
            let amount = |power: u32| make(1 << power).make.run().0.amount();
            assert!(amount(*sizes.start()) * 2.0 == amount(sizes.start() + 1), "{name}");
        }
    }
}
