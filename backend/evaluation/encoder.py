"""A published encoder's codes of photographs, and how far they are from those of its authors' own program."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from backend.archives import BROKEN
from backend.errors import Refusal
from backend.fitting.fit import seen_faces
from backend.fitting.picture import read_picture
from backend.geometry.formats.npz import read_array
from third_party.encoders.read import Encoder

TOLERANCE = 1e-3
"""Largest difference of any number that rounding explains, of the same crop. A crop of one's own differs by more: the
detectors are not the same."""

NAMES = ("identity", "expression", "root", "jaw", "eyelids", "camera")
CURE = "Save a row per photograph as identity, expression, root, jaw, eyelids and camera, as numpy.savez does."


def encode_all(encoder: Encoder, paths: Sequence[Path], crops: bool) -> dict[str, np.ndarray]:
    """(P, n) for every kind of code that the encoder gives. crops: the photographs are what the network is fed with,
    at its own size. Raises Refusal for what is no picture, shows no face, or is a crop of another size."""
    pictures = [read_picture(path)[0] for path in paths]
    if crops:
        side = 112 if encoder.family == "MICA" else 224
        for path, pixels in zip(paths, pictures, strict=True):
            if pixels.shape[:2] != (side, side):
                raise Refusal("bad-crop", f"{path.name} is not {side} pixels a side.", "Leave out --crops.")
        fed = [torch.as_tensor(pixels).permute(2, 0, 1)[None].float() / 255 for pixels in pictures]
    else:
        landmarks = [face[:, :2] for face in seen_faces(pictures)[0]]
        fed = [encoder.picture(one, encoder.crop(points)) for one, points in zip(pictures, landmarks, strict=True)]
    told = [encoder.outputs(picture.to(encoder.device)) for picture in fed]
    found = {}
    for name in NAMES:
        rows = [getattr(one, name) for one in told]
        if rows[0] is not None:
            found[name] = torch.cat(rows).cpu().numpy()
    return found


def read_expected(path: Path) -> dict[str, np.ndarray]:
    """The codes of a file. Raises Refusal for a file that is something else."""
    try:
        with zipfile.ZipFile(path) as archive:
            there = {name.removesuffix(".npy") for name in archive.namelist()}
            return {name: read_array(archive, name, CURE) for name in NAMES if name in there}
    except BROKEN as error:
        raise Refusal("bad-codes", f"{path} is absent or no .npz ({error}).", CURE) from error


def compare(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> dict[str, float]:
    """The largest difference in every kind of code that both have. Raises Refusal where none is in both, or their
    shapes differ."""
    both = [name for name in found if name in expected]
    if not both:
        raise Refusal("bad-codes", "The expected codes have none of the encoder's names.", CURE)
    for name in both:
        if found[name].shape != expected[name].shape:
            raise Refusal("bad-codes", f"{name} is {expected[name].shape}, not {found[name].shape}.", CURE)
    return {name: float(np.abs(found[name] - expected[name]).max()) for name in both}
