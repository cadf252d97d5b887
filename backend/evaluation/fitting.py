"""Fits of rendered pictures and a film whose truth is known, and of photographs: ours beside the mean face and
landmarks alone."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from backend.channels import ARKIT_NAMES, convert_weights
from backend.cloning.landmark_map import canonical_landmarks
from backend.errors import Refusal
from backend.evaluation.now_protocol import neutral_errors
from backend.faces.open_head import load_open_head
from backend.fitting.basis import NAMES, open_head_basis
from backend.fitting.find_face import find_face
from backend.fitting.fit import fit_photos, learned_guess
from backend.fitting.fit_film import FilmFit, fit_track
from backend.fitting.follow import Track
from backend.fitting.learned_start import load_start
from backend.fitting.lip_closure import MEET, lip_gap
from backend.fitting.picture import read_picture
from backend.fitting.solve import solve
from backend.geometry.closest import closest_points
from backend.geometry.mesh import PARTS, face_mesh
from backend.imaging.landmarks import LandmarkDetector

ACTIVE = 0.05
"""Standard deviation of a channel that counts as active."""

SHUT, OPEN_AGAIN = 0.6, 0.4
"""Of eyeBlink: a blink is where it goes beyond the first before it has fallen below the second."""

TOUCHING = 0.005
"""Distance of lips beyond that at rest, in distances of the eyes' outer corners, of a mouth that counts as closed: half
a millimetre."""

STILL_FRAMES, NOISE = 40, 6.0
"""Frames of a still face, and the noise on its pixels, of 255."""


@dataclass(frozen=True)
class ShapeFigures:
    """Of one person, medians in millimetres: the mean face, ours and landmarks alone from one picture (the mean over
    all pictures) and from all of them."""

    name: str
    mean: float
    one: float
    five: float
    landmarks_one: float
    landmarks_five: float


@dataclass(frozen=True)
class FilmFigures:
    """Of a film. correlations: of each active channel, and landmarks alone. blinks: how many there were, and the most
    frames that one is found off; infinite where one is missed. closed: share of frames in whose pictures lips meet in
    which ours do too. shape: as ShapeFigures of ours and the mean face."""

    name: str
    correlations: dict[str, float]
    landmarks_only: dict[str, float]
    blinks: int
    blinks_off: float
    closed: float
    shape: float
    mean_shape: float


def people(folder: Path) -> dict[str, list[Path]]:
    """The photographs of each person of a rendered set. Raises Refusal where there are none."""
    found: dict[str, list[Path]] = {}
    for truth in sorted(folder.glob("*.npz")):
        picture = truth.with_name(f"{truth.stem}_000.png")
        if "film" not in truth.stem and picture.exists():
            found.setdefault(truth.stem.rsplit("_", 1)[0], []).append(picture)
    if not found:
        raise Refusal("no-pictures", f"There are no rendered pictures in {folder}.", "Render them: --render FOLDER.")
    return found


class Judge:
    """Measures neutrals of the open head against a true one."""

    def __init__(self) -> None:
        self.head = load_open_head()
        skin = face_mesh(self.head.vertices, self.head.quads).triangles
        self.skin = skin[(self.head.parts[skin] == PARTS.index("skin")).all(1)]
        found, self.weights, _ = closest_points(canonical_landmarks(), self.head.vertices, self.skin)
        self.corners = self.skin[found]

    def error(self, truth: Path, code: np.ndarray | None) -> float:
        """Median distance in millimetres of the truth to the head of an identity code."""
        vertices = self.head.neutral(code).astype(np.float64)
        marks = (vertices[self.corners] * self.weights[..., None]).sum(1)
        with np.load(truth, allow_pickle=False) as known:
            true, triangles, landmarks = known["vertices"], known["triangles"], known["landmarks"]
        return float(np.median(neutral_errors(true, triangles, landmarks, vertices, self.skin, marks)))


def measure_shape(name: str, pictures: list[Path], judge: Judge, detector: LandmarkDetector) -> ShapeFigures:
    """One person. Pictures in which no face is found are left out."""
    landmarks, sizes = [], []
    for path in pictures:
        pixels = np.asarray(Image.open(path).convert("RGB"))
        try:
            landmarks.append(find_face(pixels, detector)[0])
            sizes.append((len(pixels), len(pixels[0])))
        except Refusal:
            continue
    truth = pictures[0].with_name(pictures[0].name.replace("_000.png", ".npz"))

    def errors(guessed: bool) -> tuple[float, float]:
        """From one picture, and from all."""
        codes = [identity_of([face], [size], guessed) for face, size in zip(landmarks, sizes, strict=True)]
        one = float(np.mean([judge.error(truth, code) for code in codes]))
        return one, judge.error(truth, identity_of(landmarks, sizes, guessed))

    return ShapeFigures(name, judge.error(truth, None), *errors(True), *errors(False))


def identity_of(landmarks: list[np.ndarray], sizes: list[tuple[int, int]], guessed: bool) -> np.ndarray:
    """The identity code (I,) of one person's pictures as fit_photos finds it, or without its learned guess. landmarks:
    (478, 3) each."""
    guess = learned_guess(np.stack(landmarks)) if guessed else None
    flat = [face[:, :2] for face in landmarks]
    return solve(open_head_basis(), flat, sizes, [None] * len(flat), guess=guess)[0]


def film_track(pictures: list[Path], rate: float, detector: LandmarkDetector) -> Track:
    """A film that lies there as pictures, as follow() would see it."""
    landmarks, last = np.full((len(pictures), 478, 3), np.nan, np.float32), None
    size = (0, 0)
    for number, path in enumerate(pictures):
        pixels = np.asarray(Image.open(path).convert("RGB"))
        size = (len(pixels), len(pixels[0]))
        try:
            last, _ = find_face(pixels, detector, last)
        except Refusal:
            continue
        landmarks[number] = last
    found = np.isfinite(landmarks[:, 0, 0])
    times, cuts = np.arange(len(pictures)) / rate, np.zeros(len(pictures), bool)
    return Track(landmarks, times, cuts, found.astype(int), np.where(found, 1.0, np.nan), size, rate, False)


def measure_film(
    name: str, folder: Path, judge: Judge, detector: LandmarkDetector, every: int = 4
) -> tuple[FilmFigures, FilmFit]:
    """A rendered film. every: landmarks alone are fitted to every so many frames; they take long."""
    pictures = sorted(folder.glob(f"{name}_[0-9]*.png"))
    with np.load(folder / f"{name}.npz", allow_pickle=False) as known:
        true, rate = known["weights"][: len(pictures)], float(known["fps"])
    track = film_track(pictures, rate, detector)
    fit = fit_track(track, load_start(), name=name)
    shown = fit.performance.weights[: len(true)]
    rows = np.flatnonzero(track.faces > 0)[::every]
    basis = open_head_basis()
    alone = []
    for row in rows:
        _, views = solve(basis, [np.asarray(track.landmarks[row, :, :2], float)], [track.size], [None])
        alone.append(views[0].weights)
    plain = convert_weights(np.stack(alone), NAMES, ARKIT_NAMES)
    blinks, off = blink_timing(true, shown)
    closed = lip_gap(track.landmarks) < MEET
    own = convert_weights(shown, ARKIT_NAMES, NAMES)
    rest = basis.mean + np.tensordot(fit.identity, basis.identity, 1)
    places = rest + np.tensordot(own, basis.expression, 1)
    touching = lip_gap(places)[closed[: len(places)]] < lip_gap(rest[None]) + TOUCHING
    truth = folder / f"{name}.npz"
    figures = FilmFigures(
        name,
        correlations(true, shown),
        correlations(true[rows], plain),
        blinks,
        off,
        float(touching.mean()) if closed.any() else float("nan"),
        judge.error(truth, fit.identity),
        judge.error(truth, None),
    )
    return figures, fit


def correlations(true: np.ndarray, shown: np.ndarray) -> dict[str, float]:
    """Of the active channels of (T, 52)."""
    result = {}
    for number in np.flatnonzero(true.std(0) > ACTIVE):
        moves = shown[:, number].std() > 1e-6
        result[ARKIT_NAMES[number]] = float(np.corrcoef(true[:, number], shown[:, number])[0, 1]) if moves else 0.0
    return result


def blink_timing(true: np.ndarray, shown: np.ndarray) -> tuple[int, float]:
    """How many blinks there were in (T, 52), and the most frames by which the middle of one is off."""
    eyes = [ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeBlinkRight")]
    there, found = (blinks(curves[:, eyes].mean(1)) for curves in (true, shown))
    if not there:
        return 0, float("nan")
    return len(there), max(min((abs(one - other) for other in found), default=float("inf")) for one in there)


def blinks(curve: np.ndarray) -> list[float]:
    """The middle frames of blinks in a curve (T,), scaled to its own range."""
    scaled = (curve - np.quantile(curve, 0.2)) / max(float(curve.max() - np.quantile(curve, 0.2)), 1e-6)
    middles, begin = [], None
    for frame, value in enumerate(scaled):
        if begin is None and value > SHUT:
            begin = frame
        elif begin is not None and value < OPEN_AGAIN:
            middles.append((begin + frame - 1) / 2)
            begin = None
    return middles


def measure_jitter(picture: Path, detector: LandmarkDetector) -> float:
    """Root mean square motion of the landmarks of the fitted head about their mean, millimetres, in a still face that
    is filmed with noise."""
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(np.float32)
    random, landmarks = np.random.default_rng(0), []
    for _ in range(STILL_FRAMES):
        noisy = np.clip(pixels + random.normal(0, NOISE, pixels.shape), 0, 255).astype(np.uint8)
        landmarks.append(find_face(noisy, detector, landmarks[-1] if landmarks else None)[0])
    count = np.ones(STILL_FRAMES)
    track = Track(
        np.stack(landmarks).astype(np.float32), np.arange(STILL_FRAMES) / 25, count < 0, count.astype(int),
        count, (len(pixels), len(pixels[0])), 25.0, False,
    )  # fmt: skip
    fit, basis = fit_track(track, load_start()), open_head_basis()
    own = convert_weights(fit.performance.weights, ARKIT_NAMES, NAMES)
    places = basis.mean + np.tensordot(own, basis.expression, 1)
    return float(np.sqrt(((places - places.mean(0)) ** 2).sum(-1).mean()) * 1e3)


def photograph_errors(folder: Path, say: Callable[[str], None]) -> list[float]:
    """Median distance of fitted landmarks to the found ones in photographs, % of that of the eyes' outer corners."""
    errors = []
    for path in sorted([*folder.glob("*.jpg"), *folder.glob("*.png")]):
        pixels, focal = read_picture(path)
        fit = fit_photos([pixels], [focal])
        between = np.linalg.norm(fit.landmarks[0, 33] - fit.landmarks[0, 263])
        errors.append(100 * float(np.median(fit.residuals[0, :468])) / float(between))
        say(f"{path.name}: {errors[-1]:.2f} %")
    return errors
