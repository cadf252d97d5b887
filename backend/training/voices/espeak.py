"""Clips by espeak-ng, whose own events say when each phone begins."""

import ctypes
from functools import cache
from itertools import pairwise

import espeakng_loader
import numpy as np
from scipy.signal import resample_poly

from backend.errors import Refusal
from backend.speech.phones import SILENCE, Phone, covering
from backend.speech.pronounce import arpabet
from backend.speech.sound import RATE
from backend.training.voices.spoken import Spoken

ENDED, PHONEME = 0, 7
RATE_PARAMETER, PITCH, SPREAD = 1, 3, 4
PAUSES = ("", "_", "_:", "_!", "_|", "_^_", "__")

VARIANTS = (
    *(f"f{number}" for number in range(1, 6)), *(f"m{number}" for number in range(1, 9)),
    "klatt", "klatt2", "klatt3", "klatt4", "klatt5", "Alex", "Alicia", "Andrea", "Annie", "Denis", "Diogo", "Gene",
    "Henrique", "Hugo", "Jacky", "Lee", "Mario", "Michael", "Mike", "Nguyen", "Pablo", "Paul", "Pedro", "Quincy", "Rob",
    "Robert", "Steph", "Tweaky", "aunty", "belinda", "benjamin", "boris", "david", "ed", "edward", "grandma", "grandpa",
    "john", "linda", "marcelo", "max", "michel", "norbert", "steph2", "steph3", "victor",
)  # fmt: skip
"""Timbres that any language can be spoken with."""


class _Event(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("place", ctypes.c_int),
        ("length", ctypes.c_int),
        ("milliseconds", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def say(text: str, language: str, variant: str = "", rate: int = 170, pitch: int = 50, spread: int = 50) -> Spoken:
    """rate: words in a minute. pitch, spread: 0..100. The voice flutters on from clip to clip: the same bytes come of
    the same clips in the same order. Raises Refusal for a language that is not known."""
    library, own_rate, heard = _espeak()
    name = f"{language}+{variant}" if variant else language
    if library.espeak_SetVoiceByName(name.encode()):
        raise Refusal("no-language", f"The voice {name} is not known.", "Write it like en-us, de or fr.")
    for parameter, value in ((RATE_PARAMETER, rate), (PITCH, pitch), (SPREAD, spread)):
        library.espeak_SetParameter(parameter, value, 0)
    heard.samples, heard.onsets = [], []
    data = text.encode() + b"\0"
    # 1: positions count characters; 1: the text is UTF-8
    library.espeak_Synth(data, len(data), 0, 1, 0, 1, None, None)
    samples = np.concatenate(heard.samples) if heard.samples else np.zeros(0, np.float32)
    duration = len(samples) / own_rate
    onsets = [*heard.onsets, ("", duration)]
    phones = [
        phone for (name, start), (_, end) in pairwise(onsets) for phone in _phones(name, start, min(end, duration))
    ]
    at_rate = resample_poly(samples, RATE, own_rate).astype(np.float32) if len(samples) else samples
    return Spoken(at_rate, covering(phones, len(at_rate) / RATE), f"espeak {name}")


def _phones(name: str, start: float, end: float) -> list[Phone]:
    """An event's sounds, which share its time; none in a pause."""
    sounds = (SILENCE,) if name in PAUSES else arpabet(name)
    step = (end - start) / max(len(sounds), 1)
    return [Phone(sound, start + at * step, start + (at + 1) * step) for at, sound in enumerate(sounds)]


class _Heard:
    """What the library gave back."""

    samples: list[np.ndarray]
    onsets: list[tuple[str, float]]


@cache
def _espeak() -> tuple[ctypes.CDLL, int, _Heard]:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    # 2: sound is given back; 0x8000: the process stays where data is missing; 3: phones as events, in the IPA
    rate = library.espeak_Initialize(2, 0, str(espeakng_loader.get_data_path()).encode(), 0x8003)
    if rate <= 0:
        raise Refusal("no-espeak", "The rules of pronunciation are missing.", "Repair the backend in the preferences.")
    heard = _Heard()

    def receive(samples: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if samples and count > 0:
            heard.samples.append(np.ctypeslib.as_array(samples, (count,)).astype(np.float32) / 32768)
        at = 0
        while events[at].kind != ENDED:
            if events[at].kind == PHONEME:
                heard.onsets.append((events[at].name.decode("utf-8", "ignore"), events[at].milliseconds / 1000))
            at += 1
        return 0

    callback = _Callback(receive)
    library.espeak_SetSynthCallback(callback)
    heard.keep = callback  # type: ignore[attr-defined]
    return library, int(rate), heard
