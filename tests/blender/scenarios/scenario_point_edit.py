"""Landmarks while they are dragged: selection, taking back, and what the fit gets; no window is needed."""

import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.face_lines import LINES, ON_LINES, USED
from bl_ext.user_default.facsimile.addon.fit_views import PhotoView
from bl_ext.user_default.facsimile.addon.photo_in_view import PhotoInView
from bl_ext.user_default.facsimile.addon.point_edit import PointEdit
from bl_ext.user_default.facsimile.backend.fitting.corrections import CORRECTED, no_corrections

CORNER, BESIDE, FAR = 61, 146, 454


@pytest.fixture
def edit() -> PointEdit:
    """Landmarks strewn over 400 pixels; two of them lie close together on the face."""
    random = np.random.default_rng(0)
    opened = random.uniform(-0.1, 0.1, (478, 3))
    opened[CORNER] = [0.5, 0, 0]
    opened[BESIDE] = [0.505, 0, 0]
    found = np.column_stack([random.uniform(0, 400, (478, 2)), np.zeros(478)])
    return PointEdit(PhotoView(found, (400, 400), 0.0, no_corrections()), opened)


def drag(edit: PointEdit, number: int, move: tuple[float, float]) -> None:
    edit.select([number], more=False)
    start = edit.points[number].copy()
    edit.begin(start)
    for share in (0.5, 1.0):
        edit.drag(start + share * np.array(move))
    edit.end()


def test_a_drag_moves_a_point_and_what_lies_beside_it_and_can_be_taken_back(edit) -> None:
    before = edit.points.copy()
    drag(edit, CORNER, (10, -4))
    np.testing.assert_allclose(edit.points[CORNER] - before[CORNER], [10, -4])
    beside = edit.points[BESIDE] - before[BESIDE]
    assert 3 < beside[0] < 10 and beside[1] < 0
    np.testing.assert_array_equal(edit.points[FAR], before[FAR])
    assert edit.moved == {CORNER} and edit.changed
    assert edit.undo() and not edit.undo()
    np.testing.assert_array_equal(edit.points, before)
    assert not edit.changed and edit.redo() and not edit.redo()
    np.testing.assert_allclose(edit.points[CORNER] - before[CORNER], [10, -4])


def test_several_go_together_and_a_new_drag_ends_what_could_be_done_again(edit) -> None:
    before = edit.points.copy()
    edit.select([CORNER], more=False)
    edit.select([FAR], more=True)
    edit.begin(before[FAR])
    edit.drag(before[FAR] + [0, 7])
    edit.end()
    np.testing.assert_allclose((edit.points - before)[[CORNER, FAR]], [[0, 7], [0, 7]], atol=1e-9)
    edit.undo()
    drag(edit, FAR, (1, 1))
    assert not edit.redo() and edit.moved == {FAR}


def test_a_click_is_no_drag_and_a_drag_can_be_dropped(edit) -> None:
    before = edit.points.copy()
    edit.select([CORNER], more=False)
    edit.begin(before[CORNER])
    edit.drag(before[CORNER])
    edit.end()
    assert not edit.changed and not edit.moved
    edit.begin(before[CORNER])
    edit.drag(before[CORNER] + 30)
    # Nothing is taken back in the middle of a drag.
    assert not edit.undo()
    edit.drop()
    np.testing.assert_array_equal(edit.points, before)
    assert not edit.changed


def test_points_go_back_to_where_they_were_found(edit) -> None:
    before = edit.points.copy()
    drag(edit, CORNER, (10, 0))
    drag(edit, FAR, (0, 10))
    assert edit.selected == {FAR} and edit.reset() and edit.moved == {CORNER}
    edit.select([], more=False)
    assert edit.reset() and not edit.moved
    np.testing.assert_array_equal(edit.points, before)
    assert not edit.reset()
    edit.undo()
    assert edit.moved == {CORNER}


def test_what_was_dragged_is_taken_over_and_can_be_taken_back(edit) -> None:
    before = edit.points.copy()
    drag(edit, CORNER, (10, -4))
    made = edit.corrections
    edit.undo()
    edit.resume(made)
    np.testing.assert_allclose(edit.points[CORNER] - before[CORNER], [10, -4])
    assert edit.changed and edit.undo()
    np.testing.assert_array_equal(edit.points, before)
    edit.resume(edit.corrections)
    assert not edit.changed


def test_the_nearest_is_found_and_a_box_selects(edit) -> None:
    place = edit.points[CORNER] + 0.01
    assert edit.nearest(place, 1.0) == CORNER and edit.nearest(np.array([-500.0, 0]), 20.0) is None
    low, high = edit.points[CORNER] - 0.5, edit.points[CORNER] + 0.5
    assert CORNER in edit.within(low, high) and edit.within(low, high) == edit.within(high, low)
    edit.select([1, 4], more=False)
    edit.select([4], more=True)
    assert edit.selected == {1}


def test_more_points_are_shown_when_asked_for(edit) -> None:
    assert edit.shown == ON_LINES and set(ON_LINES) < set(USED)
    edit.all_shown = True
    assert edit.shown == USED
    hidden = next(number for number in USED if number not in ON_LINES)
    drag(edit, hidden, (3, 3))
    edit.all_shown = False
    assert hidden in edit.shown


def test_corrections_of_before_stay_with_their_weights() -> None:
    before = no_corrections()
    before.landmarks[CORNER], before.weights[CORNER] = (5, 6), 9.0
    found = np.zeros((478, 3))
    edit = PointEdit(PhotoView(found, (400, 400), 0.0, before), np.random.default_rng(0).normal(size=(478, 3)))
    np.testing.assert_allclose(edit.points[CORNER], [5, 6])
    drag(edit, FAR, (2, 2))
    made = edit.corrections
    assert np.flatnonzero(np.isfinite(made.landmarks).all(1)).tolist() == [CORNER, FAR]
    assert made.weights[CORNER] == 9.0 and made.weights[FAR] == CORRECTED


def test_lines_are_the_detectors_and_the_face_is_whole() -> None:
    assert all(0 <= number < 478 for line in LINES for number in line)
    assert all(len(set(line)) >= len(line) - 1 for line in LINES)
    rings = [line for line in LINES if line[0] == line[-1]]
    assert sorted(len(ring) - 1 for ring in rings) == [16, 16, 20, 20, 36]


def test_pixels_of_the_picture_and_of_the_region_agree() -> None:
    place = PhotoInView(np.array([100.0, 500.0]), 2.0)
    np.testing.assert_allclose(place.shown(np.array([10.0, 20.0])), [120, 460])
    np.testing.assert_allclose(place.picture((120, 460)), [10, 20])
