"""The panel of a character's own controls in a real Blender, driven by simulated clicks: see animate_controls.py."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.performance import performance, write_npz

HERE = Path(__file__).resolve().parent
PICTURES = HERE.parents[1] / "runs" / "gui"


@pytest.fixture
def animate(run_real_blender, extension_zip: Path, fake_python: Path, tmp_path: Path, request):
    """Runs animate_controls.py and returns its report."""

    def run(behaviour: str, fake: str = "") -> dict[str, Any]:
        folder = PICTURES / request.node.name
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        time = np.linspace(0, 1, 24)
        weights = np.stack([np.sin(np.pi * time), time], axis=1).astype(np.float32)
        clip = tmp_path / "take.npz"
        write_npz(clip, performance(("jawOpen", "browInnerUp"), weights, 24.0))
        done = run_real_blender(
            *("blender", "--factory-startup", "--enable-event-simulate"),
            *("--window-geometry", "0", "0", "1600", "900"),
            *("--python", HERE / "animate_controls.py", "--", extension_zip, clip, folder, behaviour),
            binds=(extension_zip.parent, fake_python.parent, tmp_path, PICTURES),
            environment={"FACSIMILE_PYTHON": str(fake_python), "FAKE_BACKEND": fake},
        )
        written = folder / "report.json"
        assert written.is_file(), done.stdout[-4000:] + done.stderr[-4000:]
        report = json.loads(written.read_text())
        assert report.get("finished"), report.get("error")
        return report

    return run


def test_a_click_previews_and_animates_bones_and_one_undo_takes_it_back(animate) -> None:
    report = animate("wait")
    assert report["refusal"] == ""
    assert report["action"] == "take" and report["rows"] > 4
    assert report["action_after_undo"] == "" and report["rows_after_undo"] == 0
    assert report["ticks"] > 5
    assert 0.05 < report["previewed"] == pytest.approx(report["baked"], rel=0.1)
    assert report["weaker"] == pytest.approx(report["previewed"] / 2, rel=0.1)
    assert report["left"] == 0


def test_the_cross_cancels_and_nothing_is_written(animate) -> None:
    report = animate("cancel", fake="slow")
    assert report["action"] == "" and report["rows"] == 0
