"""Photographs as cameras, scanners and the web leave them."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from backend.errors import Refusal
from backend.fitting.picture import EXIF_BLOCK, FILM, FOCAL_EQUIVALENT, read_picture, upright

ORIENTATION = 0x0112


@pytest.fixture
def ramp() -> np.ndarray:
    """(40, 60, 3) uint8, different in all corners."""
    rows, columns = np.mgrid[:40, :60]
    return np.stack([rows * 5, columns * 4, 0 * rows + 90], axis=2).astype(np.uint8)


def test_a_picture_is_turned_as_the_camera_noted(tmp_path, ramp):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.fromarray(ramp).save(tmp_path / "turned.png", exif=exif)
    pixels, focal = read_picture(tmp_path / "turned.png")
    np.testing.assert_array_equal(pixels, np.rot90(ramp, -1))
    assert focal is None


@pytest.mark.parametrize("noted", range(1, 9))
def test_what_brings_a_picture_upright_is_told(tmp_path, ramp, noted):
    exif = Image.Exif()
    exif[ORIENTATION] = noted
    Image.fromarray(ramp).save(tmp_path / "noted.png", exif=exif)
    turns, mirrored = upright(tmp_path / "noted.png")
    turned = np.rot90(ramp, turns)
    expected = turned[:, ::-1] if mirrored else turned
    np.testing.assert_array_equal(read_picture(tmp_path / "noted.png")[0], expected)


def test_the_lens_that_the_camera_noted(tmp_path, ramp):
    exif = Image.Exif()
    exif.get_ifd(EXIF_BLOCK)[FOCAL_EQUIVALENT] = 50
    Image.fromarray(ramp).save(tmp_path / "lens.jpg", exif=exif)
    assert read_picture(tmp_path / "lens.jpg")[1] == pytest.approx(50 / FILM * np.hypot(40, 60))


def test_grey_and_sixteen_bits_and_palettes_and_alpha(tmp_path, ramp):
    grey = ramp[..., 0]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    for name in ("grey.png", "deep.png"):
        np.testing.assert_array_equal(read_picture(tmp_path / name)[0], np.repeat(grey[..., None], 3, 2))
    alpha = np.dstack([ramp, np.full((40, 60), 255, np.uint8)])
    alpha[:10, :, 3] = 0
    Image.fromarray(alpha).save(tmp_path / "alpha.png")
    pixels = read_picture(tmp_path / "alpha.png")[0]
    assert (pixels[:10] == 127).all()
    np.testing.assert_array_equal(pixels[10:], ramp[10:])
    Image.fromarray(ramp).quantize(16).save(tmp_path / "palette.gif")
    assert read_picture(tmp_path / "palette.gif")[0].shape == (40, 60, 3)


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its few bytes do not have."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return body + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


def test_what_claims_to_be_huge_is_refused_before_it_is_read(tmp_path):
    (tmp_path / "huge.png").write_bytes(png_of(60_000, 60_000))
    with pytest.raises(Refusal, match="larger than any photograph") as refused:
        read_picture(tmp_path / "huge.png")
    assert refused.value.code == "too-large"


def test_what_is_cut_short_or_no_picture_is_refused_with_a_cure(tmp_path, ramp):
    stream = io.BytesIO()
    Image.fromarray(np.tile(ramp, (9, 9, 1))).save(stream, "JPEG")
    for content in (b"", b"no picture", stream.getvalue()[:900], png_of(100, 100), b"\0\0\0\x18ftypheic" + bytes(200)):
        (tmp_path / "bad.jpg").write_bytes(content)
        with pytest.raises(Refusal) as refused:
            read_picture(tmp_path / "bad.jpg")
        assert refused.value.code == "bad-picture"
    with pytest.raises(Refusal, match="no file"):
        read_picture(tmp_path / "absent.jpg")
