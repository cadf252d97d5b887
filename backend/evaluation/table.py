"""Evaluations as text for people and as JSON for programs."""

import dataclasses
from collections.abc import Sequence

from backend.cloning.seal import SealFigure
from backend.evaluation.metrics import Summary
from backend.evaluation.shapes import Evaluation

HEADINGS = (
    "character",
    "verts",
    "keys",
    "cos",
    "icp",
    "median",
    "icp",
    "region",
    "icp",
    "strength",
    "icp",
    "conf",
    "lids",
    "lips",
    "s",
)

FIGURES = ("cosine", "cosine_median", "overlap", "strength_right")

LEGEND = """\
cos, median: mean and median cosine to the artist's keys. region: overlap of the moving regions. strength: share of
channels within 0.6 to 1.6 of the artist's. icp: the same for similarity ICP and the nearest point. conf: confidence.
lids: the wider eye's largest gap under eyeBlink, before > after sealing, in % of its neutral opening. lips: the largest
gap under jawOpen + mouthClose, in % of what jawOpen opens. s: seconds from the file to the shapes."""


def table(evaluations: Sequence[Evaluation]) -> str:
    """One row per character, the means over the keyed ones, refusals with their sentence, and a legend."""
    rows = [HEADINGS, *(_row(one) for one in evaluations)]
    keyed = [one for one in evaluations if one.baseline or one.ours]
    if len(keyed) > 1:
        rows.append(_means(keyed))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "  ".join(_aligned(cell, width, column) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
    refusals = [f"{one.name} refused: {one.refusal}" for one in evaluations if one.refusal]
    return "\n".join([*(line.rstrip() for line in lines), *refusals, "", LEGEND])


def channel_table(evaluation: Evaluation) -> str:
    """One row per channel of one character, weakest first, ours beside the baseline."""
    baseline = {figures.name: figures for figures in evaluation.baseline_channels}
    lines = [f"{evaluation.name:<22}{'cos':>8}{'icp':>8}{'region':>8}{'strength':>10}"]
    for figures in sorted(evaluation.channels, key=lambda one: one.cosine):
        other = baseline.get(figures.name)
        beside = f"{other.cosine:8.3f}" if other else f"{'-':>8}"
        lines.append(f"  {figures.name:<20}{figures.cosine:8.3f}{beside}{figures.overlap:8.3f}{figures.strength:10.2f}")
    return "\n".join(lines)


def as_json(evaluations: Sequence[Evaluation]) -> list[dict[str, object]]:
    """Plain lists and dictionaries of everything measured."""
    return [dataclasses.asdict(one) for one in evaluations]


def _row(one: Evaluation) -> tuple[str, ...]:
    ours, baseline = one.ours, one.baseline
    keys = ours or baseline
    lids = [seal for seal in one.seals if seal.name.startswith("eyeBlink")]
    lips = [seal for seal in one.seals if not seal.name.startswith("eyeBlink")]
    return (
        one.name,
        str(one.vertices),
        str(keys.channels) if keys else "-",
        *(_figure(summary, figure) for figure in FIGURES for summary in (ours, baseline)),
        "-" if one.refusal else f"{one.confidence:.2f}",
        _gap(lids),
        _gap(lips),
        f"{one.seconds:.1f}",
    )


def _means(keyed: Sequence[Evaluation]) -> tuple[str, ...]:
    cells = ["mean", "", ""]
    for figure in FIGURES:
        for summaries in ([one.ours for one in keyed], [one.baseline for one in keyed]):
            values = [getattr(summary, figure) for summary in summaries if summary]
            cells.append(f"{sum(values) / len(values):.3f}" if values else "-")
    return (*cells, *[""] * (len(HEADINGS) - len(cells)))


def _figure(summary: Summary | None, figure: str) -> str:
    return f"{getattr(summary, figure):.3f}" if summary else "-"


def _gap(seals: Sequence[SealFigure]) -> str:
    """The worst closure's gap, before > after, in per cent."""
    gaps = [(seal.gap_before, seal.gap_after) for seal in seals]
    known = [(before, after) for before, after in gaps if before is not None and after is not None]
    if not known:
        return "-"
    before, after = max(known, key=lambda gap: gap[1])
    return f"{100 * before:.0f} > {100 * after:.0f}"


def _aligned(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)
