//! [`Schedule`]: the learning rate as a function of time.

use std::f64::consts::PI;

/// The learning rate as a function of time, by PyTorch's definitions in closed form. Time `t` is counted from 0, in epochs
/// or in steps as the user likes; being functions, schedules need no state to go on where training stopped.
///
/// ```
/// use retrograde_optim::Schedule;
/// let schedule = Schedule::MultiStep { warmup: 0, milestones: vec![6, 8], gamma: 0.1 };
/// assert_eq!((schedule.rate(0.5, 5), schedule.rate(0.5, 6)), (0.5, 0.05));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// Always the base rate.
    Constant,
    /// `base · gamma^⌊t / every⌋`: PyTorch's `StepLR`.
    Step {
        /// The time between two falls.
        every: u64,
        /// The factor of a fall.
        gamma: f64,
    },
    /// `base · gamma^(milestones ≤ t)`, PyTorch's `MultiStepLR`, behind a linear warm-up: `base · (t + 1) / warmup` while
    /// `t < warmup`. A milestone that is given twice counts twice.
    MultiStep {
        /// The time of the warm-up, 0 for none.
        warmup: u64,
        /// When the rate falls.
        milestones: Vec<u64>,
        /// The factor of a fall.
        gamma: f64,
    },
    /// `base · gamma^t`: PyTorch's `ExponentialLR`.
    Exponential {
        /// The factor of every unit of time.
        gamma: f64,
    },
    /// `minimum + (base − minimum) (1 + cos(π t / period)) / 2` (Loshchilov and Hutter 2017): PyTorch's
    /// `CosineAnnealingLR`. After the period it climbs again.
    Cosine {
        /// The time until the minimum.
        period: u64,
        /// The lowest rate.
        minimum: f64,
    },
    /// From `start · base` to `end · base` in a line, then constant: PyTorch's `LinearLR`.
    Linear {
        /// The first factor.
        start: f64,
        /// The last factor.
        end: f64,
        /// The time between them.
        duration: u64,
    },
    /// `base · width^−½ · min((t + 1)^−½, (t + 1) · warmup^−3⁄2)` (Vaswani et al. 2017, section 5.3).
    Noam {
        /// The width of the model.
        width: u64,
        /// The time of the warm-up.
        warmup: u64,
    },
    /// Up to the base rate and down again: PyTorch's `OneCycleLR`.
    OneCycle(OneCycle),
}

impl Schedule {
    /// The learning rate at time `t`.
    pub fn rate(&self, base: f64, t: u64) -> f64 {
        match *self {
            Schedule::Constant => base,
            Schedule::Step { every, gamma } => base * gamma.powf((t / every.max(1)) as f64),
            Schedule::MultiStep { warmup, .. } if t < warmup => base * (t + 1) as f64 / warmup as f64,
            Schedule::MultiStep { ref milestones, gamma, .. } => {
                base * gamma.powf(milestones.iter().filter(|&&milestone| milestone <= t).count() as f64)
            }
            Schedule::Exponential { gamma } => base * gamma.powf(t as f64),
            Schedule::Cosine { period, minimum } => {
                minimum + (base - minimum) * (1.0 + (PI * t as f64 / period.max(1) as f64).cos()) / 2.0
            }
            Schedule::Linear { start, end, duration } => {
                base * (start + (end - start) * t.min(duration) as f64 / duration.max(1) as f64)
            }
            Schedule::Noam { width, warmup } => {
                let n = (t + 1) as f64;
                base * (width as f64).powf(-0.5) * n.powf(-0.5).min(n * (warmup as f64).powf(-1.5))
            }
            Schedule::OneCycle(ref cycle) => cycle.rate(base, t),
        }
    }

    /// The momentum at time `t`, where the schedule has one; see [`OneCycle::momentum`].
    pub fn momentum(&self, t: u64) -> Option<f64> {
        match self {
            Schedule::OneCycle(cycle) => Some(cycle.momentum(t)),
            _ => None,
        }
    }
}

/// The one-cycle policy (Smith and Topin 2018), by the definition of PyTorch's `OneCycleLR`: the rate climbs from
/// `base / div_factor` to `base` in the first `percent_start` of the time and falls to
/// `base / (div_factor · final_div_factor)`, while the momentum falls and climbs.
#[derive(Clone, Debug, PartialEq)]
pub struct OneCycle {
    /// The steps of the whole cycle.
    pub total: u64,
    /// The share of the climb.
    pub percent_start: f64,
    /// What the highest rate is divided by at the beginning.
    pub div_factor: f64,
    /// What the first rate is divided by at the end.
    pub final_div_factor: f64,
    /// Lines instead of half cosines.
    pub linear: bool,
    /// Falls to the first rate in the time of the climb, and to the last one in a third phase.
    pub three_phases: bool,
    /// The lowest and the highest momentum.
    pub momenta: (f64, f64),
}

impl OneCycle {
    /// A cycle of so many steps with PyTorch's defaults: 30 % climb from 1/25 of the rate, fall to 1/250,000 of it, half
    /// cosines, momentum between 0.85 and 0.95.
    pub fn new(total: u64) -> Self {
        let (percent_start, div_factor, final_div_factor) = (0.3, 25.0, 1e4);
        let (linear, three_phases, momenta) = (false, false, (0.85, 0.95));
        OneCycle { total, percent_start, div_factor, final_div_factor, linear, three_phases, momenta }
    }

    fn rate(&self, base: f64, t: u64) -> f64 {
        let first = base / self.div_factor;
        self.at(t, [first, base, first, first / self.final_div_factor])
    }

    /// The momentum at time `t`: for the optimizer's [`set_momentum`](crate::Optimizer::set_momentum).
    pub fn momentum(&self, t: u64) -> f64 {
        let (low, high) = self.momenta;
        self.at(t, [high, low, high, high])
    }

    /// The value at time `t` between those at the beginning, at the peak, behind the second of three phases, and at the
    /// end.
    fn at(&self, t: u64, [first, peak, middle, last]: [f64; 4]) -> f64 {
        let (t, total) = (t as f64, self.total as f64);
        let up = self.percent_start * total - 1.0;
        let phases: &[(f64, f64, f64)] = if self.three_phases {
            &[(up, first, peak), (2.0 * up, peak, middle), (total - 1.0, middle, last)]
        } else {
            &[(up, first, peak), (total - 1.0, peak, last)]
        };
        let mut begin = 0.0;
        for (number, &(end, from, to)) in phases.iter().enumerate() {
            if t <= end || number + 1 == phases.len() {
                let share = (t - begin) / (end - begin);
                let way = if self.linear { share } else { (1.0 - (PI * share).cos()) / 2.0 };
                return from + (to - from) * way;
            }
            begin = end;
        }
        last
    }
}
