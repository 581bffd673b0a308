"""Trajectories of PyTorch's optimizers, in double precision: writes optimizers.json beside this file.

    python3 -m venv venv && venv/bin/pip install torch numpy && venv/bin/python tests/golden/optimizers.py

Two parameters take fifteen steps with given gradients; the second has none in steps 3 and 7, counted from 0. The
learning rate halves after step 9. A case holds the parameters after each step. The other sections: a Rosenbrock-like
function minimized by L-BFGS, clipped gradients, and the moving average of the weights. `tests/tests/optimizers.rs` does
the same and compares.
"""

import json
import pathlib

import torch

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
STEPS, RATE = 15, 0.05
start = [torch.randn(5), torch.randn(2, 3)]
gradients = [[torch.randn_like(w) for w in start] for _ in range(STEPS)]
for step in (3, 7):
    gradients[step][1] = None

optim = torch.optim
makers = {
    "sgd": lambda w: optim.SGD(w, RATE),
    "sgd_decay": lambda w: optim.SGD(w, RATE, weight_decay=0.1),
    "sgd_momentum": lambda w: optim.SGD(w, RATE, momentum=0.9, weight_decay=0.1),
    "sgd_dampening": lambda w: optim.SGD(w, RATE, momentum=0.9, dampening=0.3),
    "sgd_nesterov": lambda w: optim.SGD(w, RATE, momentum=0.8, nesterov=True, weight_decay=0.01),
    "adam": lambda w: optim.Adam(w, RATE),
    "adam_all": lambda w: optim.Adam(w, RATE, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    "adam_amsgrad": lambda w: optim.Adam(w, RATE, betas=(0.9, 0.5), amsgrad=True, weight_decay=0.1),
    "adamw": lambda w: optim.AdamW(w, RATE),
    "adamw_amsgrad": lambda w: optim.AdamW(w, RATE, betas=(0.9, 0.5), amsgrad=True, weight_decay=0.3),
    "rmsprop": lambda w: optim.RMSprop(w, RATE),
    "rmsprop_centered": lambda w: optim.RMSprop(w, RATE, alpha=0.9, eps=1e-2, centered=True, weight_decay=0.1),
    "rmsprop_momentum": lambda w: optim.RMSprop(w, RATE, alpha=0.9, momentum=0.7),
    "rmsprop_all": lambda w: optim.RMSprop(w, RATE, alpha=0.9, momentum=0.7, centered=True, weight_decay=0.1),
    "adagrad": lambda w: optim.Adagrad(w, RATE),
    "groups": lambda w: optim.SGD([{"params": w[:1], "lr": 2 * RATE, "momentum": 0.5}, {"params": w[1:]}], RATE, weight_decay=0.1),
    "adagrad_all": lambda w: optim.Adagrad(w, RATE, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.2, eps=1e-3),
}


def trajectory(make):
    weights = [w.clone().requires_grad_() for w in start]
    optimizer = make(weights)
    after = []
    for step in range(STEPS):
        for w, g in zip(weights, gradients[step]):
            w.grad = None if g is None else g.clone()
        optimizer.step()
        after.append([w.detach().reshape(-1).tolist() for w in weights])
        if step == 9:
            for group in optimizer.param_groups:
                group["lr"] /= 2
    return after


def array(x):
    return None if x is None else {"shape": list(x.shape), "data": x.reshape(-1).tolist()}


def valley(w, steepness):
    """A curved valley in five dimensions with a scaled quadratic of the second parameter."""
    x, y = w
    return (steepness * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum() + (y**2 * torch.arange(1.0, 7.0).reshape(2, 3)).sum()


def lbfgs(steepness, **settings):
    weights = [(0.5 * w).clone().requires_grad_() for w in start]
    optimizer = optim.LBFGS(weights, **settings)
    losses, after = [], []

    def closure():
        optimizer.zero_grad()
        loss = valley(weights, steepness)
        loss.backward()
        return loss

    for _ in range(12):
        losses.append(optimizer.step(closure).item())
        after.append([w.detach().reshape(-1).tolist() for w in weights])
    return {"steepness": steepness, "losses": losses, "after": after}


def clipped(clip):
    weights = [w.clone().requires_grad_() for w in start]
    for w, g in zip(weights, gradients[0]):
        w.grad = g.clone()
    clip(weights)
    return [w.grad.reshape(-1).tolist() for w in weights]


def average():
    weights = torch.nn.ParameterList([w.clone() for w in start])
    model = optim.swa_utils.AveragedModel(weights, multi_avg_fn=optim.swa_utils.get_ema_multi_avg_fn(0.9))
    after = []
    for step in gradients[:12]:
        with torch.no_grad():
            for w, g in zip(weights, step):
                if g is not None:
                    w -= 0.1 * g
        model.update_parameters(weights)
        after.append([w.detach().reshape(-1).tolist() for w in model.module])
    return after


golden = {
    "torch": torch.__version__,
    "rate": RATE,
    "start": [array(w) for w in start],
    "gradients": [[array(g) for g in step] for step in gradients],
    "cases": [{"name": name, "after": trajectory(make)} for name, make in makers.items()],
    "lbfgs": {
        # Settings that do not amplify the last bit of the start, in PyTorch itself, to more than 1e-12.
        "fixed": lbfgs(4.0, lr=0.02, max_iter=4),
        "short": lbfgs(4.0, lr=0.05, max_iter=5, history_size=3),
        "wolfe": lbfgs(100.0, lr=1.0, max_iter=3, line_search_fn="strong_wolfe"),
        "wolfe_slow": lbfgs(4.0, lr=0.1, max_iter=2, line_search_fn="strong_wolfe"),
    },
    "clipped": {
        "norm": clipped(lambda w: torch.nn.utils.clip_grad_norm_(w, 0.5)),
        "large_norm": clipped(lambda w: torch.nn.utils.clip_grad_norm_(w, 500.0)),
        "value": clipped(lambda w: torch.nn.utils.clip_grad_value_(w, 0.5)),
    },
    "ema": average(),
}
path = pathlib.Path(__file__).parent / "optimizers.json"
path.write_text(json.dumps(golden) + "\n")
print(f"{len(makers)} cases, {path.stat().st_size // 1024} KiB")
