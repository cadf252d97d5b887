"""The panel of a character's own controls in a real Blender, driven by simulated clicks: see animate_controls.py."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from backend.performance import performance, write_npz


@pytest.fixture
def animate(run_window, extension_zip: Path, fake_python: Path, tmp_path: Path, request):
    """Runs animate_controls.py and returns its report."""

    def run(behaviour: str, fake: str = "") -> dict[str, Any]:
        time = np.linspace(0, 1, 24)
        weights = np.stack([np.sin(np.pi * time), time], axis=1).astype(np.float32)
        clip = tmp_path / "take.npz"
        write_npz(clip, performance(("jawOpen", "browInnerUp"), weights, 24.0))
        return run_window(
            "animate_controls.py",
            request.node.name,
            (extension_zip, clip),
            (behaviour,),
            binds=(tmp_path,),
            environment={"FACSIMILE_PYTHON": str(fake_python), "FAKE_BACKEND": fake},
        )

    return run


def view(picture: Path) -> np.ndarray:
    """(H, W, 3) the face in the 3D view, of a picture of the window."""
    with Image.open(picture) as opened:
        return np.array(opened.convert("RGB"))[150:700, 380:920]


def test_a_click_previews_and_animates_bones_and_one_undo_takes_it_back(animate) -> None:
    report = animate("wait")
    assert report["refusal"] == ""
    assert report["action"] == "take" and report["rows"] > 4
    assert report["action_after_undo"] == "" and report["rows_after_undo"] == 0
    assert report["ticks"] > 5 and report["coloured"] == ["facsimile_residual"]
    assert report["shown_by"] == "VERTEX"
    assert report["strips"] == ["residual face", "residual brows", "residual jaw"]
    assert report["previewed"] > 0.05
    assert report["previewed"] == pytest.approx(report["baked"], rel=0.1)
    assert report["weaker"] == pytest.approx(report["previewed"] / 2, rel=0.1)
    assert report["left"] == pytest.approx(0, abs=1e-6)
    chosen, previewed, baked = (
        view(report["folder"] / f"{name}.png") for name in ("0-chosen", "0-previewed", "3-posed")
    )
    assert (chosen != baked).any(2).mean() > 0.01
    assert (previewed != baked).any(2).sum() < 0.5 * (chosen != baked).any(2).sum()


def test_the_cross_cancels_and_nothing_is_written(animate) -> None:
    report = animate("cancel", fake="slow")
    assert report["action"] == "" and report["rows"] == 0
