"""Every text that is shown has a German one: what is registered, what panels draw, what is refused and reported."""

import ast
import json
from pathlib import Path

import bpy
import pytest
from bl_ext.user_default import facsimile
from bl_ext.user_default.facsimile.addon import registration, translation
from bl_ext.user_default.facsimile.addon.setup.machine import find_device
from bpy_extras.io_utils import ExportHelper, ImportHelper
from spoken import branches, has_words, shown_arguments, spoken_texts, template

SOURCE = Path(facsimile.__file__).parent
TABLE = json.loads((SOURCE / "addon" / "translations" / "de.json").read_text(encoding="utf-8"))
BLENDERS_OWN = {*ImportHelper.__annotations__, *ExportHelper.__annotations__, "rna_type", "bl_idname"}


def registered_texts() -> dict[str, str]:
    """Names, tooltips and items of everything that is registered, and where each is from."""
    found: dict[str, str] = {}
    for cls in registration.CLASSES:
        place, rna = cls.__name__, cls.bl_rna
        if issubclass(cls, bpy.types.Operator):
            rna = getattr(bpy.ops.facsimile, cls.bl_idname.partition(".")[2]).get_rna_type()
            found.setdefault(rna.description, place)
        if hasattr(cls, "bl_label"):
            found.setdefault(cls.bl_label, place)
        for name, owned in rna.properties.items():
            if name in BLENDERS_OWN or name.startswith("bl_") or owned.is_hidden or not owned.is_runtime:
                continue
            texts = [owned.name, owned.description]
            if owned.type == "ENUM":
                texts += [text for item in owned.enum_items for text in (item.name, item.description)]
            for text in texts:
                found.setdefault(text, f"{place}.{name}")
    return {text: place for text, place in found.items() if text and has_words(text)}


def test_every_text_has_a_german_one() -> None:
    wanted = spoken_texts(SOURCE) | registered_texts()
    missing = {text: place for text, place in wanted.items() if not TABLE.get(text)}
    listed = "\n".join(f'    {json.dumps(text, ensure_ascii=False)}: "",  # {place}' for text, place in missing.items())
    assert not missing, f"{len(missing)} texts are missing in addon/translations/de.json:\n{listed}"


def test_no_text_is_left_that_nobody_shows() -> None:
    known = spoken_texts(SOURCE) | registered_texts()
    stale = sorted(set(TABLE) - set(known))
    assert not stale, f"addon/translations/de.json has texts that are not shown any more: {stale}"


def test_the_values_keep_their_places() -> None:
    wrong = [text for text, german in TABLE.items() if places(text) != places(german)]
    assert not wrong


def places(text: str) -> int:
    return text.count("{}")


def test_texts_with_values_are_translated_where_they_are_shown() -> None:
    bare = []
    for path in (*SOURCE.glob("addon/*.py"), *SOURCE.glob("operators/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "attr", "")
            if isinstance(node, ast.Call) and name in ("label", "progress", "report", "poll_message_set"):
                for shown in shown_arguments(node):
                    if isinstance(shown, ast.JoinedStr) and has_words(template(shown) or ""):
                        bare.append(f"{path.name}:{node.lineno} {next(branches(shown), '')!r}")
    assert not bare, f"Wrap these in translated(): {bare}"


@pytest.fixture
def german(monkeypatch):
    monkeypatch.setattr(translation, "language", lambda: "de")


def test_sentences_with_values_are_found_by_their_templates(german) -> None:
    said = translation.translated('"Kopf" is being edited.')
    assert said == TABLE['"{}" is being edited.'].format("Kopf") and said != '"Kopf" is being edited.'
    assert translation.translated("Nobody says this.") == "Nobody says this."
    both = translation.translated('"{A}" and "{B}" share one mesh.')
    assert both == TABLE['"{}" and "{}" share one mesh.'].format("{A}", "{B}")
    assert translation.translated_list("eye left, skin") == f"{TABLE['eye left']}, {TABLE['skin']}"


def test_what_a_set_up_would_do_is_said_without_an_english_word(german, tmp_path) -> None:
    (tmp_path / "System32").mkdir()
    found = [find_device(*kind, tmp_path)[1] for kind in (("macos", "arm64"), ("macos", "x64"), ("linux", "x64"))]
    found.append(find_device("windows", "x64", tmp_path)[1])
    (tmp_path / "System32" / "nvcuda.dll").touch()
    found.append(find_device("windows", "x64", tmp_path)[1])
    assert all(translation.translated(text) != text for text in found), found
    said = translation.translated("For the processor (no graphics card that computes)")
    assert said == "Für den Prozessor (keine Grafikkarte, die rechnet)"
    device = translation.translated("cpu, torch 2.13.0, 1 thread")
    assert device == "cpu, torch 2.13.0, 1 Thread"


def test_english_stays_english() -> None:
    assert translation.language() == ""
    assert translation.translated('"Kopf" is being edited.') == '"Kopf" is being edited.'
