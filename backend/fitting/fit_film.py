"""From a film of a face to a performance: one identity for all of it, and what the face does, frame by frame."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from backend.channels import ARKIT_NAMES, convert_weights
from backend.errors import Progress, Refusal, silent
from backend.fitting.basis import NAMES, LandmarkBasis, eye_turns, open_head_basis
from backend.fitting.fit import SURE
from backend.fitting.follow import Followed, See, Track
from backend.fitting.learned_start import LearnedStart, load_start, placed
from backend.fitting.lip_closure import close_lips, lip_gap
from backend.fitting.pinhole import Pinhole
from backend.fitting.solve import FOCAL, OUTER_CORNERS
from backend.imaging.landmarks import available
from backend.performance import Performance, interpolate, performance
from backend.smoothing import smoothed

Missing = Literal["interpolate", "leave out"]

CHUNK = 256
"""Frames that are worked on at once: memory does not grow with the film, but for its curves."""

SMOOTH, SMOOTH_HEAD = 3.0, 5.0
"""Frames, the width at half height over which curves are smoothed; blinks and closures are faster and stay."""

TURN, SHIFT = 0.01, 0.002
"""Radians and metres of the head's motion that count for the same."""

LENSES = np.geomspace(0.65, 3.8, 8)
"""Focal lengths that are tried, in longer sides of the picture, where it is not known."""

KEYFRAMES = 24
BLURRED = 0.5
"""Share of the usual sharpness below which a frame is blurred, and less sure."""


@dataclass(frozen=True)
class FilmFit:
    """performance: ARKit's channels at the film's rate. identity: (I,) code of the open head. camera: the lens. poses:
    (T, 4, 4) from the canonical frame to the camera's, NaN where there was no face. weights: (T, 52) of each frame
    read. frames: how many were read, found: of which a face was seen. size: height and width of the frames. cuts:
    their numbers. people: the most faces that were seen when one was looked for. broken: whether the film was damaged
    after its last frame."""

    performance: Performance
    identity: np.ndarray
    camera: Pinhole
    poses: np.ndarray
    weights: np.ndarray
    frames: int
    found: int
    size: tuple[int, int]
    cuts: tuple[int, ...]
    people: int
    broken: bool


def fit_film(
    path: Path,
    missing: Missing = "interpolate",
    focal: float | None = None,
    progress: Progress = silent,
    see: See | None = None,
) -> FilmFit:
    """The performance of the face that is largest in a film. missing: what becomes of frames without a face: their
    neighbours' mean, with confidence 0, or nothing. focal: pixels, None where unknown. see: is shown each frame's face
    as it is found. Raises Refusal."""
    if not available():
        raise Refusal("no-detector", "The landmark detector is missing.", "Repair the backend in the preferences.")
    with Followed(path, lambda fraction, text: progress(0.85 * fraction, text), see) as track:
        return fit_track(track, load_start(), missing, focal, path.name)


def fit_track(
    track: Track, start: LearnedStart, missing: Missing = "interpolate", focal: float | None = None, name: str = ""
) -> FilmFit:
    """The same from landmarks that were found."""
    seen = np.flatnonzero(track.faces > 0)
    identity, rest = _person(track, start, seen)
    weights = np.zeros((len(track.times), len(ARKIT_NAMES)), np.float32)
    gap = np.full(len(weights), np.inf)
    for chunk in _chunks(seen):
        weights[chunk] = start.expression(placed(np.asarray(track.landmarks[chunk])), rest)
        gap[chunk] = lip_gap(track.landmarks[chunk])
    basis = open_head_basis()
    weights[seen] = close_lips(_calm(weights[seen], track.cuts[seen], SMOOTH), gap[seen], basis)
    own = _own(weights)
    camera = _lens(basis, track, seen, identity, own, focal)
    poses = np.full((len(weights), 4, 4), np.nan)
    errors = np.full(len(weights), np.inf)
    for frame in seen:
        points = np.asarray(track.landmarks[frame, :, :2], np.float64)
        poses[frame], errors[frame] = pose(basis, points, camera, identity, own[frame])
    confidence = np.where(np.isfinite(errors), 1 / (1 + (errors / SURE) ** 2), 0)
    sharp = track.sharpness / max(float(np.nanmedian(track.sharpness)), 1e-9)
    confidence *= np.where(np.isfinite(sharp), np.clip(sharp / BLURRED, 0.2, 1), 0)
    motion = _performance(track, seen, weights, poses, confidence, missing, name)
    cuts = tuple(np.flatnonzero(track.cuts).tolist())
    counts = (len(weights), len(seen), track.size, cuts, int(track.faces.max()))
    return FilmFit(motion, identity, camera, poses, weights, *counts, track.broken)


