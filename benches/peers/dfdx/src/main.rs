//! dfdx on the workloads of `cargo xtask bench`.

#[path = "../../common.rs"]
mod common;
mod images;
mod single;

use common::Step;

fn main() {
    // The pool that products of matrices use, as nothing else does.
    common::main("0.13.0", &["RAYON_NUM_THREADS"], workload);
}

/// What to time, if dfdx has it.
fn workload(name: &str) -> Option<Step> {
    Some(match name {
        "softmax_mnist" => images::softmax(),
        "mlp_mnist" => images::perceptron(),
        "matmul_512" => single::matmul(),
        "scalar_chain" => single::chain(),
        _ => return None,
    })
}
