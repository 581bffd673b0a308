//! The part of Python's pickle format that weights need: values are built, and nothing is executed. The opcodes are those
//! of `pickletools` in Python's standard library.

use super::super::WeightsError;
use super::value::{Global, Pickle, Storage, TensorView, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// The value that a pickle describes, and the bytes behind it.
pub(super) fn read(bytes: &[u8]) -> Result<(Pickle, &[u8]), WeightsError> {
    let (stack, marks, memo, dictionaries) = (Vec::new(), Vec::new(), HashMap::new(), Vec::new());
    let mut machine = Machine { bytes, at: 0, stack, marks, memo, dictionaries };
    let top = machine.run()?;
    Ok((Pickle { top, dictionaries: machine.dictionaries }, &bytes[machine.at..]))
}

struct Machine<'b> {
    bytes: &'b [u8],
    at: usize,
    stack: Vec<Value>,
    /// How long the stack was at each mark.
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    dictionaries: Vec<Vec<(Value, Value)>>,
}

/// What a step of the machine gives.
type Read<T> = Result<T, WeightsError>;

impl<'b> Machine<'b> {
    fn run(&mut self) -> Read<Value> {
        loop {
            let opcode = self.take(1)?[0];
            match opcode {
                // PROTO, FRAME
                0x80 => drop(self.take(1)?),
                0x95 => drop(self.take(8)?),
                // STOP
                b'.' => return self.pop(),
                b'N' => self.stack.push(Value::Nothing),
                // NEWTRUE, NEWFALSE
                0x88 | 0x89 => self.stack.push(Value::Bool(opcode == 0x88)),
                b'K' => self.whole(1)?,
                b'M' => self.whole(2)?,
                b'J' => self.whole(4)?,
                // LONG1
                0x8a => {
                    let length = self.take(1)?[0] as usize;
                    self.whole(length)?;
                }
                // BINFLOAT
                b'G' => {
                    self.take(8)?;
                    self.stack.push(Value::Nothing);
                }
                // BINUNICODE, SHORT_BINUNICODE
                b'X' => {
                    let length = self.number(4)?;
                    self.text(length)?;
                }
                0x8c => {
                    let length = self.number(1)?;
                    self.text(length)?;
                }
                // GLOBAL, STACK_GLOBAL
                b'c' => {
                    let (module, name) = (self.line()?, self.line()?);
                    self.global(module, name)?;
                }
                0x93 => {
                    let (name, module) = (self.pop()?, self.pop()?);
                    match (module.text(), name.text()) {
                        (Some(module), Some(name)) => self.global(module, name)?,
                        _ => return self.fail("a name that is no text"),
                    }
                }
                b'(' => self.marks.push(self.stack.len()),
                // EMPTY_TUPLE, EMPTY_LIST: nothing here tells them apart
                b')' | b']' => self.stack.push(Value::tuple(Vec::new())?),
                // APPEND, APPENDS
                b'a' => {
                    let from = self.stack.len().checked_sub(1);
                    self.append(from)?;
                }
                b'e' => {
                    let from = self.mark()?;
                    self.append(Some(from))?;
                }
                0x85..=0x87 => {
                    let from = self.stack.len().checked_sub((opcode - 0x84) as usize);
                    self.tuple(from)?;
                }
                b't' => {
                    let from = self.mark()?;
                    self.tuple(Some(from))?;
                }
                // EMPTY_DICT
                b'}' => {
                    let dictionary = self.dictionary();
                    self.stack.push(dictionary);
                }
                // SETITEM, SETITEMS
                b's' => {
                    let from = self.stack.len().checked_sub(2);
                    self.set_items(from)?;
                }
                b'u' => {
                    let from = self.mark()?;
                    self.set_items(Some(from))?;
                }
                // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
                b'q' => {
                    let place = self.number(1)?;
                    self.remember(place as u32)?;
                }
                b'r' => {
                    let place = self.number(4)?;
                    self.remember(place as u32)?;
                }
                0x94 => {
                    let place = self.memo.len() as u32;
                    self.remember(place)?;
                }
                b'h' => {
                    let place = self.number(1)?;
                    self.recall(place as u32)?;
                }
                b'j' => {
                    let place = self.number(4)?;
                    self.recall(place as u32)?;
                }
                // BINPERSID: a storage
                b'Q' => {
                    let value = self.pop()?;
                    let storage = storage(&value).map_or_else(|| self.fail("a reference to no storage"), Ok)?;
                    self.stack.push(Value::Storage(Rc::new(storage)));
                }
                // REDUCE
                b'R' => {
                    let (arguments, function) = (self.pop()?, self.pop()?);
                    let value = self.build(&function, &arguments);
                    let value = value.map_or_else(|| self.fail("a call other than of what builds tensors"), Ok)?;
                    self.stack.push(value);
                }
                // BUILD: attributes, which say nothing about weights
                b'b' => drop(self.pop()?),
                _ => return self.fail(&format!("the opcode {opcode:#04x}")),
            }
        }
    }

    fn fail<T>(&self, what: &str) -> Read<T> {
        Err(WeightsError::Format(format!(
            "the pickle has {what} at byte {}; only dictionaries of tensors are read",
            self.at.saturating_sub(1)
        )))
    }

