"""Figures of rig inversion as text for people."""

from collections.abc import Sequence

from backend.evaluation.columns import aligned
from backend.evaluation.retarget import Recovery, RetargetFigures

LEGEND = """\
missed, in % of the motion (root mean square over the skin and the clip), against what the keys' own names would do / %
of the active channels recovered with a correlation of 0.9. ours: keys renamed Key.001 and on. named: with their names.
names: name matching alone, keys renamed. plain: least squares without bounds. solved: ours where no key may follow a
channel and all are solved for. rough: second difference of the roughest solved curve, in those of the roughest channel.
frames/s: of the solve. again: curves baked to vertices, encoded with the character's own keys and put onto them again:
% of the motion missed / least correlation of an active channel / mean."""

HEADING = (
    *("character", "controls", "active", "ours", "named", "names", "plain", "solved", "rough", "frames/s", "again"),
)


def retarget_table(figures: Sequence[RetargetFigures]) -> str:
    """One row per character, and what the columns mean."""
    rows = [HEADING, *(_row(one) for one in figures)]
    return "\n".join([*aligned(rows), "", LEGEND])


def _row(one: RetargetFigures) -> tuple[str, ...]:
    missed, least, mean = one.round_trip
    return (
        one.name,
        str(one.controls),
        str(one.active),
        *(_recovery(recovery) for recovery in (one.ours, one.named, one.by_names, one.plain, one.solved)),
        f"{one.rough:.2f}",
        f"{one.frames_per_second:,.0f}",
        f"{100 * missed:.1f}/{least:.2f}/{mean:.3f}",
    )


def _recovery(one: Recovery) -> str:
    return f"{100 * one.missed:.1f}/{100 * one.recovered:.0f}"
