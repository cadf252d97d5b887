"""Hand labels of phones as xlabel writes them, with the signs that the Berlin Database of Emotional Speech uses."""

from pathlib import Path

from backend.errors import Refusal
from backend.speech.phones import SILENCE, Phone, covering

SIGNS = {
    "I": "IH", "i": "IY", "a": "AA", "E": "EH", "e": "EH", "E6": "EH", "O": "AO", "o": "OW", "U": "UH", "u": "UW",
    "@": "AH", "4": "AH", "6": "AH", "9": "ER", "2": "ER", "Y": "UH", "y": "UW", "aI": "AY", "aU": "AW", "OY": "OY",
    "m": "M", "n": "N", "N": "NG", "v": "V", "f": "F", "s": "S", "z": "Z", "S": "SH", "Z": "ZH", "l": "L", "L": "L",
    "t": "T", "d": "D", "k": "K", "g": "G", "p": "P", "b": "B", "B": "B", "C": "HH", "X": "HH", "x": "HH", "h": "HH",
    "j": "Y", "r": "R", "R": "R",
}  # fmt: skip
"""As ARPAbet's phones that look most alike, as ipa.json has it."""


def read_xlabel(path: Path) -> tuple[Phone, ...]:
    """Phones in order from 0 to where speech ends. A line has the time where its sign begins; "." ends all. Closure,
    release and breath of a stop are written apart ("_t", "!t", "tasp"), and so are changes within a phone ("-sth");
    here they are one. Raises Refusal."""
    phones: list[Phone] = []
    try:
        rows = path.read_text(encoding="latin-1").partition("#\n")[2].splitlines()
        marks = [(float(row.split()[0]), row.split()[2]) for row in rows if len(row.split()) > 2]
    except (OSError, ValueError) as error:
        raise Refusal("bad-labels", f"{path.name} cannot be read as labels.", "Take the original file.") from error
    label, start = SILENCE, 0.0
    for time, sign in marks:
        plain = sign.strip("!_").removesuffix("asp")
        own = SILENCE if sign == "." else SIGNS.get(sign, SIGNS.get(plain))
        if own is None or (own == label and (sign.startswith("!") or sign.endswith("asp"))):
            continue
        if time > start:
            phones.append(Phone(label, start, time))
        label, start = own, time
    return covering(phones, start)
