"""The verb speak: a recording of a voice becomes a performance."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backend.errors import Progress, Refusal
from backend.output import check_place, terminal_progress, write_whole
from third_party.speech.arguments import add_published_arguments, check_published_arguments

if TYPE_CHECKING:
    from backend.speech.articulate import Style
    from backend.speech.life import Strengths
    from backend.speech.phones import Timing
    from backend.speech.sound import Sound

SUMMARY = "make a performance of a recorded voice"
MAX_TEXT = 4 << 20
"""Bytes of a text's file."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The recording, what is known of it, how it is to act, and where the performance goes."""
    parser.add_argument(
        "--audio", type=Path, required=True, metavar="VOICE", help="a recording, or a film with sound, of any kind"
    )
    parser.add_argument("--text", type=Path, metavar="TEXT.txt", help="what is said; it makes the timing exact")
    parser.add_argument("--language", default="en", help="such as en, de, fr, pt-br, zh (default: %(default)s)")
    parser.add_argument(
        "--emotion",
        default="off",
        metavar="happy=0.6,...|KEYS.csv|auto|learned|off",
        help="intensities, a table of keys (time,anger,...), what the voice suggests by rules or as a model that was "
        "trained on actors hears it, or none (default: %(default)s)",
    )
    parser.add_argument(
        "--style", default="", metavar="jaw=1,lips=1", help="0 mumbles, 1 speaks, 2 over-enunciates, for jaw and lips"
    )
    parser.add_argument(
        "--layers",
        default="",
        metavar="blinks=1,glances=1,brows=1,head=1",
        help="how much the face does beside speaking, 0 for none",
    )
    parser.add_argument("--seed", type=int, default=0, help="of blinks, glances and sway (default: %(default)s)")
    parser.add_argument("--tables", type=Path, metavar="TABLE.json", help="your own shapes of phones")
    parser.add_argument("--out", type=Path, required=True, metavar="P.npz", help="where the performance goes")
    parser.add_argument("--csv", type=Path, metavar="LIVE_LINK.csv", help="also as Live Link Face writes it")
    parser.add_argument(
        "--textgrid",
        type=Path,
        metavar="PHONES.TextGrid",
        help="words and phones, for Praat; one that is there already, with your changes, is read instead",
    )
    parser.add_argument("--preview", type=Path, metavar="PREVIEW.mp4", help="the open head speaking, with its sound")
    parser.add_argument("--progress", action="store_true", help="show progress even where nobody sits at the terminal")
    add_published_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Writes the performance and says in a few lines what was heard. Raises Refusal."""
    places = (arguments.out, arguments.csv, arguments.textgrid, arguments.preview, arguments.frames, arguments.codes)
    for path in filter(None, places):
        check_place(path)
    check_published_arguments(arguments)
    if arguments.checkpoint:
        return _published(arguments)
    from backend.live_link import write_live_link
    from backend.performance import write_npz
    from backend.speech.emotion import parse_emotion
    from backend.speech.preview import write_preview
    from backend.speech.sound import read_sound
    from backend.speech.speak import Direction, speak
    from backend.speech.tables import articulation, emotions

    style, strengths = _style(arguments.style), _strengths(arguments.layers)
    direction = Direction(style, parse_emotion(arguments.emotion), strengths, arguments.seed)
    shapes = articulation(arguments.tables)
    progress = terminal_progress(sys.stderr.isatty(), arguments.progress)
    sound = read_sound(arguments.audio, lambda part, text: progress(0.1 * part, text))
    timing = _timing(arguments, sound, lambda part, text: progress(0.1 + 0.5 * part, text))
    motion = speak(
        sound,
        timing,
        shapes,
        emotions(),
        direction,
        source=f"voice {arguments.audio.name}",
        progress=lambda part, text: progress(0.6 + 0.2 * part, text),
    ).motion
    write_whole(arguments.out, ".npz", lambda path: write_npz(path, motion))
    if arguments.csv:
        write_whole(arguments.csv, ".csv", lambda path: write_live_link(path, motion))
    _write_timing(arguments, timing)
    if arguments.preview:
        write_whole(
            arguments.preview,
            ".mp4",
            lambda path: write_preview(
                path, motion, sound.samples, progress=lambda part, text: progress(0.8 + 0.2 * part, text)
            ),
        )
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(f"{arguments.out}: {len(motion.weights):,} frames at {motion.fps:g} fps, {ROUTES[timing.route]}")
    print(f"  {len(timing.words):,} words, {len(timing.phones):,} phones, confidence {timing.confidence:.2f}")
    for note in timing.notes:
        print(f"  {note}")
    return 0


def _published(arguments: argparse.Namespace) -> int:
    """The published network moves the mouth. Phones are looked for only where the text or a TextGrid is given."""
    from backend.speech.sound import read_sound
    from third_party.speech.speak import read_owned, speak_published

    strengths = _strengths(arguments.layers)
    progress = terminal_progress(sys.stderr.isatty(), arguments.progress)
    owned = read_owned(arguments, lambda part, text: progress(0.2 * part, text))
    sound = read_sound(arguments.audio, lambda part, text: progress(0.2 + 0.1 * part, text))
    timing = None
    if arguments.text or arguments.textgrid:
        timing = _timing(arguments, sound, lambda part, text: progress(0.3 + 0.2 * part, text))
        _write_timing(arguments, timing)
    for line in speak_published(
        arguments, owned, sound, timing, strengths, lambda part, text: progress(0.5 + 0.5 * part, text)
    ):
        print(line)
    for note in timing.notes if timing else ():
        print(f"  {note}")
    return 0


def _write_timing(arguments: argparse.Namespace, timing: "Timing") -> None:
    from backend.speech.textgrid import write_textgrid

    if arguments.textgrid and timing.route != "given":
        write_whole(arguments.textgrid, ".TextGrid", lambda path: write_textgrid(path, timing))


ROUTES = {
    "aligned": "aligned to the text",
    "recognised": "words were recognised",
    "network": "sounds without words",
    "given": "timed by the TextGrid",
    "silence": "silent",
}


def _timing(arguments: argparse.Namespace, sound: "Sound", progress: Progress) -> "Timing":
    """That of a TextGrid that is there, else the one that is found. Raises Refusal."""
    from backend.speech.textgrid import read_textgrid
    from backend.speech.timing import time_speech

    if arguments.textgrid and arguments.textgrid.is_file():
        return read_textgrid(arguments.textgrid, sound.duration)
    text = None
    if arguments.text:
        try:
            if arguments.text.stat().st_size > MAX_TEXT:
                raise Refusal("too-large", f"{arguments.text.name} is longer than any recording.", "Cut it into parts.")
            text = arguments.text.read_text(encoding="utf-8-sig", errors="replace")
        except OSError as error:
            raise Refusal(
                "no-file", f"{arguments.text} cannot be read ({error.strerror}).", "Check the path."
            ) from error
    return time_speech(sound, text, arguments.language, progress)


def _style(asked: str) -> "Style":
    from backend.speech.articulate import Style

    return Style(**_amounts(asked, ("jaw", "lips"), "--style"))


def _strengths(asked: str) -> "Strengths":
    from backend.speech.life import Strengths

    return Strengths(**_amounts(asked, ("blinks", "glances", "brows", "head"), "--layers"))


def _amounts(asked: str, names: tuple[str, ...], flag: str) -> dict[str, float]:
    """Raises Refusal for other names, and for what is no number from 0 to 3."""
    result: dict[str, float] = {}
    for part in filter(None, asked.split(",")):
        name, _, amount = part.partition("=")
        try:
            result[name.strip()] = float(amount)
        except ValueError:
            result[name.strip()] = -1.0
        if name.strip() not in names or not 0 <= result[name.strip()] <= 3:
            raise Refusal("bad-option", f"{part!r} is nothing that {flag} knows.", f"Write {names[0]}=1, up to 3.")
    return result
