"""Words and phones as Praat's TextGrid, which people edit; what they have edited is read again."""

import re
from pathlib import Path

from backend.errors import Refusal
from backend.speech.phones import BREATH, SILENCE, VOWELS, Phone, Timing, Word, covering

MAX_BYTES = 64 << 20
TEXT = re.compile(r'"((?:[^"]|"")*)"|(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(<exists>)')
CURE = "Save it in Praat as a text file, with the tiers words and phones."
OTHER_NAMES = {
    "AX": "AH", "IX": "IH", "AXR": "ER", "DX": "D", "EN": "N", "EL": "L", "EM": "M", "BREATH": BREATH,
}  # fmt: skip
QUIET = ("", "sil", "sp", "spn", "silence", "#", "<p:>", "_")


def write_textgrid(path: Path, timing: Timing) -> None:
    """The tiers words and phones. Raises OSError."""
    path.write_text(textgrid(timing), encoding="utf-8")


def textgrid(timing: Timing) -> str:
    """The same as text."""
    words = _filled([(one.start, one.end, one.text) for one in timing.words], timing.duration)
    phones = [
        (one.start, one.end, "" if one.label == SILENCE else f"{one.label}{one.stress or ''}") for one in timing.phones
    ]
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {timing.duration:.6f}",
        "tiers? <exists>",
        "size = 2",
        "item []:",
    ]
    for number, (name, intervals) in enumerate((("words", words), ("phones", phones)), 1):
        lines += [
            f"    item [{number}]:",
            '        class = "IntervalTier"',
            f'        name = "{name}"',
            "        xmin = 0",
            f"        xmax = {timing.duration:.6f}",
            f"        intervals: size = {len(intervals)}",
        ]
        for place, (start, end, text) in enumerate(intervals, 1):
            lines += [
                f"        intervals [{place}]:",
                f"            xmin = {start:.6f}",
                f"            xmax = {end:.6f}",
                f'            text = "{text.replace(chr(34), chr(34) * 2)}"',
            ]
    return "\n".join(lines) + "\n"


def read_textgrid(path: Path, duration: float | None = None) -> Timing:
    """The timing in a file, long or short. duration: of the recording, where it is known. Raises Refusal."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Refusal("bad-textgrid", f"{path.name} is too large.", CURE)
        data = path.read_bytes()
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal("bad-textgrid", f"{path} cannot be read ({error}).", CURE) from error
    return parse_textgrid(text, path.name, duration)


def parse_textgrid(text: str, name: str, duration: float | None = None) -> Timing:
    """A timing from the tier of phones and, where there is one, that of words. name: of what has the text, for
    refusals. duration: of the recording, where it is known. Raises Refusal."""
    tiers = _tiers(name, text)
    phones = next((rows for tier, rows in tiers if "phone" in tier.lower()), None)
    words = next((rows for tier, rows in tiers if "word" in tier.lower()), [])
    if phones is None:
        raise Refusal("bad-textgrid", f"{name} has no tier of phones.", CURE)
    spoken = [_phone(start, end, label) for start, end, label in phones if label.strip().lower() not in QUIET]
    length = duration if duration is not None else max((end for _, end, _ in phones), default=0.0)
    heard = tuple(Word(label, start, end) for start, end, label in words if label.strip().lower() not in QUIET)
    return Timing(covering([one for one in spoken if one.start < length], length), heard, "given", "", length, 1.0)


def _phone(start: float, end: float, label: str) -> Phone:
    plain = label.strip().upper().split("_")[0]
    stress = int(plain[-1]) if plain[-1:].isdigit() and plain[:-1] in VOWELS else 0
    plain = plain.rstrip("012")
    return Phone(OTHER_NAMES.get(plain, plain), start, end, stress)


def _tiers(file: str, text: str) -> list[tuple[str, list[tuple[float, float, str]]]]:
    """Names and intervals of the tiers, whichever way the file is laid out: only its texts and numbers count."""
    plain = re.sub(r"\[\d+\]|item \[\]|intervals: size|points: size", " ", text)
    # Every value is a text or a number; keys of the long form stand outside quotes and hold no digits.
    values: list[str | float] = []
    for match in TEXT.finditer(plain):
        if match.group(3):
            values.append("<exists>")
        elif match.group(2) is not None:
            values.append(float(match.group(2)))
        else:
            values.append((match.group(1) or "").replace('""', '"'))
    if len(values) < 6 or "TextGrid" not in values[:4]:
        raise Refusal("bad-textgrid", f"{file} is no TextGrid.", CURE)
    try:
        at = values.index("<exists>") + 1
        count, at = int(float(values[at])), at + 1
        tiers = []
        for _ in range(count):
            kind, name = str(values[at]), str(values[at + 1])
            size, at = int(float(values[at + 4])), at + 5
            rows = []
            for _ in range(size):
                if kind == "IntervalTier":
                    rows.append((float(values[at]), float(values[at + 1]), str(values[at + 2])))
                    at += 3
                else:
                    at += 2
            tiers.append((name, rows))
    except (IndexError, ValueError) as error:
        raise Refusal("bad-textgrid", f"{file} is damaged or cut short.", CURE) from error
    return tiers


def _filled(rows: list[tuple[float, float, str]], duration: float) -> list[tuple[float, float, str]]:
    """Intervals from 0 to duration, empty ones in the gaps."""
    result: list[tuple[float, float, str]] = []
    place = 0.0
    for start, end, text in rows:
        begin, stop = max(start, place), min(max(end, place), duration)
        if stop - begin <= 1e-6:
            continue
        if begin - place > 1e-6:
            result.append((place, begin, ""))
        result.append((begin, stop, text))
        place = stop
    if duration - place > 1e-6 or not result:
        result.append((place, duration, ""))
    return result
