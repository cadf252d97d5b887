"""Makes the clips that the network of speech is trained on: many voices, every phone's time known.

    python -m backend.training.spoken_clips --texts TEXTS --out runs/clips [--recordings FOLDER] [--minutes 30]

TEXTS holds en.txt, de.txt and so on, a sentence on each line. Voices whose program or data is not installed are left
out. FOLDER holds recordings of English, NAME.wav with what is said in NAME.txt, which are aligned. Each voice
becomes a file of its own; one that is there already is kept.
"""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.archives import write_arrays
from backend.errors import Refusal
from backend.networks.phone_layout import LABELS
from backend.output import write_whole
from backend.speech.align import align, known
from backend.speech.phones import Phone
from backend.speech.pronounce import sounds_of, words_of
from backend.speech.sound import RATE, read_sound
from backend.training.voices import espeak, festival
from backend.training.voices.spoken import Spoken

STEP = 80
"""Samples for each of which a label is kept: 5 ms."""

SURE = -22.0
"""Score of an alignment below which a recording is left out."""

SHORTEST, LONGEST = 0.8, 20.0
"""Seconds of the clips that are kept."""

LANGUAGES = {
    "en": ("en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc"), "de": ("de",), "es": ("es", "es-419"),
    "it": ("it",), "cs": ("cs",), "sk": ("sk",), "pl": ("pl",), "ru": ("ru",), "pt-br": ("pt-br", "pt"), "bg": ("bg",),
    "fr": ("fr", "fr-be"), "nl": ("nl",), "eo": ("eo",), "zh": ("cmn",),
}  # fmt: skip
"""Languages of texts, and espeak-ng's voices that read them."""

TEXT_OF = {"english": "en", "italian": "it", "czech": "cs", "finnish": "it", "russian": "ru", "catalan": "es"}
"""Texts that a recorded voice is given; one of another language is read by its rules, and its labels are as right."""


@dataclass(frozen=True)
class Shard:
    """Clips of one voice. samples: (N,) int16 at RATE, one after the other. labels: (N / STEP,) uint8 into LABELS.
    ends: (K,) samples where each clip ends; all are multiples of STEP."""

    samples: np.ndarray
    labels: np.ndarray
    ends: np.ndarray


def label_frames(phones: Iterable[Phone], count: int) -> np.ndarray:
    """(count,) uint8: the phone in the middle of every STEP samples."""
    phones = tuple(phones)
    middles = (np.arange(count) + 0.5) * STEP / RATE
    at = np.searchsorted([one.end for one in phones], middles, side="right").clip(0, len(phones) - 1)
    return np.array([LABELS.index(one.label) for one in phones], np.uint8)[at]


def shard(clips: Iterable[Spoken], seconds: float) -> Shard:
    """So many seconds of clips, each as loud as the others."""
    samples, labels, ends, total = [], [], [], 0
    for clip in clips:
        count = len(clip.samples) // STEP
        peak = float(np.abs(clip.samples).max(initial=0.0))
        if not SHORTEST <= count * STEP / RATE <= LONGEST or peak < 1e-3:
            continue
        samples.append((clip.samples[: count * STEP] * (0.5 / peak) * 32767).astype(np.int16))
        labels.append(label_frames(clip.phones, count))
        total += count * STEP
        ends.append(total)
        if total >= seconds * RATE:
            break
    if not samples:
        raise Refusal("no-clips", "A voice said nothing.", "Give it other texts.")
    return Shard(np.concatenate(samples), np.concatenate(labels), np.array(ends))


def recorded(folder: Path) -> Iterator[Spoken]:
    """The recordings of a folder that can be aligned to their texts."""
    for path in sorted(folder.glob("*.wav")):
        sound = read_sound(path)
        words = words_of(path.with_suffix(".txt").read_text(encoding="utf-8"))
        sounds = {word: found[0] for word in set(words) if not known(word) and (found := sounds_of(word))}
        heard = align(sound.samples, [word for word in words if known(word) or word in sounds], sounds)
        if heard is not None and heard.score >= SURE:
            yield Spoken(sound.samples, heard.phones, path.stem)


def by_espeak(voice: str, texts: list[str], seed: int) -> Iterator[Spoken]:
    """Each text with another timbre, pace and pitch."""
    random = np.random.default_rng(seed)
    for text in texts:
        variant = espeak.VARIANTS[random.integers(len(espeak.VARIANTS))]
        rate, pitch, spread = int(random.integers(120, 260)), int(random.integers(20, 80)), int(random.integers(20, 90))
        yield espeak.say(text, voice, variant, rate, pitch, spread)


def voices(texts: dict[str, list[str]], minutes: float) -> Iterator[tuple[str, Iterable[Spoken], float]]:
    """Names of voices, their clips, which are made as they are asked for, and minutes wanted. A recorded voice is one
    person; espeak-ng's are many, and less like people."""
    # A minute of sound takes less than 30 sentences; each voice begins at another place.
    many = int(30 * minutes)
    for number, voice in enumerate((*festival.FLITE, *festival.FESTIVAL)):
        own = texts.get(TEXT_OF[voice.phones], [])
        place = number * 701 % max(len(own), 1)
        program, say = ("flite", festival.say_by_flite) if voice in festival.FLITE else ("festival", festival.say)
        yield f"{program}_{voice.name}", say(voice, (own[place:] + own)[:many]), minutes
    for number, (language, names) in enumerate(LANGUAGES.items()):
        own = texts.get(language, [])
        for name in names:
            yield f"espeak_{name}", by_espeak(name, own[number * 500 :][:many] + own[:many], number), minutes / 2


def main() -> None:
    """Makes what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recordings", type=Path, action="append", default=[])
    parser.add_argument("--minutes", type=float, default=30.0, help="of each voice; recordings are taken whole")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    texts = {path.stem: path.read_text(encoding="utf-8").splitlines() for path in sorted(options.texts.glob("*.txt"))}
    folders = ((f"recorded_{folder.name}", recorded(folder), np.inf) for folder in options.recordings)
    for name, clips, minutes in (*folders, *voices(texts, options.minutes)):
        path = options.out / f"{name}.npz"
        if path.exists():
            continue
        try:
            made = shard(clips, 60 * minutes)
        except Refusal as refusal:
            print(f"{name}: left out. {refusal.sentence}", flush=True)
            continue
        write_whole(path, ".npz", lambda place, made=made: write_arrays(place, False, **vars(made)))
        print(f"{name}: {made.ends[-1] / RATE / 60:.1f} minutes, {len(made.ends)} clips", flush=True)


if __name__ == "__main__":
    main()
