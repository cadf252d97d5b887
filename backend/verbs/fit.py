"""The verb fit: a head from photographs of one person, or a performance from a film of a face."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backend.errors import Progress, Refusal
from backend.output import check_place, terminal_progress, write_whole

if TYPE_CHECKING:
    import numpy as np

    from backend.fitting.corrections import Corrections
    from backend.fitting.fit import FaceFit

SUMMARY = "make a head of photographs of a face, or a performance of a film"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The photographs or the film, and where what is made of them goes."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--image", type=Path, nargs="+", metavar="PHOTO", help="photographs of one person")
    source.add_argument("--video", type=Path, metavar="FILM", help="a film of a face")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="OUT.npz",
        help="where the fit of photographs, or the performance, goes",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE.csv", help="of a film: also as Live Link Face writes it")
    parser.add_argument(
        "--missing",
        choices=("interpolate", "leave-out"),
        default="interpolate",
        help="frames of a film that show no face (default: between their neighbours)",
    )
    parser.add_argument(
        "--landmarks",
        type=Path,
        metavar="FILE.npz",
        help="of photographs: what the detector got wrong put right: landmarks (P, 478, 2), pixels, NaN where it stays "
        "as found, and perhaps weights (P, 478)",
    )
    parser.add_argument("--mesh", type=Path, metavar="HEAD.obj", help="also the head at rest")
    parser.add_argument(
        "--overlay", type=Path, metavar="PICTURE", help="also the head over the photographs (.png) or the film (.mp4)"
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
    for path in filter(None, (arguments.out, arguments.mesh, arguments.overlay, arguments.csv)):
        check_place(path)
    return _film(arguments) if arguments.video else _photographs(arguments)


def _film(arguments: argparse.Namespace) -> int:
    from backend.faces.open_head import load_open_head
    from backend.fitting.fit_film import fit_film
    from backend.fitting.overlay import film_overlay
    from backend.fitting.write import write_obj
    from backend.live_link import write_live_link
    from backend.performance import write_npz

    if arguments.model != "open" or arguments.encoder or arguments.encoder_model or arguments.keep_codes:
        raise Refusal(
            "no-film-on-flame",
            "Films are fitted with our own head only.",
            "Leave --model and --encoder out: the performance drives any character.",
        )
    if arguments.landmarks:
        raise Refusal("no-film-landmarks", "Landmarks can be put right in photographs only.", "Leave --landmarks out.")
    progress = terminal_progress(sys.stderr.isatty(), arguments.progress)
    missing = "leave out" if arguments.missing == "leave-out" else "interpolate"
    fit = fit_film(arguments.video, missing, progress=progress)
    motion = fit.performance
    write_whole(arguments.out, ".npz", lambda path: write_npz(path, motion))
    if arguments.csv:
        write_whole(arguments.csv, ".csv", lambda path: write_live_link(path, motion))
    if arguments.mesh:
        head = load_open_head()
        write_whole(arguments.mesh, ".obj", lambda path: write_obj(path, head.neutral(fit.identity), head.quads))
    if arguments.overlay:
        write_whole(arguments.overlay, ".mp4", lambda path: film_overlay(arguments.video, fit, path, progress))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    sure = float(motion.confidence.mean())
    print(f"{arguments.out}: {len(motion.weights):,} frames at {motion.fps:g} fps, confidence {sure:.2f}")
    if fit.found < fit.frames:
        print(f"  {fit.frames - fit.found:,} of {fit.frames:,} frames show no face")
    if fit.cuts:
        print(f"  cut at frame {', '.join(map(str, fit.cuts))}")
    if fit.people > 1:
        print(f"  up to {fit.people} faces were found, the largest was followed")
    if fit.broken:
        print("  the film is damaged after its last frame")
    return 0


def _photographs(arguments: argparse.Namespace) -> int:
    from backend.fitting.corrections import read_corrections
    from backend.fitting.picture import read_picture
    from backend.fitting.write import write_fit, write_obj

    corrections = read_corrections(arguments.landmarks, len(arguments.image)) if arguments.landmarks else None
    pictures = [read_picture(path) for path in arguments.image]
    progress = terminal_progress(sys.stderr.isatty(), arguments.progress)
    pixels = [picture for picture, _ in pictures]
    fit = _fit(arguments, pixels, [focal for _, focal in pictures], corrections, progress)
    write_whole(arguments.out, ".npz", lambda path: write_fit(path, fit))
    if arguments.mesh:
        write_whole(arguments.mesh, ".obj", lambda path: write_obj(path, fit.neutral, fit.faces))
    if arguments.overlay:
        _draw(arguments.overlay, pixels, fit)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    columns = (arguments.image, fit.confidence, fit.channels, fit.people)
    for path, sure, channels, people in zip(*columns, strict=True):
        strongest = ", ".join(f"{fit.names[i]} {channels[i]:.2f}" for i in (-channels).argsort()[:4])
        print(f"{path.name}: confidence {sure:.2f}; {strongest}")
        if people > 1:
            print(f"  {people} faces were found, the largest was taken")
    return 0


def _fit(
    arguments: argparse.Namespace,
    pixels: "list[np.ndarray]",
    focals: list[float | None],
    corrections: "list[Corrections] | None",
    progress: Progress,
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

        return fit_photos(pixels, focals, progress, corrections)
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
        face,
        pixels,
        focals,
        encode,
        arguments.keep_codes,
        lambda part, text: progress(0.2 + 0.8 * part, text),
        corrections,
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
