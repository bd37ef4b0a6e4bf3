"""The input of ImageNet on this machine: decoded and augmented images per second, beside Pillow
alone.

  python benchmarks/imagenet_input.py

The images are made here: 500 x 375 pixels, about 110 kB each as JPEG, which is typical of ImageNet;
and 1600 x 1200, of which ImageNet has a few. A core's second is a second of processor time, of this
process and of those that it started, so that other programs on the machine have little influence.
The ways take turns, and medians of ROUNDS are printed as a table in Markdown.
"""

import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import psutil
from PIL import Image

from pruning_jax.data.reading import feed, pixels
from pruning_jax.data.reading.encoded import Encoded, Shard

SHAPE = (224, 224, 3)
BATCH, BATCHES = 128, 6
ROUNDS = 3
DIFFERENT = 40
"""How many images are made; the data set repeats them."""


def photograph(seed: int, width: int, height: int) -> Image.Image:
    """Smooth noise at several scales, as large as in photographs, and a little fine noise."""
    random, image = np.random.default_rng(seed), np.zeros((height, width, 3))
    for size in (4, 8, 16, 32, 64, 128):
        coarse = random.normal(size=(height // size + 2, width // size + 2, 3))
        coarse = 0.8 * coarse.mean(-1, keepdims=True) + 0.3 * coarse
        layers = [Image.fromarray(c.astype(np.float32)) for c in np.moveaxis(coarse, -1, 0)]
        smooth = [np.asarray(x.resize((width, height), Image.Resampling.BICUBIC)) for x in layers]
        image += np.stack(smooth, -1) * size**0.6
    image += random.normal(0, 2.5, (height, width, 1))
    image = 120 + 55 * (image - image.mean()) / image.std()
    return Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def prepared(folder: Path, files: list[bytes]) -> Encoded:
    """Images in a shard as TFDS writes it."""
    from array_record.python.array_record_module import ArrayRecordWriter
    from tensorflow_datasets.proto import tf_example_pb2

    path, known = folder / "images.array_record", cast(Any, tf_example_pb2)
    writer = ArrayRecordWriter(str(path), "group_size:1")
    for file in files:
        example = known.Example()
        example.features.feature["image"].bytes_list.value.append(file)
        writer.write(example.SerializeToString())
    writer.close()
    shard = Shard("train", str(path), 0, len(files))
    return Encoded((shard,), np.arange(len(files), dtype=np.int32))


def spent() -> float:
    """Seconds of processor time, of this process and those below it."""
    this = psutil.Process()
    times = [process.cpu_times() for process in (this, *this.children())]
    return sum(each.user + each.system for each in times)


def pillow(files: list[bytes], count: int) -> float:
    """Images per core and second of Pillow's whole decode to an RGB array."""
    begin = spent()
    for number in range(count):
        np.asarray(Image.open(io.BytesIO(files[number % len(files)])).convert("RGB"))
    return count / (spent() - begin)


def fed(images: Encoded, workers: int, crop: bool) -> float:
    """Images per core and second of the feed, once it runs."""
    order = np.arange(2 * BATCHES * BATCH, dtype=np.int32) % len(images)
    batches = feed.training(
        images,
        order.reshape(-1, BATCH),
        np.array([1, 2], np.uint32),
        SHAPE,
        resized_crop=crop,
        workers=workers,
    )
    for _ in range(BATCHES // 2):  # until it runs evenly
        next(batches)
    begin = spent()
    for _ in range(BATCHES):
        next(batches)
    end = spent()
    return BATCHES * BATCH / (end - begin)


def started(images: Encoded, workers: int) -> float:
    """Seconds until the first batch."""
    order = np.arange(BATCH, dtype=np.int32).reshape(1, -1) % len(images)
    begin = time.perf_counter()
    next(feed.evaluation(images, order, SHAPE, workers=workers))
    return time.perf_counter() - begin


def shrunk(file: bytes) -> tuple[float, float]:
    """Milliseconds for a large image's central crop: decoded whole, and as `pixels` does it."""

    def whole() -> None:
        image = Image.open(io.BytesIO(file))
        box = pixels.central_box(image.size, SHAPE[:2])
        image.convert("RGB").resize(SHAPE[:2], Image.Resampling.BILINEAR, box)

    def milliseconds(work: Callable[[], object]) -> float:
        begin = time.perf_counter()
        for _ in range(20):
            work()
        return 50 * (time.perf_counter() - begin)

    both = [(milliseconds(whole), milliseconds(lambda: pixels.pixels(file, SHAPE, None)))]
    both += [(milliseconds(whole), milliseconds(lambda: pixels.pixels(file, SHAPE, None)))]
    return min(a for a, _ in both), min(b for _, b in both)


def main() -> None:
    files = [jpeg(photograph(seed, 500, 375), 95) for seed in range(DIFFERENT)]
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        images = prepared(Path(folder), files * 20)
        ways: dict[str, Callable[[], float]] = {
            "Pillow's whole decode, one process": lambda: pillow(files, BATCH * BATCHES),
            "training batches, in the process itself": lambda: fed(images, 0, True),
            "training batches, 1 worker": lambda: fed(images, 1, True),
            f"training batches, {cores} workers": lambda: fed(images, cores, True),
            "central crops, 1 worker": lambda: fed(images, 1, False),
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                rates[name].append(way())
        start = started(images, cores)
    medians = {name: statistics.median(each) for name, each in rates.items()}
    base = next(iter(medians.values()))
    size = statistics.mean(map(len, files)) / 1e3
    print(f"| what (500 x 375, {size:.0f} kB) | images/s per core | of Pillow's |\n|---|---|---|")
    for name, rate in medians.items():
        print(f"| {name} | {rate:.0f} | {rate / base:.2f} |")
    whole, ours = shrunk(jpeg(photograph(0, 1600, 1200), 90))
    print(f"\nFirst batch of {BATCH}, {cores} workers to be started: {start:.1f} s.")
    print(f"1600 x 1200: decoded whole {whole:.1f} ms, decoded smaller {ours:.1f} ms.")


if __name__ == "__main__":
    main()
