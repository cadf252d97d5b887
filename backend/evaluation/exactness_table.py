"""The figures of exactness as text."""

from collections.abc import Sequence

import numpy as np

from backend.evaluation.exactness import FOLDS, Closing, Exactness

LEGEND = """\
In per cent. neck: the largest motion of any shape on open borders below the chin, beyond: anywhere outside of the face,
of a head's height. mirror: the mean and the worst shape's difference between the sides, where the neutral is symmetric
vertex by vertex. folds: triangles of the face that turn by more than 90 degrees. lids: the worse eye's gap of the
prediction > sealed (and at half a blink), of its neutral opening, in eye: how deep lids are in the eyeball at the worst
stage, of its radius. lips: the gap of jawOpen + mouthClose (and half of mouthClose), of what jawOpen shows, cross: how
far lips pass through each other, of the mouth's width. The gap before is as sealing measured it, those after are seen
in pictures."""

TARGETS: dict[str, float] = {"neck": 0.1, "beyond": 0.1, "mirror": 2.0, "folds": 0.5, "lids": 3.0, "lips": 3.0}
"""Per cent that each figure should stay within."""

HALFWAY = (0.05, 0.95)
"""What a half-closed opening shows lies between these shares."""


def table(evaluations: Sequence[Exactness]) -> str:
    """One row per character, then what is beyond its target, refusals, and a legend."""
    heading = f"{'character':<22}{'zero':>6}{'neck':>6}{'beyond':>7}{'mirror':>13}"
    lines = [
        f"{heading}{''.join(f'{_short(name):>8}' for name in FOLDS)}{'lids':>20}{'in eye':>8}{'lips':>20}{'cross':>7}"
    ]
    lines += [_row(one) for one in evaluations if not one.refusal]
    lines += [f"{one.name}: beyond the target in {', '.join(missed(one))}" for one in evaluations if missed(one)]
    lines += [f"{one.name} refused: {one.refusal}" for one in evaluations if one.refusal]
    return "\n".join([*lines, "", LEGEND])


def missed(one: Exactness) -> list[str]:
    """Names of the figures that are beyond their target."""
    if one.refusal:
        return []
    eyes, mouth = _closings(one)
    worst = {
        "neck": one.neck,
        "beyond": one.beyond,
        "mirror": max(one.mirror.values(), default=None) if one.mirror else None,
        "lids": max((eye.after for eye in eyes), default=None),
        "lips": mouth.after if mouth else None,
    }
    found = [] if one.zero == 0 else ["zero"]
    found += [name for name, value in worst.items() if value is not None and 100 * value > TARGETS[name]]
    found += [f"folds of {name}" for name, share in one.folded.items() if 100 * share > TARGETS["folds"]]
    found += [f"half of {it.name}" for it in one.closings if not HALFWAY[0] < it.half < HALFWAY[1]]
    return found


def _row(one: Exactness) -> str:
    eyes, mouth = _closings(one)
    worst = max(eyes, key=lambda eye: eye.after, default=None)
    depths = [depth for eye in eyes for depth in (eye.depth, eye.half_depth) if depth is not None]
    sides = list(one.mirror.values()) if one.mirror else []
    mirror = f"{100 * np.mean(sides):.1f}, {100 * max(sides):.1f}" if sides else "-"
    folds = "".join(f"{_percent(one.folded[name]):>8}" for name in FOLDS)
    return (
        f"{one.name:<22}{one.zero:>6g}{_percent(one.neck):>6}{_percent(one.beyond):>7}{mirror:>13}{folds}"
        f"{_gap(worst):>20}{_percent(max(depths, default=None)):>8}{_gap(mouth):>20}"
        f"{_percent(mouth.crossing if mouth else None):>7}"
    )


def _closings(one: Exactness) -> tuple[list[Closing], Closing | None]:
    """The eyes and the mouth."""
    eyes = [closing for closing in one.closings if closing.crossing is None]
    return eyes, next((closing for closing in one.closings if closing.crossing is not None), None)


def _gap(closing: Closing | None) -> str:
    if closing is None:
        return "-"
    before = "?" if closing.before is None else f"{100 * closing.before:.0f}"
    return f"{before} > {100 * closing.after:.1f} ({100 * closing.half:.0f})"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def _short(name: str) -> str:
    return name.removeprefix("mouth").removeprefix("eye").lower()
