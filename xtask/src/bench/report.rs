//! The table of measurements, or the same as JSON lines.

use super::Work;
use super::measure::{Ceiling, Measurement};
use serde_json::json;

/// Where measurements go: a table for people, or JSON lines.
pub(super) struct Report {
    json: bool,
    threads: usize,
    /// What was printed for people.
    table: String,
}

/// The head of the page with the table.
const HEAD: &str = "\
# What the kernels reach

Written by `cargo xtask bench --save docs/kernels.md`, on a machine that did nothing else. The peak is measured just
before: multiply-adds in registers, and a triad over arrays that no cache holds. The share is that of the least time, of
the peak for a rate in GFLOP/s and of the memory's rate for one in GB/s; what stays in a cache may exceed the latter. Steps
of whole networks count the products of their layers alone.

";

impl Report {
    pub(super) fn new(json: bool, threads: usize) -> Report {
        Report { json, threads, table: String::new() }
    }

    /// What the machine can do, and the head of the table.
    pub(super) fn ceiling(&mut self, ceiling: &Ceiling) {
        let (gflops, bandwidth) = (ceiling.flops / 1e9, ceiling.bandwidth / 1e9);
        let (threads, level) = (self.threads, kernels::Level::current());
        if self.json {
            let level = format!("{level:?}").to_lowercase();
            println!(
                "{}",
                json!({"threads": threads, "level": level, "peak_gflops": gflops, "memory_gb_s": bandwidth})
            );
        } else {
            self.show(format!("{threads} threads, {level}: peak {gflops:.1} GFLOP/s, memory {bandwidth:.1} GB/s"));
            self.show(format!(
                "{:<NAME$} {:>11} {:>11} {:>16} {:>6}",
                "workload", "median", "least", "rate at least", "share"
            ));
        }
    }

    /// A measurement. The share is of the peak, or of the memory's rate, which work that stays in a cache may exceed.
    pub(super) fn line(&mut self, name: &str, work: Work, measurement: &Measurement, ceiling: &Ceiling) {
        let rate = work.amount() / measurement.min;
        let share = rate / ceiling.of(work);
        if self.json {
            let (median, min, unit) = (measurement.median, measurement.min, work.unit());
            let (threads, rate) = (self.threads, rate / 1e9);
            println!(
                "{}",
                json!({"name": name, "threads": threads, "median_s": median, "min_s": min, "rate": rate, "unit": unit, "share": share})
            );
        } else {
            self.show(table_line(name, work, measurement, share));
        }
    }

    /// The most memory that the process has held.
    pub(super) fn end(&mut self) {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        match peak_memory(&status) {
            Some(bytes) if self.json => println!("{}", json!({"peak_memory_bytes": bytes})),
            Some(bytes) => self.show(format!("peak memory {:.1} MiB", bytes as f64 / (1 << 20) as f64)),
            // Only Linux says.
            None => {}
        }
    }

    /// The table as a page of Markdown.
    pub(super) fn page(&self) -> String {
        format!("{HEAD}```text\n{}```\n", self.table)
    }

    fn show(&mut self, line: String) {
        println!("{line}");
        self.table += &(line + "\n");
    }
}

/// The width of a workload's name.
const NAME: usize = 48;

fn table_line(name: &str, work: Work, measurement: &Measurement, share: f64) -> String {
    if let Work::Calls(count) = work {
        let (median, min) = (duration(measurement.median), duration(measurement.min));
        return format!("{name:<NAME$} {median:>11} {min:>11} {:>16}", duration(measurement.min / count) + " each");
    }
    let rate = format!("{:.1} {:<7}", work.amount() / measurement.min / 1e9, work.unit());
    let (median, min) = (duration(measurement.median), duration(measurement.min));
    format!("{name:<NAME$} {median:>11} {min:>11} {rate:>16} {:>4.0} %", share * 100.0)
}

/// Seconds, in the unit that leaves three digits or so.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1e-6 => format!("{:.1} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.2} µs", s * 1e6),
        s if s < 1.0 => format!("{:.3} ms", s * 1e3),
        s => format!("{s:.3} s"),
    }
}

/// The bytes of `VmHWM` in `/proc/self/status`.
fn peak_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_table() {
        let measurement = Measurement { median: 2e-3, min: 1e-3 };
        let line = table_line("gemm", Work::Operations(5e7), &measurement, 0.5);
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words, ["gemm", "2.000", "ms", "1.000", "ms", "50.0", "GFLOP/s", "50", "%"]);
        let line = table_line("chain", Work::Calls(10_000.0), &measurement, 0.0);
        assert!(line.ends_with(" 100.0 ns each"), "{line}");
    }

    #[test]
    fn the_page_holds_what_was_shown() {
        let mut report = Report::new(false, 2);
        let ceiling = Ceiling { flops: 2e11, bandwidth: 1e10 };
        report.ceiling(&ceiling);
        report.line("gemm", Work::Operations(5e7), &Measurement { median: 2e-3, min: 1e-3 }, &ceiling);
        let page = report.page();
        let (_, table) = page.split_once("```text\n").expect("a table");
        assert!(table.starts_with("2 threads, ") && table.ends_with(" 25 %\n```\n"), "{page}");
    }

    #[test]
    fn durations() {
        assert_eq!([5e-8, 1.25e-5, 0.25, 2.0].map(duration), ["50.0 ns", "12.50 µs", "250.000 ms", "2.000 s"]);
    }

    #[test]
    fn the_peak_of_memory() {
        assert_eq!(peak_memory("Name:\tx\nVmHWM:\t    2048 kB\n"), Some(2 << 20));
        assert_eq!(peak_memory("Name:\tx\n"), None);
    }
}
