//! [`Dataset`]: numbered samples, put together to batches; and views of it.

use crate::streams::PARTS;
use rand::seq::SliceRandom;
use std::sync::Arc;
use tape::Random;

/// Numbered samples that can be put together to batches.
///
/// A [`Loader`](crate::Loader) keeps a clone, so a clone should be cheap; `Arc<D>` is a data set wherever `D` is.
///
/// ```
/// use retrograde_data::{Dataset, Loader};
/// # extern crate tape as retrograde_tape;
/// use retrograde_tape::Tensor;
///
/// /// The numbers below `len` and their squares.
/// #[derive(Clone)]
/// struct Squares(usize);
///
/// impl Dataset for Squares {
///     type Batch = [Tensor; 2];
///
///     fn len(&self) -> usize {
///         self.0
///     }
///
///     fn allocate(&self, count: usize) -> Self::Batch {
///         [Tensor::full([count], 0.0), Tensor::full([count], 0.0)]
///     }
///
///     fn fill(&self, indices: &[u32], _epoch: u64, [x, y]: &mut Self::Batch) {
///         let (x, y) = (x.as_mut_slice(), y.as_mut_slice());
///         for (i, &index) in indices.iter().enumerate() {
///             (x[i], y[i]) = (index as f32, (index * index) as f32);
///         }
///     }
/// }
///
/// let [_, y] = Loader::sequential(&Squares(5), 3).epoch(0).nth(1).unwrap();
/// assert_eq!(y.as_slice(), [9.0, 16.0]);
/// ```
pub trait Dataset: Send + Sync {
    /// Some samples together.
    type Batch: Clone + Send;

    /// How many samples there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Memory for a batch of `count` samples.
    fn allocate(&self, count: usize) -> Self::Batch;

    /// Writes the samples of these numbers into a batch of their count. Whatever is random depends on the seed of the data
    /// set, the epoch and the number of the sample alone, so that it does not matter who asks when.
    fn fill(&self, indices: &[u32], epoch: u64, batch: &mut Self::Batch);

    /// The samples of these numbers, in this order, numbered anew.
    ///
    /// # Panics
    /// When there is no such sample.
    #[track_caller]
    fn select(self, indices: impl IntoIterator<Item = usize>) -> Select<Self>
    where
        Self: Sized,
    {
        let indices: Arc<[u32]> = indices.into_iter().map(|index| index as u32).collect();
        let largest = indices.iter().max().map_or(0, |&largest| largest as usize + 1);
        assert!(largest <= self.len(), "select: sample {} of a data set of {}", largest - 1, self.len());
        Select { dataset: self, indices }
    }

    /// The data set divided at random into parts of these sizes, by a seed; what is left over belongs to none.
    ///
    /// # Panics
    /// When the sizes add up to more than there is.
    #[track_caller]
    fn split<const N: usize>(self, sizes: [usize; N], seed: u64) -> [Select<Self>; N]
    where
        Self: Sized + Clone,
    {
        let (total, len) = (sizes.iter().sum::<usize>(), self.len());
        assert!(total <= len, "split: {total} samples of a data set of {len}");
        let mut order: Vec<usize> = (0..len).collect();
        order.shuffle(&mut Random::new(seed, 0, PARTS));
        let mut rest = order.into_iter();
        sizes.map(|size| self.clone().select(rest.by_ref().take(size).collect::<Vec<_>>()))
    }

    /// The data set with a change to every batch, as it is made.
    fn map<M: Fn(&mut Self::Batch) + Send + Sync + Clone>(self, change: M) -> Map<Self, M>
    where
        Self: Sized,
    {
        Map { dataset: self, change }
    }
}

/// Some of the samples of a data set: see [`Dataset::select`].
#[derive(Clone, Debug)]
pub struct Select<D> {
    dataset: D,
    indices: Arc<[u32]>,
}

impl<D: Dataset> Dataset for Select<D> {
    type Batch = D::Batch;

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn allocate(&self, count: usize) -> D::Batch {
        self.dataset.allocate(count)
    }

    fn fill(&self, indices: &[u32], epoch: u64, batch: &mut D::Batch) {
        let indices: Vec<u32> = indices.iter().map(|&index| self.indices[index as usize]).collect();
        self.dataset.fill(&indices, epoch, batch);
    }
}

/// A data set with a change to every batch: see [`Dataset::map`].
#[derive(Clone, Debug)]
pub struct Map<D, M> {
    dataset: D,
    change: M,
}

impl<D: Dataset, M: Fn(&mut D::Batch) + Send + Sync + Clone> Dataset for Map<D, M> {
    type Batch = D::Batch;

    fn len(&self) -> usize {
        self.dataset.len()
    }

    fn allocate(&self, count: usize) -> D::Batch {
        self.dataset.allocate(count)
    }

    fn fill(&self, indices: &[u32], epoch: u64, batch: &mut D::Batch) {
        self.dataset.fill(indices, epoch, batch);
        (self.change)(batch);
    }
}

impl<D: Dataset> Dataset for Arc<D> {
    type Batch = D::Batch;

    fn len(&self) -> usize {
        D::len(self)
    }

    fn allocate(&self, count: usize) -> D::Batch {
        D::allocate(self, count)
    }

    fn fill(&self, indices: &[u32], epoch: u64, batch: &mut D::Batch) {
        D::fill(self, indices, epoch, batch);
    }
}
