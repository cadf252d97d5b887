"""What phones and emotions look like: tables that come with the program, or the user's own in their place."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.errors import Refusal

FOLDER = Path(__file__).parent
MAX_BYTES = 1 << 20
CURE = "Begin with a copy of backend/speech/articulation.json or emotion.json."


@dataclass(frozen=True)
class Shape:
    """What a phone does. jaw: its opening, 0..1. lips: (52,) weights of ARKIT_NAMES without the jaw's opening.
    jaw_strength, lip_strength: how much it holds its own against its neighbours. contact: "lips", "teeth" or none.
    lead: seconds by which the lips begin early. late: the second half of a diphthong."""

    jaw: float
    lips: np.ndarray
    jaw_strength: float = 1.0
    lip_strength: float = 1.0
    contact: str = ""
    lead: float = 0.0
    late: "Shape | None" = field(default=None)


def articulation(path: Path | None = None) -> dict[str, Shape]:
    """Shapes by phone. path: the user's table, with the same fields. Raises Refusal."""
    table = {name: _shape(name, row) for name, row in _read(FOLDER / "articulation.json").items()}
    if path is not None:
        table |= {name: _shape(name, row) for name, row in _read(path).items()}
    return table


def emotions(path: Path | None = None) -> dict[str, np.ndarray]:
    """(52,) weights of ARKIT_NAMES at full intensity, by emotion. path: the user's table. Raises Refusal."""
    table = _read(FOLDER / "emotion.json") | (_read(path) if path is not None else {})
    return {name: channel_weights(name, row) for name, row in table.items()}


def channel_weights(name: str, row: Any) -> np.ndarray:
    """(52,) of channels by name; a name without its side means both. Raises Refusal."""
    weights = np.zeros(len(ARKIT_NAMES))
    if not isinstance(row, dict):
        raise Refusal("bad-table", f"{name} has no channels in the table.", CURE)
    for channel, value in row.items():
        found = [at for at, one in enumerate(ARKIT_NAMES) if one in (channel, f"{channel}Left", f"{channel}Right")]
        if not found:
            raise Refusal("bad-table", f"{name} names the channel {channel}, which is not known.", CURE)
        weights[found] = _number(name, channel, value)
    return weights


def _shape(name: str, row: Any) -> Shape:
    if not isinstance(row, dict):
        raise Refusal("bad-table", f"{name} has no shape in the table.", CURE)
    contact = row.get("contact", "")
    if contact not in ("", "lips", "teeth"):
        raise Refusal("bad-table", f"{name} makes contact with {contact}; lips and teeth are possible.", CURE)
    numbers = {
        key: _number(name, key, row.get(key, usual))
        for key, usual in (("jaw", 0.0), ("jaw_strength", 1.0), ("lip_strength", 1.0), ("lead", 0.0))
    }
    late = row.get("late")
    return Shape(
        lips=channel_weights(name, row.get("lips", {})),
        contact=contact,
        late=None if late is None else _shape(name, late),
        **numbers,
    )


def _number(name: str, key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 20:
        raise Refusal("bad-table", f"{key} of {name} is no number that makes sense.", CURE)
    return float(value)


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Refusal("bad-table", f"{path.name} is too large for a table.", CURE)
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Refusal("bad-table", f"{path.name} cannot be read as JSON ({error}).", CURE) from error
    if not isinstance(table, dict):
        raise Refusal("bad-table", f"{path.name} is no table of names.", CURE)
    return table
