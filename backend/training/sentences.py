"""Sentences for voices to read, out of collections of quotations: one on each line of LANGUAGE.txt.

    python -m backend.training.sentences --out texts en=fortunes/literature en=fortunes/science de=fortunes/de

A collection is a file in which a line of "%" parts quotations, or a folder of such files.
"""

import argparse
import random
import re
from pathlib import Path

SHORTEST, LONGEST = 20, 180
"""Characters of a sentence."""

SPOKEN = 0.95
"""Least share of letters and of signs that are not spoken."""

UNREADABLE = re.compile(r"[|\\/<>{}=@#~^_*\[\]$]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


def sentences_of(text: str) -> list[str]:
    """The sentences of quotations that can be read aloud."""
    found = []
    for quotation in re.split(r"\n%\n", COLOUR.sub("", text)):
        for part in END.split(re.sub(r"\s+", " ", quotation)):
            one = part.strip(' -"*_')
            letters = sum(sign.isalpha() or sign in " ,.'’!?-，。！？；：、" for sign in one)
            # Chinese says in a sign what other scripts say in several.
            wide = sum("\u4e00" <= sign <= "\u9fff" for sign in one)
            if SHORTEST < len(one) + 3 * wide < LONGEST and not UNREADABLE.search(one) and letters > SPOKEN * len(one):
                found.append(one)
    return found


def read_collection(path: Path) -> str:
    """A file in UTF-8 or, where it is none, in Latin 1."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def main() -> None:
    """Writes the sentences of each language, each once, in an order that is always the same."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("collections", nargs="+", metavar="LANGUAGE=PATH")
    options = parser.parse_args()
    found: dict[str, set[str]] = {}
    for given in options.collections:
        language, _, place = given.partition("=")
        files = sorted(Path(place).rglob("*")) if Path(place).is_dir() else [Path(place)]
        for path in files:
            if path.is_file() and path.suffix not in (".dat", ".u8"):
                found.setdefault(language, set()).update(sentences_of(read_collection(path)))
    options.out.mkdir(parents=True, exist_ok=True)
    for language, sentences in found.items():
        ordered = sorted(sentences)
        random.Random(0).shuffle(ordered)
        (options.out / f"{language}.txt").write_text("\n".join(ordered) + "\n", encoding="utf-8")
        print(f"{language}: {len(ordered)} sentences")


if __name__ == "__main__":
    main()
