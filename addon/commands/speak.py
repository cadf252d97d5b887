"""blender --command facsimile speak: a recording is spoken by the keys of a character."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...backend.errors import Cancelled, Refusal
from ..animation import frame_rate
from ..choices import Where
from ..session import SESSION
from ..speech_properties import LAYERS, STYLE
from ..speech_read import speak
from ..speech_timing import keep_timing, mark_words
from ..steps import WAIT, run_steps
from ..takes import Take
from .bake import KEYED, targets, write
from .bake_arguments import add_bake_arguments, requested_options
from .files import check_blend, load
from .progress import DONE, INTERRUPTED, StepPrinter

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SUMMARY = "have a character speak a recording"


def add_arguments(verb: "ArgumentParser") -> None:
    """The character, the recording, and what is known of it."""
    verb.add_argument("scene", type=Path, metavar="SCENE", help="a .blend, or another file with a character")
    verb.add_argument("--audio", type=Path, required=True, metavar="VOICE", help="a recording, or a film with sound")
    verb.add_argument("--text", type=Path, metavar="TEXT.txt", help="what is said")
    verb.add_argument("--language", default="en", help="of the voice (default: %(default)s)")
    verb.add_argument("--auto-emotion", action="store_true", help="feel what the voice suggests")
    verb.add_argument("--seed", type=int, default=0, help="of blinks, glances and sway (default: %(default)s)")
    verb.add_argument("--apart", action="store_true", help="each layer as a strip of the NLA")
    verb.add_argument("--out", type=Path, required=True, metavar="OUT.blend", help="where to write")
    add_bake_arguments(verb, KEYED, Where.NEW)


def run(arguments: "Namespace") -> int:
    """Load a scene, have it speak, save. Raises Refusal."""
    check_blend(arguments.out)
    options = requested_options(arguments)
    try:
        text = arguments.text.read_text(encoding="utf-8-sig", errors="replace") if arguments.text else ""
    except OSError as error:
        why = f"{arguments.text} cannot be read ({error.strerror})."
        raise Refusal("no-file", why, "Check the path.") from error
    load(arguments.scene)
    acting = targets(arguments.objects)
    params = {
        "path": str(arguments.audio.resolve()),
        "text": text,
        "language": arguments.language,
        "auto": arguments.auto_emotion,
        "style": dict.fromkeys(STYLE, 1.0),
        "layers": dict.fromkeys(LAYERS, 1.0),
        "seed": arguments.seed,
        "apart": arguments.apart,
    }
    try:
        spoken = run_steps(speak(SESSION.queue, WAIT, params, {}), StepPrinter())
    except Cancelled:
        return INTERRUPTED
    scene: Any = bpy.context.scene
    start = 1.0 if arguments.start is None else arguments.start
    keep_timing(spoken.heard, spoken.textgrid, spoken.words)
    mark_words(scene, spoken.words, start, frame_rate(scene.render))
    for note in (f"{spoken.route}, confidence {spoken.confidence:.2f}", *spoken.notes):
        print(f"  {note}")
    write(
        Take(arguments.audio.stem, spoken.motion, layers=spoken.layers),
        acting,
        replace(options, start=start),
        arguments.out,
    )
    return DONE
