"""Files of torch.save, read without running anything that is in them: tensors by name."""

import io
import pickle
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.serialization import get_unsafe_globals_in_checkpoint

from backend.errors import Refusal
from third_party.unpickle import MALFORMED

DAMAGED = (*MALFORMED, RuntimeError, OSError)
"""What torch.load raises for bytes that are no checkpoint, and for what it does not trust."""

SETTINGS = ("omegaconf.", "pytorch_lightning.", "lightning.", "gdl.", "inferno.", "typing.", "collections.", "pathlib.")
"""Modules of the classes that hold a training's settings in a checkpoint; of no use, so none of them is made."""

STORAGES = {
    ("torch", f"{name}Storage"): kind
    for name, kind in {
        "Float": torch.float32,
        "Double": torch.float64,
        "Half": torch.float16,
        "BFloat16": torch.bfloat16,
        "Long": torch.int64,
        "Int": torch.int32,
        "Short": torch.int16,
        "Char": torch.int8,
        "Byte": torch.uint8,
        "Bool": torch.bool,
    }.items()
}


def read_content(path: Path, largest: int, topic: str, cure: str) -> Any:
    """What torch.save put into a file, tensors on the CPU: dictionaries, lists, numbers, text. Settings of a training
    that are objects of OmegaConf or Lightning are read as None.

    largest: bytes, unpacked. topic: what the codes of refusals begin with. Raises Refusal, with this cure, for what is
    absent, too large or damaged, or names a global beyond what tensors and settings need.
    """
    try:
        size, zipped = path.stat().st_size, zipfile.is_zipfile(path)
        if zipped:
            with zipfile.ZipFile(path) as archive:
                size = max(size, sum(entry.file_size for entry in archive.infolist()))
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Refusal(
            f"{topic}-checkpoint", f"{path} is absent, cut short or no checkpoint ({error}).", cure
        ) from error
    if size > largest:
        raise Refusal(f"{topic}-checkpoint", f"{path} is larger than any checkpoint of this kind.", cure)
    try:
        unsafe = sorted(get_unsafe_globals_in_checkpoint(path)) if zipped else []
        strange = [name for name in unsafe if not name.startswith(SETTINGS)]
        if strange:
            raise Refusal(
                f"{topic}-untrusted", f"{path} asks to run {', '.join(strange)}, which weights have no use for.", cure
            )
        if unsafe:
            return _without_settings(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGED as error:
        # Of the files before torch 1.6, which are no archives, only the loader itself can tell what they ask for.
        untrusted = not zipped and "Unsupported global" in str(error)
        raise Refusal(
            f"{topic}-untrusted" if untrusted else f"{topic}-checkpoint",
            f"{path} asks to run {_named(str(error))}, which weights have no use for."
            if untrusted
            else f"{path} is damaged, cut short or no checkpoint ({type(error).__name__}).",
            cure,
        ) from error


def tensors(content: object, path: Path, topic: str, cure: str) -> dict[str, Tensor]:
    """content as tensors by name. Raises Refusal where it is anything else, or a tensor is spread out beyond what the
    file holds of it."""
    if not isinstance(content, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) and _held(value) for name, value in content.items()
    ):
        raise Refusal(f"{topic}-checkpoint", f"{path} does not hold weights by name.", cure)
    return content


