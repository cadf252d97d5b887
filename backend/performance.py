"""Performance: what a face does over time, wherever it came from; and its own file format, .npz."""

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .archives import BROKEN, write_arrays
from .channels import ARKIT_NAMES, CHANNEL, convert_weights
from .errors import Refusal
from .trace import Trace, trace_of

MAX_VALUES = 100_000_000
"""Largest number of values that a file may hold; 100 million are 4 hours of 62 channels at 120 frames per second."""

KNOWN = ("names", "weights", "fps", "head", "gaze", "torsion", "confidence", "source")
"""Arrays of a file, beside those of a trace."""

PIECE = 1 << 11
"""Frames that are interpolated at a time."""


@dataclass(frozen=True)
class Performance:
    """A face's motion at a fixed rate. All arrays float32.

    names: (C,) channel names, ARKit's or ours. weights: (T, C). fps: frames per second.
    head: (T, 6) rotation vector in radians and translation in metres of the head against its rest pose, canonical
    frame. gaze: (T, 4) yaw and pitch of the left, then of the right eye, in radians against the head: the eye's
    rotation is Ry(yaw) Rx(pitch), so yaw is positive to the character's left and pitch positive downwards. torsion: (T,
    2) roll of the left and right eye about its own line of sight. confidence: (T,) in 0..1. source: where it came from,
    for people to read. trace: what the mesh did that it was read from, where the channels do not say all of it.
    """

    names: tuple[str, ...]
    weights: np.ndarray
    fps: float
    head: np.ndarray
    gaze: np.ndarray
    torsion: np.ndarray
    confidence: np.ndarray
    source: str = ""
    trace: Trace | None = None

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.weights) / self.fps

    def named(self, names: tuple[str, ...]) -> "Performance":
        """The same motion with the channels of other names, ARKit's or ours."""
        return replace(self, names=tuple(names), weights=convert_weights(self.weights, self.names, tuple(names)))

    def part(self, first: int, end: int) -> "Performance":
        """The frames from first up to end."""
        fields = ("weights", "head", "gaze", "torsion", "confidence")
        trace = None if self.trace is None else self.trace.part(first, end)
        return replace(self, **{field: getattr(self, field)[first:end] for field in fields}, trace=trace)

    def resample(self, fps: float) -> "Performance":
        """The same motion at another rate, linear between frames; the last frame stands for the time after it.
        Raises Refusal for a rate that is not above 0 or makes the motion too long."""
        check_rate(fps)
        count = max(1, round(len(self.weights) * fps / self.fps))
        check_size(count, len(self.names))
        position = np.minimum(np.arange(count) * self.fps / fps, len(self.weights) - 1)
        return replace(
            self,
            fps=float(fps),
            **{field: interpolate(getattr(self, field), position) for field in ("weights", "gaze", "torsion")},
            head=interpolate_head(self.head, position),
            confidence=interpolate(self.confidence, position),
            trace=None
            if self.trace is None
            else replace(self.trace, amounts=interpolate(self.trace.amounts, position)),
        )


def performance(
    names: tuple[str, ...],
    weights: np.ndarray,
    fps: float,
    head: np.ndarray | None = None,
    gaze: np.ndarray | None = None,
    torsion: np.ndarray | None = None,
    confidence: np.ndarray | None = None,
    source: str = "",
) -> Performance:
    """A checked Performance; head, gaze and torsion are at rest and the confidence is 1 where they are not given.

    Raises Refusal for names that are unknown or twice there, sizes that do not match, values that are not finite, no
    frames, a rate that is not above 0, or more than MAX_VALUES weights.
    """
    check_rate(fps)
    names = tuple(str(name) for name in names)
    known = set(ARKIT_NAMES) | set(CHANNEL)
    strange = [name for name in names if name not in known]
    if strange or len(set(names)) != len(names):
        raise Refusal(
            "bad-channels",
            f"Unknown channel {strange[0]!r}." if strange else "A channel is there twice.",
            "Use the ARKit or the ICT-FaceKit names.",
        )
    shape = np.shape(weights)
    if len(shape) != 2 or shape[1] != len(names) or shape[0] == 0:
        raise Refusal(
            "bad-performance", "The weights are not one row per frame and one column per channel.", "Export it again."
        )
    check_size(*shape)
    frames = shape[0]
    return Performance(
        names,
        checked("weights", weights, shape),
        float(fps),
        checked("head", head, (frames, 6)),
        checked("gaze", gaze, (frames, 4)),
        checked("torsion", torsion, (frames, 2)),
        np.clip(checked("confidence", np.ones(frames) if confidence is None else confidence, (frames,)), 0, 1),
        str(source),
    )


