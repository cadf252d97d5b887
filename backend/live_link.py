"""The CSV that Live Link Face writes: a timecode, a count, ARKit's 52 weights and nine angles per frame.

The angles are Unreal's rotators: left-handed about x forward, y right, z up, with ARKit's axes (x to the face's own
left, y up, z out of the face) mapped to (-z, x, y). In our frame, which is ARKit's, a rotator is Ry(-yaw) Rx(pitch)
Rz(-roll). Recorded clips confirm it for the eyes: LeftEyeYaw falls as eyeLookOutLeft rises, LeftEyePitch rises as
eyeLookDownLeft does.
"""

import csv
import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from .channels import ARKIT_NAMES, CHANNEL, recognise
from .errors import Refusal
from .performance import Performance, check_size, interpolate, performance

MAX_BYTES = 1 << 30
MAX_LINE = 1 << 16
MOST = 1e30
"""Values beyond are no weights and no angles."""
ANGLES = tuple(f"{part}{angle}" for part in ("Head", "LeftEye", "RightEye") for angle in ("Yaw", "Pitch", "Roll"))
TIMECODE_BASE = 60
"""Frames per second that Live Link Face's timecodes count in, whatever the rate it records at."""
COMMON_RATES = (24.0, 25.0, 30.0, 48.0, 50.0, 60.0, 90.0, 100.0, 120.0, 24000 / 1001, 30000 / 1001, 60000 / 1001)


def column_order() -> tuple[str, ...]:
    """The 61 values of a row in the app's order: ARKit's with jawRight before jawLeft and mouthRight before
    mouthLeft."""
    names = list(ARKIT_NAMES)
    for left in ("jawLeft", "mouthLeft"):
        at, other = names.index(left), names.index(left.replace("Left", "Right"))
        names[at], names[other] = names[other], names[at]
    return tuple(name[0].upper() + name[1:] for name in names) + ANGLES


