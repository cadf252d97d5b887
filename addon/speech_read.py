"""A recording as the backend answers it: a performance, and words in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
import numpy as np

from ..backend.errors import Refusal
from .animation import frame_rate
from .blender_version import curves_of
from .jobs import JobQueue
from .speech_properties import EMOTIONS, LAYERS, STYLE
from .steps import Steps, answered_performance, ask

if TYPE_CHECKING:
    from ..backend.performance import Performance

ALL = ("neutral", *EMOTIONS)
"""In the backend's order."""


@dataclass(frozen=True)
class Spoken:
    """motion: the performance. path: the recording. words: texts with seconds. route: how they were found. notes:
    sentences for the user."""

    motion: "Performance"
    path: Path
    words: tuple[tuple[str, float, float], ...]
    route: str
    confidence: float
    notes: tuple[str, ...]


def speech_request(path: Path, owner: Any, scene: Any, start: float) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The params and arrays of a request. owner: has SpeechProperties. start: the frame at which the recording
    begins, for emotions that are keyed in the scene."""
    params = {
        "path": str(path),
        "text": owner.text,
        "language": owner.language.strip() or "en",
        "auto": owner.mood == "AUTO",
        "style": {name: getattr(owner, name) for name in STYLE},
        "layers": {name: getattr(owner, name) for name in LAYERS},
        "seed": owner.seed,
    }
    if owner.mood != "SET":
        return params, {}
    times, values = emotion_keys(owner, scene, start)
    return params, {"emotion_times": times, "emotion_values": values}


def emotion_keys(owner: Any, scene: Any, start: float) -> tuple[np.ndarray, np.ndarray]:
    """(K,) seconds and (K, 7) intensities: the owner's sliders, or where the scene's are keyed, their curves frame by
    frame from start on."""
    constant = [getattr(owner, name) for name in EMOTIONS]
    keyed = {
        curve.data_path.rpartition(".")[2]: curve
        for curve in curves_of(scene)
        if curve.data_path.startswith("facsimile_speech.")
    }
    chosen = [keyed.get(name) for name in EMOTIONS]
    if not any(chosen):
        return np.zeros(1, np.float32), np.array([[0.0, *constant]], np.float32)
    last = max(curve.range()[1] for curve in chosen if curve)
    frames = np.arange(start, max(last, start) + 1)
    columns = [
        [curve.evaluate(frame) for frame in frames] if curve else [value] * len(frames)
        for curve, value in zip(chosen, constant, strict=True)
    ]
    values = np.stack([np.zeros(len(frames)), *columns], axis=1)
    return ((frames - start) / frame_rate(scene.render)).astype(np.float32), values.astype(np.float32)


def speak(
    queue: JobQueue, patience: float, path: Path, params: dict[str, Any], arrays: dict[str, np.ndarray]
) -> Steps[Spoken]:
    """Step by step, the performance of a recording. Raises Refusal, and Cancelled."""
    result = yield from ask(queue, "speak", patience, (0.0, 1.0), params, arrays)
    words, notes = result.fields.get("words"), result.fields.get("notes")
    if not isinstance(words, list) or not isinstance(notes, list):
        raise Refusal("bad-result", "The backend's answer cannot be understood.", "Restart the backend.")
    return Spoken(
        answered_performance(result),
        path,
        tuple((str(text), float(begin), float(end)) for text, begin, end in words),
        str(result.fields.get("route", "")),
        float(result.fields.get("confidence", 0.0)),
        tuple(map(str, notes)),
    )


def mark_words(scene: bpy.types.Scene, words: Sequence[tuple[str, float, float]], start: float) -> None:
    """Markers on the time line where words begin; those of an earlier run are taken away."""
    for marker in [one for one in scene.timeline_markers if one.name.startswith(MARK)]:
        scene.timeline_markers.remove(marker)
    fps = frame_rate(scene.render)
    for text, begin, _ in words:
        scene.timeline_markers.new(f"{MARK}{text}", frame=round(start + begin * fps))


MARK = "\u00b7"
"""What names of our markers begin with."""


def add_strip(scene: bpy.types.Scene, path: Path, start: float) -> bool:
    """The recording in the sequencer, on the first free channel, with its waveform; once only. Whether this Blender
    can have one: some are built without sound."""
    if not bpy.app.build_options.audaspace:
        return False
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    wanted = str(path)
    for one in strips:
        if one.type == "SOUND" and bpy.path.abspath(one.sound.filepath) == wanted and one.frame_start == round(start):
            return True
    channel = 1 + max((one.channel for one in strips), default=0)
    made = strips.new_sound(path.stem, wanted, channel, round(start))
    made.show_waveform = True
    return True
