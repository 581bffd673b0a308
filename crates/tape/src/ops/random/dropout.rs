//! Dropout: `y = x · kept / (1 − p)`, `dx = g · kept / (1 − p)`, where `kept` is 1 with probability 1 − p, else 0
//! (Srivastava et al. 2014, *Dropout: a simple way to prevent neural networks from overfitting*).

use crate::{MaskVar, Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Dropout {
    scale: f64,
}

impl<F: Real> Op<F> for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.keep_scaled(c.mask(1), self.scale));
    }

    fn reads(&self) -> Reads {
        Reads::input(1)
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// In training, each element is 0 with probability `p`, and otherwise divided by `1 − p`, so that the expectation
    /// stays. While the graph is not [training](crate::Graph::is_training), or where `p` is 0, the value itself, and
    /// nothing is drawn.
    ///
    /// Formulas: [`ops::random::dropout`](mod@crate::ops::random::dropout).
    ///
    /// Which elements are kept is decided by the seed, the number of the training step, and how many draws the step made
    /// before; the number of threads has no part in it.
    ///
    /// # Panics
    /// When `p` is not between 0 and 1.
    #[track_caller]
    pub fn dropout(self, p: f64) -> Self {
        let shape = self.shape();
        if !(0.0..=1.0).contains(&p) {
            self.graph().fail(format_args!("dropout: probability between 0 and 1: left {p}, right {shape}"));
        }
        if !self.graph().is_training() || p == 0.0 {
            return self;
        }
        let key = self.graph().random_key();
        let kept = self.graph().compute_mask(shape, |mask| kernels::fill_bernoulli(mask, key, 1.0 - p));
        // Where nothing is kept there is nothing to scale, and 1 / 0 would turn the zeros into NaN.
        self.keep_scaled(kept, if p < 1.0 { 1.0 / (1.0 - p) } else { 0.0 })
    }

    /// `scale · x` where the mask, of the same shape, is 1; `0 · x` elsewhere, so that NaN stays NaN.
    #[track_caller]
    fn keep_scaled(self, kept: MaskVar<'t, F>, scale: f64) -> Self {
        let (shape, factor) = (self.shape(), F::from_f64(scale));
        let mut out = self.graph().output(shape);
        kernels::zip(&self.value(), &kept.value(), out.as_mut_slice(), move |x, kept: u8| {
            x * if kept != 0 { factor } else { F::ZERO }
        });
        self.graph().record(Dropout { scale }, &[self.into(), kept.into()], shape, out)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    fn training(seed: u64, step: u64, p: f64, count: usize) -> Vec<f32> {
        let mut params = Params::new(seed);
        params.set_step(step);
        let mut tape = Tape::<f32>::new();
        tape.run(&params, |t| {
            t.set_training(true);
            t.input(&Tensor::full([count], 3.0)).dropout(p).to_tensor().into_vec()
        })
    }

    /// Every evaluation of the check starts at draw 0, so it is one function.
    #[test]
    fn dropout() {
        gradcheck::unary(
            |x| {
                x.graph().set_training(true);
                x.dropout(0.4) * x
            },
            0.5..2.0,
        );
    }

    #[test]
    fn kept_elements_are_scaled_and_as_many_as_expected() {
        let y = training(1, 0, 0.25, 100_000);
        assert!(y.iter().all(|&y| y == 0.0 || y == 4.0));
        let kept = y.iter().filter(|&&y| y != 0.0).count() as f64;
        // Five standard deviations of a binomial distribution.
        assert!((kept - 75_000.0).abs() < 5.0 * (100_000.0f64 * 0.25 * 0.75).sqrt(), "{kept}");
    }

    #[test]
    fn the_mask_depends_on_seed_step_and_draw_alone() {
        let y = training(1, 0, 0.5, 1000);
        assert_eq!(y, training(1, 0, 0.5, 1000));
        assert_ne!(y, training(2, 0, 0.5, 1000), "another seed");
        assert_ne!(y, training(1, 1, 0.5, 1000), "another step");
        let mut tape = Tape::<f32>::new();
        tape.run(&Params::new(1), |t| {
            t.set_training(true);
            let x = t.input(&Tensor::full([1000], 3.0));
            assert_eq!(*x.dropout(0.5).value(), *y);
            assert_ne!(*x.dropout(0.5).value(), *y, "another draw");
        });
    }

    #[test]
    fn gradient_has_the_mask_of_the_value() {
        Tape::<f32>::new().run(&Params::new(3), |t| {
            t.set_training(true);
            let x = t.leaf(&Tensor::full([100], 1.0));
            let y = x.dropout(0.5);
            let [dx] = y.sum(..).grad([x]);
            assert_eq!(*dx.value(), *y.value());
        });
    }

    #[test]
    fn never_always_and_evaluation() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::full([50], 2.0));
            assert_eq!(*x.dropout(0.5).value(), [2.0; 50], "evaluation");
            t.set_training(true);
            let start = t.replay_point();
            assert_eq!(*x.dropout(0.0).value(), [2.0; 50]);
            assert_eq!(t.replay_point(), start, "nothing was drawn");
            let none = x.dropout(1.0);
            assert_eq!(*none.value(), [0.0; 50]);
            let [dx] = none.sum(..).grad([x]);
            assert_eq!(*dx.value(), [0.0; 50]);
        });
    }

    #[test]
    #[should_panic(expected = "dropout: probability between 0 and 1: left 1.5, right [2]")]
    fn not_a_probability() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.full([2], 0.0).dropout(1.5);
        });
    }
}
