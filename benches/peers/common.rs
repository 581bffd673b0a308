//! What the programs in Rust have in common: their command line, the clock, and the line that they print.
//!
//! Each prints one JSON line: the median and the least of the steps' times, and the most memory that the process held; an
//! empty object where it has no such workload. Inputs and weights are synthetic, and dropout is 0.

use clap::Parser;
use serde_json::json;
use std::fs;
use std::time::Instant;

/// One step of a workload of `cargo xtask bench`, timed again and again.
#[derive(Parser)]
struct Arguments {
    /// The workload.
    #[arg(long, value_name = "NAME")]
    only: String,
    /// How many threads; the environment variables that the library's pools read must say the same.
    #[arg(long, value_name = "N")]
    threads: usize,
    /// How long steps are timed.
    #[arg(long, value_name = "SECONDS", default_value = "2")]
    seconds: f64,
}

/// What is timed.
pub type Step = Box<dyn FnMut()>;

/// Times the workload that the command line names, if the library has it. The pools of the library read the environment
/// variables when they start.
pub fn main(version: &str, pools: &[&str], workload: fn(&str) -> Option<Step>) {
    let arguments = Arguments::parse();
    for variable in pools {
        let threads = std::env::var(variable).unwrap_or_default();
        assert_eq!(threads, arguments.threads.to_string(), "{variable}");
    }
    let version = version.to_string();
    // A chain of ten thousand operations is dropped by recursion.
    let thread = std::thread::Builder::new().stack_size(1 << 30).spawn(move || match workload(&arguments.only) {
        Some(step) => report(&arguments, &version, step),
        None => println!("{{}}"),
    });
    thread.expect("a thread").join().expect("a run without panic");
}

fn report(arguments: &Arguments, version: &str, step: Step) {
    let seconds = timed(step, arguments.seconds);
    let result = json!({
        "name": arguments.only,
        "version": version,
        "median_s": seconds[seconds.len() / 2],
        "min_s": seconds[0],
        "peak_memory_bytes": peak_memory(),
    });
    println!("{result}");
}

/// Seconds of steps, in order of size, after some that fill caches and pools.
fn timed(mut step: Step, duration: f64) -> Vec<f64> {
    let started = Instant::now();
    while started.elapsed().as_secs_f64() < duration / 4.0 {
        step();
    }
    let (mut seconds, started) = (Vec::new(), Instant::now());
    while seconds.len() < 3 || started.elapsed().as_secs_f64() < duration {
        let before = Instant::now();
        step();
        seconds.push(before.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    seconds
}

/// The most bytes that this process held at a time, as Linux counts.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// Random whole numbers below `end`, in an order that is always the same.
pub fn indices(count: usize, end: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |i| (i.wrapping_mul(2_654_435_761) >> 7) % end)
}
