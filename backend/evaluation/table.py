"""Evaluations as text for people and as JSON for programs."""

import dataclasses
from collections.abc import Sequence

from backend.cloning.result import SealFigure
from backend.evaluation.columns import aligned
from backend.evaluation.metrics import Summary
from backend.evaluation.shapes import Evaluation, behind, confidence_rank

FIGURES = {"cos": "cosine", "region": "overlap", "strength": "strength_right"}
"""Headings of what is measured, and the fields of Summary."""

LEGEND = """\
cos: mean cosine to the artist's keys. region: overlap of the moving regions. strength: share of channels within 0.6 to
1.6 of the artist's. icp: the same for similarity ICP and the nearest point, nricp: for non-rigid ICP and deformation
transfer; both are given the head's frame and objects. nfs: for a published NFS checkpoint, given our alignment, which
its seconds leave out. mean: over the characters with keys, a refusal counting as 0. conf: confidence. lids: the wider
eye's largest gap under eyeBlink, as predicted > sealed, in % of its neutral opening. lips: the largest gap under
jawOpen + mouthClose, in % of what jawOpen opens. s: seconds from the file to the shapes."""


def table(evaluations: Sequence[Evaluation]) -> str:
    """One row per character, the means over the keyed ones, refusals with their sentence, keys whose names say the
    wrong side, how confidence ranks, and a legend."""
    methods = list(dict.fromkeys(name for one in evaluations for name in one.baselines))
    measured = [heading for figure in FIGURES for heading in (figure, *methods)]
    rows = [("character", "verts", "keys", *measured, "conf", "lids", "lips", "s", *(f"{name} s" for name in methods))]
    rows += [_row(one, methods) for one in evaluations]
    keyed = [one for one in evaluations if one.keyed]
    if len(keyed) > 1:
        rows.append(_means(keyed, methods, len(rows[0])))
    return "\n".join([*aligned(rows), *_notes(evaluations), "", LEGEND])


def channel_table(evaluation: Evaluation) -> str:
    """One row per channel of one character, weakest first, ours beside the baselines."""
    methods = {
        name: {channel.name: channel for channel in figures.channels} for name, figures in evaluation.baselines.items()
    }
    heading = "".join(f"{name:>8}" for name in ("cos", *methods, "region"))
    lines = [f"{evaluation.name:<22}{heading}{'strength':>10}"]
    for figures in sorted(evaluation.channels, key=lambda one: one.cosine):
        beside = "".join(f"{channels[figures.name].cosine:8.3f}" for channels in methods.values())
        lines.append(f"  {figures.name:<20}{figures.cosine:8.3f}{beside}{figures.overlap:8.3f}{figures.strength:10.2f}")
    return "\n".join(lines)


def as_json(evaluations: Sequence[Evaluation]) -> dict[str, object]:
    """Plain lists and dictionaries of everything measured."""
    return {
        "characters": [dataclasses.asdict(one) for one in evaluations],
        "confidence_rank": confidence_rank(evaluations),
        "behind_a_baseline": behind(evaluations),
    }


def _row(one: Evaluation, methods: Sequence[str]) -> tuple[str, ...]:
    summaries = _summaries(one, methods)
    channels = next((summary.channels for summary in summaries if summary), None)
    lids = [seal for seal in one.seals if seal.name.startswith("eyeBlink")]
    lips = [seal for seal in one.seals if not seal.name.startswith("eyeBlink")]
    return (
        one.name,
        str(one.vertices),
        "-" if channels is None else str(channels),
        *(f"{getattr(summary, field):.3f}" if summary else "-" for field in FIGURES.values() for summary in summaries),
        "-" if one.refusal else f"{one.confidence:.2f}",
        _gap(lids),
        _gap(lips),
        f"{one.seconds:.1f}",
        *(f"{one.baselines[name].seconds:.1f}" if name in one.baselines else "-" for name in methods),
    )


def _summaries(one: Evaluation, methods: Sequence[str]) -> list[Summary | None]:
    """Of ours, then of each method."""
    beside = (one.baselines.get(name) for name in methods)
    return [one.ours, *(figures.summary if figures else None for figures in beside)]


def _means(keyed: Sequence[Evaluation], methods: Sequence[str], columns: int) -> tuple[str, ...]:
    cells = ["mean", "", str(len(keyed))]
    for field in FIGURES.values():
        for at, name in enumerate(("", *methods)):
            if name and not all(name in one.baselines for one in keyed):
                cells.append("-")
                continue
            summaries = [_summaries(one, methods)[at] for one in keyed]
            values = [getattr(summary, field) if summary else 0.0 for summary in summaries]
            cells.append(f"{sum(values) / len(values):.3f}")
    return (*cells, *[""] * (columns - len(cells)))


def _notes(evaluations: Sequence[Evaluation]) -> list[str]:
    lines = [f"{one.name} refused: {one.refusal}" for one in evaluations if one.refusal]
    lines += [
        f"{one.name}: {', '.join(one.wrong_sided)} move the other side of the face than their names say; "
        f"counted for the side that they move, cos is {one.by_motion.cosine:.3f}"
        for one in evaluations
        if one.wrong_sided and one.by_motion
    ]
    lost = behind(evaluations)
    if lost:
        lines.append(f"No better than a baseline: {', '.join(lost)}")
    rank = confidence_rank(evaluations)
    if rank is not None:
        lines.append(f"Confidence ranks with cos by Spearman's {rank:.2f}, a refusal being 0 in both")
    return lines


def _gap(seals: Sequence[SealFigure]) -> str:
    """The worst closure's gap, before > after, in per cent."""
    gaps = [(seal.gap_before, seal.gap_after) for seal in seals]
    known = [(before, after) for before, after in gaps if before is not None and after is not None]
    if not known:
        return "-"
    before, after = max(known, key=lambda gap: gap[1])
    return f"{100 * before:.0f} > {100 * after:.1f}"