def load_strictly(network: nn.Module, weights: Mapping[str, Tensor], topic: str, cure: str, what: str) -> None:
    """Gives a network (made on the device "meta") these weights and no others, as float32, and makes it ready to
    evaluate. what: whose weights they are, for the sentence. Raises Refusal for missing, unexpected, misshapen or
    unusable ones, by name."""
    expected = network.state_dict()
    # A counter that batch normalisation keeps in training only; old files lack it.
    counters = {name for name in expected if name.endswith("num_batches_tracked")}
    missing = expected.keys() - weights.keys() - counters
    unexpected = weights.keys() - expected.keys()
    misshapen = [name for name in expected.keys() & weights.keys() if expected[name].shape != weights[name].shape]
    for fault, names in (("lacks", missing), ("has unexpected", unexpected), ("has misshapen", misshapen)):
        if names:
            raise Refusal(f"{topic}-checkpoint", f"{what} {fault} {some(names)}.", cure)
    numbers = {name: value for name, value in weights.items() if name not in counters}
    unusable = [name for name, value in numbers.items() if not (value.is_floating_point() and value.isfinite().all())]
    if unusable:
        raise Refusal(f"{topic}-checkpoint", f"{what} has no finite numbers in {some(unusable)}.", cure)
    whole = {name: value.float() for name, value in numbers.items()}
    whole |= {name: torch.zeros((), dtype=torch.int64) for name in counters}
    network.load_state_dict(whole, assign=True)
    network.requires_grad_(False).eval()


def some(names: Iterable[str]) -> str:
    """The first three names, and how many more."""
    ordered = sorted(names)
    more = f" and {len(ordered) - 3} more" if len(ordered) > 3 else ""
    return ", ".join(ordered[:3]) + more


def _held(value: Tensor) -> bool:
    """Whether the file holds every number of a tensor, rather than one that is spread out to fill memory."""
    if value.device.type != "cpu" or value.layout != torch.strided or value.is_quantized:
        return False
    return value.numel() * value.element_size() <= value.untyped_storage().nbytes()


def _named(message: str) -> str:
    """The global that torch's message is about."""
    words = message.split("GLOBAL ")
    return words[1].split()[0] if len(words) > 1 else "something"


def _without_settings(path: Path) -> Any:
    """What a file holds, its settings None. Raises what DAMAGED lists."""
    with zipfile.ZipFile(path) as archive:
        (pickled,) = (name for name in archive.namelist() if name.endswith("data.pkl"))
        return _Unpickler(archive, pickled).load()


class _Setting:
    """Stands for every object of a training's settings; whatever is done to it is forgotten."""

    def __init__(self, *ignored: object, **also: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass

    def __setitem__(self, name: object, value: object) -> None:
        pass

    def append(self, value: object) -> None:
        """Forgets it."""

    def extend(self, values: object) -> None:
        """Forgets them."""


class _Named(dict[str, Any]):
    """Stands for OrderedDict, without the versions of its modules that PyTorch notes on it."""

    def __setstate__(self, state: object) -> None:
        pass


class _Unpickler(pickle._Unpickler):
    """Makes tensors, plain values and _Setting alone. In Python, for the reason that third_party.unpickle gives."""

    def __init__(self, archive: zipfile.ZipFile, pickled: str) -> None:
        super().__init__(io.BytesIO(archive.read(pickled)))
        self._archive, self._folder = archive, pickled.removesuffix("data.pkl")
        self._storages: dict[str, Tensor] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuilt
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _parameter
        if (module, name) == ("collections", "OrderedDict"):
            return _Named
        if (module, name) in STORAGES:
            return STORAGES[module, name]
        return _Setting

    def persistent_load(self, pid: Any) -> Tensor:
        """(n,) the numbers of a storage, all of them."""
        _, kind, key, _, count = pid
        if not isinstance(kind, torch.dtype):
            raise ValueError("a storage holds no numbers")
        if key not in self._storages:
            content = bytearray(self._archive.read(f"{self._folder}data/{key}"))
            self._storages[key] = torch.frombuffer(content, dtype=kind) if content else torch.zeros(0, dtype=kind)
        if len(self._storages[key]) < count:
            raise ValueError("a storage is shorter than it claims")
        return self._storages[key]


def _rebuilt(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *ignored: object) -> Tensor:
    return torch.as_strided(storage, tuple(size), tuple(stride), offset)


def _parameter(value: Tensor, *ignored: object) -> Tensor:
    return value
