"""How words sound, by espeak-ng's rules: for every word and language that the aligner's dictionary does not have."""

import ctypes
import json
import re
import unicodedata
from functools import cache
from pathlib import Path

import espeakng_loader
from num2words import num2words

from backend.errors import Refusal

IPA = {
    sound: tuple(phones.split())
    for sound, phones in json.loads((Path(__file__).parent / "ipa.json").read_text(encoding="utf-8")).items()
}
"""Sounds of the IPA as those of ARPAbet that look most alike on a face."""

LONGEST = max(map(len, IPA))
SHORT = {"mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "st": "saint", "vs": "versus", "etc": "etcetera"}
"""English abbreviations that nobody reads as they are written."""

NUMBER = re.compile(r"\d[\d.,]*\d|\d")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*", re.UNICODE)
MAX_TEXT = 400_000
"""Characters; six hours are read in 300,000."""


def words_of(text: str, language: str = "en") -> list[str]:
    """The words of a text in lower case, numbers spelled out, without punctuation. Raises Refusal where it is too
    long."""
    if len(text) > MAX_TEXT:
        raise Refusal("too-large", "The text is longer than any recording.", "Cut it into parts.")
    spelled = NUMBER.sub(lambda found: f" {_spelled(found.group(), language)} ", unicodedata.normalize("NFC", text))
    words = [str(word).replace("’", "'").lower() for word in WORD.findall(spelled)]
    return [SHORT.get(word, word) for word in words] if language.startswith("en") else words


def _spelled(digits: str, language: str) -> str:
    plain = digits.replace(",", "") if language.startswith("en") else digits.replace(".", "").replace(",", ".")
    try:
        return num2words(float(plain) if "." in plain else int(plain), lang=language.partition("-")[0])
    except (NotImplementedError, OverflowError, ValueError):
        return " ".join(digit for digit in digits if digit.isdigit())


def sounds_of(word: str, language: str = "en") -> list[tuple[str, ...]]:
    """The ARPAbet phones of a word by espeak-ng's rules: the usual way, and none where it has no sound."""
    phones = arpabet(_ipa(word, language))
    return [phones] if phones else []


def arpabet(ipa: str) -> tuple[str, ...]:
    """ARPAbet's phones for a text in the IPA; stress, tones and what is unknown are left out."""
    text = unicodedata.normalize("NFC", re.sub(r"\([^)]*\)", "", ipa)).replace("ˈ", "").replace("ˌ", "")
    phones: list[str] = []
    place = 0
    while place < len(text):
        for length in range(min(LONGEST, len(text) - place), 0, -1):
            found = IPA.get(text[place : place + length])
            if found:
                phones += found
                place += length
                break
        else:
            place += 1
    return tuple(phones)


def known_language(language: str) -> bool:
    """Whether espeak-ng has a voice of this language, such as "de" or "en-us"."""
    return _espeak().espeak_SetVoiceByName(_voice(language)) == 0


def _voice(language: str) -> bytes:
    return {"en": "en-us", "zh": "cmn"}.get(language, language).encode()


@cache
def _espeak() -> ctypes.CDLL:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    # 2: sound is given back, which nobody asks for; 0x8000: it does not end the process where its data is missing
    if library.espeak_Initialize(2, 0, str(espeakng_loader.get_data_path()).encode(), 0x8000) < 0:
        raise Refusal("no-espeak", "The rules of pronunciation are missing.", "Repair the backend in the preferences.")
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    return library


@cache
def _ipa(word: str, language: str) -> str:
    library = _espeak()
    if library.espeak_SetVoiceByName(_voice(language)):
        raise Refusal("no-language", f"The language {language} is not known.", "Write it like en, de or fr.")
    text = ctypes.c_char_p(word.encode())
    place = ctypes.pointer(text)
    said = []
    while place.contents.value is not None:
        # 1: the text is UTF-8; 2: the answer is in the IPA
        said.append((library.espeak_TextToPhonemes(place, 1, 2) or b"").decode())
    return " ".join(said)
