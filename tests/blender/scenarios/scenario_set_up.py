"""Setting the backend up from the preferences, with an uv that is not there, fails, or works."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from bl_ext.user_default.facsimile.addon import environment, setting_up
from bl_ext.user_default.facsimile.addon.setup import plan, worker
from bl_ext.user_default.facsimile.operators.copy_report import backend_report

FAKE = Path(__file__).resolve().parents[2] / "addon" / "fake_uv.py"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A backend folder with a fake uv, and an offline folder that has every wheel by name."""
    monkeypatch.delenv("FACSIMILE_PYTHON")
    preferences = environment.preferences()
    root, wheels = tmp_path / "Büro 日本" / "facsimile", tmp_path / "wheels"
    (root / "u").mkdir(parents=True)
    wheels.mkdir()
    uv = root / "u" / "uv"
    uv.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$(dirname "$0")" "$@"\n')
    uv.chmod(0o755)
    preferences.backend_folder = str(root)
    preferences.device = "cpu"
    for name in setting_up.SETTING_UP.plan().lock.sizes:
        (wheels / f"{name.replace('-', '_')}-1.0-py3-none-any.whl").touch()
    preferences.offline_folder = str(wheels)
    yield root
    setting_up.SETTING_UP.stop()
    setting_up.SETTING_UP.worker = None
    for name in ("backend_folder", "offline_folder", "device"):
        preferences.property_unset(name)


def test_a_click_makes_it_and_the_backend_is_found(home: Path) -> None:
    assert environment.backend_python() is None
    assert bpy.ops.facsimile.set_up_backend() == {"FINISHED"}
    python = environment.backend_python()
    assert python is not None and python.is_relative_to(home / "e")
    assert "multiplies" not in backend_report()
    assert str(Path.home()) not in backend_report().replace(str(home), "")


def test_a_failure_is_reported_with_its_cure_and_the_next_click_goes_on(home: Path) -> None:
    (home / "u" / "behaviour").write_text("disk full")
    with pytest.raises(RuntimeError, match=r"The disk is full\. Free some space"):
        bpy.ops.facsimile.set_up_backend()
    assert setting_up.SETTING_UP.refusal is not None
    assert "The disk is full" in backend_report() and "os error 28" in backend_report()
    (home / "u" / "behaviour").write_text("")
    assert bpy.ops.facsimile.set_up_backend() == {"FINISHED"}


def test_without_online_access_the_button_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment.preferences().offline_folder = ""
    assert not bpy.app.online_access
    assert "System > Network" in setting_up.why_not_set_up()
    assert not bpy.ops.facsimile.set_up_backend.poll()
    assert not (home / "u" / "calls").exists()


def test_a_full_disk_disables_the_button(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "free_space", lambda folder: 1000)
    setting_up.SETTING_UP._plan = None
    assert "are free" in setting_up.why_not_set_up()
    assert not bpy.ops.facsimile.set_up_backend.poll()
    setting_up.SETTING_UP._plan = None


def test_remove_takes_it_away(home: Path) -> None:
    bpy.ops.facsimile.set_up_backend()
    assert bpy.ops.facsimile.remove_backend() == {"FINISHED"}
    assert not home.exists()
    assert environment.backend_python() is None
    assert not bpy.ops.facsimile.remove_backend.poll()


def test_switching_off_ends_what_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "u" / "behaviour").write_text("hang")
    monkeypatch.setattr(worker.Worker, "wait", lambda self, timeout=None: False)
    bpy.ops.facsimile.set_up_backend()
    hanging = setting_up.SETTING_UP.worker
    assert setting_up.SETTING_UP.running and hanging is not None
    monkeypatch.undo()
    setting_up.unregister()
    assert hanging.done and hanging.cancelled


def test_a_python_of_one_s_own_comes_first(home: Path, tmp_path: Path) -> None:
    bpy.ops.facsimile.set_up_backend()
    own = tmp_path / "python"
    shutil.copy(sys.executable, own)
    environment.preferences().backend_python = str(own)
    assert environment.backend_python() == own
    environment.preferences().backend_python = ""
    assert environment.backend_python() != own
