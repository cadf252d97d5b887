"""Sentences out of quotations."""

import sys
from pathlib import Path

import pytest

from backend.training.sentences import main, sentences_of


def test_what_can_be_read_aloud_is_kept():
    parts = (
        "This is a sentence that is long enough. Short.",
        "$ ls -la | grep this | sort > that",
        '"The other one\nis here!"',
    )
    assert sentences_of("\n%\n".join(parts)) == ["This is a sentence that is long enough.", "The other one is here!"]
    assert sentences_of("碧海青天夜夜心。嫦娥应悔偷灵药。") == ["碧海青天夜夜心。", "嫦娥应悔偷灵药。"]


def test_languages_are_written_in_the_same_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "one").write_bytes(
        "Der Mond ist schön aufgegangen.\n%\nDie Sternlein prangen am Himmel.".encode("latin-1")
    )
    (tmp_path / "de" / "one.dat").write_bytes(b"This is an index of quotations.")
    monkeypatch.setattr(sys, "argv", ["sentences", "--out", str(tmp_path / "out"), f"de={tmp_path / 'de'}"])
    main()
    lines = (tmp_path / "out" / "de.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(lines) == ["Der Mond ist schön aufgegangen.", "Die Sternlein prangen am Himmel."]
