"""Figures that are measured in a process that has Blender as a module."""

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from backend.evaluation.targets import Target

ROOT = Path(__file__).resolve().parents[2]


def can_measure() -> bool:
    """Whether this checkout has the demonstration, and this Python Blender as a module."""
    return importlib.util.find_spec("bpy") is not None and (ROOT / "demonstration" / "bone_figures.py").is_file()


def measure(module: str, *options: str) -> dict[str, Any]:
    """What a module of the demonstration measures with the extension as it is. Raises RuntimeError with what it said
    where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        run([sys.executable, str(ROOT / "package.py"), "--out", folder])
        found, figures = next(out.glob("*.zip")), out / "figures.json"
        command = [sys.executable, "-m", f"demonstration.{module}", "--zip", str(found), "--json", str(figures)]
        run([*command, *options])
        return json.loads(figures.read_text(encoding="utf-8"))


def run(command: list[str]) -> None:
    """Raises RuntimeError with the last that the command said where it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr)[-2000:])


def curve_targets(figures: dict[str, Any]) -> list[Target]:
    """What is wanted of how fast curves are written; of times beside other work the least tells most."""
    what = "52 curves of 10,000 frames written in Blender"
    return [Target(what, min(figures["seconds"]), 0.3, pattern="{:.2f} s")]
