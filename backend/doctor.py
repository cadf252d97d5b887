"""Is the backend in order: environment, device, models, cache, and a head built from end to end."""

import platform
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from backend import VERSION
from backend.errors import Progress, Refusal, silent
from backend.models import WEIGHTS, models

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"
SET_UP = "Set up the backend again."

_OLDEST_PYTHON = (3, 11)
_LEAST_MEMORY = 3_500_000_000
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([A-Za-z0-9_.!]+)", re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. cure: empty where it is in order."""

    name: str
    ok: bool
    text: str
    cure: str = ""


def examine(progress: Progress = silent) -> tuple[Finding, ...]:
    """Looks at everything, the quick things first. Raises Cancelled when progress does."""
    findings: list[Finding] = []
    for number, (name, check) in enumerate(CHECKS.items()):
        progress(number / len(CHECKS), name.capitalize())
        try:
            findings += check()
        except Refusal as refusal:
            findings.append(Finding(name, False, refusal.sentence, refusal.cure))
        except (ImportError, OSError, ValueError) as error:
            findings.append(Finding(name, False, f"It does not work: {error}.", SET_UP))
    return tuple(findings)


def check_python() -> Iterator[Finding]:
    """The interpreter that runs this."""
    ok = sys.version_info >= _OLDEST_PYTHON
    yield Finding(
        "python",
        ok,
        f"{platform.python_version()} on {platform.system()} {platform.machine()}, Facsimile {VERSION}",
        "" if ok else "Use Python 3.11 or later.",
    )


def check_packages(folder: Path = REQUIREMENTS) -> Iterator[Finding]:
    """What is installed against the pins of the requirement files."""
    pins = dict(pin for file in sorted(folder.glob("backend*.txt")) for pin in _PIN.findall(file.read_text("utf-8")))
    if not pins:
        yield Finding("packages", False, "The list of required packages is not here.", "Install Facsimile again.")
        return
    wrong = 0
    for name, wanted in pins.items():
        try:
            # A local build of the same release (1.0+cpu for 1.0) is as good.
            found = metadata.version(name).partition("+")[0]
        except metadata.PackageNotFoundError:
            found = "missing"
        if found != wanted:
            wrong += 1
            yield Finding("packages", False, f"{name} is {found}; {wanted} is required.", SET_UP)
    if not wrong:
        yield Finding("packages", True, f"all {len(pins)} as required")


def check_device() -> Iterator[Finding]:
    """Torch, where it computes, and whether it computes there what numpy computes here."""
    import torch

    from backend.device import choose_device, describe_device, memory_of, pin_threads

    threads, device = pin_threads(), choose_device()
    matrix = np.random.default_rng(0).standard_normal((256, 256)).astype(np.float32)
    on_device = torch.from_numpy(matrix).to(device)
    error = float(np.abs((on_device @ on_device).cpu().numpy() - matrix @ matrix).max())
    ok = error < 0.1
    yield Finding(
        "device",
        ok,
        f"{describe_device(device)}, torch {torch.__version__}, {threads} {'threads' if threads > 1 else 'thread'}",
        "" if ok else f"It multiplies wrongly (by {error:.2g}). Choose another device, such as the processor.",
    )
    memory = memory_of(device)
    enough = memory == 0 or memory >= _LEAST_MEMORY
    yield Finding(
        "memory",
        enough,
        f"{memory / 1e9:.0f} GB" if memory else "unknown",
        "" if enough else f"At least {_LEAST_MEMORY / 1e9:.0f} GB are needed.",
    )


def check_models(folder: Path = WEIGHTS) -> Iterator[Finding]:
    """The trained weights, whether they are whole, and their cards."""
    from safetensors import SafetensorError, safe_open

    found = models(folder)
    if not found:
        yield Finding("models", False, "There are no trained models.", "Install Facsimile again, or train them.")
    for model in found:
        size = model.path.stat().st_size / 1e6
        text = f"{model.name}, {size:.1f} MB, sha256 {model.sha256()[:16]}"
        try:
            with safe_open(model.path, framework="np") as file:
                text += f", {len(file.keys())} tensors"
        except SafetensorError as error:
            yield Finding("models", False, f"{text}, is damaged: {error}.", "Install Facsimile again.")
            continue
        if model.card:
            yield Finding("models", True, f"{text}, card {model.card.name}")
        else:
            yield Finding("models", False, f"{text}, without a card.", "Do not use weights of unknown origin.")


def check_landmarks() -> Iterator[Finding]:
    """The landmark detector loads and runs."""
    from backend.imaging.landmarks import LANDMARKS, LandmarkDetector

    with LandmarkDetector() as detector:
        faces = detector.detect(np.zeros((64, 64, 3), np.uint8))
    yield Finding(
        "landmarks", not faces, f"{LANDMARKS} points of a face" if not faces else "It sees a face in nothing."
    )


def check_cache() -> Iterator[Finding]:
    """The disk cache's place and size, and whether it keeps what it is given."""
    from backend.geometry.cache import DiskCache, cache_key

    cache, key, number = DiskCache(), cache_key("doctor"), np.arange(3)
    cache.store(key, {"number": number})
    kept = cache.load(key)
    ok = kept is not None and np.array_equal(kept["number"], number)
    cure = "" if ok else "Every head is prepared anew. Set FACSIMILE_CACHE to a folder that can be written to."
    yield Finding("cache", ok, f"{cache.folder}, {cache.size() / 1e6:.1f} MB", cure)


def check_self_test() -> Iterator[Finding]:
    """Builds the shapes of the open head."""
    from backend.cloning.shapes import build_shapes
    from backend.faces.open_head import open_head_mesh

    start = time.monotonic()
    shapes = build_shapes(open_head_mesh())
    seconds = time.monotonic() - start
    jaw = shapes.deltas[shapes.names.index("jawOpen")]
    motion = float(np.linalg.norm(jaw, axis=1).max() / np.ptp(shapes.vertices[:, 1]))
    ok = bool(np.isfinite(shapes.deltas).all()) and 0.02 < motion < 0.4 and shapes.confidence > 0.5
    yield Finding(
        "self-test",
        ok,
        f"{len(shapes.names)} shapes for the open head in {seconds:.1f} s, confidence {shapes.confidence:.2f}, "
        f"the jaw opens by {motion:.0%} of the height",
        "" if ok else "These are not shapes that work. Set up the backend again.",
    )


CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "python": check_python,
    "packages": check_packages,
    "device": check_device,
    "models": check_models,
    "landmarks": check_landmarks,
    "cache": check_cache,
    "self-test": check_self_test,
}
