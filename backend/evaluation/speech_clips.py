"""Recordings with what is known of them."""

import json
from dataclasses import dataclass
from pathlib import Path

from backend.evaluation.xlabel import read_xlabel
from backend.speech.phones import Phone
from backend.speech.sound import Sound, read_sound
from backend.speech.textgrid import read_textgrid


@dataclass(frozen=True)
class Clip:
    """A recording with what is known of it. labels: phones in time, where somebody has labelled them."""

    name: str
    sound: Sound
    text: str | None
    language: str
    labels: tuple[Phone, ...] = ()


def read_clips(folder: Path) -> list[Clip]:
    """The recordings of the corpus' folder of speech, with the transcripts of its index."""
    found = json.loads((folder.parent / "index.json").read_text(encoding="utf-8"))
    clips = []
    for entry in _entries(found):
        path = folder.parent / entry["file"]
        if path.parent == folder and path.suffix == ".wav" and path.is_file():
            text, language = entry.get("transcript"), str(entry.get("language") or "en")
            clips.append(Clip(path.stem, read_sound(path), text, language, _labels(path)))
    return clips


def _entries(node: object) -> list[dict]:
    if isinstance(node, dict):
        own = [node] if isinstance(node.get("file"), str) else []
        return own + [entry for value in node.values() for entry in _entries(value)]
    return [entry for value in node for entry in _entries(value)] if isinstance(node, list) else []


def _labels(path: Path) -> tuple[Phone, ...]:
    grid, marks = path.with_suffix(".TextGrid"), path.with_suffix(".lablaut")
    if grid.is_file():
        return read_textgrid(grid).phones
    return read_xlabel(marks) if marks.is_file() else ()
