"""PyTorch's learning-rate schedules: writes schedules.json beside this file.

    python3 -m venv venv && venv/bin/pip install torch numpy && venv/bin/python tests/golden/schedules.py

A case holds the learning rate at times 0 to 39, and the momentum where the schedule moves it. The last cases feed
ReduceLROnPlateau with measures. `tests/tests/schedules.rs` does the same and compares.
"""

import json
import pathlib
import warnings

import torch

warnings.filterwarnings("ignore")
BASE, TIMES = 0.3, 40
schedulers = torch.optim.lr_scheduler


def rates(make):
    optimizer = torch.optim.SGD([torch.zeros(1)], BASE, momentum=0.9)
    scheduler = make(optimizer)
    group, rows = optimizer.param_groups[0], []
    for _ in range(TIMES):
        rows.append((group["lr"], group["momentum"]))
        optimizer.step()
        scheduler.step()
    return {"rates": [rate for rate, _ in rows], "momenta": [momentum for _, momentum in rows]}


def noam(t):
    return 512**-0.5 * min((t + 1) ** -0.5, (t + 1) * 7**-1.5)


def warm_multi_step(t):
    """The rule of the project: with e = t + 1, e / warmup while e is not above it, then 0.1 and 0.01 behind two steps."""
    e = t + 1
    return e / 4 if e <= 4 else 0.01 if e > 25 else 0.1 if e > 12 else 1.0


makers = {
    "step": lambda o: schedulers.StepLR(o, 7, 0.3),
    "multi_step": lambda o: schedulers.MultiStepLR(o, [5, 12, 12, 30], 0.5),
    "warm_multi_step": lambda o: schedulers.LambdaLR(o, warm_multi_step),
    "exponential": lambda o: schedulers.ExponentialLR(o, 0.9),
    "cosine": lambda o: schedulers.CosineAnnealingLR(o, 16, 0.01),
    "linear": lambda o: schedulers.LinearLR(o, 0.25, 0.8, 9),
    "noam": lambda o: schedulers.LambdaLR(o, noam),
    "one_cycle": lambda o: schedulers.OneCycleLR(o, BASE, total_steps=TIMES + 1),
    "one_cycle_linear": lambda o: schedulers.OneCycleLR(o, BASE, total_steps=50, pct_start=0.4, anneal_strategy="linear", div_factor=10, final_div_factor=100),
    "one_cycle_three": lambda o: schedulers.OneCycleLR(o, BASE, total_steps=44, three_phase=True, base_momentum=0.7, max_momentum=0.9),
}

measures = [3.0, 2.0, 1.5, 1.5, 1.4999, 1.6, 1.2, 1.2, 1.2, 1.2, 1.2, 1.3, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
plateaus = {
    "lower": dict(mode="min", patience=2),
    "higher": dict(mode="max", factor=0.5, patience=1, cooldown=2, min_lr=0.02),
    "lower_by": dict(mode="min", threshold_mode="abs", threshold=0.2, factor=0.3, patience=0),
    "higher_by": dict(mode="max", threshold_mode="abs", threshold=0.2, factor=0.3, patience=3, eps=1e-8),
}


def plateau(settings):
    optimizer = torch.optim.SGD([torch.zeros(1)], BASE)
    scheduler, rows = schedulers.ReduceLROnPlateau(optimizer, **settings), []
    for measure in measures:
        scheduler.step(measure)
        rows.append(optimizer.param_groups[0]["lr"])
    return rows


golden = {
    "torch": torch.__version__,
    "base": BASE,
    "schedules": {name: rates(make) for name, make in makers.items()},
    "measures": measures,
    "plateaus": {name: plateau(settings) for name, settings in plateaus.items()},
}
path = pathlib.Path(__file__).parent / "schedules.json"
path.write_text(json.dumps(golden) + "\n")
print(f"{len(makers)} schedules, {path.stat().st_size // 1024} KiB")
