//! `--scaling`: what more threads gain, and what a core that is busy with something else costs.

use super::measure::{Ceiling, Measurement};
use super::report::duration;
use super::{Make, Workload, growth, save_page};
use crate::Failure;
use draw::Figure;
use kernels::{Level, Threads};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;

/// The head of the page with the table.
const HEAD: &str = "\
# What threads, batches and widths gain

Written by `cargo xtask bench --scaling --save docs/scaling.md`, on a machine that did nothing else. Medians of training
steps: with one thread; with one a core, and how many times as fast that is; the same while another program keeps a core
busy, and how many times as slow that makes it. Below: steps of two networks as they grow, with one thread a core, and
the time that falls to an operation of their products.

Steps whose threads hand much to each other, `squeezenet_grad` and `style_step` above all, take up to 1.5 times as long
where two processors share no third-level cache. The processors of a virtual machine may change between both ways within
minutes.

";

/// The figure of the page, in a folder beside it.
const FIGURE: &str = "figures/scaling.png";

/// What was measured, for people.
pub(super) struct Page {
    text: String,
    figure: Figure,
}

impl Page {
    /// Writes the text to a file, and the figure to a folder beside it.
    pub(super) fn save(&self, file: &Path) -> Result<(), Failure> {
        save_page(file, &self.text)?;
        let figure = file.with_file_name(FIGURE);
        if let Some(folder) = figure.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(self.figure.save(figure)?)
    }
}

/// Medians of one workload, in seconds.
struct Scaling {
    one: f64,
    all: f64,
    beside: f64,
}

/// A thread that keeps a core busy until this is dropped.
struct BusyCore {
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl BusyCore {
    fn new() -> BusyCore {
        let end = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&end);
        let thread = std::thread::spawn(move || {
            let mut x = 1.0f64;
            while !seen.load(Relaxed) {
                x = std::hint::black_box(x * 1.000_001);
            }
        });
        BusyCore { end, thread: Some(thread) }
    }
}

impl Drop for BusyCore {
    fn drop(&mut self) {
        self.end.store(true, Relaxed);
        // It only spins: there is nothing that it could fail in.
        _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Times training steps in three ways, and as the networks grow, and shows them as tables.
pub(super) fn run(workloads: Vec<Workload>, threads: usize, seconds: f64) -> Result<Page, Failure> {
    let ceiling = Ceiling::measure(threads, seconds)?;
    let mut table = String::new();
    let mut show = |line: String| {
        println!("{line}");
        table += &(line + "\n");
    };
    three_ways(workloads, threads, seconds, &mut show)?;
    let figure = Threads::new(threads)?.run(|| growth::run(&ceiling, seconds, &mut show));
    Ok(Page { text: format!("{HEAD}```text\n{table}```\n\n![As a figure]({FIGURE})\n"), figure })
}

fn three_ways(
    workloads: Vec<Workload>,
    threads: usize,
    seconds: f64,
    show: &mut impl FnMut(String),
) -> Result<(), Failure> {
    let (one, all) = (Threads::new(1)?, Threads::new(threads)?);
    show(format!("{}, {} threads", Level::current(), all.count()));
    let [name, many] = ["workload", &format!("{} threads", all.count())];
    show(format!("{name:<24} {:>11} {many:>11} {:>9} {:>12} {:>9}", "1 thread", "faster", "beside busy", "slower"));
    for workload in workloads.into_iter().filter(|workload| matches!(workload.make, Make::Step(_))) {
        let Workload { name, make } = workload;
        let (_, mut run) = make.run();
        let mut median = |threads: &Threads| threads.run(|| Measurement::of(&mut *run, seconds).median);
        let (one, alone) = (median(&one), median(&all));
        let busy = BusyCore::new();
        let scaling = Scaling { one, all: alone, beside: median(&all) };
        drop(busy);
        show(table_line(&name, &scaling));
    }
    Ok(())
}

fn table_line(name: &str, &Scaling { one, all, beside }: &Scaling) -> String {
    let name = name.trim_end_matches(" step");
    let [one_text, all_text, beside_text] = [one, all, beside].map(duration);
    let (faster, slower) = (format!("{:.2} ×", one / all), format!("{:.2} ×", beside / all));
    format!("{name:<24} {one_text:>11} {all_text:>11} {faster:>9} {beside_text:>12} {slower:>9}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_table() {
        let line = table_line("mlp step", &Scaling { one: 3e-3, all: 2e-3, beside: 5e-3 });
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words, ["mlp", "3.000", "ms", "2.000", "ms", "1.50", "×", "5.000", "ms", "2.50", "×"]);
    }

    #[test]
    fn each_step_is_a_line_of_the_table() {
        let spin = || (super::super::Work::Calls(1.0), |_: &mut _| std::thread::yield_now());
        let steps = || Workload::step("spin step", spin);
        let other = Workload::new("fill", super::super::Work::Bytes(4.0), || || ());
        let mut lines = Vec::new();
        three_ways(vec![steps(), other], 2, 0.01, &mut |line| lines.push(line)).unwrap();
        assert!(lines.len() == 3 && lines[2].starts_with("spin "), "{lines:?}");
    }
}
