"""ResNet-20 on random images of CIFAR's size in PyTorch: prints seconds per step.

  python benchmarks/resnet20_torch.py THREADS

The least of three runs of 6 steps after one to warm up; SGD with momentum and decay, batch 128.
"""

import sys
import time

import torch  # pyright: ignore[reportMissingImports]
from torch.nn import functional  # pyright: ignore[reportMissingImports]

from pruning_jax.exchange.torch_networks import resnet20

STEPS, BATCH = 6, 128


def main() -> None:
    torch.set_num_threads(int(sys.argv[1]))
    network = resnet20()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    images, labels = torch.rand(BATCH, 3, 32, 32), torch.randint(0, 10, (BATCH,))
    times = []
    for _ in range(4):
        begin = time.perf_counter()
        for _ in range(STEPS):
            optimizer.zero_grad()
            functional.cross_entropy(network(images), labels).backward()
            optimizer.step()
        times.append((time.perf_counter() - begin) / STEPS)
    print(min(times[1:]))


if __name__ == "__main__":
    main()