def read_live_link(path: Path) -> Performance:
    """A Performance from a Live Link Face CSV, or from any table with a Timecode or time (seconds) column and channels
    by names that are known, in any order, separated by commas, semicolons or tabs.

    The names are ARKit's, of those channels that the file has. Other columns are ignored; head and eyes are at rest
    where their columns are missing. Frames that the phone dropped, or where it lost the face (rows without values), are
    interpolated and get confidence 0; so are single cells that are empty, and the frame is believed less the more of it
    is. Raises Refusal for files that are too large, have no channels, or hold values that are not numbers.
    """
    if path.stat().st_size > MAX_BYTES:
        raise Refusal("too-large", f"{path.name} is larger than a gigabyte.", "Cut it into shorter takes.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            table = read_table(stream, path.name)
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refusal("bad-csv", f"{path.name} is not a text table.", "Choose a Live Link Face CSV.") from error
    if not table.seen.any():
        raise Refusal("no-frames", f"{path.name} has no frames with a face.", "Record the take again.")
    seen, count = table.seen, len(table.names)
    values, angles = table.values[:, :count], table.values[:, count:]
    slot, fps = frame_slots(table.clocks, path.name)
    slot = slot[seen] - slot[seen][0]
    filled = _fill_gaps(table.values, slot)
    frames = int(slot[-1]) + 1
    check_size(frames, len(ARKIT_NAMES))
    position = np.interp(np.arange(frames), slot, np.arange(len(slot)))
    confidence = np.zeros(frames, np.float32)
    confidence[slot] = filled
    weights, angles = interpolate(values, position), interpolate(angles, position)
    head = np.zeros((frames, 6), np.float32)
    head[:, :3] = rotation_vectors(angles[:, :3])
    return performance(
        table.names,
        weights,
        fps,
        head=head,
        gaze=angles[:, [3, 4, 6, 7]] * np.array([-1, 1, -1, 1], np.float32),
        torsion=-angles[:, [5, 8]],
        confidence=confidence,
        source=path.name,
    )


@dataclass(frozen=True)
class Table:
    """names: the C ARKit channels that a file has, in ARKit's order. clocks: T texts. seen: (T,) bool, rows with
    values. values: (rows seen, C + 9) float32, the channels and ANGLES, 0 where the file has none, NaN in empty
    cells."""

    names: tuple[str, ...]
    clocks: list[str]
    seen: np.ndarray
    values: np.ndarray


def read_table(stream: TextIO, name: str) -> Table:
    """Row by row, so that a large file takes little more memory than its numbers. Raises Refusal where the header names
    no channel or no clock, and for texts that are not numbers; csv.Error and UnicodeDecodeError for what is no text."""
    first, before = stream.readline(MAX_LINE), 0
    # Spreadsheets may say above the header what separates the cells.
    while first and (not first.strip() or first.lower().startswith("sep=")):
        first, before = stream.readline(MAX_LINE), before + 1
    delimiter = max(",;\t", key=first.count)
    titles = next(csv.reader([first], delimiter=delimiter), [])
    header = {title.strip().lower(): column for column, title in reversed(list(enumerate(titles)))}
    channels = {name: header[name.lower()] for name in ARKIT_NAMES if name.lower() in header}
    for column, title in enumerate(titles):
        if column not in channels.values():
            for channel in filter(None, (CHANNEL[one].arkit for one in recognise(title))):
                channels.setdefault(channel, column)
    clock = header.get("timecode", header.get("time"))
    if clock is None or not channels:
        raise Refusal(
            "missing-columns",
            f"{name} has no column that is {'a channel of the face' if clock is not None else 'named Timecode'}.",
            "Choose the CSV that Live Link Face wrote, with its first line.",
        )
    names = tuple(channel for channel in ARKIT_NAMES if channel in channels)
    wanted = [channels[channel] for channel in names]
    turning = [header.get(angle.lower(), -1) for angle in ANGLES]
    clocks, seen, numbers = [], array("b"), array("f")
    for line, row in enumerate(csv.reader(stream, delimiter=delimiter), start=before + 2):
        if not row:
            continue
        clocks.append(row[clock] if len(row) > clock else "")
        cells = [row[column] for column in wanted] if len(row) > max(wanted) else []
        seen.append(any(cells))
        check_size(len(clocks), len(titles))
        if not seen[-1]:
            continue
        cells += [row[column] if 0 <= column < len(row) else "0" for column in turning]
        if delimiter != ",":
            # Such tables may have decimal commas.
            cells = [cell.replace(",", ".") for cell in cells]
        try:
            values = list(map(float, cells))
        except ValueError:
            values = [_number(cell.replace(",", ".")) for cell in cells]
        if not sum(map(abs, values)) <= MOST:
            _check_row(values, cells, (*names, *ANGLES), line, name)
        numbers.extend(values)
    values = np.frombuffer(numbers, np.float32).reshape(-1, len(names) + len(ANGLES))
    return Table(names, clocks, np.array(seen, bool), values.copy())


def _number(cell: str) -> float:
    """NaN for what is none."""
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _check_row(values: Sequence[float], cells: Sequence[str], titles: Sequence[str], line: int, name: str) -> None:
    """Raises Refusal for a cell that is neither empty nor a number up to MOST."""
    for value, cell, title in zip(values, cells, titles, strict=True):
        if cell.strip() and not abs(value) <= MOST:
            sentence = f"{name} holds {cell[:20]!r} in line {line}, column {title}: that is no number."
            raise Refusal("bad-csv", sentence, "Export the take again, or empty the cell.")


def _fill_gaps(values: np.ndarray, slot: np.ndarray) -> np.ndarray | float:
    """Put numbers into the gaps (NaN) of values (T, n) at frames slot (T,): between those before and after, or 0 in a
    column of gaps. Returns (T,) the share of each row that was there."""
    gaps = np.isnan(values)
    if not gaps.any():
        return 1.0
    for column in np.flatnonzero(gaps.any(0)):
        there = ~gaps[:, column]
        values[:, column] = np.interp(slot, slot[there], values[there, column]) if there.any() else 0.0
    return 1 - gaps.mean(1)


def write_live_link(path: Path, motion: Performance) -> None:
    """Writes the app's 61 columns. Values are exact in float32; the head's translation and the confidence have no place
    in this format. Weights of other names are converted to ARKit's."""
    weights = motion.named(ARKIT_NAMES).weights
    angles = np.zeros((len(weights), 9), np.float32)
    angles[:, :3] = rotator_angles(motion.head[:, :3])
    angles[:, [3, 4, 6, 7]] = motion.gaze * np.array([-1, 1, -1, 1], np.float32)
    angles[:, [5, 8]] = -motion.torsion
    order = [ARKIT_NAMES.index(name[0].lower() + name[1:]) for name in column_order()[:52]]
    table = np.concatenate([weights[:, order], angles], axis=1) + np.float32(0)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("Timecode", "BlendShapeCount", *column_order()))
        for frame, row in enumerate(table):
            written = (np.format_float_positional(value, unique=True, min_digits=10) for value in row)
            writer.writerow((timecode(frame / motion.fps), table.shape[1], *written))


