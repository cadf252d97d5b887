"""Pictures and films through TEASER: from files to files, with another's look, another's expression, or neither."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from backend.device import choose_device, pin_threads
from backend.errors import Progress, Refusal
from backend.faces.flame_face import FlameFace
from backend.faces.flame_head import find_flame_face
from backend.faces.flame_versions import check_version
from backend.fitting.film import Film
from backend.fitting.find_face import find_face
from backend.fitting.picture import read_picture
from backend.imaging.landmarks import LandmarkDetector, available
from backend.imaging.write_film import write_film
from backend.output import check_place, write_whole
from third_party.encoders.read import VERSION, Encoder, read_encoder
from third_party.encoders.reconstruct import Encoded, check_teaser, in_photograph, render, take_in, with_expression
from third_party.flame.read import read_flame

Taken = Literal["token", "expression"]

FILMS = {".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm"}


def swap(arguments: argparse.Namespace, taken: Taken, progress: Progress) -> str:
    """Does what the arguments ask for; returns a sentence about it. Raises Refusal."""
    check_place(arguments.out)
    film = any(path is not None and path.suffix.lower() in FILMS for path in (arguments.source, arguments.target))
    if film != (arguments.out.suffix.lower() == ".mp4"):
        raise Refusal(
            "bad-place",
            f"The result is {'a film' if film else 'one picture'}.",
            f"Name it *.{'mp4' if film else 'png'}.",
        )
    if not available():
        raise Refusal("no-detector", "The landmark detector is missing.", "Repair the backend in the preferences.")
    pin_threads()
    encoder = read_encoder(arguments.checkpoint, choose_device())
    check_teaser(encoder)
    model = read_flame(arguments.flame)
    warned = check_version(VERSION, model, encoder.family)
    face = find_flame_face(model, lambda part, text: progress(0.3 * part, text))
    with LandmarkDetector(faces=5) as detector:
        pictures = _pictures(arguments, taken, encoder, face, detector)
        if film:
            done, missed = _write_film(arguments, pictures, progress)
            told = f"{done} frames, {missed} of them without a face and left as they were"
            if done == missed:
                raise Refusal("no-face", "No face was found in any frame.", "Choose films of faces from the front.")
        else:
            made, found = next(pictures)
            if not found:
                raise Refusal("no-face", "No face was found in the picture.", "Choose one of a face from the front.")
            write_whole(arguments.out, arguments.out.suffix, lambda path: Image.fromarray(made).save(path))
            told = "1 picture"
    progress(1.0, "Done")
    return f"{arguments.out}: {told}." + (f" {warned}" if warned else "")


def _pictures(
    arguments: argparse.Namespace, taken: Taken, encoder: Encoder, face: FlameFace, detector: LandmarkDetector
) -> Iterator[tuple[np.ndarray, bool]]:
    """Each result (H, W, 3) uint8, and whether there were faces to make it of. A photograph beside a film stands still;
    of two films the shorter one says how long."""
    one = _frames(arguments.source)
    other = _frames(arguments.target) if arguments.target else None
    for pixels in one:
        seen = None if other is None else next(other, None)
        if other is not None and seen is None:
            return
        source, target = _face(encoder, pixels, detector), None if seen is None else _face(encoder, seen, detector)
        if source is None or (seen is not None and target is None):
            yield pixels, False
        else:
            yield _made(arguments.strip, taken, encoder, face, pixels, source, target), True


def _made(
    strip: bool,
    taken: Taken,
    encoder: Encoder,
    face: FlameFace,
    pixels: np.ndarray,
    source: Encoded,
    target: Encoded | None,
) -> np.ndarray:
    """The result of one picture."""
    shown = with_expression(source, target) if target is not None and taken == "expression" else source
    tokens = target.tokens if target is not None and taken == "token" else source.tokens
    made, mesh = render(encoder, face, shown, tokens)
    if not strip:
        return in_photograph(pixels, source.codes.crop, made)
    panels = [_shown(source), mesh, made] + ([] if target is None else [_shown(target)])
    return np.concatenate(panels, axis=1)


def _shown(face: Encoded) -> np.ndarray:
    return (face.picture[0].permute(1, 2, 0).cpu().numpy() * 255).round().astype(np.uint8)


def _face(encoder: Encoder, pixels: np.ndarray, detector: LandmarkDetector) -> Encoded | None:
    """The largest face of a picture, None where there is none."""
    try:
        landmarks = find_face(pixels, detector)[0][:, :2]
    except Refusal:
        return None
    return take_in(encoder, pixels, landmarks)


def _frames(path: Path) -> Iterator[np.ndarray]:
    """Pictures (H, W, 3) uint8 of a film, or a photograph again and again. Raises Refusal where it cannot be read."""
    if path.suffix.lower() not in FILMS:
        pixels = read_picture(path)[0]
        while True:
            yield pixels
    with Film(path) as film:
        for frame in film:
            yield frame.pixels


def _write_film(
    arguments: argparse.Namespace, pictures: Iterator[tuple[np.ndarray, bool]], progress: Progress
) -> tuple[int, int]:
    """Writes the results as a film; how many there are, and how many of them had no face."""
    path = arguments.source if arguments.source.suffix.lower() in FILMS else arguments.target
    with Film(path) as film:
        rate, expected = film.rate, max(film.expected, 1)
    done = missed = 0

    def drawn() -> Iterator[np.ndarray]:
        nonlocal done, missed
        begun = not arguments.strip
        for number, (made, found) in enumerate(pictures, 1):
            progress(0.3 + 0.7 * min(number / expected, 1), "Drawing the face")
            begun = begun or found
            if begun:
                done, missed = done + 1, missed + (not found)
                yield made

    def write(place: Path) -> None:
        if not write_film(place, drawn(), rate):
            raise Refusal("no-face", "No face was found in any frame.", "Choose films of faces from the front.")

    write_whole(arguments.out, ".mp4", write)
    return done, missed
