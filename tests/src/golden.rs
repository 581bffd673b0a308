//! Cases that PyTorch computed, as `tests/golden/generate.py` writes them, and the comparison with them.

use serde_json::Value;
use std::path::Path;
use tape::{Graph, IndexVar, Indices, Mask, MaskVar, Shape, Tensor, Var};

/// One case: what goes into an op, and what PyTorch gets out of it.
pub struct Case {
    /// The name of the op and its settings.
    pub name: String,
    inputs: Vec<Tensor<f64>>,
    indices: Vec<Indices>,
    mask: Option<Mask>,
    output: Tensor<f64>,
    cotangent: Tensor<f64>,
    gradients: Vec<Tensor<f64>>,
}

/// The inputs of a case on a tape.
pub struct Inputs<'t> {
    /// What is differentiated by.
    pub x: Vec<Var<'t, f64>>,
    /// Indices and classes.
    pub indices: Vec<IndexVar<'t, f64>>,
    mask: Option<MaskVar<'t, f64>>,
}

impl<'t> Inputs<'t> {
    /// The graph that the inputs are on.
    pub fn graph(&self) -> &'t Graph<'t, f64> {
        self.x[0].graph()
    }

    /// The mask of a case that has one.
    pub fn mask(&self) -> MaskVar<'t, f64> {
        self.mask.expect("the case has a mask")
    }
}

impl Case {
    /// Puts the inputs of the case on a tape.
    pub fn inputs<'t>(&self, t: &'t Graph<'t, f64>) -> Inputs<'t> {
        Inputs {
            x: self.inputs.iter().map(|x| t.leaf(x)).collect(),
            indices: self.indices.iter().map(|i| t.indices(i)).collect(),
            mask: self.mask.as_ref().map(|m| t.mask(m)),
        }
    }

    /// Compares a result and its gradients, by the plain and by the recorded sweep, with PyTorch's. Gives a line for
    /// every number that differs: left is ours, right is PyTorch's.
    pub fn compare<'t>(&self, inputs: &Inputs<'t>, y: Var<'t, f64>) -> Vec<String> {
        let mut differences = Vec::new();
        self.compare_tensor("output", y, &self.output, &mut differences);
        if y.shape() != self.output.shape() {
            return differences;
        }
        let g = inputs.graph().input(&self.cotangent);
        for (i, (&x, expected)) in inputs.x.iter().zip(&self.gradients).enumerate() {
            let [gradient] = y.vjp([x], g);
            self.compare_tensor(&format!("gradient {i}"), gradient, expected, &mut differences);
            let [gradient] = y.vjp_recorded([x], g);
            self.compare_tensor(&format!("recorded gradient {i}"), gradient, expected, &mut differences);
        }
        differences
    }

    fn compare_tensor(&self, what: &str, got: Var<'_, f64>, want: &Tensor<f64>, differences: &mut Vec<String>) {
        let name = &self.name;
        if got.shape() != want.shape() {
            differences.push(format!("{name}: shape of {what}: left {}, right {}", got.shape(), want.shape()));
            return;
        }
        for (i, (&left, &right)) in got.value().iter().zip(want.as_slice()).enumerate() {
            if !is_close(left, right) {
                differences.push(format!("{name}: {what}, element {i}: left {left:e}, right {right:e}"));
            }
        }
    }
}

/// Whether two numbers agree to 1e-12, absolutely or relatively; NaN agrees with NaN.
fn is_close(left: f64, right: f64) -> bool {
    const TOLERANCE: f64 = 1e-12;
    if !left.is_finite() || !right.is_finite() {
        return left == right || (left.is_nan() && right.is_nan());
    }
    (left - right).abs() <= TOLERANCE * right.abs().max(1.0)
}

/// Reads the cases.
///
/// # Panics
/// When the file is not as `generate.py` writes it.
pub fn read() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/ops.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: Value = serde_json::from_str(&text).expect("the golden file is JSON");
    list(&file["cases"]).iter().map(case).collect()
}

fn case(value: &Value) -> Case {
    let tensors = |key: &str| list(&value[key]).iter().map(floats).collect();
    let mask = &value["mask"];
    Case {
        name: value["name"].as_str().expect("a case has a name").to_owned(),
        inputs: tensors("inputs"),
        indices: list(&value["indices"]).iter().map(|i| tensor(i, |x| whole(x) as u32)).collect(),
        mask: (!mask.is_null()).then(|| tensor(mask, |x| whole(x) as u8)),
        output: floats(&value["output"]),
        cotangent: floats(&value["cotangent"]),
        gradients: tensors("gradients"),
    }
}

fn floats(value: &Value) -> Tensor<f64> {
    tensor(value, |x| match x {
        // JSON has neither NaN nor infinities.
        Value::String(name) => name.parse().expect("the name of a number"),
        number => number.as_f64().expect("a number"),
    })
}

fn tensor<T: Copy>(value: &Value, element: impl Fn(&Value) -> T) -> Tensor<T> {
    let mut shape = Shape::SCALAR;
    list(&value["shape"]).iter().for_each(|size| shape.push(whole(size)));
    Tensor::from_vec(shape, list(&value["data"]).iter().map(element).collect())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn whole(value: &Value) -> usize {
    value.as_u64().expect("a whole number") as usize
}

#[cfg(test)]
mod tests {
    use super::is_close;

    #[test]
    fn closeness() {
        let infinity = f64::INFINITY;
        let pairs = [(1.0, 1.0 + 5e-13), (1e9, 1e9 + 5e-4), (f64::NAN, f64::NAN), (infinity, infinity), (1e-20, 0.0)];
        for (a, b) in pairs {
            assert!(is_close(a, b) && is_close(b, a), "{a} {b}");
        }
        for (a, b) in [(1.0, 1.0 + 5e-12), (1.0, f64::NAN), (1.0, infinity), (infinity, -infinity), (0.0, 1e-11)] {
            assert!(!is_close(a, b) && !is_close(b, a), "{a} {b}");
        }
    }
}
