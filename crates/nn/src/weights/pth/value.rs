//! What a pickle of weights is made of.

use super::super::WeightsError;
use std::rc::Rc;

/// How deep tuples may lie in one another: a tensor needs three levels.
const MOST_DEPTH: usize = 16;

/// A value on the stack of the pickle. Copying one is cheap, and copies are the same container.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// None, and a number that is not whole: what says nothing about weights.
    Nothing,
    Bool(bool),
    Whole(i64),
    Text(Rc<str>),
    Tuple(Rc<[Value]>, usize),
    /// The place of a dictionary in [`Pickle::dictionaries`].
    Dict(usize),
    /// A name that a pickle may mention.
    Global(Global),
    Storage(Rc<Storage>),
    Tensor(Rc<TensorView>),
}

/// What a pickle describes. Dictionaries may contain each other in any way, so they lie side by side.
#[derive(Debug)]
pub(super) struct Pickle {
    pub(super) top: Value,
    pub(super) dictionaries: Vec<Vec<(Value, Value)>>,
}

/// The names that a pickle may mention; none of them runs anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Storage { kind: &'static str, size: usize },
}

impl Global {
    /// What a module and a name mean, if they may be mentioned.
    pub(super) fn find(module: &str, name: &str) -> Option<Global> {
        let storage = |kind, size| Some(Global::Storage { kind, size });
        match (module, name) {
            ("collections", "OrderedDict") => Some(Global::OrderedDict),
            ("torch._utils", "_rebuild_tensor_v2") => Some(Global::RebuildTensor),
            ("torch._utils", "_rebuild_parameter") => Some(Global::RebuildParameter),
            ("torch", "FloatStorage") => storage("F32", 4),
            ("torch", "DoubleStorage") => storage("F64", 8),
            ("torch", "HalfStorage") => storage("F16", 2),
            ("torch", "BFloat16Storage") => storage("BF16", 2),
            ("torch", "LongStorage") => storage("I64", 8),
            ("torch", "IntStorage") => storage("I32", 4),
            ("torch", "ShortStorage") => storage("I16", 2),
            ("torch", "CharStorage") => storage("I8", 1),
            ("torch", "ByteStorage") => storage("U8", 1),
            ("torch", "BoolStorage") => storage("BOOL", 1),
            _ => None,
        }
    }
}

/// A file of numbers in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Storage {
    /// The type of the numbers, as safetensors calls it.
    pub(super) kind: &'static str,
    /// Bytes a number.
    pub(super) size: usize,
    pub(super) key: String,
    /// How many numbers there are.
    pub(super) count: usize,
}

impl Storage {
    pub(super) fn bytes(&self) -> u64 {
        (self.count as u64).saturating_mul(self.size as u64)
    }
}

/// How a tensor lies in a storage; strides and offset in numbers.
#[derive(Clone, Debug)]
pub(super) struct TensorView {
    pub(super) storage: Rc<Storage>,
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<usize>,
}

impl TensorView {
    /// The bytes of the numbers in row-major order, unless the tensor reaches beyond the storage.
    pub(super) fn gather(&self, storage: &[u8]) -> Option<Vec<u8>> {
        let size = self.storage.size;
        let count = self.shape.iter().try_fold(1usize, |count, &dim| count.checked_mul(dim))?;
        // A stride of 0 would let a small file stand for any amount of memory.
        if count > storage.len() / size {
            return None;
        }
        let mut bytes = Vec::with_capacity(count * size);
        let mut index = vec![0; self.shape.len()];
        for _ in 0..count {
            let steps = index.iter().zip(&self.strides).map(|(&i, &stride)| usize::checked_mul(i, stride));
            let at = steps.sum::<Option<usize>>()?.checked_add(self.offset)?.checked_mul(size)?;
            bytes.extend_from_slice(storage.get(at..at.checked_add(size)?)?);
            for (i, &dim) in index.iter_mut().zip(&self.shape).rev() {
                *i += 1;
                if *i < dim {
                    break;
                }
                *i = 0;
            }
        }
        Some(bytes)
    }
}

impl Value {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn size(&self) -> Option<usize> {
        match self {
            Value::Whole(whole) => (*whole).try_into().ok(),
            _ => None,
        }
    }

    pub(super) fn tuple(items: Vec<Value>) -> Result<Value, WeightsError> {
        let depth = 1 + items.iter().map(Value::depth).max().unwrap_or(0);
        if depth > MOST_DEPTH {
            return Err(WeightsError::Format(format!("the pickle has tuples of more than {MOST_DEPTH} levels")));
        }
        Ok(Value::Tuple(items.into(), depth))
    }

    /// How deep a tuple is.
    fn depth(&self) -> usize {
        match self {
            Value::Tuple(_, depth) => *depth,
            _ => 0,
        }
    }

    /// The sizes in a tuple.
    pub(super) fn sizes(&self) -> Option<Vec<usize>> {
        match self {
            Value::Tuple(items, _) => items.iter().map(Value::size).collect(),
            _ => None,
        }
    }
}
