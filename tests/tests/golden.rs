//! Every op and its gradients against PyTorch's, in double precision.

use retrograde_tests::golden::{Case, Inputs, read};
use std::collections::BTreeSet;
use tape::{Activation, ConvOptions, CrossEntropy, Params, PoolOptions, Reduction, Tape, Tensor, Var, concat, stack};

type Op = for<'t> fn(&Inputs<'t>) -> Var<'t, f64>;
type Loss = for<'t> fn(&Inputs<'t>, Reduction) -> Var<'t, f64>;

const OPS: &[(&str, Op)] = &[
    ("add", |c| c.x[0] + c.x[1]),
    ("sub", |c| c.x[0] - c.x[1]),
    ("mul", |c| c.x[0] * c.x[1]),
    ("div", |c| c.x[0] / c.x[1]),
    ("neg", |c| -c.x[0]),
    ("pow", |c| c.x[0].pow(c.x[1])),
    ("pow_zero", |c| c.x[0].pow(c.x[1])),
    ("powf_2.5", |c| c.x[0].powf(2.5)),
    ("powi_3", |c| c.x[0].powi(3)),
    ("exp", |c| c.x[0].exp()),
    ("sin", |c| c.x[0].sin()),
    ("cos", |c| c.x[0].cos()),
    ("tanh", |c| c.x[0].tanh()),
    ("sigmoid", |c| c.x[0].sigmoid()),
    ("relu", |c| c.x[0].relu()),
    ("abs", |c| c.x[0].abs()),
    ("erf", |c| c.x[0].erf()),
    ("ln", |c| c.x[0].ln()),
    ("sqrt", |c| c.x[0].sqrt()),
    ("leaky_relu_0.1", |c| c.x[0].leaky_relu(0.1)),
    ("elu_1.5", |c| c.x[0].elu(1.5)),
    ("gelu", |c| c.x[0].gelu()),
    ("gelu_tanh", |c| c.x[0].gelu_tanh()),
    ("silu", |c| c.x[0].silu()),
    ("softplus_2_20", |c| c.x[0].softplus_with(2.0, 20.0)),
    ("clamp_-0.5_1", |c| c.x[0].clamp(-0.5, 1.0)),
    ("maximum", |c| c.x[0].maximum(c.x[1])),
    ("minimum", |c| c.x[0].minimum(c.x[1])),
    ("where", |c| c.mask().select(c.x[0], c.x[1])),
    ("masked_fill", |c| c.x[0].masked_fill(c.mask(), -3.0)),
    ("matmul_2d", |c| c.x[0].matmul(c.x[1])),
    ("matmul_batched", |c| c.x[0].matmul(c.x[1])),
    ("matmul_broadcast", |c| c.x[0].matmul(c.x[1])),
    ("matmul_vectors", |c| c.x[0].matmul(c.x[1])),
    ("matmul_vector_left", |c| c.x[0].matmul(c.x[1])),
    ("matmul_vector_right", |c| c.x[0].matmul(c.x[1])),
    ("gram", |c| c.x[0].gram()),
    ("linear", |c| c.x[0].linear(c.x[1], Some(c.x[2]))),
    ("sum", |c| c.x[0].sum([0, 2])),
    ("mean", |c| c.x[0].mean_keepdim(1)),
    ("max", |c| c.x[0].max(1)),
    ("min", |c| c.x[0].min(1)),
    ("amax", |c| c.x[0].amax([0, 1])),
    ("amin", |c| c.x[0].amin(0)),
    ("var", |c| c.x[0].var([0, 2], 1)),
    ("var_0", |c| c.x[0].var(1, 0)),
    ("std", |c| c.x[0].std(1, 1)),
    ("logsumexp", |c| c.x[0].logsumexp([0, 1])),
    ("softmax", |c| c.x[0].softmax(1)),
    ("log_softmax", |c| c.x[0].log_softmax(-1)),
    ("cross_entropy_images", |c| c.x[0].cross_entropy(c.indices[0])),
    ("reshape", |c| c.x[0].reshape([2, 6])),
    ("permute", |c| c.x[0].permute(&[2, 0, 1])),
    ("transpose", |c| c.x[0].transpose(0, 2)),
    ("slice", |c| c.x[0].slice(1, 1..3)),
    ("concat", |c| concat(&c.x, 1)),
    ("stack", |c| stack(&c.x, 1)),
    ("pad", |c| c.x[0].pad(1, 2, 1, 0.5)),
    ("roll", |c| c.x[0].roll(2, 1)),
    ("flip", |c| c.x[0].flip([0, 1])),
    ("broadcast_to", |c| c.x[0].broadcast_to([4, 2, 3])),
    ("gather", |c| c.x[0].gather(1, c.indices[0])),
    ("index_select", |c| c.x[0].index_select(1, c.indices[0])),
    ("scatter_add", |c| c.x[0].scatter_add(1, c.indices[0], c.x[1])),
    ("embedding", |c| c.x[0].embedding(c.indices[0], None)),
    ("layer_norm", |c| c.x[0].layer_norm(1, Some(c.x[1]), Some(c.x[2]), 1e-5)),
    ("conv2d_plain", |c| conv2d(c, ConvOptions::new())),
    ("conv2d_strided", |c| conv2d(c, ConvOptions::new().stride(2).padding(1))),
    ("conv2d_dilated", |c| conv2d(c, ConvOptions::new().dilation(2).padding([2, 1]))),
    ("conv2d_grouped", |c| conv2d(c, ConvOptions::new().groups(2).stride([1, 2]).padding(1))),
    ("conv_transpose2d_plain", |c| conv_transpose2d(c, ConvOptions::new())),
    ("conv_transpose2d_strided", |c| conv_transpose2d(c, ConvOptions::new().stride(2).padding(1))),
    ("conv_transpose2d_dilated", |c| conv_transpose2d(c, ConvOptions::new().dilation(2).padding([2, 1]))),
    ("conv_transpose2d_grouped", |c| conv_transpose2d(c, ConvOptions::new().groups(2).stride([1, 2]).padding(1))),
    ("conv_transpose2d_output_padding", |c| {
        c.x[0].conv_transpose2d(c.x[1], None, ConvOptions::new().stride(3).padding(1), [2, 1])
    }),
    ("conv1d", |c| c.x[0].conv1d(c.x[1], Some(c.x[2]), ConvOptions::new().stride(2).padding(2))),
    ("max_pool2d", |c| c.x[0].max_pool2d(PoolOptions::new(2))),
    ("max_pool2d_all", |c| {
        let options = PoolOptions::new([3, 2]).stride([2, 1]).padding([1, 0]).dilation([1, 2]);
        c.x[0].max_pool2d(options.ceil_mode(true))
    }),
    ("max_pool2d_equal", |c| c.x[0].max_pool2d(PoolOptions::new(2).stride(1))),
    ("avg_pool2d", |c| c.x[0].avg_pool2d(PoolOptions::new(3).stride(2).padding(1).ceil_mode(true))),
    ("avg_pool2d_without_padding", |c| {
        let options = PoolOptions::new(3).stride(2).padding(1).ceil_mode(true);
        c.x[0].avg_pool2d(options.count_include_pad(false))
    }),
    ("adaptive_avg_pool2d", |c| c.x[0].adaptive_avg_pool2d([3, 2])),
    ("adaptive_max_pool2d", |c| c.x[0].adaptive_max_pool2d([3, 2])),
    ("batch_norm_add", |c| c.x[0].batch_norm_add(c.x[1], c.x[2], c.x[3], 1e-5, Activation::Relu).value),
    ("batch_norm", |c| c.x[0].batch_norm(c.x[1], c.x[2], 1e-5, Activation::Identity).value),
    ("batch_norm_with", |c| {
        let [mean, variance] = [c.x[1].detach(), c.x[2].detach()];
        c.x[0].batch_norm_with(mean, variance, c.x[3], c.x[4], 1e-5, Activation::Identity)
            + (c.x[1].sum(..) + c.x[2].sum(..)) * 0.0
    }),
    ("group_norm", |c| c.x[0].group_norm(2, Some(c.x[1]), Some(c.x[2]), 1e-5)),
];

