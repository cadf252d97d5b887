"""Landmarks of one photograph while they are put right: what is selected, dragged, taken back. Knows no window."""

from collections.abc import Iterable

import numpy as np

from ..backend.fitting.corrections import CORRECTED, SAME, Corrections, corrected
from .face_lines import ON_LINES, USED
from .fit_views import PhotoView

Moves = dict[int, tuple[float, float]]


class PointEdit:
    """All places are pixels of the photograph, x right and y down."""

    def __init__(self, view: PhotoView, opened: np.ndarray) -> None:
        """opened: (478, 3) metres, landmarks of a face with its mouth open."""
        self._view, self._opened = view, opened
        before = view.corrections
        given = np.flatnonzero(np.isfinite(before.landmarks).all(1)).tolist()
        self._moves: Moves = {number: tuple(before.landmarks[number].tolist()) for number in given}
        self._past: list[Moves] = []
        self._future: list[Moves] = []
        self._begun: tuple[np.ndarray, np.ndarray] | None = None
        self.selected: set[int] = set()
        self.hovered: int | None = None
        self.all_shown = False
        self.points = self._points()

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the photograph."""
        return self._view.size

    @property
    def changed(self) -> bool:
        """Whether anything was moved that can be taken back."""
        return bool(self._past)

    @property
    def shown(self) -> tuple[int, ...]:
        """The numbers of the landmarks that can be picked: those on lines, or all; corrected ones always."""
        return USED if self.all_shown else tuple(sorted({*ON_LINES, *self._moves}))

    @property
    def corrections(self) -> Corrections:
        """What was put right. Weights that were given before stay."""
        landmarks = np.full((len(self._view.found), 2), np.nan)
        for number, place in self._moves.items():
            landmarks[number] = place
        before = self._view.corrections
        kept = np.isfinite(before.landmarks).all(1)
        return Corrections(landmarks, np.where(kept, before.weights, CORRECTED))

    @property
    def moved(self) -> frozenset[int]:
        """The numbers of those that were put right."""
        return frozenset(self._moves)

    def nearest(self, place: np.ndarray, reach: float) -> int | None:
        """The number of the landmark that is shown nearest to a place (2,), within reach."""
        numbers = np.array(self.shown)
        apart = np.linalg.norm(self.points[numbers] - place, axis=1)
        return int(numbers[apart.argmin()]) if apart.min() <= reach else None

    def select(self, numbers: Iterable[int], more: bool) -> None:
        """Select landmarks; with more besides those that are, or, where all of them are selected, take them out."""
        wanted = set(numbers)
        if not more:
            self.selected = wanted
        elif wanted and wanted <= self.selected:
            self.selected -= wanted
        else:
            self.selected |= wanted

    def within(self, one: np.ndarray, other: np.ndarray) -> list[int]:
        """The numbers of those shown in the box between two corners (2,)."""
        low, high = np.minimum(one, other), np.maximum(one, other)
        return [number for number in self.shown if ((self.points[number] >= low) & (self.points[number] <= high)).all()]

    def begin(self, place: np.ndarray) -> None:
        """The selected ones are dragged from a place (2,) on."""
        self._begun = np.asarray(place, float), self.points.copy()
        self._keep()

    def drag(self, place: np.ndarray) -> None:
        """They are dragged to a place (2,)."""
        if self._begun is None:
            return
        start, points = self._begun
        for number in self.selected:
            self._moves[number] = tuple((points[number] + place - start).tolist())
        self.points = self._points()

    def end(self) -> None:
        """They are let go; a drag that has not moved them is none."""
        if self._begun is not None and np.abs(self.points - self._begun[1]).max() <= SAME:
            self._moves = self._past.pop()
        self._begun = None

    def drop(self) -> None:
        """They go back to where the drag began."""
        if self._begun is not None:
            self._begun = None
            self._moves = self._past.pop()
            self.points = self._points()

    def reset(self) -> bool:
        """The selected ones, or all where none is, go back to where they were found. Returns whether any did."""
        gone = [number for number in self._moves if not self.selected or number in self.selected]
        if gone:
            self._keep()
            self._moves = {number: place for number, place in self._moves.items() if number not in gone}
            self.points = self._points()
        return bool(gone)

    def resume(self, corrections: Corrections) -> None:
        """Take over what was dragged another time."""
        given = np.flatnonzero(np.isfinite(corrections.landmarks).all(1)).tolist()
        moves: Moves = {number: tuple(corrections.landmarks[number].tolist()) for number in given}
        if moves != self._moves:
            self._keep()
            self._moves = moves
            self.points = self._points()

    def undo(self) -> bool:
        """Take back the last drag. Returns whether there was one."""
        return self._swap(self._past, self._future)

    def redo(self) -> bool:
        """Do again what was taken back last. Returns whether there was anything."""
        return self._swap(self._future, self._past)

    def _keep(self) -> None:
        self._past.append(dict(self._moves))
        self._future.clear()

    def _swap(self, source: list[Moves], target: list[Moves]) -> bool:
        if self._begun is not None or not source:
            return False
        target.append(self._moves)
        self._moves = source.pop()
        self.points = self._points()
        return True

    def _points(self) -> np.ndarray:
        """(478, 2)."""
        return corrected(self._view.found, self.corrections, self._opened)
