"""Values and gradients of every op by PyTorch, in double precision: writes ops.json beside this file.

    python3 -m venv venv && venv/bin/pip install torch numpy && venv/bin/python tests/golden/generate.py

A case holds the inputs, the result, a random cotangent of the result, and the gradients of the inputs under it. Losses
and the optimizers follow the same form. `tests/tests/golden.rs` computes the same and compares.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
cases = []


def flat(tensor):
    # JSON has no NaN and no infinities: they are written as strings.
    return [x if x == x and abs(x) != float("inf") else str(x) for x in tensor.detach().reshape(-1).tolist()]


def array(tensor):
    return {"shape": list(tensor.shape), "data": flat(tensor)}


def case(name, function, *inputs, indices=(), mask=None):
    """Inputs are tensors to differentiate by; indices and masks are handed to the function behind them."""
    leaves = [x.detach().clone().requires_grad_() for x in inputs]
    extra = [torch.tensor(i) for i in indices] + ([] if mask is None else [mask])
    y = function(*leaves, *extra)
    cotangent = torch.randn_like(y)
    gradients = torch.autograd.grad(y, leaves, cotangent, allow_unused=True)
    cases.append({
        "name": name,
        "inputs": [array(x) for x in leaves],
        "indices": [{"shape": list(i.shape), "data": i.reshape(-1).tolist()} for i in extra if i.dtype == torch.int64],
        "mask": None if mask is None else {"shape": list(mask.shape), "data": mask.to(torch.uint8).reshape(-1).tolist()},
        "output": array(y),
        "cotangent": array(cotangent),
        "gradients": [array(torch.zeros_like(x) if g is None else g) for x, g in zip(leaves, gradients)],
    })


def normal(*shape):
    return torch.randn(*shape)


def positive(*shape):
    return torch.rand(*shape) * 2 + 0.2


edges = torch.tensor([-1.0, 0.0, 1.0, 25.0, -30.0, 0.5])

# Elementwise.
case("add", lambda a, b: a + b, normal(3, 4), normal(4))
case("sub", lambda a, b: a - b, normal(3, 1), normal(3, 4))
case("mul", lambda a, b: a * b, normal(2, 1, 3), normal(4, 1))
case("div", lambda a, b: a / b, normal(3, 4), positive(4))
case("neg", lambda x: -x, normal(5))
case("pow", lambda a, b: a**b, positive(3, 4), normal(4))
case("pow_zero", lambda a, b: a**b, torch.tensor([0.0, 0.0, 2.0]), torch.tensor([0.0, 2.0, 0.0]))
case("powf_2.5", lambda x: x**2.5, positive(7))
case("powi_3", lambda x: x**3, normal(7))
for name in ["exp", "sin", "cos", "tanh", "sigmoid", "relu", "abs", "erf"]:
    case(name, getattr(torch, name), torch.cat([normal(8), edges]))
case("ln", torch.log, positive(7))
case("sqrt", torch.sqrt, positive(7))
case("leaky_relu_0.1", lambda x: F.leaky_relu(x, 0.1), torch.cat([normal(8), edges]))
case("elu_1.5", lambda x: F.elu(x, 1.5), torch.cat([normal(8), edges]))
case("gelu", F.gelu, torch.cat([normal(8), edges]))
case("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), torch.cat([normal(8), edges]))
case("silu", F.silu, torch.cat([normal(8), edges]))
case("softplus_2_20", lambda x: F.softplus(x, 2.0, 20.0), torch.cat([normal(8), edges]))
case("clamp_-0.5_1", lambda x: x.clamp(-0.5, 1.0), torch.tensor([-2.0, -0.4, 0.3, 0.9, 1.7]))
case("maximum", torch.maximum, torch.tensor([1.0, 2.0, -1.0]), torch.tensor([1.0, 3.0, -2.0]))
case("minimum", torch.minimum, torch.tensor([1.0, 2.0, -1.0]), torch.tensor([1.0, 3.0, -2.0]))
some = torch.tensor([[True, False, True, False], [False, False, True, True], [True, True, False, False]])
case("where", lambda a, b, m: torch.where(m, a, b), normal(3, 4), normal(4), mask=some)
case("masked_fill", lambda x, m: x.masked_fill(m, -3.0), normal(3, 4), mask=some)

# Products.
for name, a, b in [("2d", (3, 4), (4, 5)), ("batched", (2, 3, 4), (2, 4, 5)), ("broadcast", (2, 1, 3, 4), (3, 4, 2)),
                   ("vectors", (4,), (4,)), ("vector_left", (4,), (2, 4, 3)), ("vector_right", (2, 3, 4), (4,))]:
    case(f"matmul_{name}", torch.matmul, normal(*a), normal(*b))
case("linear", F.linear, normal(2, 3, 4), normal(5, 4), normal(5))

# Reductions.
case("sum", lambda x: x.sum((0, 2)), normal(2, 3, 4))
case("mean", lambda x: x.mean(1, keepdim=True), normal(2, 3, 4))
case("max", lambda x: x.max(1).values, torch.tensor([[1.0, 3.0, 3.0], [2.0, 0.0, -1.0]]))
case("min", lambda x: x.min(1).values, torch.tensor([[1.0, 1.0, 3.0], [2.0, 0.0, -1.0]]))
case("amax", lambda x: x.amax((0, 1)), torch.tensor([[1.0, 3.0, 3.0], [2.0, 0.0, -1.0]]))
case("amin", lambda x: x.amin(0), torch.tensor([[1.0, 0.0, 3.0], [1.0, 2.0, -1.0]]))
case("var", lambda x: x.var((0, 2)), normal(2, 3, 4))
case("var_0", lambda x: x.var(1, correction=0), normal(3, 4))
case("std", lambda x: x.std(1), normal(3, 4))
case("logsumexp", lambda x: x.logsumexp((0, 1)), normal(3, 4))
case("softmax", lambda x: x.softmax(1), normal(2, 5, 3))
case("log_softmax", lambda x: x.log_softmax(-1), normal(4, 6))

# Losses.
classes = [1, 0, 3, 2, 3]
weight = torch.tensor([0.5, 2.0, 1.0, 0.3])
for reduction in ["mean", "sum", "none"]:
    case(f"cross_entropy_{reduction}", lambda x, t: F.cross_entropy(x, t, reduction=reduction), normal(5, 4), indices=[classes])
    case(f"cross_entropy_all_{reduction}",
         lambda x, t: F.cross_entropy(x, t, weight=weight, ignore_index=3, label_smoothing=0.1, reduction=reduction),
         normal(5, 4), indices=[classes])
    case(f"nll_loss_{reduction}", lambda x, t: F.nll_loss(x, t, weight=weight, ignore_index=0, reduction=reduction),
         normal(5, 4), indices=[classes])
    case(f"mse_loss_{reduction}", lambda a, b: F.mse_loss(a, b, reduction=reduction), normal(3, 4), normal(3, 4))
    case(f"huber_loss_{reduction}", lambda a, b: F.huber_loss(a, b, delta=0.7, reduction=reduction), normal(3, 4), normal(3, 4))
    case(f"binary_cross_entropy_with_logits_{reduction}",
         lambda a, b: F.binary_cross_entropy_with_logits(a, b, reduction=reduction), normal(3, 4), torch.rand(3, 4))
    probabilities = torch.rand(5, 4).softmax(1)
    case(f"cross_entropy_probabilities_{reduction}",
         lambda x, p: F.cross_entropy(x, p, weight=weight, label_smoothing=0.2, reduction=reduction), normal(5, 4), probabilities)
case("cross_entropy_images", lambda x, t: F.cross_entropy(x, t), normal(2, 3, 2, 2), indices=[[[[0, 1], [2, 0]], [[1, 1], [2, 2]]]])

# Shapes.
case("reshape", lambda x: x.reshape(2, 6), normal(3, 4))
case("permute", lambda x: x.permute(2, 0, 1), normal(2, 3, 4))
case("transpose", lambda x: x.transpose(0, 2), normal(2, 3, 4))
case("slice", lambda x: x[:, 1:3], normal(2, 5))
case("concat", lambda a, b: torch.cat([a, b], 1), normal(2, 3), normal(2, 1))
case("stack", lambda a, b: torch.stack([a, b], 1), normal(2, 3), normal(2, 3))
case("pad", lambda x: F.pad(x, (2, 1), value=0.5), normal(2, 3))
case("roll", lambda x: x.roll(2, 1), normal(2, 5))
case("flip", lambda x: x.flip(0, 1), normal(2, 3))
case("broadcast_to", lambda x: x.broadcast_to(4, 2, 3), normal(2, 1))

# Indices.
case("gather", lambda x, i: x.gather(1, i), normal(3, 4), indices=[[[0, 0], [3, 1], [2, 2]]])
case("index_select", lambda x, i: x.index_select(1, i), normal(3, 4), indices=[[2, 0, 2]])
case("scatter_add", lambda x, s, i: x.scatter_add(1, i, s), normal(3, 4), normal(3, 2), indices=[[[0, 0], [3, 1], [2, 2]]])
case("embedding", lambda w, i: F.embedding(i, w), normal(5, 3), indices=[[[1, 4, 1], [0, 0, 2]]])
case("layer_norm", lambda x, w, b: F.layer_norm(x, (4,), w, b, 1e-5), normal(2, 3, 4), normal(4), normal(4))

# Images.
options = {"plain": {}, "strided": {"stride": 2, "padding": 1}, "dilated": {"dilation": 2, "padding": (2, 1)},
           "grouped": {"groups": 2, "stride": (1, 2), "padding": 1}}
for name, keywords in options.items():
    groups = keywords.get("groups", 1)
    case(f"conv2d_{name}", lambda x, w, b: F.conv2d(x, w, b, **keywords), normal(2, 4, 7, 6), normal(6, 4 // groups, 3, 3), normal(6))
    case(f"conv_transpose2d_{name}", lambda x, w, b: F.conv_transpose2d(x, w, b, **keywords),
         normal(2, 4, 4, 3), normal(4, 6 // groups, 3, 3), normal(6))
case("conv_transpose2d_output_padding", lambda x, w: F.conv_transpose2d(x, w, stride=3, padding=1, output_padding=(2, 1)),
     normal(1, 2, 3, 2), normal(2, 3, 4, 4))
case("conv1d", lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=2), normal(2, 3, 9), normal(4, 3, 4), normal(4))
case("max_pool2d", lambda x: F.max_pool2d(x, 2), normal(2, 3, 5, 6))
case("max_pool2d_all", lambda x: F.max_pool2d(x, (3, 2), (2, 1), (1, 0), (1, 2), ceil_mode=True), normal(1, 2, 8, 7))
case("max_pool2d_equal", lambda x: F.max_pool2d(x, 2, 1), torch.ones(1, 1, 3, 3))
case("avg_pool2d", lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), normal(1, 2, 8, 7))
case("avg_pool2d_without_padding", lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False), normal(1, 2, 8, 7))
case("adaptive_avg_pool2d", lambda x: F.adaptive_avg_pool2d(x, (3, 2)), normal(1, 2, 7, 5))
case("adaptive_max_pool2d", lambda x: F.adaptive_max_pool2d(x, (3, 2)), normal(1, 2, 7, 5))
case("batch_norm", lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), normal(3, 4, 2, 3), normal(4), normal(4))
case("batch_norm_with", lambda x, m, v, w, b: F.batch_norm(x, m.detach(), v.detach(), w, b) + 0 * (m.sum() + v.sum()),
     normal(3, 4, 2, 3), normal(4), positive(4), normal(4), normal(4))
case("group_norm", lambda x, w, b: F.group_norm(x, 2, w, b), normal(3, 4, 2, 3), normal(4), normal(4))
case("batch_norm_add", lambda x, y, w, b: F.relu(F.batch_norm(x, None, None, w, b, training=True) + y),
     normal(3, 4, 2, 3), normal(3, 4, 2, 3), normal(4), normal(4))

# Losses of a linear layer.
for reduction in ["mean", "sum", "none"]:
    case(f"linear_cross_entropy_{reduction}",
         lambda x, w, b, t: F.linear_cross_entropy(x, w, t, linear_bias=b, ignore_index=3, label_smoothing=0.1, reduction=reduction),
         normal(5, 3), normal(4, 3), normal(4), indices=[classes])

# A product with itself.
case("gram", lambda x: x @ x.T, normal(5, 7))

path = pathlib.Path(__file__).parent / "ops.json"
text = ",\n".join(json.dumps(c) for c in cases)
path.write_text(f'{{"torch": "{torch.__version__}", "cases": [\n{text}\n]}}\n')
print(f"{len(cases)} cases, {path.stat().st_size // 1024} KiB")
