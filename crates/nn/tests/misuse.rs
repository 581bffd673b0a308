//! Shapes that do not suit a layer: the message has both and the layer's path, the panic is at the caller's line.

use retrograde_nn::{Layer, Linear, Sequential, Tanh};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use tape::{Params, Tape};

#[test]
fn the_callers_line_the_layers_path_and_both_shapes() {
    static SEEN: Mutex<Option<(String, u32)>> = Mutex::new(None);
    let mut params = Params::<f32>::new(0);
    let mut root = params.root();
    let layer = Linear::new(root.at("encoder").at("fc"), 4, 3);
    panic::set_hook(Box::new(|info| {
        let location = info.location().expect("a panic has a location");
        *SEEN.lock().unwrap() = Some((location.file().to_string(), location.line()));
    }));
    let (result, line) = Tape::new().eval(&params, |t| {
        let x = t.full([2, 5], 0.0);
        (panic::catch_unwind(AssertUnwindSafe(|| _ = layer.forward(x).shape())), line!())
    });
    let _ = panic::take_hook();
    let message = result.expect_err("it must panic").downcast::<String>().expect("a message");
    assert_eq!(*message, "in encoder.fc: linear: inputs and weight do not match: left [2, 5], right [3, 4]");
    assert_eq!(SEEN.lock().unwrap().take(), Some((file!().to_string(), line)));

    // Inside a list of unlike layers the line is the list's; the path says which layer it was.
    let model = Sequential::new().then(Tanh).then(layer);
    let result = panic::catch_unwind(AssertUnwindSafe(|| {
        Tape::new().eval(&params, |t| _ = model.forward(t.full([2, 5], 0.0)).shape());
    }));
    let message = result.expect_err("it must panic").downcast::<String>().expect("a message");
    assert!(message.starts_with("in encoder.fc: linear: "), "{message}");
}
