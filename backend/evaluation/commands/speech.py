"""evaluate speech: timing, contacts, silence and emotion of spoken recordings."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from backend.errors import Refusal

FILMS = 3
"""Previews that are drawn, of the shortest recordings."""

SUMMARY = "speech: times of phones, lips that meet, silence, emotions, speed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The recordings, and where else the figures go."""
    parser.add_argument(
        "--corpus",
        type=Path,
        default=Path("../shared/corpus/dev/speech"),
        help="a folder of recordings, with the corpus' index beside it (default: %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured there")


def run(arguments: argparse.Namespace) -> int:
    """Prints each clip's line, then the table. Raises Refusal."""
    from backend.evaluation.preview_sync import preview_sync
    from backend.evaluation.speech import measure_clip, most_motion_in_silence
    from backend.evaluation.speech_clips import read_clips
    from backend.evaluation.speech_table import speech_table

    folder = arguments.corpus.resolve()
    if not (folder.parent / "index.json").is_file():
        raise Refusal("no-corpus", f"There is no index of recordings beside {folder}.", "Give the corpus' folder.")
    figures = []
    clips = read_clips(folder)
    for at, clip in enumerate(clips, 1):
        figures.append(measure_clip(clip))
        one = figures[-1]
        print(f"{at}/{len(clips)} {clip.name}: {one['route']}, confidence {one['confidence']:.2f}", flush=True)
    silence = most_motion_in_silence()
    films = [preview_sync(clip) for clip in sorted(clips, key=lambda clip: clip.sound.duration)[:FILMS]]
    print(f"\n{speech_table(figures, silence, films)}")
    if arguments.json:
        plain = json.dumps({"clips": figures, "silence": silence, "films": films}, default=_plain)
        arguments.json.write_text(plain + "\n", encoding="utf-8")
    return 0


def _plain(value: Any) -> Any:
    """What JSON has no word for: figures that are put together, and NumPy's numbers."""
    import numpy as np

    from backend.evaluation.preview_sync import Sync
    from backend.evaluation.speech_timing import Onsets

    return asdict(value) if isinstance(value, Onsets | Sync) else np.asarray(value).item()
