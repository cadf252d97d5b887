"""What a method of the service is given and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backend.errors import Progress


def unseen(draw: Callable[[], np.ndarray]) -> None:
    """Where nobody looks."""


@dataclass(frozen=True)
class Call:
    """A request: params from its header, arrays from its body, the progress to report to, and the show that is given
    what draws a picture (H, W, 3) uint8 of what is being done: it has it drawn where somebody looks, not too often."""

    params: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]
    progress: Progress
    show: Callable[[Callable[[], np.ndarray]], None] = unseen


@dataclass(frozen=True)
class Reply:
    """A result: fields for the header and arrays for the body."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


Method = Callable[[Call], Reply]
"""Raises Refusal for input that cannot be used and lets Cancelled, which progress raises, pass."""
