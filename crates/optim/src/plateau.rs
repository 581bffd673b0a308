//! [`ReduceOnPlateau`]: a learning rate that falls when nothing gets better.

/// Which numbers are better, and by how much they must be to count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Better {
    /// Lower than the best times `1 − threshold`.
    Lower {
        /// The least relative gain.
        threshold: f64,
    },
    /// Higher than the best times `1 + threshold`.
    Higher {
        /// The least relative gain.
        threshold: f64,
    },
    /// Lower than the best less `threshold`.
    LowerBy {
        /// The least gain.
        threshold: f64,
    },
    /// Higher than the best plus `threshold`.
    HigherBy {
        /// The least gain.
        threshold: f64,
    },
}

impl Better {
    /// Whether `value` counts as better than `best`.
    pub fn than(self, value: f64, best: f64) -> bool {
        match self {
            Better::Lower { threshold } => value < best * (1.0 - threshold),
            Better::Higher { threshold } => value > best * (1.0 + threshold),
            Better::LowerBy { threshold } => value < best - threshold,
            Better::HigherBy { threshold } => value > best + threshold,
        }
    }

    fn worst(self) -> f64 {
        match self {
            Better::Lower { .. } | Better::LowerBy { .. } => f64::INFINITY,
            Better::Higher { .. } | Better::HigherBy { .. } => f64::NEG_INFINITY,
        }
    }
}

/// Multiplies the learning rate by a factor when a measure has not got better for some epochs, by the definition of
/// PyTorch's `ReduceLROnPlateau`.
///
/// ```
/// use retrograde_optim::{Better, ReduceOnPlateau};
/// let mut plateau = ReduceOnPlateau::new(Better::Lower { threshold: 1e-4 }).patience(1);
/// let rates: Vec<f64> = [3.0, 2.0, 2.0, 2.0, 1.0].map(|loss| plateau.observe(loss, 1.0)).to_vec();
/// assert_eq!(rates, [1.0, 1.0, 1.0, 0.1, 1.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ReduceOnPlateau {
    better: Better,
    factor: f64,
    patience: u64,
    cooldown: u64,
    minimum: f64,
    eps: f64,
    best: f64,
    bad: u64,
    cooling: u64,
}

impl ReduceOnPlateau {
    /// By a factor of 0.1 after more than 10 epochs without a gain.
    pub fn new(better: Better) -> Self {
        let (factor, patience, cooldown, minimum, eps) = (0.1, 10, 0, 0.0, 1e-8);
        let (best, bad, cooling) = (better.worst(), 0, 0);
        ReduceOnPlateau { better, factor, patience, cooldown, minimum, eps, best, bad, cooling }
    }

    /// Multiplies by this factor.
    pub fn factor(self, factor: f64) -> Self {
        ReduceOnPlateau { factor, ..self }
    }

    /// Waits for this many epochs without a gain; the next one reduces.
    pub fn patience(self, patience: u64) -> Self {
        ReduceOnPlateau { patience, ..self }
    }

    /// After a reduction, counts no epoch as bad for so long.
    pub fn cooldown(self, cooldown: u64) -> Self {
        ReduceOnPlateau { cooldown, ..self }
    }

    /// Never goes below this rate.
    pub fn minimum(self, minimum: f64) -> Self {
        ReduceOnPlateau { minimum, ..self }
    }

    /// Takes in the measure of an epoch and returns the learning rate of the next, given the present one.
    pub fn observe(&mut self, value: f64, learning_rate: f64) -> f64 {
        if self.better.than(value, self.best) {
            (self.best, self.bad) = (value, 0);
        } else {
            self.bad += 1;
        }
        if self.cooling > 0 {
            (self.cooling, self.bad) = (self.cooling - 1, 0);
        }
        if self.bad <= self.patience {
            return learning_rate;
        }
        (self.cooling, self.bad) = (self.cooldown, 0);
        let reduced = (learning_rate * self.factor).max(self.minimum);
        if learning_rate - reduced > self.eps { reduced } else { learning_rate }
    }

    /// What it remembers: the best measure, the epochs without a gain, the epochs left of the cooldown.
    pub fn state(&self) -> (f64, u64, u64) {
        (self.best, self.bad, self.cooling)
    }

    /// Goes on with what [`state`](ReduceOnPlateau::state) gave.
    pub fn restore(&mut self, (best, bad, cooling): (f64, u64, u64)) {
        (self.best, self.bad, self.cooling) = (best, bad, cooling);
    }
}
