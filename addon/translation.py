"""The interface in other languages: what Blender shows of itself, and the sentences that we make.

English is the source. Blender translates fixed texts - labels, tooltips, items - from the table that is registered with
it. Sentences with values in them are made in English, many of them by the backend, and matched against the templates of
the table where they are shown: so only words cross the boundary between the two processes, and logs stay English.
"""

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

import bpy

from ..backend.errors import Refusal
from .environment import PACKAGE

FOLDER = Path(__file__).parent / "translations"
"""A JSON file for each language: English texts to translated ones, {} where a value stands."""

LANGUAGES = ("de",)
OURS = "Facsimile"
"""A context for texts that Blender knows too, and means otherwise."""

CONTEXTS = ("*", "Operator", OURS)
"""Blender looks buttons up under the second one."""


def tell(refusal: Refusal) -> str:
    """A refusal's sentence and cure in the user's language."""
    return f"{translated(refusal.sentence)} {translated(refusal.cure)}"


def translated(text: str) -> str:
    """A text in the user's language; in English where the table does not know it."""
    return _translated(text, language())


def translated_list(text: str) -> str:
    """The same for texts that are joined by commas."""
    return ", ".join(map(translated, text.split(", ")))


def language() -> str:
    """The language of the interface, such as "de"; empty for English and for those that we do not speak."""
    if not bpy.context.preferences.view.use_translate_interface:
        return ""
    spoken = bpy.app.translations.locale.partition("_")[0]
    return spoken if spoken in LANGUAGES else ""


@lru_cache(512)
def _translated(text: str, spoken: str) -> str:
    table = _table(spoken)
    if text in table:
        return table[text]
    for pattern, template in _patterns(spoken):
        found = pattern.fullmatch(text)
        if found is not None:
            # A value may be a sentence of ours again, such as what is wrong with a file.
            return template.format(*(_translated(value, spoken) for value in found.groups()))
    return text


@cache
def _table(spoken: str) -> Mapping[str, str]:
    if not spoken:
        return {}
    return json.loads((FOLDER / f"{spoken}.json").read_text(encoding="utf-8"))


@cache
def _patterns(spoken: str) -> list[tuple[re.Pattern[str], str]]:
    """The templates with values, those with the most words of their own first."""
    templates = [(source, target) for source, target in _table(spoken).items() if "{}" in source]
    templates.sort(key=lambda one: -len(one[0]))
    return [
        (re.compile("(.*?)".join(map(re.escape, source.split("{}"))), re.DOTALL), target)
        for source, target in templates
        if len(source.replace("{}", "").strip(" .")) > 3
    ]


def register() -> None:
    tables = {
        spoken: {(context, source): target for source, target in _table(spoken).items() for context in CONTEXTS}
        for spoken in LANGUAGES
    }
    # The stubs do not know that a text is found by its context too.
    bpy.app.translations.register(PACKAGE, cast(Any, tables))


def unregister() -> None:
    bpy.app.translations.unregister(PACKAGE)
