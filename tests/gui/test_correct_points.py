"""Points of a photograph dragged in a real Blender with a window: see correct_points.py."""

import sys
from pathlib import Path

from tests.gui.made_up_photo import make_photo


def test_points_are_dragged_and_the_head_follows(run_window, extension_zip: Path, corpus: Path, tmp_path: Path) -> None:
    photo = make_photo(corpus, tmp_path / "anna.png")
    report = run_window(
        "correct_points.py",
        "correct_points",
        (extension_zip, photo),
        binds=(tmp_path, Path(sys.prefix)),
        environment={"FACSIMILE_PYTHON": sys.executable},
    )
    assert report["runs"] == ["FACSIMILE_OT_correct_points"] and report["left"] == []
    assert report["kept_after_escape"] and report["corrected_after_escape"] == 0
    assert report["view_after_escape"] == [True, False, False]
    assert report["told"] == ["Fitted again with 1 corrected point"] and report["corrected"] == 1
    assert report["nearest"] < 5 and report["moved"] > 0.001
    # One undo step takes all of it back.
    assert report["undone"] and report["corrected_undone"] == 0 and report["redone"] > 0.001
    assert report["slider"] > 0.3 and report["slider_moved"] > 0.001 and report["slider_refusal"] == "None"
    assert report["slider_undone"] and report["slider_seconds"] < 0.2
