"""A recording as the backend answers it: a performance, and words in time."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
import numpy as np

from ..backend.errors import Refusal
from .animation import frame_rate
from .blender_version import curves_of
from .jobs import JobQueue
from .speech_properties import EMOTIONS, LAYERS, STYLE
from .speech_timing import Heard, Word, heard_of, timing_request
from .steps import Steps, answered_performance, ask

if TYPE_CHECKING:
    from ..backend.performance import Performance

ALL = ("neutral", *EMOTIONS)
"""In the backend's order."""


@dataclass(frozen=True)
class Spoken:
    """motion: the performance. layers: what each of its layers adds to those before it, by name, where they were asked
    for. heard: the recording and what was known of it. words: texts with seconds. textgrid: the timing as text. route:
    how it was found. notes: sentences for the user."""

    motion: "Performance"
    layers: dict[str, "Performance"]
    heard: Heard
    words: tuple[Word, ...]
    textgrid: str
    route: str
    confidence: float
    notes: tuple[str, ...]


def speech_request(owner: Any, scene: Any, start: float) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The params and arrays of a request. owner: has SpeechProperties and the path. start: the frame at which the
    recording begins, for emotions that are keyed in the scene and for words that were moved."""
    heard = heard_of(owner)
    params = {
        **asdict(heard),
        "auto": owner.mood == "AUTO",
        "style": {name: getattr(owner, name) for name in STYLE},
        "layers": {name: getattr(owner, name) for name in LAYERS},
        "seed": owner.seed,
        "apart": owner.apart,
    }
    timing, arrays = timing_request(scene, heard, start, frame_rate(scene.render))
    if owner.mood == "SET":
        arrays["emotion_times"], arrays["emotion_values"] = emotion_keys(owner, scene, start)
    return params | timing, arrays


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


def speak(queue: JobQueue, patience: float, params: dict[str, Any], arrays: dict[str, np.ndarray]) -> Steps[Spoken]:
    """Step by step, the performance of a recording. Raises Refusal, and Cancelled."""
    result = yield from ask(queue, "speak", patience, (0.0, 1.0), params, arrays)
    words, notes, names = (result.fields.get(name, []) for name in ("words", "notes", "layers"))
    layers = result.arrays.get("layer_weights", np.empty((0, 0, 0)))
    if not all(isinstance(one, list) for one in (words, notes, names)) or len(layers) != len(names):
        raise Refusal("bad-result", "The backend's answer cannot be understood.", "Restart the backend.")
    motion = answered_performance(result)
    return Spoken(
        motion,
        {str(name): replace(motion, weights=weights) for name, weights in zip(names, layers, strict=True)},
        Heard(params["path"], params["text"], params["language"]),
        tuple((str(text), float(begin), float(end)) for text, begin, end in words),
        str(result.fields.get("textgrid", "")),
        str(result.fields.get("route", "")),
        float(result.fields.get("confidence", 0.0)),
        tuple(map(str, notes)),
    )


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
