"""Clips by Festival and Flite, whose voices are recorded people; both programs say when each phone ends."""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.errors import Refusal
from backend.speech.phones import SILENCE, Phone, covering
from backend.speech.sound import read_sound
from backend.training.voices.spoken import Spoken

TABLE = json.loads(Path(__file__).with_name("festival.json").read_text(encoding="utf-8"))
QUIET = frozenset(TABLE["quiet"])
BATCH = 50
"""Texts that one process says."""

LONGEST = 120
"""Seconds that a process may take for a text."""


@dataclass(frozen=True)
class Voice:
    """name: as Festival has it, or of Flite's. phones: of the table. encoding: of Festival's texts. stretch: factors of
    length that it is asked for in turn. early: seconds by which its borders come before those that the aligner finds in
    the same clips."""

    name: str
    phones: str
    encoding: str = "utf-8"
    early: float = 0.01
    stretch: tuple[float, ...] = (1.0, 0.85, 1.15, 0.95)


FLITE = tuple(Voice(name, "english") for name in ("slt", "rms", "awb", "kal16"))
FESTIVAL = (
    Voice("cmu_us_slt_arctic_hts", "english", early=0.015),
    Voice("kal_diphone", "english", early=0.015),
    Voice("ked_diphone", "english"),
    Voice("lp_diphone", "italian", "latin-1"),
    Voice("pc_diphone", "italian", "latin-1"),
    Voice("czech_dita", "czech", "iso8859-2"),
    Voice("czech_krb", "czech", "iso8859-2"),
    Voice("czech_machac", "czech", "iso8859-2"),
    Voice("czech_ph", "czech", "iso8859-2"),
    Voice("hy_fi_mv_diphone", "finnish", "latin-1"),
    Voice("suo_fi_lj_diphone", "finnish", "latin-1"),
    Voice("msu_ru_nsh_clunits", "russian"),
    Voice("upc_ca_ona_hts", "catalan", "latin-1"),
)


def say_by_flite(voice: Voice, texts: Sequence[str]) -> Iterator[Spoken]:
    """One clip for each text that it can say. Raises Refusal where the program is missing."""
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "said.wav"
        for number, text in enumerate(texts):
            stretch = voice.stretch[number % len(voice.stretch)]
            manner = ["-voice", voice.name, "--setf", f"duration_stretch={stretch}", "-psdur"]
            told = _run(["flite", *manner, "-t", f" {text}", "-o", str(wave)]).decode("utf-8", "replace")
            ends = [part.rsplit(":", 1) for part in told.split()]
            yield _spoken(f"flite {voice.name}", wave, [(name, float(end)) for name, end in ends], voice)


def say(voice: Voice, texts: Sequence[str]) -> Iterator[Spoken]:
    """One clip for each text that it can say. Raises Refusal where the program is missing."""
    for first in range(0, len(texts), BATCH):
        with tempfile.TemporaryDirectory() as folder:
            lines = [f"(voice_{voice.name})"]
            for at, text in enumerate(texts[first : first + BATCH]):
                said = text.encode(voice.encoding, "ignore").decode(voice.encoding).translate({34: None, 92: None})
                stretch = voice.stretch[(first + at) % len(voice.stretch)]
                lines += [
                    f"(Parameter.set 'Duration_Stretch {stretch})",
                    f'(unwind-protect (begin (set! said (SynthText "{said}")) (utt.save.segs said "{folder}/{at}.lab") '
                    f'(utt.save.wave said "{folder}/{at}.wav" \'riff)) (format t "left out\\n"))',
                ]
            script = Path(folder) / "say.scm"
            script.write_bytes("\n".join(lines).encode(voice.encoding))
            _run(["festival", "-b", str(script)])
            for at in range(len(texts[first : first + BATCH])):
                labels, wave = Path(folder) / f"{at}.lab", Path(folder) / f"{at}.wav"
                if labels.is_file() and wave.is_file():
                    rows = [line.split() for line in labels.read_text("latin-1").splitlines()[1:]]
                    ends = [(row[2], float(row[0])) for row in rows if len(row) == 3]
                    yield _spoken(f"festival {voice.name}", wave, ends, voice)


def _spoken(name: str, wave: Path, ends: Sequence[tuple[str, float]], voice: Voice) -> Spoken:
    """The phones of a wave, by where each ends; stress and length, as signs after the name, say nothing here."""
    known, phones, start = TABLE[voice.phones], [], 0.0
    for label, told in ends:
        end = told + voice.early
        plain = label if label in known or label in QUIET else label.rstrip(":1")
        sounds = (SILENCE,) if plain in QUIET else known[plain].split()
        step = (end - start) / len(sounds)
        phones += [Phone(sound, start + at * step, start + (at + 1) * step) for at, sound in enumerate(sounds)]
        start = end
    sound = read_sound(wave)
    return Spoken(sound.samples, covering(phones, sound.duration), name)


def _run(command: list[str]) -> bytes:
    try:
        return subprocess.run(command, capture_output=True, timeout=LONGEST * BATCH, check=False).stdout
    except FileNotFoundError as error:
        raise Refusal("no-voice", f"The program {command[0]} is not here.", "Install it to make clips.") from error
