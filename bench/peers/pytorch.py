"""PyTorch on one thread: one line of JSON per work, as run.ts prints them."""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
match = (sys.argv[1] if len(sys.argv) > 1 else "").lower()


def least(step):
    """The least milliseconds of some runs."""
    for _ in range(3):
        step()
    best, runs, end = float("inf"), 0, time.perf_counter() + 0.5
    while runs < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        best, runs = min(best, time.perf_counter() - start), runs + 1
    return 1000 * best


def measure(work, prepare):
    if match in work.lower():
        print(json.dumps({"work": work, "ms": least(prepare())}), flush=True)


def matmul(m, k, n):
    a, b = torch.randn(m, k), torch.randn(k, n)
    return lambda: a @ b


def unary(f, *shape):
    x = torch.randn(*shape)
    return lambda: f(x)


def add():
    a, b = torch.randn(1_000_000), torch.randn(1_000_000)
    return lambda: a + b


def mlp(dropout=0.2):
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Dropout(dropout), nn.Linear(128, 10))


def lenet():
    return nn.Sequential(
        nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )


def training(model, optimizer, *shape):
    x, y = torch.rand(*shape), torch.randint(0, 10, shape[:1])

    def step():
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def inference(model, *shape):
    model.eval()
    x = torch.rand(*shape)

    def step():
        with torch.no_grad():
            return model(x).numpy()

    return step


def train_mlp(batch):
    model = mlp()
    return training(model, torch.optim.Adam(model.parameters(), lr=1e-3), batch, 784)


def train_lenet(batch):
    model = lenet()
    return training(model, torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9), batch, 3, 32, 32)


print(json.dumps({"version": f"{torch.__version__} ({torch.backends.cpu.get_cpu_capability()})"
                  if hasattr(torch.backends, "cpu") else torch.__version__}))
for size in [(256, 256, 256), (512, 512, 512), (1024, 1024, 1024), (32, 784, 128), (128, 784, 128)]:
    measure("A matmul {}x{}x{}".format(*size), lambda: matmul(*size))
for batch in [32, 128]:
    measure(f"B mlp b{batch}", lambda: train_mlp(batch))
for batch in [4, 32, 128]:
    measure(f"C lenet b{batch}", lambda: train_lenet(batch))
measure("F exp", lambda: unary(torch.exp, 1_000_000))
measure("F tanh", lambda: unary(torch.tanh, 1_000_000))
measure("F add", add)
measure("F sum", lambda: unary(torch.sum, 1_000_000))
measure("F softmax", lambda: unary(lambda x: torch.softmax(x, -1), 1024, 1024))
for batch in [1, 64]:
    measure(f"G mlp b{batch}", lambda: inference(mlp(0), batch, 784))
    measure(f"G lenet b{batch}", lambda: inference(lenet(), batch, 3, 32, 32))
