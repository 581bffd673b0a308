//! [`Loader`]: a data set in batches, in an order that the seed and the epoch decide.

use crate::{Dataset, Sampler};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

/// The data set in batches. A short last batch is kept, unless [`drop_last`](Loader::drop_last).
///
/// The order of an epoch is a pure function of the seed and the number of the epoch, so that training can go on where it
/// stopped. The memory of a batch is used again as soon as the batch is dropped.
pub struct Loader<D: Dataset> {
    dataset: D,
    sampler: Sampler,
    batch_size: usize,
    micro_batch: usize,
    drop_last: bool,
    prefetch: usize,
    order: Vec<u32>,
    spare: Vec<D::Batch>,
    last: Option<D::Batch>,
}

impl<D: Dataset + Clone> Loader<D> {
    /// Batches in another order every epoch.
    ///
    /// # Panics
    /// When the batch size is 0.
    #[track_caller]
    pub fn shuffled(dataset: &D, batch_size: usize, seed: u64) -> Self {
        Loader::new(dataset, batch_size, Sampler::Shuffled { seed })
    }

    /// Batches in the order of the data set.
    ///
    /// # Panics
    /// When the batch size is 0.
    #[track_caller]
    pub fn sequential(dataset: &D, batch_size: usize) -> Self {
        Loader::new(dataset, batch_size, Sampler::Sequential)
    }

    /// Batches in the order of a sampler.
    ///
    /// # Panics
    /// When the batch size is 0.
    #[track_caller]
    pub fn new(dataset: &D, batch_size: usize, sampler: Sampler) -> Self {
        assert!(batch_size > 0, "loader: a batch needs at least one sample");
        Loader {
            dataset: dataset.clone(),
            sampler,
            batch_size,
            micro_batch: batch_size,
            drop_last: false,
            prefetch: 0,
            order: Vec::new(),
            spare: Vec::new(),
            last: None,
        }
    }

    /// Leaves out a last batch that would be short.
    pub fn drop_last(self, drop_last: bool) -> Self {
        Loader { drop_last, ..self }
    }

    /// Deals every batch out in pieces of this many samples (the last of a short batch may be smaller), for gradients that
    /// are accumulated where a whole batch would need too much memory.
    ///
    /// # Panics
    /// When it does not divide the batch size.
    #[track_caller]
    pub fn micro_batch(self, micro_batch: usize) -> Self {
        let batch_size = self.batch_size;
        assert!(
            micro_batch > 0 && batch_size.is_multiple_of(micro_batch),
            "loader: micro-batches of {micro_batch} do not divide batches of {batch_size}"
        );
        Loader { micro_batch, ..self }
    }

    /// Prepares so many batches ahead on a thread of its own; 0, the default, prepares each when it is asked for.
    pub fn prefetch(self, prefetch: usize) -> Self {
        Loader { prefetch, ..self }
    }

    /// The data set.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// Samples of a whole batch.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// How many batches an epoch has.
    pub fn batches(&self) -> usize {
        self.samples().div_ceil(self.batch_size)
    }

    /// How many samples an epoch has.
    pub fn samples(&self) -> usize {
        let (len, size) = (self.dataset.len(), self.batch_size);
        if self.drop_last { len - len % size } else { len }
    }

    /// How many micro-batches the batch of this number has.
    pub fn micro_batches(&self, batch: usize) -> usize {
        self.batch_samples(batch).div_ceil(self.micro_batch)
    }

    /// How many samples the batch of this number has.
    pub fn batch_samples(&self, batch: usize) -> usize {
        self.samples().saturating_sub(batch * self.batch_size).min(self.batch_size)
    }
}