def frame_slots(clocks: list[str], name: str) -> tuple[np.ndarray, float]:
    """Frame number (T,) int64 of each row, starting at 0 with gaps where frames were dropped, and the rate.

    A row counts as late when the clock runs ahead of the frames by most of a frame; a steady drift is forgotten, and a
    jitter of early and late stamps cancels. The rate is a common one where that drifts by less than a frame over the
    clip. Timecodes are hh:mm:ss:ff.fff in
    TIMECODE_BASE frames; numbers are seconds. Raises Refusal for other texts.
    """
    try:
        seconds = np.array([seconds_of(text) for text in clocks])
    except ValueError as error:
        raise Refusal(
            "bad-timecode", f"{name} has a timecode that cannot be read.", "Export the take again."
        ) from error
    if not np.isfinite(seconds).all():
        raise Refusal("bad-timecode", f"{name} has a timecode that cannot be read.", "Export the take again.")
    step = np.diff(seconds)
    step = np.where(step < -43200, step + 86400, step)
    usual = float(np.median(step)) if len(step) else 0.0
    if usual <= 0:
        return np.arange(len(clocks)), float(TIMECODE_BASE)
    slot = np.zeros(len(clocks), np.int64)
    ahead = 0.0
    for row, steps in enumerate(np.clip(step / usual, 0, 1e9)):
        ahead = 0.98 * ahead + steps - 1
        dropped = max(0, int(ahead + 0.25))
        ahead -= dropped
        slot[row + 1] = slot[row] + 1 + dropped
    fps = float(slot[-1] / step.sum()) if step.sum() > 0 else 1 / usual
    drift = [abs(slot[-1] - slot[-1] / fps * rate) for rate in COMMON_RATES]
    nearest = int(np.argmin(drift))
    return slot, COMMON_RATES[nearest] if drift[nearest] < 1 else fps


def seconds_of(clock: str) -> float:
    """Seconds of a timecode or of a plain number. Raises ValueError."""
    fields = clock.replace(";", ":").replace(",", ".").split(":")
    if len(fields) == 1:
        return float(fields[0])
    hours, minutes, seconds, frames = (float(field) for field in fields)
    return hours * 3600 + minutes * 60 + seconds + frames / TIMECODE_BASE


def timecode(seconds: float) -> str:
    """hh:mm:ss:ff.fff in TIMECODE_BASE frames."""
    thousandths = round(seconds * TIMECODE_BASE * 1000)
    whole, frames = divmod(thousandths, TIMECODE_BASE * 1000)
    clock = f"{whole // 3600 % 24:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{clock}:{frames // 1000:02d}.{frames % 1000:03d}"


def rotation_vectors(rotators: np.ndarray) -> np.ndarray:
    """(T, 3) rotation vectors in our frame from (T, 3) rotators: yaw, pitch, roll in radians."""
    half = np.asarray(rotators, np.float64) * np.array([-0.5, 0.5, -0.5])
    (cy, cx, cz), (sy, sx, sz) = np.cos(half).T, np.sin(half).T
    real = cy * cx * cz + sy * sx * sz
    imaginary = np.stack([cy * sx * cz + sy * cx * sz, sy * cx * cz - cy * sx * sz, cy * cx * sz - sy * sx * cz], 1)
    imaginary *= np.where(real < 0, -1, 1)[:, None]
    length = np.linalg.norm(imaginary, axis=1)
    angle = 2 * np.arctan2(length, np.abs(real))
    scale = np.where(length > 1e-12, angle / np.maximum(length, 1e-300), 2.0)
    return imaginary * scale[:, None]


def rotator_angles(vectors: np.ndarray) -> np.ndarray:
    """(T, 3) yaw, pitch, roll in radians from (T, 3) rotation vectors in our frame; inverse of rotation_vectors."""
    vectors = np.asarray(vectors, np.float64)
    angle = np.linalg.norm(vectors, axis=1)
    x, y, z = (vectors * np.where(angle > 1e-12, np.sin(angle / 2) / np.maximum(angle, 1e-300), 0.5)[:, None]).T
    w = np.cos(angle / 2)
    yaw = np.arctan2(2 * (x * z + w * y), 1 - 2 * (x * x + y * y))
    pitch = np.arcsin(np.clip(2 * (w * x - y * z), -1, 1))
    roll = np.arctan2(2 * (x * y + w * z), 1 - 2 * (x * x + z * z))
    return np.stack([-yaw, pitch, -roll], axis=1)
