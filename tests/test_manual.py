"""The user manual: every page, link and picture is there, and the site needs nothing but its own files."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import manual

WIDEST = 1400
"""Pixels; a picture of a whole area of the window."""


class References(HTMLParser):
    """What a page leads to, and the places in it that can be led to."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src"):
                self.targets.append(value or "")
            if name == "id":
                self.places.add(value or "")


def read(path: Path) -> References:
    found = References()
    found.feed(path.read_text(encoding="utf-8"))
    return found


def test_every_link_of_the_site_leads_to_a_file_and_a_place_of_it(tmp_path: Path) -> None:
    manual.build(tmp_path)
    pages = {path.name: read(path) for path in tmp_path.glob("*.html")}
    assert len(pages) == len(manual.ORDER)
    for name, page in pages.items():
        assert len(page.targets) >= len(pages)
        for target in page.targets:
            file, _, place = target.partition("#")
            assert not file or (tmp_path / file).is_file(), (name, target)
            assert not place or place in pages[file or name].places, (name, target)


def test_the_site_asks_nobody_and_runs_nothing(tmp_path: Path) -> None:
    for path in manual.build(tmp_path):
        if path.suffix == ".html":
            assert not re.search(r"https?:|<script|@import|url\(", path.read_text(encoding="utf-8")), path.name


def test_every_picture_is_there_small_and_shown() -> None:
    pages = manual.read_pages()
    assert manual.missing_pictures(pages) == []
    assert {path.name for path in manual.PICTURES.iterdir()} == set(manual.pictures(pages))
    assert sum(path.stat().st_size for path in manual.PICTURES.iterdir()) < 2_000_000
    for path in manual.PICTURES.iterdir():
        head = path.read_bytes()[:24]
        assert head.startswith(b"\x89PNG") and 200 <= int.from_bytes(head[16:20], "big") <= WIDEST, path.name


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda folder: (folder / "review.md").unlink(), "differ: review"),
        (lambda folder: (folder / "stray.md").write_text("# Stray\n"), "differ: stray"),
        (lambda folder: (folder / "build.md").write_text("No title\n"), "build.md does not start"),
        (lambda folder: (folder / "build.md").write_text("# B\n[x](gone.md)\n"), "leads to gone.md"),
    ],
)
def test_a_page_that_is_not_in_order_is_refused(tmp_path: Path, spoil, message: str) -> None:
    for path in manual.SOURCE.glob("*.md"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    spoil(tmp_path)
    with pytest.raises(manual.ManualError, match=message):
        manual.build(tmp_path, tmp_path)
