"""The performance panel in a real Blender with a window: see perform.py."""

from pathlib import Path

import pytest

from backend.live_link import read_live_link


def test_a_capture_is_previewed_baked_undone_and_cloned(
    run_window, extension_zip: Path, fake_python: Path, corpus: Path, tmp_path: Path
) -> None:
    capture = tmp_path / "take.csv"
    # A spreadsheet's byte-order mark and semicolons are part of life.
    text = (corpus / "dev" / "motion" / "alex_rom_3.csv").read_text(encoding="utf-8-sig").splitlines()[:401]
    capture.write_text("\ufeff" + "\n".join(line.replace(",", ";") for line in text), encoding="utf-8")
    # The same numbers, with digits enough to be read in a thread.
    padded = [",".join(cell.ljust(120, "0") if "." in cell else cell for cell in line.split(",")) for line in text[1:]]
    (tmp_path / "large.csv").write_text("\n".join([text[0], *padded]), encoding="utf-8")
    (tmp_path / "broken.csv").write_text("no;table\n1;2\n")
    report = run_window(
        "perform.py",
        "performance",
        (extension_zip, corpus / "dev" / "facecap_generic" / "FaceCapHeadGeneric.blend", capture),
        binds=(corpus, tmp_path),
        environment={"FACSIMILE_PYTHON": str(fake_python), "FAKE_BACKEND": "slow"},
    )
    jaw = read_live_link(capture).named(("jawOpen",)).weights[394, 0]
    assert report["jaw_previewed"] == pytest.approx(jaw, abs=1e-5)
    assert report["jaw_weaker"] == pytest.approx(0.25 * jaw, abs=1e-5)
    assert report["jaw_left"] == 0
    assert report["jaw_baked"] == pytest.approx(jaw, abs=1e-4)
    assert report["curves"] == report["curves_redone"] == report["curves_cloned"] == 52
    assert report["curves_undone"] == report["curves_clone_undone"] == 0 and report["told_undone"] == []
    assert report["told"] == ["52 curves, frames 1 to 400"]
    assert report["told_cloned"] == ["52 curves, frames 380 to 395"]
    assert "broken.csv has no column" in report["refusal"]
    assert report["after_cancel"] == [report["frame_after"], 0, "None"]
    assert report["reading"] == ["large.csv"]
    assert report["told_browsed"] == ["52 curves, frames 1 to 400"]
    assert report["curves_browsed"] == 52 and report["curves_browsed_undone"] == 0
    assert report["jaw_browsed"] == pytest.approx(0.5 * jaw, abs=1e-4)
