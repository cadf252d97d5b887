"""The whole product in a real Blender with a window, driven by simulated clicks: see press_button.py."""

import sys
from pathlib import Path
from typing import Any

import pytest

from backend.channels import ARKIT_NAMES


@pytest.fixture
def press_button(run_window, extension_zip: Path, corpus: Path, request):
    """Runs press_button.py on a head of the corpus and returns its report."""

    def press(head: str, python: Path, behaviour: str = "wait", fake: str = "") -> dict[str, Any]:
        return run_window(
            "press_button.py",
            request.node.name,
            (extension_zip, corpus / "dev" / head),
            (behaviour,),
            binds=(corpus,),
            environment={"FACSIMILE_PYTHON": str(python), "FAKE_BACKEND": fake},
        )

    return press


def test_a_corpus_head_gets_its_keys_by_a_click(press_button) -> None:
    report = press_button("sumerian_cristine/cristine.gltf", Path(sys.executable))
    assert report["phase"] == "done", report["refusal"]
    assert not any(report["keys_before"].values())
    face = max(report["keys_after"].values(), key=len)
    assert face == ["Basis", *ARKIT_NAMES]
    # The body gets no keys, so this is measured on the head alone.
    assert 0.05 < report["jaw_moves"] < 0.3
    assert "char:arms" not in {name for name, keys in report["keys_after"].items() if keys}
    assert report["confidence"] > 0.3
    # A frozen window would not have ticked while the backend computed; a busy machine ticks late.
    assert report["ticks"] > 2 * report["seconds"]
    assert report["largest_gap"] < max(2.0, 0.1 * report["seconds"])
    assert report["writing_gap"] < max(2.0, 0.1 * report["seconds"])
    assert not any(report["keys_after_undo"].values())
    assert report["keys_after_redo"] == report["keys_after"]


def test_the_cross_cancels_and_nothing_is_changed(press_button, fake_python: Path) -> None:
    report = press_button("suzanne/suzanne.obj", fake_python, "cancel", fake="slow")
    assert report["phase"] == "cancelled"
    assert report["keys_after"] == report["keys_before"]


def test_escape_cancels_over_the_sidebar_and_nowhere_else(press_button, fake_python: Path) -> None:
    report = press_button("suzanne/suzanne.obj", fake_python, "escape", fake="slow")
    assert report["phase_after_escape_elsewhere"] == "running"
    assert report["phase"] == "cancelled"
    assert report["keys_after"] == report["keys_before"]


def test_blender_ends_in_the_middle_of_a_job_and_takes_the_backend_along(press_button, fake_python: Path, runs) -> None:
    report = press_button("suzanne/suzanne.obj", fake_python, "quit", fake="slow")
    assert report["exit_status"] == 0
    assert report["backend"] and not runs(report["backend"])


def test_thumbnails_are_drawn_and_a_click_shows_a_shape(press_button) -> None:
    report = press_button("nefertiti/nefertiti-lowres.obj", Path(sys.executable), "review")
    assert report["phase"] == "done", report["refusal"]
    assert set(report["icons"]) == set(max(report["keys_after"].values(), key=len)) - {"Basis"}
    assert all(report["icons"].values())
    assert report["thumbnail_gap"] < 2.0
    assert report["pinned"] and report["pinned"][0][1] in report["icons"]
    assert report["pinned_after_escape"] == [] and report["keys_stay"]


def test_a_backend_that_dies_is_told_and_nothing_is_changed(press_button, fake_python: Path) -> None:
    report = press_button("suzanne/suzanne.obj", fake_python, fake="die")
    assert report["phase"] == "failed"
    assert "exit status 3" in report["refusal"]
    assert report["keys_after"] == report["keys_before"]