def checked(name: str, values: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """values as float32 of the given shape, or zeros. Raises Refusal for another shape or values that are not
    finite."""
    if values is None:
        return np.zeros(shape, np.float32)
    array = np.asarray(values)
    if array.shape != shape or array.dtype.kind not in "fiub":
        raise Refusal(
            "bad-performance", f"The {name} of the performance have the wrong size or type.", "Export it again."
        )
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise Refusal(
            "not-finite", f"The {name} of the performance hold values that are not numbers.", "Export it again."
        )
    return array


def check_rate(fps: float) -> None:
    """Raises Refusal unless fps is a number above 0."""
    if not (np.isfinite(fps) and 0 < fps <= 100_000):
        raise Refusal("bad-rate", f"{fps} is no frame rate.", "Give a number of frames per second above 0.")


def check_size(frames: int, channels: int) -> None:
    """Raises Refusal for more than MAX_VALUES weights."""
    if frames * max(channels, 1) > MAX_VALUES:
        raise Refusal("too-large", f"The performance has {frames:,} frames.", "Cut it into shorter takes.")


def interpolate(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Values (T, ...) at fractional frame positions (S,), linearly."""
    result = np.empty((len(position), *values.shape[1:]), np.float32)
    # Piece by piece: in doubles a long clip would take four times its memory.
    for start in range(0, len(position), PIECE):
        some = position[start : start + PIECE]
        low = np.floor(some).astype(np.int64)
        high = np.minimum(low + 1, len(values) - 1)
        share = (some - low).reshape(-1, *[1] * (values.ndim - 1))
        result[start : start + PIECE] = (1 - share) * values[low] + share * values[high]
    return result


def interpolate_head(head: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Head (T, 6) at fractional frame positions. Rotation vectors are first unwrapped to the one of each rotation's
    vectors that is nearest to the frame before, so that a turn through 180 degrees does not spin back."""
    rotation = head[:, :3].astype(np.float64)
    angle = np.linalg.norm(rotation, axis=1)
    if (angle > 2.5).any():
        for frame in range(1, len(rotation)):
            norm = np.linalg.norm(rotation[frame])
            axis = rotation[frame] / norm if norm > 1e-9 else np.zeros(3)
            turns = np.round((rotation[frame - 1] @ axis - norm) / (2 * np.pi))
            rotation[frame] += 2 * np.pi * turns * axis
    return interpolate(np.concatenate([rotation, head[:, 3:]], axis=1), position)


def write_npz(path: Path, motion: Performance) -> None:
    """Writes every field, exactly."""
    write_arrays(
        path,
        names=np.array(motion.names, dtype=np.str_),
        weights=motion.weights,
        fps=np.float64(motion.fps),
        head=motion.head,
        gaze=motion.gaze,
        torsion=motion.torsion,
        confidence=motion.confidence,
        source=np.str_(motion.source),
        **({} if motion.trace is None else motion.trace.arrays()),
    )


def read_npz(path: Path) -> Performance:
    """Reads what write_npz wrote. names, weights and fps must be there; the rest is at rest where it is missing.
    Raises Refusal for files that are something else, damaged or too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            largest = max((entry.file_size for entry in archive.infolist()), default=0)
        if largest > 4 * MAX_VALUES + 4096:
            raise Refusal("too-large", f"{path.name} is too large.", "Cut it into shorter takes.")
        with np.load(path, allow_pickle=False) as arrays:
            fields = {name: arrays[name] for name in arrays.files if name in KNOWN or name.startswith("trace_")}
    except BROKEN as error:
        raise Refusal("bad-performance", f"{path.name} cannot be read as a performance.", "Export it again.") from error
    if missing := {"names", "weights", "fps"} - fields.keys():
        raise Refusal("bad-performance", f"{path.name} lacks {', '.join(sorted(missing))}.", "Export it again.")
    if fields["fps"].size != 1 or fields["fps"].dtype.kind not in "fiu" or fields["names"].dtype.kind != "U":
        raise Refusal("bad-performance", f"{path.name} has a damaged header.", "Export it again.")
    motion = performance(
        tuple(fields["names"].reshape(-1).tolist()),
        fields["weights"],
        float(fields["fps"].reshape(-1)[0]),
        *(fields.get(name) for name in ("head", "gaze", "torsion", "confidence")),
        source=str(fields.get("source", "")),
    )
    return replace(motion, trace=trace_of(fields, len(motion.weights)))
