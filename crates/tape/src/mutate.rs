//! Fault injection for the tests of the tape: `cargo xtask mutate` makes one rule of differentiation wrong after the
//! other, and every one must be noticed. Compiled for tests only.

use crate::{Real, Var};
use std::collections::HashSet;
use std::io::Write;
use std::sync::{Mutex, OnceLock};

/// The file, and what it holds already.
type Log = Mutex<(std::fs::File, HashSet<(&'static str, usize)>)>;

/// The cotangent of input `input` of `op`, made wrong if the environment variable `RETROGRADE_MUTATE` is `op:input`. With
/// `RETROGRADE_MUTATE_LOG`, every pair that runs is appended to that file, once.
pub(crate) fn mutate<'t, F: Real>(op: &'static str, input: usize, cotangent: Var<'t, F>) -> Var<'t, F> {
    static WANTED: OnceLock<Option<(String, usize)>> = OnceLock::new();
    static LOG: OnceLock<Option<Log>> = OnceLock::new();
    let wanted = WANTED.get_or_init(|| {
        let wanted = std::env::var("RETROGRADE_MUTATE").ok()?;
        let (op, input) = wanted.rsplit_once(':').expect("RETROGRADE_MUTATE is op:input");
        Some((op.to_string(), input.parse().expect("RETROGRADE_MUTATE is op:input")))
    });
    let log = LOG.get_or_init(|| {
        let path = std::env::var_os("RETROGRADE_MUTATE_LOG")?;
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path).expect("the log can be written");
        Some(Mutex::new((file, HashSet::new())))
    });
    if let Some(log) = log {
        let (file, seen) = &mut *log.lock().expect("no test panics in here");
        if seen.insert((op, input)) {
            writeln!(file, "{op}:{input}").expect("the log can be written");
        }
    }
    match wanted {
        Some((o, i)) if o == op && *i == input => cotangent * 1.01 + 0.01,
        _ => cotangent,
    }
}
