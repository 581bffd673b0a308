//! Timing, and what this machine can do at most.

use super::Work;
use crate::Failure;
use kernels::Array;
use std::process::Command;
use std::time::Instant;

/// A clock is read this far apart at least, so that reading it does not count.
const SHORTEST_SAMPLE: f64 = 50e-6;

/// Seconds a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measurement {
    pub(super) median: f64,
    pub(super) min: f64,
}

impl Measurement {
    /// Calls `run` for about `seconds`, after a first run that fills caches, pools and arenas.
    pub(super) fn of(run: &mut dyn FnMut(), seconds: f64) -> Measurement {
        run();
        let started = Instant::now();
        run();
        let once = started.elapsed().as_secs_f64();
        let runs = (SHORTEST_SAMPLE / once.max(1e-9)).ceil().max(1.0) as usize;
        let (started, mut samples) = (Instant::now(), Vec::new());
        while samples.is_empty() || started.elapsed().as_secs_f64() < seconds {
            let sample = Instant::now();
            (0..runs).for_each(|_| run());
            samples.push(sample.elapsed().as_secs_f64() / runs as f64);
        }
        Measurement::from_samples(&mut samples)
    }

    fn from_samples(samples: &mut [f64]) -> Measurement {
        samples.sort_by(f64::total_cmp);
        Measurement { median: samples[samples.len() / 2], min: samples[0] }
    }
}

/// What this machine can do at most, with the threads of the current pool.
pub(super) struct Ceiling {
    /// `f32` operations a second.
    pub(super) flops: f64,
    /// Bytes a second from and to memory.
    pub(super) bandwidth: f64,
}

impl Ceiling {
    /// Measures both in a process of its own, for about `seconds` each: the arrays that no cache holds shall not count
    /// as memory of the workloads.
    pub(super) fn measure(threads: usize, seconds: f64) -> Result<Ceiling, Failure> {
        let (threads, seconds) = (threads.to_string(), seconds.to_string());
        let arguments = ["bench", "--ceiling", "--threads", &threads, "--seconds", &seconds];
        let output = Command::new(std::env::current_exe()?).args(arguments).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        match numbers[..] {
            [flops, bandwidth] if output.status.success() => Ok(Ceiling { flops, bandwidth }),
            _ => Err(format!("the machine's peak could not be measured: {}", output.status).into()),
        }
    }

    /// Measures both here.
    pub(super) fn measure_here(seconds: f64) -> Ceiling {
        let flops = kernels::peak_flops(seconds);
        // The triad of STREAM (McCalpin, 1995), which counts two arrays read and one written.
        const LENGTH: usize = 1 << 24;
        let (b, c, mut a) = (Array::filled(1.0f32, LENGTH), Array::filled(2.0, LENGTH), Array::filled(0.0, LENGTH));
        let work = Work::Bytes(12.0 * LENGTH as f64);
        let mut triad = || kernels::zip(&b, &c, &mut a, |b, c| b + 3.0 * c);
        let bandwidth = work.amount() / Measurement::of(&mut triad, seconds).min;
        Ceiling { flops, bandwidth }
    }

    /// The most that work of this kind can reach.
    pub(super) fn of(&self, work: Work) -> f64 {
        match work {
            Work::Operations(_) => self.flops,
            Work::Bytes(_) => self.bandwidth,
            Work::Calls(_) => f64::INFINITY,
        }
    }
}

impl Work {
    /// How much a run does.
    pub(super) fn amount(self) -> f64 {
        match self {
            Work::Operations(amount) | Work::Bytes(amount) | Work::Calls(amount) => amount,
        }
    }

    /// What a billion a second is called.
    pub(super) fn unit(self) -> &'static str {
        match self {
            Work::Operations(_) => "GFLOP/s",
            Work::Bytes(_) => "GB/s",
            Work::Calls(_) => "G/s",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn median_and_least() {
        let measurement = Measurement::from_samples(&mut [3.0, 1.0, 2.0, 9.0, 2.5]);
        assert_eq!(measurement, Measurement { median: 2.5, min: 1.0 });
    }

    #[test]
    fn a_run_is_timed_as_one_run() {
        let measurement = Measurement::of(&mut || std::thread::sleep(Duration::from_millis(2)), 0.01);
        assert!(measurement.min >= 0.002 && measurement.median >= measurement.min, "{measurement:?}");
    }
}
