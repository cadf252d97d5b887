"""Batches of clips as the network of speech hears them, in an endless, reproducible stream."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.speech.log_mel import BANDS, HOP, WINDOW, Level, log_mel
from backend.speech.sound import RATE
from backend.training.acoustics import music, recorded
from backend.training.spoken_clips import STEP, Shard

SECONDS = 4.0
"""Of a crop."""

HELD_OUT = ("flite_rms", "festival_czech_machac", "festival_upc_ca_ona_hts", "espeak_pt", "espeak_pt-br")
"""Voices, and with them two languages, that are never trained on."""

LIKE, UNLIKE = 3.0, 0.25
"""How often recordings are chosen, and a voice of rules, where a voice that is put together of a person's is once."""


AHEAD = 4
"""Batches that are made before they are needed."""


@dataclass(frozen=True)
class Batch:
    """bands: (B, T, BANDS) float32 without their level. labels: (B, T) uint8, what sounds in the middle of each
    frame."""

    bands: np.ndarray
    labels: np.ndarray


def load_shards(folder: Path, held_out: bool) -> dict[str, Shard]:
    """Voices to train on, or those that are held out."""
    shards = {}
    for path in sorted(folder.glob("*.npz")):
        if (path.stem in HELD_OUT) == held_out:
            with np.load(path, allow_pickle=False) as arrays:
                shards[path.stem] = Shard(*(arrays[name] for name in ("samples", "labels", "ends")))
    return shards


def make_batch(shards: dict[str, Shard], size: int, seed: int, index: int, varied: bool = True) -> Batch:
    """Batch number `index` of the stream with this seed. varied: with rooms, noises and other voices."""
    random = np.random.default_rng([seed, index])
    names = sorted(shards)
    weights = np.array([_weight(name, shards[name]) for name in names])
    chosen = random.choice(len(names), size, p=weights / weights.sum())
    crops = [_crop(shards[names[at]], random, varied) for at in chosen]
    samples, labels = (np.stack(column) for column in zip(*crops, strict=True))
    bands = []
    for at in range(size):
        heard = samples[at]
        if varied:
            heard = recorded(heard, samples[at - 1], random)
        warp = float(random.uniform(0.88, 1.14)) if varied else 1.0
        # a few tables of bands serve all
        bands.append(log_mel(np.lib.stride_tricks.sliding_window_view(heard, WINDOW)[::HOP], round(warp * 50) / 50))
    features = np.stack(bands)
    if varied:
        _masked(features, random)
    return Batch(_levelled(features, random, varied), labels)


def _weight(name: str, shard: Shard) -> float:
    share = {"recorded": LIKE, "espeak": UNLIKE}.get(name.partition("_")[0], 1.0)
    return share * float(len(shard.samples)) ** 0.5


def _crop(shard: Shard, random: np.random.Generator, varied: bool) -> tuple[np.ndarray, np.ndarray]:
    """(N,) float32 samples and (T,) labels of the frames in them; the frames' middles are HOP apart."""
    frames = int(SECONDS * RATE) // HOP
    count = (frames - 1) * HOP + WINDOW
    factor = float(np.exp(random.uniform(-0.2, 0.2))) if varied and random.random() < 0.7 else 1.0
    need = int(count * factor) + 2
    start = int(random.integers(0, (len(shard.samples) - need) // STEP)) * STEP
    own = shard.samples[start : start + need].astype(np.float32) / 32768
    places = np.arange(count, dtype=np.float32) * np.float32(factor)
    samples = own[:count] if factor == 1.0 else np.interp(places, np.arange(need), own).astype(np.float32)
    middles = ((np.arange(frames) * HOP + WINDOW / 2) * factor + start) / STEP
    labels = shard.labels[middles.astype(int)]
    if varied and random.random() < 0.25:
        first = int(random.integers(0, frames - 20))
        last = min(first + int(random.integers(20, 150)), frames)
        samples[first * HOP : last * HOP + WINDOW - HOP] = 0
        labels = labels.copy()
        labels[first:last] = 0
    if varied and random.random() < 0.03:
        return music(count, random), np.zeros(frames, np.uint8)
    return samples, labels


def _levelled(bands: np.ndarray, random: np.random.Generator, varied: bool) -> np.ndarray:
    """Without the level, as it is learnt from the beginning, or after a while."""
    level = Level()
    if varied:
        known = random.random(len(bands)) < 0.6
        own = bands.mean(1) + random.normal(0, 0.1, (len(bands), 1))
        level = Level(np.where(known[:, None], own, level.mean))
        level.heard = 0
    return np.stack([level.removed(bands[:, at]) for at in range(bands.shape[1])], 1).astype(np.float32)


def _masked(bands: np.ndarray, random: np.random.Generator) -> None:
    """Hides a few bands and moments (Park et al. 2019)."""
    for one in bands:
        for _ in range(int(random.integers(0, 3))):
            width, first = int(random.integers(1, 7)), int(random.integers(0, BANDS - 7))
            one[:, first : first + width] = one[:, first : first + width].mean()
        if random.random() < 0.5:
            length, first = int(random.integers(1, 8)), int(random.integers(0, len(one) - 8))
            one[first : first + length] = one.mean(0)


def batch_stream(shards: dict[str, Shard], size: int, seed: int, first: int) -> Iterator[Batch]:
    """Batches first, first + 1, ... in order, made by another thread, which stays a little ahead and waits."""
    with ThreadPoolExecutor(1) as thread:
        ahead = [thread.submit(make_batch, shards, size, seed, first + number) for number in range(AHEAD)]
        index = first + len(ahead)
        while True:
            yield ahead.pop(0).result()
            ahead.append(thread.submit(make_batch, shards, size, seed, index))
            index += 1
