"""Photographs, films and voices in a real Blender with a window: see fit.py."""

import shutil
import sys
from pathlib import Path

from PIL import Image


def test_footage_becomes_faces(run_window, extension_zip: Path, corpus: Path, tmp_path: Path) -> None:
    faces = corpus / "dev" / "faces"
    photo, film = (Path(shutil.copy(faces / name, tmp_path)) for name in ("smirk_test_image1.png", "smirk_dafoe.mp4"))
    voice = Path(shutil.copy(corpus / "dev" / "speech" / "LJ001-0002.wav", tmp_path))
    Image.new("RGB", (64, 64), (90, 120, 80)).save(tmp_path / "nobody.png")
    report = run_window(
        "fit.py",
        "fit",
        (extension_zip, photo, film, voice),
        binds=(tmp_path, Path(sys.prefix)),
        environment={"FACSIMILE_PYTHON": sys.executable},
    )
    parts = ["eye_left", "eye_right", "head", "lashes", "mouth"]
    for name, stem in (("photo", photo.stem), ("film", film.stem)):
        assert report[f"{name}_told"][0].startswith(f"{stem} was made, seen through"), report[f"{name}_told"]
        assert report[f"{name}_objects"] == sorted([stem, f"{stem} camera", *(f"{stem} {part}" for part in parts)])
        assert report[f"{name}_view"] == "CAMERA"
        # The picture with the head so far over it was there before the end.
        ((height, width, _),) = report[f"{name}_seen"]
        assert 200 < max(height, width) <= 480
    before, plain, louder, after = report["live"]
    assert louder > plain + 0.05 and before == after
    assert any("aligned" in line for line in report["speech_told"])
    assert report["markers"] == 4 and report["texts"] == [f"{voice.stem}.TextGrid"] and report["markers_undone"] == 0
    assert report["undone"] == [] and report["given_up"] == []
    assert "No face was found" in report["refusal"]