    fn take(&mut self, count: usize) -> Read<&'b [u8]> {
        let end = self.at.checked_add(count).filter(|&end| end <= self.bytes.len());
        let Some(end) = end else { return Err(WeightsError::Format("the pickle ends early".to_string())) };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    /// A length or a place: little-endian, without a sign.
    fn number(&mut self, bytes: usize) -> Read<usize> {
        Ok(self.take(bytes)?.iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }

    /// A whole number: those of one and two bytes have no sign, longer ones have.
    fn whole(&mut self, bytes: usize) -> Read<()> {
        if bytes > 8 {
            return self.fail("a whole number of more than 64 bits");
        }
        let taken = self.take(bytes)?;
        let number = taken.iter().rev().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
        let shift = if bytes > 2 { 64 - 8 * bytes } else { 0 };
        self.stack.push(Value::Whole((number << shift) as i64 >> shift));
        Ok(())
    }

    fn text(&mut self, length: usize) -> Read<()> {
        let bytes = self.take(length)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => self.stack.push(Value::Text(text.into())),
            Err(_) => return self.fail("text that is not UTF-8"),
        }
        Ok(())
    }

    fn line(&mut self) -> Read<&'b str> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&byte| byte == b'\n');
        let Some(length) = length else { return self.fail("a name without an end") };
        let line = self.take(length + 1)?;
        std::str::from_utf8(&line[..length]).or_else(|_| self.fail("a name that is not UTF-8"))
    }

    fn global(&mut self, module: &str, name: &str) -> Read<()> {
        match Global::find(module, name) {
            Some(global) => self.stack.push(Value::Global(global)),
            None => return self.fail(&format!("the name {module}.{name}")),
        }
        Ok(())
    }

    fn pop(&mut self) -> Read<Value> {
        self.stack.pop().map_or_else(|| self.fail("too few values"), Ok)
    }

    fn mark(&mut self) -> Read<usize> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len());
        mark.map_or_else(|| self.fail("an end without a beginning"), Ok)
    }

    fn tuple(&mut self, from: Option<usize>) -> Read<()> {
        let Some(from) = from else { return self.fail("too few values") };
        let items = self.stack.split_off(from);
        self.stack.push(Value::tuple(items)?);
        Ok(())
    }

    fn append(&mut self, from: Option<usize>) -> Read<()> {
        let Some(from) = from else { return self.fail("too few values") };
        let more = self.stack.split_off(from);
        let Some(Value::Tuple(items, _)) = self.stack.pop() else { return self.fail("items of no list") };
        self.stack.push(Value::tuple(items.iter().cloned().chain(more).collect())?);
        Ok(())
    }

    fn set_items(&mut self, from: Option<usize>) -> Read<()> {
        let Some(from) = from else { return self.fail("too few values") };
        let items = self.stack.split_off(from);
        let Some(&Value::Dict(place)) = self.stack.last() else { return self.fail("entries of no dictionary") };
        if !items.len().is_multiple_of(2) {
            return self.fail("a name without a value");
        }
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            self.dictionaries[place].push((key, value));
        }
        Ok(())
    }

    fn remember(&mut self, place: u32) -> Read<()> {
        let Some(value) = self.stack.last().cloned() else { return self.fail("too few values") };
        self.memo.insert(place, value);
        Ok(())
    }

    fn recall(&mut self, place: u32) -> Read<()> {
        let Some(value) = self.memo.get(&place).cloned() else { return self.fail("a reference to nothing") };
        self.stack.push(value);
        Ok(())
    }

    fn dictionary(&mut self) -> Value {
        self.dictionaries.push(Vec::new());
        Value::Dict(self.dictionaries.len() - 1)
    }

    /// What a call builds, if it is one that builds tensors.
    fn build(&mut self, function: &Value, arguments: &Value) -> Option<Value> {
        let (Value::Global(function), Value::Tuple(arguments, _)) = (function, arguments) else { return None };
        match (function, &arguments[..]) {
            (Global::OrderedDict, []) => Some(self.dictionary()),
            (Global::RebuildTensor, [Value::Storage(storage), offset, shape, strides, ..]) => {
                let (offset, shape, strides) = (offset.size()?, shape.sizes()?, strides.sizes()?);
                let view = TensorView { storage: storage.clone(), offset, shape, strides };
                (view.shape.len() == view.strides.len()).then(|| Value::Tensor(Rc::new(view)))
            }
            (Global::RebuildParameter, [tensor @ Value::Tensor(_), ..]) => Some(tensor.clone()),
            _ => None,
        }
    }
}

/// The storage of a reference `("storage", type, key, device, count)`; older files add `None`.
fn storage(value: &Value) -> Option<Storage> {
    let Value::Tuple(items, _) = value else { return None };
    let ([what, Value::Global(Global::Storage { kind, size }), key, _device, count]
    | [what, Value::Global(Global::Storage { kind, size }), key, _device, count, Value::Nothing]) = &items[..]
    else {
        return None;
    };
    let key = key.text().filter(|key| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
    (what.text() == Some("storage")).then_some(())?;
    Some(Storage { kind, size: *size, key: key.to_string(), count: count.size()? })
}
