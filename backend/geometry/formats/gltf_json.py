"""Values of a glTF's JSON, which may be of any type until they have been looked at."""

import math
from typing import Any

from backend.geometry.formats.refusals import damaged

MAX_INTEGER = 1 << 53
Record = dict[str, Any]


def record(parent: Record, key: str) -> Record:
    """The object at a key, empty where there is none. Raises Refusal for anything else."""
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise damaged(f"its {key} is not an object")
    return value


def records(parent: Record, key: str) -> list[Record]:
    """The list of objects at a key, empty where there is none. Raises Refusal for anything else."""
    value = parent.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise damaged(f"its {key} is not a list of objects")
    return value


def integer(parent: Record, key: str, default: int | None = None) -> int:
    """The whole number, not negative, at a key. Raises Refusal for anything else, and where there is none without
    a default."""
    value = parent.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MAX_INTEGER:
        raise damaged(f"its {key} is not a whole number")
    return value


def integers(parent: Record, key: str) -> list[int]:
    """The list of whole numbers, none negative, at a key, empty where there is none."""
    value = parent.get(key, [])
    if not isinstance(value, list):
        raise damaged(f"its {key} is not a list")
    return [integer({key: item}, key) for item in value]


def numbers(parent: Record, key: str, count: int) -> list[float] | None:
    """The list of `count` finite numbers at a key, None where there is none."""
    value = parent.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != count:
        raise damaged(f"its {key} is not a list of {count} numbers")
    if any(isinstance(item, bool) or not isinstance(item, int | float) or not abs(item) < 1e300 for item in value):
        raise damaged(f"its {key} is not a list of {count} numbers")
    return [float(item) for item in value if not math.isnan(item)]


def text(parent: Record, key: str) -> str:
    """The string at a key, empty where there is none or something else."""
    value = parent.get(key, "")
    return value if isinstance(value, str) else ""
