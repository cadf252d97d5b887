"""Figures of fits as text for people."""

from collections.abc import Sequence

import numpy as np

from backend.evaluation.columns import aligned
from backend.evaluation.fitting import FilmFigures, ShapeFigures
from backend.evaluation.targets import Target

SURE = ("jawOpen", "eyeBlinkLeft", "eyeBlinkRight", "mouthSmileLeft", "mouthSmileRight", "browInnerUp")

LEGEND = """\
Neutral shape by NoW's protocol, medians of point to surface, millimetres. one, all: ours from one picture (mean over a
person's) and from all of a person's; landmarks: least squares on landmarks alone."""


def shapes_table(figures: Sequence[ShapeFigures]) -> str:
    """A row for each person, the family means below."""
    rows: list[tuple[str, ...]] = [("person", "mean face", "one", "all", "landmarks, one", "landmarks, all")]
    rows += [(one.name, *(f"{value:.2f}" for value in _values(one))) for one in figures]
    for family in sorted({one.name.split("_")[0] for one in figures}):
        own = np.array([_values(one) for one in figures if one.name.startswith(family)])
        rows.append((f"median of {family}", *(f"{value:.2f}" for value in np.median(own, axis=0))))
    return "\n".join([*aligned(rows), "", LEGEND])


def film_table(one: FilmFigures) -> str:
    """Channels by correlation, ours and landmarks alone; what else was measured."""
    rows: list[tuple[str, ...]] = [(one.name, "ours", "landmarks")]
    rows += [
        (name, f"{value:.2f}", f"{one.landmarks_only.get(name, 0):.2f}") for name, value in one.correlations.items()
    ]
    rows.append(("mean", f"{_mean(one.correlations):.2f}", f"{_mean(one.landmarks_only):.2f}"))
    text = (
        f"{one.blinks} blinks, off by {one.blinks_off:.1f} frames at most; lips closed in {one.closed:.0%} of closures"
    )
    return "\n".join([*aligned(rows), text, f"neutral {one.shape:.2f} mm, mean face {one.mean_shape:.2f} mm"])


def fitting_targets(
    shapes: Sequence[ShapeFigures], films: Sequence[FilmFigures], jitter: float | None, photographs: Sequence[float]
) -> list[Target]:
    """What is wanted of them."""
    values = np.array([_values(one) for one in shapes])
    mean, single, all_of_them = np.median(values[:, :3], axis=0)
    result = [
        Target("neutral from one picture, median", float(single), 1.3, pattern="{:.2f} mm"),
        Target("neutral from five pictures, median", float(all_of_them), 1.1, pattern="{:.2f} mm"),
        Target("better than the mean face, one picture", 100 * float(1 - single / mean), 25, True, "{:.0f} %"),
    ]
    for film in films:
        result.append(Target(f"{film.name}: channels, mean correlation", _mean(film.correlations), 0.75, True))
        result += [
            Target(f"{film.name}: {name}", film.correlations[name], 0.9, True)
            for name in SURE
            if name in film.correlations
        ]
        result.append(Target(f"{film.name}: blinks off by", film.blinks_off, 1, pattern="{:.1f} frames"))
        result.append(Target(f"{film.name}: lips closed", 100 * film.closed, 100, True, "{:.0f} %"))
    if jitter is not None:
        result.append(Target("jitter of a still face", jitter, 0.15, pattern="{:.2f} mm"))
    if photographs:
        median = float(np.median(photographs))
        result.append(Target("photographs: landmarks, of the eyes' distance", median, 3, pattern="{:.2f} %"))
    return result


def _values(one: ShapeFigures) -> tuple[float, ...]:
    return one.mean, one.one, one.five, one.landmarks_one, one.landmarks_five


def _mean(values: dict[str, float]) -> float:
    return float(np.mean(list(values.values()))) if values else float("nan")
