"""What the panels say in every state, drawn onto a layout that only writes down; and that drawing starts nothing."""

import subprocess
from typing import Any
from unittest.mock import MagicMock

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon import panel, preferences, registration, translation
from bl_ext.user_default.facsimile.addon.fit_head import make_head
from bl_ext.user_default.facsimile.addon.fit_read import FittedHead
from bl_ext.user_default.facsimile.addon.head_shape import HEAD_SHAPE
from bl_ext.user_default.facsimile.addon.session import SESSION
from bl_ext.user_default.facsimile.backend.errors import Refusal

from tests.running import runs

PANELS = [cls for cls in registration.CLASSES if issubclass(cls, bpy.types.Panel)]


class Layout:
    """Stands in for Blender's, which exists in a window alone. texts: what was written, in order."""

    def __init__(self, texts: list[str] | None = None) -> None:
        self.texts: list[str] = [] if texts is None else texts

    def __getattr__(self, kind: str) -> Any:
        def add(*arguments: Any, **options: Any) -> "Layout":
            if options.get("text"):
                self.texts.append(options["text"])
            elif kind == "operator":
                self.texts.append(arguments[0])
            return MagicMock() if kind == "operator" else Layout(self.texts)

        return add

    def panel(self, name: str, default_closed: bool = False) -> tuple["Layout", "Layout"]:
        return Layout(self.texts), Layout(self.texts)


class Shown:
    """An instance of a panel as far as its draw needs one."""

    def __init__(self) -> None:
        self.layout = Layout()


def drawn() -> str:
    """Everything that the panels that are there say, those that are shut too."""
    texts: list[str] = []
    for cls in PANELS:
        if cls.poll(bpy.context) if "poll" in vars(cls) else True:
            shown = Shown()
            cls.draw(shown, bpy.context)
            texts += [cls.bl_label, *shown.layout.texts]
    return " ".join(texts)


@pytest.fixture(autouse=True)
def fresh_backend():
    yield
    SESSION.forget()
    SESSION.queue.stop()


def test_nothing_is_selected() -> None:
    said = drawn()
    assert "Backend starts when needed" in said and "Select the meshes of one head" in said
    assert not [word for word in ("Result", "Not Built", "Thumbnails") if word in said]


def test_the_panel_says_why_the_button_is_disabled(add_mesh, monkeypatch) -> None:
    add_mesh("Face")
    bpy.ops.object.mode_set(mode="SCULPT")
    assert '"Face" is being edited. Switch to Object Mode' in drawn()
    bpy.ops.object.mode_set(mode="OBJECT")
    monkeypatch.setenv("FACSIMILE_PYTHON", "/nowhere/python")
    assert "There is no program /nowhere/python" in drawn()


def test_a_result_a_refusal_and_what_remains_of_them(add_mesh, monkeypatch) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    said = drawn()
    assert "Confidence 87%" in said and "3 new keys" in said and "Draw Thumbnails" in said and "Remove" in said
    bpy.ops.facsimile.remove_shapes()
    assert "Confidence" not in drawn() and "eye left" not in drawn()
    monkeypatch.setenv("FAKE_BACKEND", "refuse")
    SESSION.queue.stop()
    with pytest.raises(RuntimeError):
        bpy.ops.facsimile.build_shapes()
    assert "Not Built No face was found. Select the head. facsimile.open_log" in drawn()
    face.select_set(False)
    assert "Not Built" not in drawn()
    face.select_set(True)
    bpy.ops.facsimile.dismiss()
    assert "Not Built" not in drawn()


def test_a_fitted_head_has_sliders_and_says_why_its_points_are_not_corrected() -> None:
    assert "Fitted Head" not in drawn()
    names, points = ("jawOpen", "eyeBlinkLeft"), np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    fitted = FittedHead(
        points, np.array([0, 1, 2, 3]), np.array([4]), np.zeros(4, int), ("head",), names,
        np.ones((2, 4, 3), np.float32), np.zeros(100, np.float32), "a person",
    )  # fmt: skip
    head, _ = make_head("Anna", fitted)
    bpy.context.view_layer.objects.active = head
    said = drawn()
    assert "Fitted Head facsimile.correct_points Points can be corrected in photographs only" in said
    assert all(title in said for title in ("Shape", "Advanced", "Expression", "Mouth, Jaw", "Pose and Camera"))
    assert "jawOpen" in said and "eyeBlinkLeft" in said and " 100 " in said
    HEAD_SHAPE.refusal = Refusal("no", "The slider is stuck.", "Oil it.")
    assert "The slider is stuck. Oil it." in drawn()
    HEAD_SHAPE.refusal = None


def test_what_could_not_even_begin_is_told_of_the_meshes_that_it_is_about(add_mesh) -> None:
    face = add_mesh("Face")
    face.data.facsimile.region = "Nowhere"
    with pytest.raises(RuntimeError, match="no vertex group"):
        bpy.ops.facsimile.build_shapes()
    assert 'Not Built "Face" has no vertex group "Nowhere".' in drawn()
    face.select_set(False)
    assert "Not Built" not in drawn()


def test_a_character_of_fifty_meshes_does_not_push_the_button_away(add_mesh) -> None:
    for number in range(50):
        add_mesh(f"Part {number:02}", 2)
    said = drawn()
    assert "and 42 more" in said and "50 meshes" in said and "Part 07" in said and "Part 08" not in said


def test_the_panels_speak_german(add_mesh, monkeypatch) -> None:
    monkeypatch.setattr(translation, "language", lambda: "de")
    add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    assert "Zuversicht 87%" in drawn() and "3 neue Formschlüssel" in drawn()


def test_long_sentences_are_broken_between_words() -> None:
    text = "Select the mesh that has the face, standing upright, with the face uncovered."
    lines = panel.wrap(text, 120, 11)
    assert len(lines) > 2 and " ".join(lines) == text
    assert panel.wrap("Donaudampfschifffahrtsgesellschaft", 10, 11) == ["Donaudampfschifffahrtsgesellschaft"]


def test_no_process_is_started_before_a_click(add_mesh, monkeypatch) -> None:
    add_mesh("Face")
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, *rest, **more: started.append(command))
    bpy.ops.preferences.addon_disable(module="bl_ext.user_default.facsimile")
    bpy.ops.preferences.addon_enable(module="bl_ext.user_default.facsimile")
    drawn()
    for name in dir(bpy.ops.facsimile):
        getattr(bpy.ops.facsimile, name).poll()
    preferences.FacsimilePreferences.draw(Shown(), bpy.context)
    assert started == []
    monkeypatch.setattr(subprocess, "Popen", popen)
    assert bpy.ops.facsimile.start_backend() == {"FINISHED"}
    assert runs(SESSION.queue._client.pid)
