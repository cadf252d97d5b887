"""A photograph from a file: upright, in 8-bit RGB, whatever it was stored as."""

import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from backend.errors import Refusal

PAPER = 127
"""Grey that shows through where a picture is transparent."""

FILM = 43.27
"""Millimetres: the diagonal of small film, which equivalent focal lengths refer to."""

FOCAL_EQUIVALENT = 0xA405
EXIF_BLOCK = 0x8769
ORIENTATION = 0x0112
UPRIGHT = {2: (0, True), 3: (2, False), 4: (2, True), 5: (3, True), 6: (3, False), 7: (1, True), 8: (1, False)}
"""By the camera's note: quarter turns counterclockwise, and whether left and right are changed after them."""

CURE = "Save it as JPEG or PNG."


def read_picture(path: Path) -> tuple[np.ndarray, float | None]:
    """The pixels (H, W, 3) uint8, top row first, turned as the camera noted, and the focal length in pixels where the
    camera noted its equivalent on small film. Raises Refusal for what is no picture, is damaged, or is too large."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as opened:
                equivalent = _equivalent(opened)
                pixels = _rgb(ImageOps.exif_transpose(opened))
    except Image.DecompressionBombError as error:
        raise Refusal(
            "too-large", f"{path.name} is larger than any photograph ({error}).", "Crop it to the face."
        ) from error
    except UnidentifiedImageError as error:
        raise Refusal("bad-picture", f"{path.name} is no picture of a kind that can be read.", CURE) from error
    except FileNotFoundError as error:
        raise Refusal("no-file", f"There is no file {path}.", "Check the path.") from error
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise Refusal("bad-picture", f"{path.name} is damaged or cut short ({error}).", "Export it again.") from error
    diagonal = float(np.linalg.norm(pixels.shape[:2]))
    return pixels, equivalent * diagonal / FILM if equivalent else None


def upright(path: Path) -> tuple[int, bool]:
    """Quarter turns counterclockwise, 0 to 3, that bring upright what a picture's file stores, and whether it is then
    mirrored, left for right, for programs that do not look at the camera's note. Raises OSError."""
    with Image.open(path) as opened:
        return UPRIGHT.get(opened.getexif().get(ORIENTATION, 1), (0, False))


def _equivalent(picture: Image.Image) -> float | None:
    """The focal length in millimetres on small film, where it was noted and makes sense."""
    noted = picture.getexif().get_ifd(EXIF_BLOCK).get(FOCAL_EQUIVALENT)
    return float(noted) if isinstance(noted, int | float) and 8 <= noted <= 1000 else None


def _rgb(picture: Image.Image) -> np.ndarray:
    """(H, W, 3) uint8 of any mode; 16 bits and floats are scaled to their largest value's power of two."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        values = np.asarray(picture, np.float64)
        top = 255.0 if values.max() <= 255 else 65535.0
        grey = np.clip(np.nan_to_num(values) / top * 255, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if "A" in picture.mode or "transparency" in picture.info:
        shown = picture.convert("RGBA")
        paper = Image.new("RGBA", shown.size, (PAPER, PAPER, PAPER, 255))
        return np.array(Image.alpha_composite(paper, shown).convert("RGB"))
    return np.array(picture.convert("RGB"))
