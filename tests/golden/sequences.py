"""Results and gradients of layers for sequences by PyTorch, in double precision: writes sequences.json beside this file.

    python3 -m venv venv && venv/bin/pip install torch numpy && venv/bin/python tests/golden/sequences.py

Weights and inputs are computed from a formula, here and in `tests/src/formula.rs`. Of each result and gradient the file
holds the norm and the product with numbers of the formula.
"""

import json
import pathlib

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from formula import fill, numbers, summary

torch.set_default_dtype(torch.float64)
BATCH, SOURCE, TARGET, WIDTH, HEADS, FEATURES = 3, 7, 5, 12, 3, 8
LENGTHS = torch.tensor([4, 7, 2])
SOURCE_PADDING = torch.arange(SOURCE)[None] >= LENGTHS[:, None]
TARGET_PADDING = torch.arange(TARGET)[None] >= torch.tensor([5, 3, 1])[:, None]
CAUSAL = torch.triu(torch.ones(TARGET, TARGET, dtype=torch.bool), 1)
PAIRS = (torch.arange(TARGET)[:, None] + 2 * torch.arange(SOURCE)) % 3 == 1


def value(key, *shape):
    return numbers(torch.Size(shape).numel(), key).reshape(shape).requires_grad_()


def is_scale(name):
    return "norm" in name and name.endswith("weight")


result = {}


def case(name, module, inputs, function):
    """A module, values to differentiate by, and a function of both that gives a tuple of results."""
    parameters = fill(module, is_scale)
    results = function(module, *inputs)
    score = sum((y.reshape(-1) * numbers(y.numel(), 3000 + i)).sum() for i, y in enumerate(results))
    gradients = torch.autograd.grad(score, [p for _, p in parameters] + list(inputs))
    names = [n for n, _ in parameters] + [f"input {i}" for i in range(len(inputs))]
    result[name] = {"results": [summary(y.detach(), 10 + i) for i, y in enumerate(results)],
                    "gradients": {n: summary(g, 1000 + i) for i, (n, g) in enumerate(zip(names, gradients))}}


def x(key, time=SOURCE, width=WIDTH):
    return value(key, BATCH, time, width)


# Recurrent layers.
for name, kind in [("rnn", nn.RNN), ("lstm", nn.LSTM), ("gru", nn.GRU)]:
    def unpacked(module, x, h, *c):
        y, last = module(x, (h, *c) if c else h)
        return (y, *(last if c else (last,)))

    def packed(module, x, h, *c):
        sequence = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
        y, last = module(sequence, (h, *c) if c else h)
        return (pad_packed_sequence(y, batch_first=True)[0], *(last if c else (last,)))

    states = 2 if name == "lstm" else 1
    inputs = [x(2000, width=FEATURES)] + [value(2001 + i, 1, BATCH, WIDTH) for i in range(states)]
    case(name, kind(FEATURES, WIDTH, batch_first=True), inputs, unpacked)
    inputs = [x(2000, width=FEATURES)] + [value(2001 + i, 4, BATCH, WIDTH) for i in range(states)]
    case(f"{name} packed", kind(FEATURES, WIDTH, 2, batch_first=True, bidirectional=True), inputs, packed)


# Attention.
def attend(**masks):
    return lambda m, *inputs: m(*(inputs if len(inputs) == 3 else inputs * 3), need_weights=False, **masks)[:1]


def mha(**settings):
    return nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, **settings)


case("self-attention", mha(), [x(2000, TARGET)], attend(attn_mask=CAUSAL))
case("self-attention padded", mha(), [x(2000)], attend(key_padding_mask=SOURCE_PADDING))
case("attention", mha(), [x(2000, TARGET), x(2001), x(2002)], attend(key_padding_mask=SOURCE_PADDING))
case("attention to others", mha(kdim=FEATURES, vdim=5), [x(2000, TARGET), x(2001, width=FEATURES), x(2002, width=5)],
     attend(attn_mask=PAIRS))


class Cosine(nn.Module):
    def __init__(self, temperature):
        super().__init__()
        self.temperature = nn.Parameter(torch.ones(1)) if temperature else None

    def scores(self, query, keys):
        cosine = F.cosine_similarity(query[:, None], keys, dim=2)
        return cosine if self.temperature is None else cosine * self.temperature


class Dot(nn.Module):
    def scores(self, query, keys):
        return (query[:, None] * keys).sum(2)


class Additive(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key = nn.Linear(WIDTH, 6), nn.Linear(WIDTH, 6, bias=False)
        self.score = nn.Linear(6, 1, bias=False)

    def scores(self, query, keys):
        return self.score(torch.tanh(self.query(query)[:, None] + self.key(keys)))[..., 0]


def sequence_attention(module, query, keys):
    weights = module.scores(query, keys).masked_fill(SOURCE_PADDING, -torch.inf).softmax(1)
    return ((weights[:, :, None] * keys).sum(1),)


for name, module in [("cosine", Cosine(False)), ("cosine with temperature", Cosine(True)), ("dot", Dot()),
                     ("additive", Additive())]:
    case(name, module, [value(2000, BATCH, WIDTH), x(2001)], sequence_attention)

# Transformers.
settings = {"dim_feedforward": 16, "dropout": 0.0, "batch_first": True}
for name, more in [("", {}), (" gelu norm first", {"activation": "gelu", "norm_first": True})]:
    encoder_layer = nn.TransformerEncoderLayer(WIDTH, HEADS, **settings, **more)
    case(f"encoder layer{name}", encoder_layer, [x(2000)], lambda m, x: (m(x, src_key_padding_mask=SOURCE_PADDING),))
    decoder_layer = nn.TransformerDecoderLayer(WIDTH, HEADS, **settings, **more)
    case(f"decoder layer{name}", decoder_layer, [x(2000, TARGET), x(2001)],
         lambda m, x, memory: (m(x, memory, tgt_mask=CAUSAL, memory_key_padding_mask=SOURCE_PADDING),))
encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(WIDTH, HEADS, **settings), 2, enable_nested_tensor=False)
case("encoder", encoder, [x(2000)], lambda m, x: (m(x),))
decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(WIDTH, HEADS, **settings), 2)
case("decoder", decoder, [x(2000, TARGET), x(2001)], lambda m, x, memory: (m(x, memory, tgt_mask=CAUSAL),))
for name, norm_first in [("transformer", False), ("transformer norm first", True)]:
    case(name, nn.Transformer(WIDTH, HEADS, 2, 2, norm_first=norm_first, **settings), [x(2000), x(2001, TARGET)],
         lambda m, source, target: (m(source, target, tgt_mask=CAUSAL, src_key_padding_mask=SOURCE_PADDING,
                                      tgt_key_padding_mask=TARGET_PADDING, memory_key_padding_mask=SOURCE_PADDING),))

path = pathlib.Path(__file__).parent / "sequences.json"
cases = ",\n".join(f"{json.dumps(name)}: {json.dumps(content)}" for name, content in result.items())
path.write_text(f'{{"torch": "{torch.__version__}", "cases": {{\n{cases}\n}}}}\n')
print(f"{len(result)} cases, {path.stat().st_size // 1024} KiB")
