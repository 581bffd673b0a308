"""Trajectories of PyTorch's optimizers, in double precision: writes optimizers.json beside this file.

    python3 -m venv venv && venv/bin/pip install torch numpy && venv/bin/python tests/golden/optimizers.py

Two parameters take fifteen steps with given gradients; the second has none in steps 3 and 7, counted from 0. The
learning rate halves after step 9. A case holds the parameters after each step. `tests/tests/optimizers.rs` does the same
and compares.
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
            optimizer.param_groups[0]["lr"] = RATE / 2
    return after


def array(x):
    return None if x is None else {"shape": list(x.shape), "data": x.reshape(-1).tolist()}


golden = {
    "torch": torch.__version__,
    "rate": RATE,
    "start": [array(w) for w in start],
    "gradients": [[array(g) for g in step] for step in gradients],
    "cases": [{"name": name, "after": trajectory(make)} for name, make in makers.items()],
}
path = pathlib.Path(__file__).parent / "optimizers.json"
path.write_text(json.dumps(golden) + "\n")
print(f"{len(makers)} cases, {path.stat().st_size // 1024} KiB")
