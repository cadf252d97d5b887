"""The history of a training run as a picture."""

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from backend.training.speech_batches import HELD_OUT

Panel = tuple[str, Sequence[str], str]

CLONING: tuple[Panel, ...] = (
    ("training loss", ("shapes", "canonical", "face", "parts"), "log"),
    ("held-out identities: mean cosine of the shapes", ("ict_cosine", "makehuman_cosine"), "linear"),
    ("held-out identities: median error of the place, mm", ("ict_mm", "makehuman_mm"), "log"),
)
SPEECH: tuple[Panel, ...] = (
    ("training loss", ("loss",), "log"),
    ("held-out voices: right visemes", HELD_OUT, "linear"),
)


def plot_curves(history: Path, picture: Path, panels: Sequence[Panel]) -> None:
    """Draws the losses and the held-out figures of a history.json over the steps. panels: title, names, scale."""
    rows = json.loads(history.read_text(encoding="utf-8"))
    steps = [row["step"] for row in rows]
    figure, axes = plt.subplots(1, len(panels), figsize=(4.3 * len(panels), 3.6), constrained_layout=True)
    for axis, (title, names, scale) in zip(axes, panels, strict=True):
        for name in names:
            if all(name in row for row in rows):
                axis.plot(steps, [row[name] for row in rows], label=name.replace("_", " "))
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("step")
        axis.set_yscale(scale)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8, frameon=False)
    figure.savefig(picture, dpi=110)
    plt.close(figure)
