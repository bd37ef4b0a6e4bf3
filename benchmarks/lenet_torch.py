"""LeNet-300-100 on MNIST-sized data in PyTorch, written by hand: prints seconds per epoch.

  python benchmarks/lenet_torch.py THREADS

Images lie in memory as float32; masks multiply the weights in the forward pass. The least
of three epochs after one to warm up.
"""

import sys
import time

import torch  # pyright: ignore[reportMissingImports]
from torch.nn import functional  # pyright: ignore[reportMissingImports]

N, BATCH = 54_000, 128


def main() -> None:
    torch.set_num_threads(int(sys.argv[1]))
    images, labels = torch.rand(N, 784), torch.randint(0, 10, (N,))
    sizes = [(784, 300), (300, 100), (100, 10)]
    weights = [torch.randn(b, a) * (2 / a) ** 0.5 for a, b in sizes]
    masks = [torch.rand_like(w) > 0.5 for w in weights]
    biases = [torch.zeros(b) for _, b in sizes]
    params = [p.requires_grad_() for p in weights + biases]
    optimizer = torch.optim.SGD(params, lr=0.1)
    times = []
    for _ in range(4):
        begin = time.perf_counter()
        for batch in torch.randperm(N).split(BATCH):
            x = images[batch]
            for i, (weight, mask, bias) in enumerate(zip(weights, masks, biases, strict=True)):
                x = functional.linear(x, weight * mask, bias)
                x = functional.relu(x) if i < 2 else x
            loss = functional.cross_entropy(x, labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        times.append(time.perf_counter() - begin)
    print(min(times[1:]))


if __name__ == "__main__":
    main()
