"""The verb fit: a head from photographs of one person."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backend.output import check_place, terminal_progress, write_whole

if TYPE_CHECKING:
    import numpy as np

    from backend.fitting.fit import FaceFit

SUMMARY = "make a head of photographs of a face"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The photographs, and where the head goes."""
    parser.add_argument(
        "--image", type=Path, nargs="+", required=True, metavar="PHOTO", help="photographs of one person"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FIT.npz", help="where the fit goes")
    parser.add_argument("--mesh", type=Path, metavar="HEAD.obj", help="also the head at rest")
    parser.add_argument(
        "--overlay", type=Path, metavar="PICTURE.png", help="also the head over the photographs, one below the other"
    )
    parser.add_argument("--progress", action="store_true", help="show progress even where nobody sits at the terminal")


def run(arguments: argparse.Namespace) -> int:
    """Writes the fit and says how sure it is. Raises Refusal."""
    for path in filter(None, (arguments.out, arguments.mesh, arguments.overlay)):
        check_place(path)
    from backend.fitting.fit import fit_photos
    from backend.fitting.picture import read_picture
    from backend.fitting.write import write_fit, write_obj

    pictures = [read_picture(path) for path in arguments.image]
    progress = terminal_progress(sys.stderr.isatty(), arguments.progress)
    pixels = [picture for picture, _ in pictures]
    fit = fit_photos(pixels, [focal for _, focal in pictures], progress)
    write_whole(arguments.out, ".npz", lambda path: write_fit(path, fit))
    if arguments.mesh:
        write_whole(arguments.mesh, ".obj", lambda path: write_obj(path, fit.neutral, fit.faces))
    if arguments.overlay:
        _draw(arguments.overlay, pixels, fit)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for path, sure, channels in zip(arguments.image, fit.confidence, fit.channels, strict=True):
        strongest = ", ".join(f"{fit.names[i]} {channels[i]:.2f}" for i in (-channels).argsort()[:4])
        print(f"{path.name}: confidence {sure:.2f}; {strongest}")
    return 0


def _draw(place: Path, pictures: "list[np.ndarray]", fit: "FaceFit") -> None:
    """The overlays of all pictures, one below the other. Raises Refusal."""
    import numpy as np
    from PIL import Image

    from backend.fitting.overlay import overlay

    rows = [overlay(pixels, fit, number) for number, pixels in enumerate(pictures)]
    widest = max(row.shape[1] for row in rows)
    sheet = np.concatenate([np.pad(row, ((0, 0), (0, widest - row.shape[1]), (0, 0))) for row in rows])
    write_whole(place, place.suffix, lambda path: Image.fromarray(sheet).save(path))
