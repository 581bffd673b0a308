//! [`Positions`]: where in its sequence a word stands.

use crate::init::Normal;
use tape::{BufferId, Init, ParamId, ParamPath, Random, Real, Shape, Var};

/// Numbers added to `[batch, time, width]` that tell the steps apart, up to a greatest length.
#[derive(Clone, Copy, Debug)]
pub enum Positions {
    /// Learned: parameter `weight` `[length, width]`, which starts normal with deviation 1, as PyTorch's embeddings.
    Learned(ParamId),
    /// Sines and cosines of wavelengths from 2π to 10000 · 2π, in the buffer `pe` `[length, width]`.
    Sinusoidal(BufferId),
}

/// `sin(p / 10000^(2i / width))` at 2i, the cosine at 2i + 1 (Vaswani et al. 2017, section 3.5).
struct Sines;

impl Init for Sines {
    fn fill<F: Real>(&self, shape: Shape, _: &mut Random, out: &mut [F]) {
        let width = shape.dims()[1].max(1);
        for (i, out) in out.iter_mut().enumerate() {
            let (position, column) = (i / width, i % width);
            let angle = position as f64 / 10_000f64.powf((column / 2 * 2) as f64 / width as f64);
            *out = F::from_f64(if column % 2 == 0 { angle.sin() } else { angle.cos() });
        }
    }
}

impl Positions {
    /// Learned positions for sequences of at most `length` steps.
    ///
    /// # Panics
    /// When there is a parameter of the same name at this place already.
    #[track_caller]
    pub fn learned<F: Real>(mut params: ParamPath<'_, F>, length: usize, width: usize) -> Positions {
        Positions::Learned(params.param("weight", [length, width], Normal { std: 1.0 }))
    }

    /// Fixed positions for sequences of at most `length` steps.
    ///
    /// # Panics
    /// When there is a buffer of the same name at this place already.
    #[track_caller]
    pub fn sinusoidal<F: Real>(mut params: ParamPath<'_, F>, length: usize, width: usize) -> Positions {
        Positions::Sinusoidal(params.buffer("pe", [length, width], Sines))
    }

    /// `x`, `[batch, time, width]`, plus the numbers of the positions from `first` on.
    ///
    /// # Panics
    /// When a position is beyond the greatest length, or the width differs.
    #[track_caller]
    pub fn add<'t, F: Real>(&self, x: Var<'t, F>, first: usize) -> Var<'t, F> {
        let t = x.graph();
        let table = match *self {
            Positions::Learned(id) => t.param(id),
            Positions::Sinusoidal(id) => t.buffer(id),
        };
        let ([_, time, width], of_table) = (x.dims(), table.shape());
        let fits = of_table.dims()[1] == width && first + time <= of_table.dims()[0];
        assert!(fits, "Positions: {first} to {}: left {}, right {of_table}", first + time, x.shape());
        let whole = first == 0 && time == of_table.dims()[0];
        x + if whole { table } else { table.slice(0, first..first + time) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tape::{Params, Tape};

    #[test]
    fn sines_and_cosines() {
        let mut params = Params::<f64>::new(0);
        let positions = Positions::sinusoidal(params.root(), 9, 4);
        Tape::new().eval(&params, |t| {
            let y = positions.add(t.full([1, 2, 4], 1.0), 3);
            let want = [3f64.sin(), 3f64.cos(), 0.03f64.sin(), 0.03f64.cos(), 4f64.sin()];
            assert!(y.value().iter().zip(want).all(|(y, want)| (y - 1.0 - want).abs() < 1e-15));
        });
    }

    #[test]
    #[should_panic(expected = "Positions: 2 to 4: left [1, 2, 3], right [3, 3]")]
    fn beyond_the_greatest_length() {
        let mut params = Params::<f32>::new(0);
        let positions = Positions::learned(params.root(), 3, 3);
        Tape::new().eval(&params, |t| _ = positions.add(t.full([1, 2, 3], 0.0), 2).shape());
    }
}
