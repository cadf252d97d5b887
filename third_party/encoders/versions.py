"""An encoder on a FLAME model: its own, one that may be its own, or another to which its codes are converted."""

from collections.abc import Callable

import numpy as np

from backend.faces.flame import FlameModel
from backend.faces.flame_codes import FlameCodes
from backend.faces.flame_versions import check_version, converted
from third_party.encoders.read import VERSION, Encoder


def encoding(
    encoder: Encoder, model: FlameModel, own: FlameModel | None
) -> tuple[Callable[[np.ndarray, np.ndarray], FlameCodes], str | None]:
    """What makes codes of model out of a photograph and its landmarks, and a sentence that the user should read, if
    any. own: the FLAME that the encoder was trained with, where model is another. Raises Refusal where model is another
    and own was not given, or is not that either."""
    if own is None:
        return encoder.encode, check_version(VERSION, model, encoder.family)
    warned = check_version(VERSION, own, encoder.family)

    def encode(pixels: np.ndarray, landmarks: np.ndarray) -> FlameCodes:
        return converted(encoder.encode(pixels, landmarks), own, model)[0]

    remains = unreachable(own, model)
    told = (
        f"The codes of {encoder.family} are converted from FLAME {own.version} to FLAME {model.version}; the "
        f"mean heads differ by {1000 * mean_difference(own, model):.1f} mm, of which {1000 * remains:.1f} mm remain."
    )
    return encode, f"{warned} {told}" if warned else told


def mean_difference(own: FlameModel, model: FlameModel) -> float:
    """Metres between the mean heads, root mean square. Raises ValueError for different numbers of vertices."""
    return float(np.sqrt(np.square(own.vertices - model.vertices).sum(1).mean()))


def unreachable(own: FlameModel, model: FlameModel) -> float:
    """Metres between own's mean head and the nearest head of model, root mean square. Raises Refusal for different
    triangles."""
    nothing = np.zeros(0, np.float32)
    rest = FlameCodes(nothing, nothing, np.zeros((5, 3)), np.zeros(2), None, np.eye(2, 3), 224, VERSION, "")
    return converted(rest, own, model)[1]
