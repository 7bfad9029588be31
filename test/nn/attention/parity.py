"""What PyTorch makes of a transformer encoder, as JSON: outputs in both modes, and all gradients.

test/nn/attention/fixtures/encoder.json was written by
    OMP_NUM_THREADS=1 python3 parity.py --features 6 --ff 8 --steps 4
with PyTorch 1.13. Numbers are exact in float32 where they go in, and computed in float64.
"""
import argparse
import json

import torch
from torch import nn


def rounded(tensor):
    return [float(f"{x:.10g}") for x in tensor.detach().double().flatten().tolist()]


def written(tensor):
    return {"shape": list(tensor.shape), "data": rounded(tensor)}


def encoder(a, norm_first, activation, state=None):
    layer = nn.TransformerEncoderLayer(
        a.features, a.heads, a.ff, dropout=0.0, activation=activation, batch_first=True, norm_first=norm_first
    )
    model = nn.TransformerEncoder(layer, a.layers, nn.LayerNorm(a.features), enable_nested_tensor=False).double()
    if state is not None:
        model.load_state_dict(state)
    return model


def main():
    parser = argparse.ArgumentParser()
    for name, value in [("features", 6), ("heads", 2), ("ff", 8), ("layers", 2), ("batch", 2), ("steps", 4)]:
        parser.add_argument("--" + name, type=int, default=value)
    a = parser.parse_args()
    torch.manual_seed(0)
    # all parameters away from their starts, biases and norms too, and exact in float32
    state = {}
    for name, p in encoder(a, False, "relu").state_dict().items():
        start = 1.0 if "norm" in name and name.endswith("weight") else 0.0
        spread = 2.0 if p.dim() < 2 else 2.0 * p.shape[1] ** -0.5
        state[name] = (start + spread * (torch.rand(p.shape) - 0.5)).float().double()
    x = torch.randn(a.batch, a.steps, a.features).float().double()
    cotangent = torch.randn(a.batch, a.steps, a.features).float().double()
    padding = torch.zeros(a.batch, a.steps, dtype=torch.bool)
    padding[-1, a.steps // 2 :] = True
    causal = torch.ones(a.steps, a.steps, dtype=torch.bool).triu(1)
    cases = []
    for norm_first in [False, True]:
        for activation, is_causal, padded in [("relu", False, True), ("gelu", True, False), ("relu", True, True)]:
            model = encoder(a, norm_first, activation, state)
            masks = {"mask": causal if is_causal else None, "src_key_padding_mask": padding if padded else None}
            source = x.clone().requires_grad_()
            out = model.train()(source, **masks)
            (out * cotangent).sum().backward()
            with torch.no_grad():
                evaluated = model.eval()(x, **masks)
            cases.append(
                {
                    "norm_first": norm_first,
                    "activation": activation,
                    "causal": is_causal,
                    "padded": padded,
                    "train": rounded(out),
                    "eval": rounded(evaluated),
                    "grads": {name: rounded(p.grad) for name, p in model.named_parameters()},
                    "input_grad": rounded(source.grad),
                }
            )
    print(
        json.dumps(
            {
                "torch": torch.__version__,
                "heads": a.heads,
                "state": {name: written(p) for name, p in state.items()},
                "x": written(x),
                "cotangent": rounded(cotangent),
                "padding": padding.int().flatten().tolist(),
                "cases": cases,
            },
            separators=(",", ":"),
        )
    )


main()
