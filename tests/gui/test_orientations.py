"""Photographs stand upright behind the head however the camera held them: see orientations.py."""

from pathlib import Path

import numpy as np
from PIL import Image

from backend.fitting.picture import ORIENTATION, upright

TO_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def test_turned_and_mirrored_photographs_stand_upright(run_window, extension_zip: Path, tmp_path: Path) -> None:
    pixels = np.zeros((600, 400, 3), np.uint8)
    pixels[:300, :200], pixels[:300, 200:] = (220, 60, 40), (60, 190, 60)
    pixels[300:, :200], pixels[300:, 200:] = (50, 80, 220), (230, 210, 70)
    picture, photos = Image.fromarray(pixels), tmp_path / "photos"
    photos.mkdir()
    for noted in range(1, 9):
        stored = picture.transpose(TO_STORED[noted]) if noted in TO_STORED else picture
        exif = Image.Exif()
        exif[ORIENTATION] = noted
        stored.save(tmp_path / "noted.png", exif=exif)
        turns, mirrored = upright(tmp_path / "noted.png")
        # Blender does not look at the note.
        stored.save(photos / f"noted{noted}-{turns}-{int(mirrored)}.png")
    report = run_window("orientations.py", "orientations", (extension_zip, photos), binds=(tmp_path,))
    assert len(report["pictures"]) == 8
    seen = {
        name: np.array(Image.open(report["folder"] / f"{name}.png").convert("RGB"), int) for name in report["pictures"]
    }
    first = seen["noted1"]
    # Mirrored or turned it would look different in most of its frame.
    assert (np.abs(first[:, ::-1] - first).max(2) > 40).mean() > 0.2
    preview = np.array(Image.open(report["folder"] / "preview.png").convert("RGB"), int)
    np.testing.assert_allclose(preview[-100, 100], (200, 120, 40), atol=8)
    for name, shown in seen.items():
        different = (np.abs(shown - first).max(2) > 40).mean()
        assert different < 0.01, f"{name}: {different:.3f}"
