"""Whose work the characters of a corpus are, and which of them the project may show pictures of."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.errors import Refusal

INDEX = "index.json"

OPEN_LICENCES = ("MIT", "Apache-2.0", "CC0", "public domain")
"""Licences that ask for no more than credit: pictures of such characters may be part of the project."""

PRIVATE_FOLDER = Path("demo")
"""In the working directory; never committed, so pictures of any character may be written there."""


@dataclass(frozen=True)
class Credit:
    """licence: as the corpus states it, its name first. source: repository and path."""

    licence: str
    source: str

    @property
    def is_open(self) -> bool:
        """Whether the licence's name is one of OPEN_LICENCES. Anything that follows the name but its holder, in
        brackets or after (c), makes it another licence."""
        return re.split(r"\s*\(", self.licence, maxsplit=1)[0] in OPEN_LICENCES


def read_credits(corpus: Path) -> dict[str, Credit]:
    """The credit of each character by the name of its folder, from the corpus' index. Files that carry no mesh have
    none. Raises Refusal when there is no index."""
    path = corpus / INDEX
    if not path.is_file():
        raise Refusal("no-index", f"{path} does not exist.", "Pass the corpus folder that holds the characters.")
    entries = json.loads(path.read_text(encoding="utf-8"))["characters"]
    return {
        Path(entry["file"]).parts[0]: Credit(entry["licence"], f"{entry['source_repo']}: {entry['source_path']}")
        for entry in entries
        if entry.get("head_objects")
    }


def check_pictures(names: Sequence[str], credits: Mapping[str, Credit], out: Path) -> None:
    """Raises Refusal where pictures of a character whose licence is not open would leave PRIVATE_FOLDER."""
    if out.resolve().is_relative_to(PRIVATE_FOLDER.resolve()):
        return
    closed = [name for name in names if name not in credits or not credits[name].is_open]
    if closed:
        raise Refusal(
            "closed-licence",
            f"Pictures of {', '.join(closed)} may not be published: no licence among {', '.join(OPEN_LICENCES)}.",
            f"Leave them out, or write to {PRIVATE_FOLDER}/, which is never committed.",
        )
