//! What happens to every element of C once it is complete: bias and activation.

use crate::Float;

/// An activation that an [`Epilogue`] applies; each can be differentiated by its output alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// `y = x`.
    #[default]
    Identity,
    /// `y = max(x, 0)`; not a number stays not a number.
    Relu,
    /// `y = 1 / (1 + e⁻ˣ)`.
    Sigmoid,
    /// `y = tanh x`.
    Tanh,
}

/// What is done to C after the product, while it is in cache: `C = activation(C + bias)`.
#[derive(Clone, Copy, Debug)]
pub struct Epilogue<'a, F> {
    /// One number a column of C, added to every row.
    pub bias: Option<&'a [F]>,
    /// Applied after the bias.
    pub activation: Activation,
}

impl<F> Epilogue<'_, F> {
    /// Neither bias nor activation.
    pub const fn none() -> Self {
        Epilogue { bias: None, activation: Activation::Identity }
    }
}

impl<F> Default for Epilogue<'_, F> {
    fn default() -> Self {
        Self::none()
    }
}

/// The epilogue of a part of C: one bias a column or a row, or the same for all, or none.
#[derive(Clone, Copy)]
pub(crate) struct Finish<F> {
    pub(crate) bias: Option<*const F>,
    /// From the bias of a column to that of the next.
    pub(crate) column_stride: usize,
    /// From the bias of a row to that of the next.
    pub(crate) row_stride: usize,
    pub(crate) activation: Activation,
}

impl<F: Float> Finish<F> {
    pub(crate) const NONE: Self =
        Finish { bias: None, column_stride: 0, row_stride: 0, activation: Activation::Identity };

    #[inline(always)]
    pub(crate) fn is_none(self) -> bool {
        self.bias.is_none() && self.activation == Activation::Identity
    }

    /// What is left to do where bias and ReLU were applied to sums in registers.
    #[inline(always)]
    pub(crate) fn beyond_registers(self) -> Self {
        match self.activation {
            Activation::Identity | Activation::Relu => Self::NONE,
            activation => Finish { activation, ..Self::NONE },
        }
    }

    /// The epilogue of the columns from `column` on.
    #[inline(always)]
    pub(crate) fn at_column(self, column: usize) -> Self {
        Finish { bias: self.bias.map(|bias| bias.wrapping_add(column * self.column_stride)), ..self }
    }

    /// The epilogue of the rows from `row` on.
    #[inline(always)]
    pub(crate) fn at_row(self, row: usize) -> Self {
        Finish { bias: self.bias.map(|bias| bias.wrapping_add(row * self.row_stride)), ..self }
    }

    /// Applies the epilogue to `rows` × `columns` elements of C.
    ///
    /// # Safety
    /// `c` is valid for these elements, which nothing else touches; the bias is valid for the columns.
    #[inline(always)]
    pub(crate) unsafe fn apply(self, rows: usize, columns: usize, c: *mut F, c_row: usize) {
        if self.is_none() {
            return;
        }
        for r in 0..rows {
            // SAFETY: the caller's promise.
            let row = unsafe { std::slice::from_raw_parts_mut(c.add(r * c_row), columns) };
            match (self.at_row(r).bias, self.column_stride) {
                (None, _) => {}
                (Some(bias), 0) => {
                    // SAFETY: the caller's promise.
                    let bias = unsafe { *bias };
                    row.iter_mut().for_each(|c| *c += bias);
                }
                (Some(bias), _) => {
                    // SAFETY: the caller's promise.
                    let bias = unsafe { std::slice::from_raw_parts(bias, columns) };
                    row.iter_mut().zip(bias).for_each(|(c, &bias)| *c += bias);
                }
            }
            match self.activation {
                Activation::Identity => {}
                Activation::Relu => row.iter_mut().for_each(|c| *c = if *c < F::ZERO { F::ZERO } else { *c }),
                Activation::Sigmoid => row.iter_mut().for_each(|c| *c = c.sigmoid()),
                Activation::Tanh => row.iter_mut().for_each(|c| *c = c.tanh()),
            }
        }
    }
}
