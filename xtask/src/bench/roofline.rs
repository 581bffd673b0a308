//! `--roofline`: training steps beside the least that their operations and their bytes can take (Williams, Waterman and
//! Patterson, *Roofline: an insightful visual performance model*, 2009).

use super::measure::{Ceiling, Measurement};
use super::report::duration;
use super::{Make, Work, Workload};
use tape::Tape;

/// The head of the page with the table.
const HEAD: &str = "\
# What a step can take at the least

Written by `cargo xtask bench --roofline --save docs/roofline.md`, on a machine that did nothing else.

- *operations*: those of the products of the layers, and the time that they take at the peak, which is measured just
  before with multiply-adds in registers. Ours are fewer where 3×3 kernels are computed by minimal filtering.
- *bytes*: operands and result of every op of the step, forward and backward, each counted once an op, and the time that
  they take at the rate of a triad over arrays that no cache holds. What an op finds in a cache takes less: so this is no
  bound, but says which steps hang on memory. The sums of cotangents and the optimizer are not in it.
- *share*: the time of the operations, as a part of the least time of a step.

";

/// What stands below the table.
const FOOT: &str = "
Where the bytes take about as long as the operations or longer, the step is bound by memory as much as by the multipliers:
fusing ops helps there, faster products do not.
";

/// What a step does, and takes.
struct Row {
    operations: f64,
    bytes: f64,
    least: f64,
}

/// Times the training steps among the workloads, and shows them as a table; returns the page.
pub(super) fn run(workloads: Vec<Workload>, ceiling: &Ceiling, seconds: f64) -> String {
    let mut table = String::new();
    let mut show = |line: String| {
        println!("{line}");
        table += &(line + "\n");
    };
    let (peak, memory) = (ceiling.flops / 1e9, ceiling.bandwidth / 1e9);
    show(format!("{}, peak {peak:.1} GFLOP/s, memory {memory:.1} GB/s", kernels::Level::current()));
    show(format!(
        "{:<22} {:>14} {:>11} {:>12} {:>11} {:>11} {:>7}",
        "workload", "operations", "at peak", "bytes", "at rate", "least", "share"
    ));
    for Workload { name, make } in workloads {
        if let Make::Step(make) = make {
            let ((work, mut step), mut tape) = (make(), Tape::new());
            tape.set_tracing(true);
            step(&mut tape);
            let bytes = tape.traced().iter().map(|op| op.bytes as f64).sum();
            tape.set_tracing(false);
            let least = Measurement::of(&mut || step(&mut tape), seconds).min;
            let Work::Operations(operations) = work else { continue };
            show(line(&name, &Row { operations, bytes, least }, ceiling));
        }
    }
    format!("{HEAD}```text\n{table}```\n{FOOT}")
}

fn line(name: &str, row: &Row, ceiling: &Ceiling) -> String {
    let (at_peak, at_rate) = (row.operations / ceiling.flops, row.bytes / ceiling.bandwidth);
    format!(
        "{:<22} {:>8.2} GFLOP {:>11} {:>9.1} MB {:>11} {:>11} {:>5.0} %",
        name.trim_end_matches(" step"),
        row.operations / 1e9,
        duration(at_peak),
        row.bytes / 1e6,
        duration(at_rate),
        duration(row.least),
        100.0 * at_peak / row.least
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use tape::{Params, Tensor};

    const CEILING: Ceiling = Ceiling { flops: 1e9, bandwidth: 1e9 };

    #[test]
    fn a_line_of_the_table() {
        let line = line("mlp step", &Row { operations: 2e6, bytes: 1e6, least: 4e-3 }, &CEILING);
        let words = ["mlp", "0.00", "GFLOP", "2.000", "ms", "1.0", "MB", "1.000", "ms", "4.000", "ms", "50", "%"];
        assert_eq!(line.split_whitespace().collect::<Vec<_>>(), words);
    }

    #[test]
    fn the_bytes_of_a_step_are_those_of_its_ops() {
        let square = || {
            let mut params = Params::new(0);
            let x = params.root().param("x", [100_000], 0.5);
            let ones = Tensor::full([100_000], 1.0);
            let step = move |tape: &mut Tape| {
                tape.grad(&params, |t| (t.param(x) * t.input(&ones)).sum(..));
            };
            (Work::Operations(1e5), step)
        };
        let other = Workload::new("fill", Work::Bytes(4.0), || || ());
        let page = run(vec![Workload::step("square step", square), other], &CEILING, 1e-3);
        // The product reads two arrays and writes one, forward and backward; the sum reads one, and its rule writes one.
        assert!(page.contains(" 3.2 MB") && page.contains("\nsquare ") && !page.contains("fill"), "{page}");
    }
}