impl<D: Dataset + Clone + 'static> Loader<D> {
    /// The batches of epoch number `epoch`.
    pub fn epoch(&mut self, epoch: u64) -> Epoch<'_, D> {
        self.epoch_from(epoch, 0)
    }

    /// The batches of epoch number `epoch` from the batch of number `first` on; those before it cost nothing.
    pub fn epoch_from(&mut self, epoch: u64, first: usize) -> Epoch<'_, D> {
        self.sampler.order(epoch, self.dataset.len(), &mut self.order);
        let samples = self.samples();
        self.order.truncate(samples);
        let next = first * self.batch_size.div_ceil(self.micro_batch);
        let ahead = (self.prefetch > 0).then(|| self.start_ahead(epoch, next));
        Epoch { loader: self, epoch, next, ahead }
    }

    fn start_ahead(&mut self, epoch: u64, first: usize) -> Ahead<D> {
        let (send, receive) = sync_channel(self.prefetch);
        let (dataset, order, size) = (self.dataset.clone(), self.order.clone(), self.micro_batch);
        // One is in use, one is being written, the others wait.
        let buffers = self.prefetch + 2;
        let mut spare = std::mem::take(&mut self.spare);
        let mut last = self.last.take();
        let thread = std::thread::spawn(move || {
            for (number, chosen) in order.chunks(size).enumerate().skip(first) {
                let buffer = choose(&dataset, chosen.len(), size, number % buffers, &mut spare, &mut last);
                dataset.fill(chosen, epoch, buffer);
                // An error means that nobody waits any more.
                if send.send(buffer.clone()).is_err() {
                    break;
                }
            }
            (spare, last)
        });
        Ahead { receive: Some(receive), thread: Some(thread) }
    }
}

/// The memory for a batch: of the short last one, or one of the others, which take turns.
fn choose<'b, D: Dataset>(
    dataset: &D,
    len: usize,
    size: usize,
    turn: usize,
    spare: &'b mut Vec<D::Batch>,
    last: &'b mut Option<D::Batch>,
) -> &'b mut D::Batch {
    if len < size {
        return last.get_or_insert_with(|| dataset.allocate(len));
    }
    while spare.len() <= turn {
        spare.push(dataset.allocate(size));
    }
    &mut spare[turn]
}

/// The thread that prepares batches.
struct Ahead<D: Dataset> {
    receive: Option<Receiver<D::Batch>>,
    thread: Option<JoinHandle<Buffers<D>>>,
}

type Buffers<D> = (Vec<<D as Dataset>::Batch>, Option<<D as Dataset>::Batch>);

/// The batches of one epoch.
pub struct Epoch<'l, D: Dataset> {
    loader: &'l mut Loader<D>,
    epoch: u64,
    next: usize,
    ahead: Option<Ahead<D>>,
}

impl<D: Dataset> Iterator for Epoch<'_, D> {
    type Item = D::Batch;

    fn next(&mut self) -> Option<D::Batch> {
        if let Some(ahead) = &self.ahead {
            return ahead.receive.as_ref()?.recv().ok();
        }
        let Loader { dataset, micro_batch, order, spare, last, .. } = &mut *self.loader;
        let chosen = order.chunks(*micro_batch).nth(self.next)?;
        self.next += 1;
        let buffer = choose(dataset, chosen.len(), *micro_batch, 0, spare, last);
        dataset.fill(chosen, self.epoch, buffer);
        Some(buffer.clone())
    }
}

