//! [`Stop`]: a wish to end early, from the user or from the system.

use crate::TrainError;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A signal that asks a program to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// As from `kill`, or when the machine shuts down.
    Terminate,
}

impl Signal {
    /// 128 and the number of the signal, by the custom of shells.
    pub fn exit_code(self) -> u8 {
        match self {
            Signal::Interrupt => 130,
            Signal::Terminate => 143,
        }
    }
}

/// Whether a run was asked to end. Clones ask the same.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicUsize>);

impl Stop {
    /// Nobody asks, until [`request`](Stop::request) does.
    pub fn new() -> Stop {
        Stop::default()
    }

    /// Asked by Ctrl-C and SIGTERM from now on. The second signal of a kind ends the program at once.
    ///
    /// # Errors
    /// [`TrainError::Signals`] where the system refuses.
    pub fn on_signals() -> Result<Stop, TrainError> {
        let stop = Stop::new();
        for (signal, kind) in [(SIGINT, Signal::Interrupt), (SIGTERM, Signal::Terminate)] {
            // Handlers run in the order of registration: the second signal finds the flag that the first one set.
            let again = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register_conditional_shutdown(signal, i32::from(kind.exit_code()), again.clone())
                .and_then(|_| signal_hook::flag::register(signal, again))
                .and_then(|_| signal_hook::flag::register_usize(signal, stop.0.clone(), kind as usize + 1))
                .map_err(TrainError::Signals)?;
        }
        Ok(stop)
    }

    /// Asks, as a signal does.
    pub fn request(&self, signal: Signal) {
        self.0.store(signal as usize + 1, Ordering::Relaxed);
    }

    /// Who asks, if anybody does.
    pub fn requested(&self) -> Option<Signal> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Signal::Interrupt),
            _ => Some(Signal::Terminate),
        }
    }
}
