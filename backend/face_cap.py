"""The text that Face Cap writes: a line "bs" with the names of the shapes, then a line "k" for every frame with its
time in milliseconds, the motion of head and eyes, and the weights of the shapes."""

from array import array
from pathlib import Path

import numpy as np

from .channels import ARKIT_NAMES, CHANNEL, recognise
from .errors import Refusal
from .live_link import MAX_BYTES, frame_slots
from .performance import Performance, check_size, interpolate, performance


def read_face_cap(path: Path) -> Performance:
    """A Performance under ARKit's names of the shapes that the file has. Head and eyes are at rest: what their angles
    turn about is not documented. Frames that were dropped are interpolated and get confidence 0. Raises Refusal for
    files that are too large or no recording, and for texts that are not numbers."""
    if path.stat().st_size > MAX_BYTES:
        raise Refusal("too-large", f"{path.name} is larger than a gigabyte.", "Cut it into shorter takes.")
    columns: dict[str, int] = {}
    count, clocks, numbers = 0, [], array("d")
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for line in stream:
                cells = line.strip().split(",")
                if cells[0] == "bs":
                    count = len(cells) - 1
                    columns = _columns(cells[1:])
                elif cells[0] == "k" and columns and len(cells) > count + 1:
                    clocks.append(str(float(cells[1]) / 1000))
                    numbers.extend(float(cells[at - count]) for at in columns.values())
                    check_size(len(clocks), count)
    except (UnicodeDecodeError, ValueError) as error:
        raise Refusal(
            "bad-capture", f"{path.name} holds a value that is not a number, or is no text.", "Export the take again."
        ) from error
    if not clocks:
        raise Refusal("no-frames", f"{path.name} has no frames of a face.", "Choose a recording of Face Cap.")
    values = np.frombuffer(numbers, np.float64).reshape(len(clocks), -1).astype(np.float32)
    slot, fps = frame_slots(clocks, path.name)
    frames = int(slot[-1]) + 1
    check_size(frames, len(columns))
    confidence = np.zeros(frames, np.float32)
    confidence[slot] = 1
    weights = interpolate(values, np.interp(np.arange(frames), slot, np.arange(len(slot))))
    return performance(tuple(columns), weights, fps, confidence=confidence, source=path.name)


def _columns(titles: list[str]) -> dict[str, int]:
    """Where the channels of the names stand among the weights, in ARKit's order."""
    found: dict[str, int] = {}
    for column, title in enumerate(titles):
        for channel in filter(None, (CHANNEL[one].arkit for one in recognise(title))):
            found.setdefault(channel, column)
    return {name: found[name] for name in ARKIT_NAMES if name in found}
