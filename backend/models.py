"""The trained models that are here: weights, each with its card."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

WEIGHTS = Path(__file__).resolve().parent / "weights"
CARDS = (".md", ".json")


@dataclass(frozen=True)
class Model:
    """Weights on disk. card: the file that says what they were trained on, or None."""

    name: str
    path: Path
    card: Path | None

    def sha256(self) -> str:
        """Of the weights, in hexadecimal. Raises OSError."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()


def models(folder: Path = WEIGHTS) -> tuple[Model, ...]:
    """Every .safetensors file in the folder, by name."""
    return tuple(Model(path.stem, path, _card_of(path)) for path in sorted(folder.glob("*.safetensors")))


def _card_of(path: Path) -> Path | None:
    return next((card for card in map(path.with_suffix, CARDS) if card.is_file()), None)
