"""What the backend can say, as plain data."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..backend.protocol import VERSION, Frame, ProtocolError

MAX_SIDE = 2048
"""Pixels of a side of a picture."""

MAX_TEXT = 8192
"""Characters of a text that are kept."""


class VersionError(Exception):
    """The backend speaks another version of the protocol."""


@dataclass(frozen=True)
class Hello:
    """The backend is ready."""

    version: str
    python: str
    torch: str
    device: str
    models: tuple[str, ...]


@dataclass(frozen=True)
class Progress:
    """How far a job is: fraction in 0..1."""

    id: int
    fraction: float
    text: str


@dataclass(frozen=True)
class Preview:
    """What a job is doing, as a picture (H, W, 3) uint8."""

    id: int
    picture: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Heartbeat:
    """The backend computes; running is the job that occupies it, a cancelled one included."""

    running: int | None


@dataclass(frozen=True)
class Log:
    """A line for the log."""

    level: str
    text: str


@dataclass(frozen=True)
class Result:
    """A job is done."""

    id: int
    fields: dict[str, Any] = field(repr=False)
    arrays: dict[str, np.ndarray] = field(repr=False)


@dataclass(frozen=True)
class Failed:
    """A job is refused or has failed; id None: what the backend itself complains of."""

    id: int | None
    code: str
    sentence: str
    cure: str


@dataclass(frozen=True)
class Cancelled:
    """A job will send nothing more."""

    id: int


@dataclass(frozen=True)
class Ended:
    """The backend is gone, and every open job with it. exit_code: None where it could not even be started."""

    sentence: str
    cure: str
    exit_code: int | None
    last_words: tuple[str, ...]


Message = Hello | Progress | Preview | Heartbeat | Log | Result | Failed | Cancelled | Ended


def parse(frame: Frame) -> Message:
    """The message in a frame. Raises ProtocolError for what is none, VersionError for a hello of another version."""
    header = frame.header
    match frame.type:
        case "hello":
            spoken = header.get("protocol")
            if spoken != VERSION:
                raise VersionError(
                    f"The backend speaks version {spoken!r:.40} of the protocol, this add-on version {VERSION}."
                )
            texts = [_get(header, name, str) for name in ("version", "python", "torch", "device")]
            models = _get(header, "models", list)
            return Hello(*texts, models=tuple(str(model) for model in models))
        case "progress":
            fraction = float(min(1, max(0, _get(header, "fraction", (int, float)))))
            return Progress(_get(header, "id", int), fraction, _get(header, "text", str))
        case "preview":
            picture = frame.arrays.get("picture", np.empty(0))
            fits = picture.ndim == 3 and picture.shape[2] == 3 and picture.dtype == np.uint8
            if not fits or not min(picture.shape) > 0 or max(picture.shape) > MAX_SIDE:
                raise ProtocolError("A preview has no proper picture.")
            return Preview(_get(header, "id", int), picture)
        case "heartbeat":
            return Heartbeat(_get(header, "running", (int, type(None))))
        case "log":
            return Log(_get(header, "level", str), _get(header, "text", str))
        case "result":
            fields = {name: value for name, value in header.items() if name not in ("type", "id")}
            return Result(_get(header, "id", int), fields, frame.arrays)
        case "error":
            texts = [_get(header, name, str) for name in ("code", "sentence", "cure")]
            return Failed(_get(header, "id", (int, type(None))), *texts)
        case "cancelled":
            return Cancelled(_get(header, "id", int))
        case other:
            raise ProtocolError(f"There is no message {other[:40]!r}.")


def _get(header: dict[str, Any], name: str, kinds: type | tuple[type, ...]) -> Any:
    value = header.get(name)
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise ProtocolError(f"A {header['type'][:40]} has no proper {name}.")
    return value[:MAX_TEXT] if isinstance(value, str) else value
