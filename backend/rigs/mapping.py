"""Which channels each control follows: decided, shown, kept as a preset that people edit."""

import json
import math
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..channels import ARKIT_NAMES
from ..errors import Refusal
from .uses import FOLLOW, REST, SOLVE

MAX_BYTES = 1 << 24
CURE = 'Write {"controls": {NAME: {"use": "follow", "channels": {"jawOpen": 1.0}}}}; use may be follow, solve or rest.'


@dataclass(frozen=True)
class Entry:
    """use: "follow", the control is at rest plus the sum of its channels times their weights, units of the control for
    a channel of 1; "solve", it is solved for; "rest", it stays where nothing is done. why: for people to read."""

    use: str
    channels: dict[str, float]
    why: str = ""


Mapping = dict[str, Entry]
"""An entry for each control, by name."""


def write_mapping(path: Path, mapping: Mapping) -> None:
    """JSON, one control a line. Raises OSError."""
    lines = (f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in as_json(mapping).items())
    path.write_text('{"controls": {\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


def read_mapping(path: Path) -> Mapping:
    """A preset. Raises Refusal for anything else, channels that are not ARKit's, and weights that are not numbers."""
    if not path.is_file():
        raise Refusal("missing-file", f"There is no file {path.name}.", "Check the path.")
    if path.stat().st_size > MAX_BYTES:
        raise Refusal("too-large", f"{path.name} is too large for a mapping.", "Choose the file that was written.")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError, OSError) as error:
        raise Refusal("bad-mapping", f"{path.name} cannot be read as JSON ({error}).", CURE) from error
    controls = content.get("controls") if isinstance(content, dict) else None
    if not isinstance(controls, dict):
        raise Refusal("bad-mapping", f"{path.name} has no controls.", CURE)
    return from_json(controls)


def as_json(mapping: Mapping) -> dict[str, Any]:
    """What stands for a mapping in JSON."""
    return {name: {"use": one.use, "channels": one.channels, "why": one.why} for name, one in mapping.items()}


def from_json(controls: AnyMapping[str, object]) -> Mapping:
    """The mapping that as_json stands for. Raises Refusal as read_mapping does."""
    return {name: _entry(name, one) for name, one in controls.items()}


def covered(entries: Sequence[Entry]) -> set[str]:
    """The channels that some control follows."""
    return {channel for one in entries if one.use == FOLLOW for channel in one.channels}


def _entry(control: str, one: object) -> Entry:
    channels = one.get("channels", {}) if isinstance(one, dict) else None
    if not isinstance(one, dict) or not isinstance(channels, dict) or one.get("use") not in (FOLLOW, SOLVE, REST):
        raise Refusal("bad-mapping", f"The mapping of the control {control} cannot be understood.", CURE)
    for channel, weight in channels.items():
        if channel not in ARKIT_NAMES:
            raise Refusal("bad-mapping", f"{control} follows {channel}, which is no channel of ARKit.", CURE)
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not math.isfinite(weight):
            raise Refusal("bad-mapping", f"The weight of {channel} for {control} is not a number.", CURE)
    if one["use"] == FOLLOW and not channels:
        raise Refusal("bad-mapping", f"{control} follows no channel.", 'Name one, or write "rest".')
    return Entry(one["use"], {name: float(weight) for name, weight in channels.items()}, str(one.get("why", "")))
