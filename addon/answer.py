"""The words in the backend's answer to a request for shapes, checked before anything of it reaches the scene."""

from collections.abc import Mapping
from typing import Any

from ..backend.errors import Refusal

LISTS = ("names", "part_names", "reasons")
"""The fields that are lists of texts."""


def check_answer(fields: Mapping[str, Any]) -> None:
    """Raises Refusal where a field has another type than it should; one that is missing is not asked for."""
    texts = [fields.get(name, []) for name in LISTS]
    confidence = fields.get("confidence", 0.0)
    if not (
        all(isinstance(one, list) and all(isinstance(text, str) for text in one) for one in texts)
        and isinstance(fields.get("correctives", []), list)
        and isinstance(confidence, int | float)
    ):
        raise Refusal(
            "bad-result",
            "The backend's answer cannot be understood.",
            "Restart the backend; if this happens again, report it with the log.",
        )
