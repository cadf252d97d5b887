"""A recording on Blender's own Rigify, on the open head: measured in a process that has Blender as a module."""

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from backend.evaluation.columns import aligned
from backend.evaluation.targets import Target

ROOT = Path(__file__).resolve().parents[2]

LEGEND = """\
missed, in % of the motion (root mean square over the region and the clip, on the evaluated meshes). ours: bounded, and
measured again where bones bend. plain: least squares without bounds on the same controls. names: names alone."""


def can_measure() -> bool:
    """Whether this checkout has the demonstration, and this Python Blender as a module."""
    return importlib.util.find_spec("bpy") is not None and (ROOT / "demonstration" / "rigify_figures.py").is_file()


def measure_rigify(clip: Path) -> dict[str, Any]:
    """What demonstration.rigify_figures measures. Raises RuntimeError with what it said where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        command = [sys.executable, str(ROOT / "package.py"), "--out", folder]
        run(command)
        found = next(out.glob("*.zip"))
        figures = out / "figures.json"
        command = [
            sys.executable,
            "-m",
            "demonstration.rigify_figures",
            "--zip",
            str(found),
            "--clip",
            str(clip.resolve()),
        ]
        run([*command, "--json", str(figures)])
        return json.loads(figures.read_text(encoding="utf-8"))


def run(command: list[str]) -> None:
    """Raises RuntimeError with the last that the command said where it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr)[-2000:])


def rigify_table(figures: dict[str, Any]) -> str:
    """A row for each region, and what else is wanted of the curves."""
    rows: list[tuple[str, ...]] = [("Rigify", "ours", "plain", "names", "mm")]
    columns = (figures[name] for name in ("regions", "ours", "plain", "names", "millimetres"))
    for region, ours, plain, names, missed in zip(*columns, strict=True):
        rows.append((region, *(f"{100 * share:.1f}" for share in (ours, plain, names)), f"{missed:.2f}"))
    rounds = ", ".join(f"{one:.2f}" for one in figures["rounds"])
    told = (
        f"{figures['controls']} of the controls move, in {figures['frames']:,} frames, {figures['seconds']:.0f} s. "
        f"Furthest beyond a bound: {max(figures['beyond'], 0.0):.2g}. "
        f"Roughest curve: {figures['rough']:.2f} times the roughest channel. Residual of the rounds: {rounds} mm."
    )
    return "\n".join([*aligned(rows), "", told, LEGEND])


def rigify_targets(figures: dict[str, Any]) -> list[Target]:
    """What is wanted of each region, of bounds and of curves."""
    regions = zip(figures["regions"], figures["ours"], strict=True)
    return [
        *(
            Target(f"Rigify, {region}: motion missed", 100 * share, 20, pattern="{:.1f} %")
            for region, share in regions
            if region != "face"
        ),
        Target("Rigify: beyond a bound", max(figures["beyond"], 0.0), 0, pattern="{:.2g}"),
        Target("Rigify: roughness", figures["rough"], 1.5),
    ]
