"""Words and phones of a recording, kept in the file: a text of Blender's, which can be edited, and markers on the time
line, which can be moved. What was changed by hand is kept when the face speaks again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

if TYPE_CHECKING:
    import numpy as np

MARK = "\u00b7"
"""What names of our markers begin with."""

SUFFIX = ".TextGrid"
KEPT = "facsimile_speech"
"""The custom property of our texts that says what they are the timing of."""

Word = tuple[str, float, float]
"""A text, and the seconds in which it is said."""


@dataclass(frozen=True)
class Heard:
    """What a timing is of: the recording, the text that is said, "" where it is not known, and the language."""

    path: str
    text: str
    language: str

    def asked_by(self, params: Mapping[str, Any]) -> bool:
        """Whether a request's params name the same."""
        return asdict(self).items() <= params.items()


def keep_timing(heard: Heard, textgrid: str, words: Sequence[Word]) -> None:
    """Keep a timing in a text, in the place of an earlier one of the same recording."""
    block = next((text for text, kept in _kept() if kept["path"] == heard.path), None)
    block = block or bpy.data.texts.new(Path(heard.path).stem + SUFFIX)
    block.clear()
    block.write(textgrid)
    starts = [[text, begin] for text, begin, _ in words]
    block[KEPT] = json.dumps({**asdict(heard), "words": starts}, ensure_ascii=False)


def known_timing(heard: Heard) -> bpy.types.Text | None:
    """The text that has the timing of this recording with this text in this language."""
    return next((text for text, kept in _kept() if heard.asked_by(kept)), None)


def heard_of(owner: Any) -> Heard:
    """What the settings of a scene or of an operator name."""
    path = str(Path(bpy.path.abspath(owner.filepath)))
    return Heard(path, owner.text, owner.language.strip() or "en")


def timing_request(
    scene: Any, heard: Heard, start: float, fps: float
) -> "tuple[dict[str, Any], dict[str, np.ndarray]]":
    """What a request says of a timing that is known, with words where their markers were moved to; nothing where it is
    not. start: the scene's frame on which the recording begins."""
    block = known_timing(heard)
    if block is None:
        return {}, {}
    words = json.loads(block[KEPT])["words"]
    starts = moved_starts(scene, words, start, fps)
    return {"textgrid": block.as_string()}, {} if starts is None else {"word_starts": starts}


def moved_starts(scene: Any, words: Sequence[tuple[str, float]], start: float, fps: float) -> "np.ndarray | None":
    """(W,) float32 seconds where markers say that words begin, NaN for those whose marker was not moved; None where
    the markers are not those of the words in their order, or none was moved."""
    # Here and not above: the panel asks this module, and switching the add-on on must not wait for it.
    import numpy as np

    markers = sorted((one for one in scene.timeline_markers if one.name.startswith(MARK)), key=lambda one: one.frame)
    if [one.name.removeprefix(MARK) for one in markers] != [text for text, _ in words]:
        return None
    moved = [marker.frame != _frame(begin, start, fps) for marker, (_, begin) in zip(markers, words, strict=True)]
    if not any(moved):
        return None
    there = np.array([(marker.frame - start) / fps for marker in markers], np.float32)
    return np.where(moved, there, np.nan).astype(np.float32)


def mark_words(scene: bpy.types.Scene, words: Sequence[Word], start: float, fps: float) -> None:
    """Markers on the time line where words begin; those of an earlier run are taken away."""
    for marker in [one for one in scene.timeline_markers if one.name.startswith(MARK)]:
        scene.timeline_markers.remove(marker)
    for text, begin, _ in words:
        scene.timeline_markers.new(f"{MARK}{text}", frame=_frame(begin, start, fps))


def _frame(seconds: float, start: float, fps: float) -> int:
    return round(start + seconds * fps)


def _kept() -> list[tuple[bpy.types.Text, dict[str, Any]]]:
    """Our texts, and what each is the timing of. What was made unreadable by hand is nothing of ours."""
    found = []
    for text in bpy.data.texts:
        try:
            kept = json.loads(text.get(KEPT, "null"))
        except (TypeError, ValueError):
            continue
        if isinstance(kept, dict) and {"path", "text", "language", "words"} <= kept.keys():
            found.append((text, kept))
    return found
