"""Face landmarks in a picture: mediapipe's face mesh, whose models travel inside its wheel."""

import importlib.util
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

LANDMARKS = 478
"""468 points of the face, then five for each iris (468-472 the character's right, 473-477 the left)."""


def available() -> bool:
    """Whether mediapipe can be imported. Without it no face can be found by landmarks."""
    return importlib.util.find_spec("mediapipe") is not None


class LandmarkDetector:
    """Finds faces and their 478 landmarks. The models load at the first picture; use it for many, and close it.

    faces: the most that are looked for in one picture. minimum_score: of the detector and of the landmark model's
    presence, 0..1; low values find more faces that are none. One picture at a time: calls from several threads wait.
    Raises ModuleNotFoundError at the first picture where mediapipe is missing; ask available() before.
    """

    def __init__(self, faces: int = 2, minimum_score: float = 0.5) -> None:
        self._faces = faces
        self._minimum_score = minimum_score
        self._model: Any = None  # mediapipe declares no types
        self._spoke = False
        self._lock = threading.Lock()

    def detect(self, image: np.ndarray) -> list[np.ndarray]:
        """Landmarks (478, 3) float32 of each face in an RGB picture (H, W, 3) uint8: x and y in pixels (pixel centres
        at i + 0.5, y down), z in pixels relative to the face's middle, nearer is smaller. Scores are not given."""
        with self._lock:
            if self._spoke:
                result = self._load().process(np.ascontiguousarray(image))
            else:
                with _quiet_stderr():
                    result = self._load().process(np.ascontiguousarray(image))
            height, width = image.shape[:2]
            faces = [
                np.array([[p.x * width, p.y * height, p.z * width] for p in face.landmark], np.float32)
                for face in result.multi_face_landmarks or ()
            ]
            self._spoke |= len(faces) > 0
            return faces

    def close(self) -> None:
        """Frees the models. A later picture loads them again."""
        with self._lock:
            if self._model is not None:
                self._model.close()
                self._model = None
                self._spoke = False

    def __enter__(self) -> "LandmarkDetector":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _load(self) -> Any:
        if self._model is None:
            with _without_drawing():
                from mediapipe.python.solutions.face_mesh import FaceMesh

            self._model = FaceMesh(
                static_image_mode=True,
                refine_landmarks=True,
                max_num_faces=self._faces,
                min_detection_confidence=self._minimum_score,
                min_tracking_confidence=self._minimum_score,
            )
        return self._model


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Standard error closed for a moment, below Python. The native libraries print there when they load and at the
    first face, before their log levels can be set; no variable of the environment stops them."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def _without_drawing() -> Iterator[None]:
    """mediapipe imports with everything else its helpers for drawing, and these all of matplotlib: half a second and
    50 MB for nothing. For as long as this lasts, empty modules take their places where they are not loaded yet."""
    names = [f"mediapipe.python.solutions.{name}" for name in ("drawing_styles", "drawing_utils")]
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update({name: ModuleType(name) for name in absent})
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