fn conv2d<'t>(c: &Inputs<'t>, options: ConvOptions) -> Var<'t, f64> {
    c.x[0].conv2d(c.x[1], Some(c.x[2]), options)
}

fn conv_transpose2d<'t>(c: &Inputs<'t>, options: ConvOptions) -> Var<'t, f64> {
    c.x[0].conv_transpose2d(c.x[1], Some(c.x[2]), options, 0)
}

/// Each with every reduction, whose name is appended.
const LOSSES: &[(&str, Loss)] = &[
    ("cross_entropy", |c, reduction| {
        c.x[0].cross_entropy_with(c.indices[0], &CrossEntropy { reduction, ..Default::default() })
    }),
    ("cross_entropy_all", |c, reduction| {
        let options = CrossEntropy { label_smoothing: 0.1, ignore_index: Some(3), ..weighted(c, reduction) };
        c.x[0].cross_entropy_with(c.indices[0], &options)
    }),
    ("linear_cross_entropy", |c, reduction| {
        let options = CrossEntropy { label_smoothing: 0.1, ignore_index: Some(3), reduction, ..Default::default() };
        c.x[0].linear_cross_entropy(c.x[1], Some(c.x[2]), c.indices[0], &options)
    }),
    ("cross_entropy_probabilities", |c, reduction| {
        let options = CrossEntropy { label_smoothing: 0.2, ..weighted(c, reduction) };
        c.x[0].cross_entropy_probabilities(c.x[1], &options)
    }),
    ("nll_loss", |c, reduction| {
        let options = CrossEntropy { ignore_index: Some(0), ..weighted(c, reduction) };
        c.x[0].nll_loss_with(c.indices[0], &options)
    }),
    ("mse_loss", |c, reduction| c.x[0].mse_loss(c.x[1], reduction)),
    ("huber_loss", |c, reduction| c.x[0].huber_loss(c.x[1], 0.7, reduction)),
    ("binary_cross_entropy_with_logits", |c, reduction| {
        c.x[0].binary_cross_entropy_with_logits(c.x[1], None, None, reduction)
    }),
];

