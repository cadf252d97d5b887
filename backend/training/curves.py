"""The history of a training run as a picture."""

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def plot_curves(history: Path, picture: Path) -> None:
    """Draws the losses and the held-out figures of a history.json over the steps."""
    rows = json.loads(history.read_text(encoding="utf-8"))
    steps = [row["step"] for row in rows]
    figure, axes = plt.subplots(1, 3, figsize=(13, 3.6), constrained_layout=True)
    panels = (
        ("training loss", ("shapes", "canonical", "face", "parts"), "log"),
        ("held-out identities: mean cosine of the shapes", ("ict_cosine", "makehuman_cosine"), "linear"),
        ("held-out identities: median error of the place, mm", ("ict_mm", "makehuman_mm"), "log"),
    )
    for axis, (title, names, scale) in zip(axes, panels, strict=True):
        for name in names:
            axis.plot(steps, [row[name] for row in rows], label=name.replace("_", " "))
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("step")
        axis.set_yscale(scale)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8, frameon=False)
    figure.savefig(picture, dpi=110)
    plt.close(figure)
