"""Numbers from a formula, the same here and in `tests/src/formula.rs`, so that no weights need to be stored."""

import math

import numpy
import torch


def numbers(count, key):
    """Numbers between -1 and 1, by multiplication in whole numbers of 32 bits."""
    i = numpy.arange(count, dtype=numpy.uint64)
    mixed = (i * numpy.uint64(2654435761) + numpy.uint64(key * 2246822519 % 2**32)) % numpy.uint64(2**32)
    mixed = (mixed ^ (mixed >> numpy.uint64(15))) * numpy.uint64(2246822519) % numpy.uint64(2**32)
    mixed = mixed ^ (mixed >> numpy.uint64(13))
    return torch.from_numpy(mixed.astype(numpy.float64) / 2**31 - 1)


def fill(network, is_scale):
    """Weights by the formula; the parameters, sorted by name."""
    parameters = sorted(network.named_parameters())
    for key, (name, parameter) in enumerate(parameters):
        shape = parameter.shape
        values = numbers(parameter.numel(), key + 1).reshape(shape)
        with torch.no_grad():
            if len(shape) > 1:
                parameter.copy_(values * math.sqrt(6 / math.prod(shape[1:])))
            else:
                parameter.copy_(values * 0.25 + (1 if is_scale(name) else 0))
    return parameters


def summary(values, key):
    """The norm of some numbers, and their product with numbers of the formula."""
    values = values.reshape(-1).double()
    return [values.norm().item(), (values * numbers(len(values), key)).sum().item()]
