"""Figures of parts as text for people."""

from collections.abc import Sequence

from backend.evaluation.columns import aligned
from backend.evaluation.parts import KEPT, PartsEvaluation

RIDERS = ("lashes", "brows", "other")

TARGETS = ("target", "1.0", "1.0", "0.0", "1.0", "0.0", *(f"{100 * KEPT:.1f}" for _ in RIDERS), "5.0")

LEGEND = f"""\
All in per cent. eyes: the furthest that any vertex of an eye is from a rotation in the eyeLook channels; centre: how
far that rotation moves the centre of the fitted sphere; stray: the furthest that eyes move in other channels; all of
the radius. jaw: the furthest that lower teeth and tongue are from one rigid motion in the jaw channels, and upper: the
furthest that upper teeth move in any, both of what jawOpen moves the lower ones by. lashes, brows, other (beards): by
how much their distance to the skin beneath changes at most, and in brackets the share of vertices where it never
changes by more than {100 * KEPT:.0f}; of the distance, or of the eye's opening where that is larger. merged: how much
the shapes differ when all objects are handed over as one. -: the character does not have it."""


def table(evaluations: Sequence[PartsEvaluation]) -> str:
    """One row per character, the targets, refusals with their sentence, and a legend."""
    rows = [("character", "eyes", "centre", "stray", "jaw", "upper", *RIDERS, "merged")]
    rows += [_row(one) for one in evaluations]
    rows.append(TARGETS)
    refusals = [f"{one.name} refused: {one.refusal}" for one in evaluations if one.refusal]
    return "\n".join([*aligned(rows), *refusals, "", LEGEND])


def _row(one: PartsEvaluation) -> tuple[str, ...]:
    travel = one.jaw.travel or None
    riders = {rider.name: f"{100 * rider.change:.1f} ({100 * rider.kept:.0f})" for rider in one.riders}
    return (
        one.name,
        _worst([eye.residual for eye in one.eyes]),
        _worst([eye.off_centre for eye in one.eyes if eye.off_centre is not None]),
        _worst([eye.stray for eye in one.eyes]),
        _worst([] if travel is None or one.jaw.residual is None else [one.jaw.residual / travel]),
        _worst([] if travel is None or one.jaw.upper is None else [one.jaw.upper / travel]),
        *(riders.get(name, "-") for name in RIDERS),
        _worst([] if one.merged is None else [one.merged]),
    )


def _worst(shares: Sequence[float]) -> str:
    return f"{100 * max(shares):.1f}" if shares else "-"
