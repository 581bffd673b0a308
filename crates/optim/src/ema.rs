//! [`Ema`]: the exponential moving average of the weights.

use tape::{Params, Real};

/// The exponential moving average of the weights (Polyak and Juditsky 1992), by the definition of PyTorch's
/// `AveragedModel`: the first update copies, every other one moves `average ← decay · average + (1 − decay) · w`.
/// Buffers are copied as they are.
///
/// ```
/// use retrograde_optim::Ema;
/// # extern crate tape as retrograde_tape;
/// use retrograde_tape::Params;
/// let mut params = Params::<f32>::new(0);
/// let w = params.root().param("w", [1], 1.0);
/// let mut ema = Ema::new(0.75, &params);
/// for value in [2.0, 6.0] {
///     params.get_mut(w).as_mut_slice()[0] = value;
///     ema.update(&params);
/// }
/// assert_eq!(ema.params().get(w).tensor().as_slice(), [3.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Ema<F: Real = f32> {
    decay: f64,
    updates: u64,
    params: Params<F>,
}

impl<F: Real> Ema<F> {
    /// An average that begins with these parameters.
    ///
    /// # Panics
    /// When the decay is not from 0 to 1.
    #[track_caller]
    pub fn new(decay: f64, params: &Params<F>) -> Self {
        assert!((0.0..=1.0).contains(&decay), "ema: a decay is from 0 to 1, not {decay}");
        Ema { decay, updates: 0, params: params.clone() }
    }

    /// Takes the parameters into the average, as after a step.
    ///
    /// # Panics
    /// When they are other parameters.
    #[track_caller]
    pub fn update(&mut self, params: &Params<F>) {
        let fresh = F::from_f64(1.0 - self.decay);
        let first = self.updates == 0;
        self.updates += 1;
        assert!(self.params.entries().len() == params.entries().len(), "ema: these are other parameters");
        for ((_, average), param) in self.params.tensors_mut().zip(params.entries()) {
            let (average, w) = (average.as_mut_slice(), param.tensor().as_slice());
            if first || param.is_buffer() {
                average.copy_from_slice(w);
            } else {
                tape::update::update(average, w, move |average, w| *average += fresh * (w - *average));
            }
        }
        self.params.set_step(params.step());
    }

    /// The averaged parameters: to evaluate with.
    pub fn params(&self) -> &Params<F> {
        &self.params
    }

    /// How many updates the average has seen.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Goes on with an average that was saved after `updates` updates.
    pub fn restore(&mut self, params: Params<F>, updates: u64) {
        (self.params, self.updates) = (params, updates);
    }
}
