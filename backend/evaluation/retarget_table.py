"""Figures of rig inversion as text for people."""

from collections.abc import Iterable, Sequence

from backend.evaluation.columns import aligned
from backend.evaluation.retarget import Recovery, RetargetFigures
from backend.evaluation.round_trip import Trip
from backend.evaluation.targets import Target

LEGEND = """\
missed, in % of the motion (root mean square over the skin and the clip), against what the keys' own names would do / %
of the active channels recovered with a correlation of 0.9. ours: keys renamed Key.001 and on. named: with their names.
names: name matching alone, keys renamed. plain: least squares without bounds. solved: ours where no key may follow a
channel and all are solved for. rough: second difference of the roughest curve, ours / solved, in those of the roughest
channel."""

TRIPS_LEGEND = """\
Curves of the artist's keys baked to vertices, read, and put onto the keys again: % of the motion missed / least
correlation of an active channel / mean. again: read with the character's own keys. The others go by way of another
character and back, the worst of all others: what is read plays on keys there, these are baked to vertices, the vertices
are read with these keys, and that goes onto the first character's keys. built: the keys that the product builds for the
other's mesh. keyed: its artist's. unknown: its artist's, and no key of either has a name: they are known by what they
do. Channels that move nothing of the other character, as a tongue where there is none, are not asked for. alone: as
again, but the reader knows the character's mesh and none of its keys, and leaves a trace of what that did."""

HEADING = ("character", "controls", "active", "ours", "named", "names", "plain", "solved", "rough")
TRIPS_HEADING = ("round trip", "again", "built", "keyed", "unknown", "alone")


def retarget_table(figures: Sequence[RetargetFigures]) -> str:
    """One row per character, another of its round trips, and what the columns mean."""
    rows, trips = [HEADING, *map(_row, figures)], [TRIPS_HEADING, *map(_trips_row, figures)]
    return "\n".join([*aligned(rows), "", LEGEND, "", *aligned(trips), "", TRIPS_LEGEND])


def retarget_targets(figures: Sequence[RetargetFigures]) -> list[Target]:
    """What is wanted, beside the worst of the characters."""
    result = [
        Target("same character: motion missed", _most(one.again.missed for one in figures), 5, pattern="{:.1f} %"),
        Target("same character: correlation", min(one.again.least for one in figures), 0.95, True),
        Target("same, mesh alone: motion missed", _most(one.alone.missed for one in figures), 5, pattern="{:.1f} %"),
        Target("same, mesh alone: correlation", min(one.alone.least for one in figures), 0.95, True),
    ]
    named = [trip for one in figures for trip in (one.built, one.keyed) if trip is not None]
    unnamed = [one.unknown for one in figures if one.unknown is not None]
    for what, trips in (("another character", named), ("another character, keys without names", unnamed)):
        if trips:
            result += [
                Target(f"{what}: motion missed", _most(trip.missed for trip in trips), 15, pattern="{:.1f} %"),
                Target(f"{what}: correlation", min(trip.least for trip in trips), 0.85, True),
            ]
    return [
        *result,
        Target("keys without names: motion missed", _most(one.ours.missed for one in figures), 10, pattern="{:.1f} %"),
        Target(
            "keys without names: channels recovered",
            100 * min(one.ours.recovered for one in figures),
            80,
            True,
            "{:.0f} %",
        ),
        Target("keys without names: roughness", max(max(one.rough) for one in figures), 1.5),
    ]


def _most(shares: Iterable[float]) -> float:
    """The largest, in %."""
    return 100 * max(shares)


def _row(one: RetargetFigures) -> tuple[str, ...]:
    return (
        one.name,
        str(one.controls),
        str(one.active),
        *(_recovery(recovery) for recovery in (one.ours, one.named, one.by_names, one.plain, one.solved)),
        "{:.2f}/{:.2f}".format(*one.rough),
    )


def _trips_row(one: RetargetFigures) -> tuple[str, ...]:
    return (one.name, *(_trip(trip) for trip in (one.again, one.built, one.keyed, one.unknown, one.alone)))


def _trip(trip: Trip | None) -> str:
    return "-" if trip is None else f"{100 * trip.missed:.1f}/{trip.least:.2f}/{trip.mean:.3f}"


def _recovery(one: Recovery) -> str:
    return f"{100 * one.missed:.1f}/{100 * one.recovered:.0f}"
