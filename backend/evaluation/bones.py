"""A recording on faces of bones, Blender's Rigify on the open head or MPFB's, as text for people."""

from typing import Any

from backend.evaluation.columns import aligned
from backend.evaluation.targets import Target

LEGEND = """\
missed, in % of the motion (root mean square over the region and the clip, on the evaluated meshes). ours: bounded, and
measured again where bones bend. plain: least squares without bounds on the same controls. names: names alone."""


def bones_table(name: str, figures: dict[str, Any]) -> str:
    """A row for each region, and what else is wanted of the curves. name: of the rig."""
    rows: list[tuple[str, ...]] = [(name, "ours", "plain", "names", "mm")]
    columns = (figures[key] for key in ("regions", "ours", "plain", "names", "millimetres"))
    for region, ours, plain, names, missed in zip(*columns, strict=True):
        rows.append((region, *(f"{100 * share:.1f}" for share in (ours, plain, names)), f"{missed:.2f}"))
    rounds = ", ".join(f"{one:.2f}" for one in figures["rounds"])
    told = (
        f"{figures['controls']} of the controls move, in {figures['frames']:,} frames, {figures['seconds']:.0f} s. "
        f"Furthest beyond a bound: {max(figures['beyond'], 0.0):.2g}. "
        f"Roughest curve: {figures['rough']:.2f} times the roughest channel. Residual of the rounds: {rounds} mm."
    )
    return "\n".join([*aligned(rows), "", told, LEGEND])


def bones_targets(name: str, figures: dict[str, Any]) -> list[Target]:
    """What is wanted of each region, of bounds and of curves."""
    regions = zip(figures["regions"], figures["ours"], strict=True)
    return [
        *(
            Target(f"{name}, {region}: motion missed", 100 * share, 20, pattern="{:.1f} %")
            for region, share in regions
            if region != "face"
        ),
        Target(f"{name}: beyond a bound", max(figures["beyond"], 0.0), 0, pattern="{:.2g}"),
        Target(f"{name}: roughness", figures["rough"], 1.5),
    ]
