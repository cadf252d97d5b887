"""The verb fit: a head from photographs of one person."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backend.errors import Progress, Refusal
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
    parser.add_argument(
        "--model",
        default="open",
        metavar="open|FLAME_FILE",
        help="the head that is fitted: our own, or FLAME as you downloaded it (.pkl, .npz or the zip)",
    )
    parser.add_argument(
        "--encoder",
        type=Path,
        metavar="CHECKPOINT",
        help="start from what DECA, EMOCA, SMIRK, TEASER or MICA says; needs --model FLAME_FILE",
    )
    parser.add_argument("--keep-codes", action="store_true", help="take what the encoder says for the result")
    parser.add_argument(
        "--encoder-model",
        type=Path,
        metavar="FLAME_FILE",
        help="the FLAME that the encoder was trained with, where --model is another: its codes are converted",
    )
    parser.add_argument("--progress", action="store_true", help="show progress even where nobody sits at the terminal")


def run(arguments: argparse.Namespace) -> int:
    """Writes the fit and says how sure it is. Raises Refusal."""
    for path in filter(None, (arguments.out, arguments.mesh, arguments.overlay)):
        check_place(path)
    from backend.fitting.picture import read_picture
    from backend.fitting.write import write_fit, write_obj

    pictures = [read_picture(path) for path in arguments.image]
    progress = terminal_progress(sys.stderr.isatty(), arguments.progress)
    pixels = [picture for picture, _ in pictures]
    fit = _fit(arguments, pixels, [focal for _, focal in pictures], progress)
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


def _fit(
    arguments: argparse.Namespace, pixels: "list[np.ndarray]", focals: list[float | None], progress: Progress
) -> "FaceFit":
    """The fit of the model and the encoder that were asked for. Raises Refusal."""
    if arguments.model == "open":
        if arguments.encoder or arguments.encoder_model or arguments.keep_codes:
            raise Refusal(
                "no-flame",
                "Published encoders speak of FLAME heads, and no FLAME file was given.",
                "Add --model FLAME_FILE.",
            )
        from backend.fitting.fit import fit_photos

        return fit_photos(pixels, focals, progress)
    from backend.device import choose_device, pin_threads
    from backend.faces.flame_head import find_flame_face
    from backend.fitting.fit_flame import fit_flame
    from third_party.encoders.read import read_encoder
    from third_party.encoders.versions import encoding
    from third_party.flame.read import read_flame

    pin_threads()
    model, encode = read_flame(Path(arguments.model)), None
    if arguments.encoder:
        own = read_flame(arguments.encoder_model) if arguments.encoder_model else None
        encode, told = encoding(read_encoder(arguments.encoder, choose_device()), model, own)
        for sentence in filter(None, [told]):
            print(sentence, file=sys.stderr)
    elif arguments.keep_codes or arguments.encoder_model:
        raise Refusal("no-encoder", "No encoder was given whose codes could be kept.", "Add --encoder CHECKPOINT.")
    face = find_flame_face(model, lambda fraction, text: progress(0.2 * fraction, text))
    return fit_flame(
        face, pixels, focals, encode, arguments.keep_codes, lambda part, text: progress(0.2 + 0.8 * part, text)
    )


def _draw(place: Path, pictures: "list[np.ndarray]", fit: "FaceFit") -> None:
    """The overlays of all pictures, one below the other. Raises Refusal."""
    import numpy as np
    from PIL import Image

    from backend.fitting.overlay import overlay

    rows = [overlay(pixels, fit, number) for number, pixels in enumerate(pictures)]
    widest = max(row.shape[1] for row in rows)
    sheet = np.concatenate([np.pad(row, ((0, 0), (0, widest - row.shape[1]), (0, 0))) for row in rows])
    write_whole(place, place.suffix, lambda path: Image.fromarray(sheet).save(path))
