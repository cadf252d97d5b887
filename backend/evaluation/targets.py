"""What is wanted of figures, and whether they reach it."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.evaluation.columns import aligned


@dataclass(frozen=True)
class Target:
    """what: is measured, for people. value: the worst that was. limit: what it may be at most, or has to be at least.
    pattern: how both are written, with the unit, as "{:.1f} %"."""

    what: str
    value: float
    limit: float
    at_least: bool = False
    pattern: str = "{:.2f}"

    @property
    def met(self) -> bool:
        """Whether the value keeps to the limit; a value that is no number does not."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def targets_table(targets: Sequence[Target]) -> str:
    """A row per target: what, the worst, what is wanted, met or missed."""
    rows = [("wanted", "worst", "limit", "")]
    for one in targets:
        limit = ("at least " if one.at_least else "at most ") + one.pattern.format(one.limit)
        rows.append((one.what, one.pattern.format(one.value), limit, "met" if one.met else "MISSED"))
    return "\n".join(aligned(rows))