impl<D: Dataset> Drop for Epoch<'_, D> {
    /// Takes the memory of the batches back. A thread that panicked has said so on its own.
    fn drop(&mut self) {
        if let Some(mut ahead) = self.ahead.take() {
            ahead.receive = None;
            if let Some(Ok((spare, last))) = ahead.thread.take().map(JoinHandle::join) {
                (self.loader.spare, self.loader.last) = (spare, last);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, LabeledImages};
    use tape::Shape;

    /// Ten pictures of one pixel, whose value tells their number.
    fn images(count: usize) -> LabeledImages {
        let pixels = (0..count as u8).collect();
        LabeledImages::new(Shape::from([1, 1, 1]), 10, 1, pixels, (0..count as u32).map(|i| i % 10).collect())
    }

    fn numbers(loader: &mut Loader<LabeledImages>, epoch: u64) -> Vec<Vec<u32>> {
        let batches = loader.epoch(epoch).map(|batch| {
            let images: Vec<u32> = batch.images.as_slice().iter().map(|&x| x as u32).collect();
            let labels: Vec<u32> = images.iter().map(|i| i % 10).collect();
            assert_eq!(batch.labels.as_slice(), labels, "labels go with their images");
            images
        });
        batches.collect()
    }

    #[test]
    fn every_image_once_in_an_order_of_the_seed_and_epoch() {
        let data = images(103);
        let order = |seed, epoch| numbers(&mut Loader::shuffled(&data, 10, seed), epoch);
        let batches = order(1, 0);
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 3]);
        let mut all: Vec<u32> = batches.concat();
        all.sort();
        assert_eq!(all, (0..103).collect::<Vec<u32>>());
        let mut loader = Loader::shuffled(&data, 10, 1);
        numbers(&mut loader, 5);
        assert_eq!(numbers(&mut loader, 0), order(1, 0), "whatever came before");
        assert_ne!(order(1, 0), order(1, 1));
        assert_ne!(order(1, 0), order(2, 0));
    }

    #[test]
    fn in_the_order_of_the_data_set() {
        let data = images(5);
        assert_eq!(numbers(&mut Loader::sequential(&data, 2), 7), [vec![0, 1], vec![2, 3], vec![4]]);
        assert_eq!(numbers(&mut Loader::sequential(&data, 64), 0), [vec![0, 1, 2, 3, 4]]);
        assert!(numbers(&mut Loader::sequential(&images(0), 64), 0).is_empty());
    }

    #[test]
    fn a_batch_that_is_kept_stays_as_it_was() {
        let data = images(4);
        let mut loader = Loader::sequential(&data, 2);
        let batches: Vec<Batch> = loader.epoch(0).collect();
        assert_eq!((batches[0].images.as_slice(), batches[1].images.as_slice()), (&[0.0, 1.0][..], &[2.0, 3.0][..]));
    }

    #[test]
    fn ahead_of_time_or_not_the_batches_are_the_same() {
        let data = images(103);
        let plain: Vec<_> = (0..3).map(|epoch| numbers(&mut Loader::shuffled(&data, 10, 1), epoch)).collect();
        for ahead in [1, 2, 5, 50] {
            let mut loader = Loader::shuffled(&data, 10, 1).prefetch(ahead);
            for (epoch, plain) in plain.iter().enumerate() {
                assert_eq!(&numbers(&mut loader, epoch as u64), plain, "{ahead} ahead");
            }
            // An epoch that is left early.
            assert!(loader.epoch(0).next().is_some());
            let late: Vec<_> = loader.epoch_from(2, 7).map(|batch| batch.labels.as_slice().to_vec()).collect();
            let digits = |batch: &Vec<u32>| batch.iter().map(|i| i % 10).collect::<Vec<u32>>();
            assert_eq!(late, plain[2][7..].iter().map(digits).collect::<Vec<_>>());
        }
    }

    #[test]
    fn pieces_and_whole_batches_only() {
        let data = images(23);
        let sizes = |loader: Loader<LabeledImages>| {
            let mut loader = loader;
            let sizes: Vec<usize> = numbers(&mut loader, 0).iter().map(Vec::len).collect();
            let pieces: usize = (0..loader.batches()).map(|batch| loader.micro_batches(batch)).sum();
            assert_eq!(pieces, sizes.len());
            sizes
        };
        assert_eq!(sizes(Loader::sequential(&data, 6).drop_last(true)), [6, 6, 6]);
        assert_eq!(sizes(Loader::sequential(&data, 6).micro_batch(2)), [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1]);
        assert_eq!(sizes(Loader::sequential(&data, 23).drop_last(true)), [23]);
        assert_eq!(sizes(Loader::sequential(&data, 24).drop_last(true)), [0; 0]);
        let loader = Loader::sequential(&data, 6).micro_batch(3);
        assert_eq!((loader.batch_samples(3), loader.micro_batches(3), loader.batches()), (5, 2, 4));
        let from: usize =
            Loader::sequential(&data, 6).micro_batch(3).epoch_from(0, 3).map(|b| b.labels.shape().len()).sum();
        assert_eq!(from, 5);
    }

    #[test]
    fn parts_and_changes() {
        let [left, right] = images(10).split([6, 3], 4);
        let mut seen = Vec::new();
        for part in [left, right] {
            let brighter = part.map(|batch: &mut Batch| batch.images.as_mut_slice().iter_mut().for_each(|x| *x += 0.5));
            for batch in Loader::sequential(&brighter, 4).epoch(0) {
                for (image, &label) in batch.images.as_slice().iter().zip(batch.labels.as_slice()) {
                    assert_eq!(*image, label as f32 + 0.5);
                    seen.push(label);
                }
            }
        }
        assert_eq!(seen.len(), 9);
        assert_ne!(seen[..6], [0, 1, 2, 3, 4, 5], "at random");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 9, "the parts share nothing");
    }
}
