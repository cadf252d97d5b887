"""The manual that comes with the extension."""

import bpy
import pytest
from bl_ext.user_default.facsimile.operators import open_manual


def test_the_buttons_open_pages_that_are_there() -> None:
    for name in ("index", "set_up"):
        page = open_manual.manual_page(name)
        assert page is not None and page.name == f"{name}.html"
        assert "Facsimile" in page.read_text(encoding="utf-8")
    assert bpy.ops.facsimile.open_manual(page="set_up") == {"FINISHED"}


def test_a_page_that_is_not_there_is_the_first() -> None:
    page = open_manual.manual_page("nonsense")
    assert page is not None and page.name == "index.html"


def test_a_copy_without_manual_says_so(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(open_manual, "SOURCE", tmp_path)
    with pytest.raises(RuntimeError, match="There is no manual"):
        bpy.ops.facsimile.open_manual()
