"""Points of a photograph dragged in a real Blender with a window: see correct_points.py."""

import shutil
import sys
from pathlib import Path


def test_points_are_dragged_and_the_head_follows(run_window, extension_zip: Path, corpus: Path, tmp_path: Path) -> None:
    photo = Path(shutil.copy(corpus / "dev" / "faces" / "smirk_test_image1.png", tmp_path))
    report = run_window(
        "correct_points.py",
        "correct_points",
        (extension_zip, photo),
        binds=(tmp_path, Path(sys.prefix)),
        environment={"FACSIMILE_PYTHON": sys.executable},
    )
    assert report["runs"] == ["FACSIMILE_OT_correct_points"] and report["left"] == []
    assert report["kept_after_escape"] and report["corrected_after_escape"] == 0
    assert report["told"] == ["Fitted again with 1 corrected point"] and report["corrected"] == 1
    assert report["nearest"] < 5 and report["moved"] > 0.001
    # One undo step takes all of it back.
    assert report["undone"] and report["corrected_undone"] == 0 and report["redone"] > 0.001
    assert report["slider_undone"]
