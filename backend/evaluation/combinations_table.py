"""Collisions of combinations as text for people."""

from collections.abc import Sequence

from backend.evaluation.columns import aligned
from backend.evaluation.combinations import COMBINATIONS, WEIGHTS, CombinationsEvaluation

TARGET = 0.01
"""Deepest collision that may be left, in widths of the mouth."""

LEGEND = """\
How deep lips and teeth, both lips, both lids, or lids and eyes are in each other at the worst place, beyond the
neutral, in % of the mouth's width: as the keys add up > with the correctives; at full and at half weights. keys: how
many correctives there are. The target is 1.0 at most."""


def table(evaluations: Sequence[CombinationsEvaluation]) -> str:
    """One row per character, the correctives of each, what is left of collisions, refusals and a legend."""
    cells = [(name, weight) for name in COMBINATIONS for weight in WEIGHTS]
    rows = [("character", *(name if weight == 1.0 else f"at {weight:g}" for name, weight in cells), "keys")]
    for one in evaluations:
        depths = {(each.combination, each.weight, each.corrected): each.worst for each in one.collisions}
        rows.append(
            (
                one.name,
                *(
                    f"{100 * depths[*cell, False]:.1f} > {100 * depths[*cell, True]:.1f}" if depths else "-"
                    for cell in cells
                ),
                str(len(one.correctives)),
            )
        )
    return "\n".join([*aligned(rows), *_notes(evaluations), "", LEGEND])


def collides(one: CombinationsEvaluation) -> list[str]:
    """What collides by more than TARGET in spite of correctives, in words."""
    return [
        f"{each.combination} at {each.weight:g} ({100 * each.worst:.1f} %)"
        for each in one.collisions
        if each.corrected and each.worst > TARGET
    ]


def _notes(evaluations: Sequence[CombinationsEvaluation]) -> list[str]:
    lines = [f"{one.name}: {', '.join(one.correctives)}" for one in evaluations if one.correctives]
    lines += [f"{one.name} still collides: {', '.join(collides(one))}" for one in evaluations if collides(one)]
    return lines + [f"{one.name} refused: {one.refusal}" for one in evaluations if one.refusal]
