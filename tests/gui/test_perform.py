"""The performance panel in a real Blender with a window: see perform.py."""

import json
from pathlib import Path

import pytest

from backend.live_link import read_live_link

HERE = Path(__file__).resolve().parent
PICTURES = HERE.parents[1] / "runs" / "gui"


def test_a_capture_is_previewed_baked_undone_and_cloned(
    run_real_blender, extension_zip: Path, fake_python: Path, corpus: Path, tmp_path: Path
) -> None:
    capture = tmp_path / "take.csv"
    # A spreadsheet's byte-order mark and semicolons are part of life.
    text = (corpus / "dev" / "motion" / "alex_rom_3.csv").read_text(encoding="utf-8-sig").splitlines()[:401]
    capture.write_text("\ufeff" + "\n".join(line.replace(",", ";") for line in text), encoding="utf-8")
    (tmp_path / "broken.csv").write_text("no;table\n1;2\n")
    folder = PICTURES / "performance"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    done = run_real_blender(
        *("blender", "--factory-startup", "--enable-event-simulate", "--window-geometry", "0", "0", "1600", "900"),
        *("--python", HERE / "perform.py", "--"),
        *(extension_zip, corpus / "dev" / "facecap_generic" / "FaceCapHeadGeneric.blend", capture, folder),
        binds=(corpus, extension_zip.parent, fake_python.parent, tmp_path, PICTURES),
        environment={"FACSIMILE_PYTHON": str(fake_python), "FAKE_BACKEND": "slow"},
    )
    written = folder / "report.json"
    assert written.is_file(), done.stdout[-4000:] + done.stderr[-4000:]
    report = json.loads(written.read_text())
    assert report.get("finished"), report.get("error")
    jaw = read_live_link(capture).named(("jawOpen",)).weights[394, 0]
    assert report["jaw_previewed"] == pytest.approx(jaw, abs=1e-5)
    assert report["jaw_weaker"] == pytest.approx(0.25 * jaw, abs=1e-5)
    assert report["jaw_left"] == 0
    assert report["jaw_baked"] == pytest.approx(jaw, abs=1e-4)
    assert report["curves"] == report["curves_redone"] == report["curves_cloned"] == 52
    assert report["curves_undone"] == report["curves_clone_undone"] == 0
    assert report["told"] == ["52 curves, frames 1 to 400"]
    assert report["told_cloned"] == ["52 curves, frames 380 to 395"]
    assert "broken.csv has no column" in report["refusal"]
    assert report["after_cancel"] == [report["frame_after"], 0, "None"]