def pose(
    basis: LandmarkBasis, points: np.ndarray, camera: Pinhole, identity: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, float]:
    """(4, 4) from the canonical frame to the camera's of a head that shows weights (E,) in landmarks (478, 2), and the
    median distance of landmarks in distances of the eyes' outer corners; SQPnP (Terzakis and Lourakis 2020)."""
    places = basis.mean + np.tensordot(identity, basis.identity, 1) + np.tensordot(weights, basis.expression, 1)
    flip = np.array([1.0, -1.0, -1.0])
    used = np.ones(len(points), bool)
    used[468:] = False
    _, turned, moved = cv2.solvePnP(
        places[used] * flip, points[used], camera.intrinsics, np.zeros(4), flags=cv2.SOLVEPNP_SQPNP
    )
    result = np.eye(4)
    result[:3, :3] = flip[:, None] * cv2.Rodrigues(turned)[0] * flip
    result[:3, 3] = moved[:, 0] * flip
    missed = camera.project(places @ result[:3, :3].T + result[:3, 3]) - points
    between = max(float(np.linalg.norm(points[OUTER_CORNERS[0]] - points[OUTER_CORNERS[1]])), 1e-9)
    return result, float(np.median(np.linalg.norm(missed[used], axis=1))) / between


def _person(track: Track, start: LearnedStart, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Identity code and the face at rest: the means over all frames."""
    codes, rests = 0.0, 0.0
    for chunk in _chunks(seen):
        code, rest = start.neutral(placed(np.asarray(track.landmarks[chunk])))
        codes, rests = codes + code.sum(0), rests + rest.sum(0)
    return np.asarray(codes) / len(seen), np.asarray(rests) / len(seen)


def _lens(
    basis: LandmarkBasis, track: Track, seen: np.ndarray, identity: np.ndarray, own: np.ndarray, focal: float | None
) -> Pinhole:
    """The camera: of LENSES the one that fits keyframes best, with what is usual as a prior."""
    height, width = track.size
    centre = (width / 2, height / 2)
    if focal:
        return Pinhole(focal, centre)
    keys = seen[np.linspace(0, len(seen) - 1, min(KEYFRAMES, len(seen))).astype(int)]

    def misfit(lens: float) -> float:
        camera = Pinhole(lens * max(track.size), centre)
        errors = [pose(basis, np.asarray(track.landmarks[k, :, :2], float), camera, identity, own[k])[1] for k in keys]
        return float(np.median(errors)) * (1 + 0.02 * np.log(lens / FOCAL) ** 2)

    return Pinhole(float(min(LENSES, key=misfit)) * max(track.size), centre)


def _performance(
    track: Track,
    seen: np.ndarray,
    weights: np.ndarray,
    poses: np.ndarray,
    confidence: np.ndarray,
    missing: Missing,
    name: str,
) -> Performance:
    """At an even rate. The head's translation is against its middle place."""
    turns = Rotation.from_matrix(poses[seen, :3, :3]).as_rotvec()
    moves = poses[seen, :3, 3] - np.median(poses[seen, :3, 3], axis=0)
    calm = _calm(np.concatenate([turns / TURN, moves / SHIFT], 1), track.cuts[seen], SMOOTH_HEAD, 1.0)
    turns, moves = calm[:, :3] * TURN, calm[:, 3:] * SHIFT
    times = track.times
    if missing == "leave out":
        times, frames = np.arange(len(seen)) / track.rate, np.arange(len(seen))
        weights, confidence, known = weights[seen], confidence[seen], times
    else:
        frames, known = np.arange(len(times)), times[seen]
        gap = np.interp(times, known, np.arange(len(seen)))
        weights = interpolate(weights[seen], gap)
    count = max(1, round((times[-1] - times[0]) * track.rate) + 1)
    even = np.minimum(times[0] + np.arange(count) / track.rate, times[-1])
    place = np.interp(even, times, frames)
    bounded = np.clip(even, known[0], known[-1])
    head = np.empty((count, 6))
    head[:, :3] = (
        Slerp(known, Rotation.from_rotvec(turns))(bounded).as_rotvec() if len(known) > 1 else turns.repeat(count, 0)
    )
    head[:, 3:] = np.stack([np.interp(bounded, known, axis) for axis in moves.T], 1)
    shown = np.clip(interpolate(weights, place), 0, 1)
    gaze = np.tensordot(_own(shown), eye_turns(NAMES), 1).reshape(count, 4)
    return performance(
        ARKIT_NAMES, shown, track.rate, head, gaze, confidence=np.interp(even, times, confidence), source=f"film {name}"
    )


def _own(weights: np.ndarray) -> np.ndarray:
    """(T, E) of the fit's NAMES from (T, 52) of ARKIT_NAMES."""
    return convert_weights(weights, ARKIT_NAMES, NAMES)


def _calm(curves: np.ndarray, cuts: np.ndarray, width: float, finest: float = 0.02) -> np.ndarray:
    """Curves (T, C) smoothed between cuts (T,)."""
    result = np.array(curves, np.float64)
    for shot in np.split(np.arange(len(curves)), np.flatnonzero(cuts)):
        if len(shot):
            result[shot] = smoothed(curves[shot], np.full(curves.shape[1], width), finest)
    return result


def _chunks(frames: np.ndarray) -> list[np.ndarray]:
    return [frames[at : at + CHUNK] for at in range(0, len(frames), CHUNK)]