const REDUCTIONS: [(&str, Reduction); 3] =
    [("mean", Reduction::Mean), ("sum", Reduction::Sum), ("none", Reduction::None)];

/// The class weights of `generate.py`.
fn weighted<'t>(c: &Inputs<'t>, reduction: Reduction) -> CrossEntropy<'t, f64> {
    let weight = c.graph().input(&Tensor::from_vec([4], vec![0.5, 2.0, 1.0, 0.3]));
    CrossEntropy { weight: Some(weight), reduction, ..Default::default() }
}

fn differences(case: &Case, compute: impl for<'t> Fn(&Inputs<'t>) -> Var<'t, f64>) -> Vec<String> {
    Tape::new().run(&Params::new(0), |t| {
        let inputs = case.inputs(t);
        case.compare(&inputs, compute(&inputs))
    })
}

#[test]
fn ops_agree_with_pytorch() {
    let cases = read();
    let mut missing: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(missing.len(), cases.len(), "a name stands for one case");
    let mut wrong = Vec::new();
    let mut run = |name: &str, compute: &dyn for<'t> Fn(&Inputs<'t>) -> Var<'t, f64>| {
        missing.remove(name);
        match cases.iter().find(|case| case.name == name) {
            Some(case) => wrong.extend(differences(case, compute)),
            None => wrong.push(format!("{name}: computed here, but the golden file has no such case")),
        }
    };
    for (name, op) in OPS {
        run(name, op);
    }
    for (name, loss) in LOSSES {
        for (suffix, reduction) in REDUCTIONS {
            run(&format!("{name}_{suffix}"), &|c| loss(c, reduction));
        }
    }
    wrong.extend(missing.iter().map(|name| format!("{name}: in the golden file, but not computed here")));
    assert!(wrong.is_empty(), "{} differences from PyTorch:\n{}", wrong.len(), wrong.join("\n"));
}
