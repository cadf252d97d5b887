"""The user manual: pages of Markdown in docs/manual become a static site, which also lies in the extension's zip.

The site needs no script and no network, so that Blender can open it from the disk.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

import markdown

ROOT = Path(__file__).resolve().parent
SOURCE = ROOT / "docs" / "manual"
PICTURES = SOURCE / "pictures"
TESTS = tuple(f"tests/gui/test_{name}.py" for name in ("walk", "controls", "fit", "correct_points"))
TAKEN = ROOT / "runs" / "gui"
"""Where these tests in a real Blender leave their pictures, each in a folder of its own."""

ORDER = (
    "index",
    "install",
    "set_up",
    "build",
    "corrections",
    "review",
    "performances",
    "photographs",
    "speech",
    "command_line",
    "farms",
    "troubleshooting",
    "security",
)
EXTENSIONS = ("tables", "fenced_code", "toc", "sane_lists")
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_PICTURE = re.compile(r"!\[[^\]]*\]\(pictures/([\w-]+\.png)\)")
_TO_PAGE = re.compile(r"\]\(([\w-]+)\.md(?=[#)])")
_LINK = re.compile(r"\]\(([^)#]*)(#[^)]*)?\)")

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; display: flex; min-height: 100vh; }
nav { flex: 0 0 13rem; padding: 1.5rem 1rem; border-right: 1px solid var(--line); }
nav a { display: block; padding: .25rem .5rem; border-radius: .3rem; text-decoration: none; color: inherit; }
nav a[aria-current] { background: var(--soft); font-weight: 600; }
main { flex: 1; max-width: 46rem; padding: 1rem 2rem 4rem; min-width: 0; }
img { max-width: 100%; border: 1px solid var(--line); border-radius: .4rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); }
code { background: var(--soft); padding: .1em .3em; border-radius: .2rem; }
pre { background: var(--soft); padding: .8rem; overflow-x: auto; border-radius: .4rem; }
pre code { background: none; padding: 0; }
@media (max-width: 44rem) { body { display: block; } nav { border-right: 0; border-bottom: 1px solid var(--line); } }
"""


class ManualError(Exception):
    """The manual cannot be made, and why."""


@dataclass(frozen=True)
class Page:
    """name: of its file, without the ending. text: Markdown."""

    name: str
    title: str
    text: str


def read_pages(source: Path = SOURCE) -> list[Page]:
    """All pages in the order of the contents. Raises ManualError for one that is missing, not listed or untitled, and
    for links to pages that are not there."""
    present = {path.stem for path in source.glob("*.md")}
    if present != set(ORDER):
        raise ManualError(f"Pages and the contents differ: {', '.join(sorted(present ^ set(ORDER)))}.")
    pages = []
    for name in ORDER:
        text = (source / f"{name}.md").read_text(encoding="utf-8")
        title = _TITLE.match(text)
        if title is None:
            raise ManualError(f"{name}.md does not start with a title.")
        for target, _ in _LINK.findall(text):
            if target.endswith(".md") and not (source / target).is_file():
                raise ManualError(f"{name}.md leads to {target}, which is not there.")
        pages.append(Page(name, title.group(1), text))
    return pages


def pictures(pages: list[Page]) -> list[str]:
    """The names of the pictures that the pages show."""
    return sorted({name for page in pages for name in _PICTURE.findall(page.text)})


def missing_pictures(pages: list[Page], source: Path = SOURCE) -> list[str]:
    """Those that the pages show and that have not been taken yet."""
    return [name for name in pictures(pages) if not (source / "pictures" / name).is_file()]


def build(out: Path, source: Path = SOURCE) -> list[Path]:
    """Write the site into a folder and return its files; pictures that have not been taken are left out, for the walk
    that takes them needs the zip with the manual. Raises ManualError."""
    pages = read_pages(source)
    (out / "pictures").mkdir(parents=True, exist_ok=True)
    written = []
    for page in pages:
        path = out / f"{page.name}.html"
        path.write_text(render(page, pages), encoding="utf-8", newline="\n")
        written.append(path)
    for name in sorted({*pictures(pages)} - {*missing_pictures(pages, source)}):
        written.append(Path(shutil.copyfile(source / "pictures" / name, out / "pictures" / name)))
    return written


def render(page: Page, pages: list[Page]) -> str:
    """A page as HTML, with the contents beside it."""
    body = markdown.markdown(_TO_PAGE.sub(r"](\1.html", page.text), extensions=list(EXTENSIONS), output_format="html")
    links = "\n".join(
        f'<a href="{other.name}.html"{" aria-current=page" if other is page else ""}>{escape(other.title)}</a>'
        for other in pages
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(page.title)} - Facsimile</title>
<style>{STYLE}</style>
</head>
<body>
<nav>
{links}
</nav>
<main>
{body}
</main>
</body>
</html>
"""


def take_pictures() -> None:
    """Run the tests in a real Blender and keep the pictures that the pages show. Raises ManualError."""
    done = subprocess.run([sys.executable, "-m", "pytest", *TESTS], cwd=ROOT, env=os.environ, check=False)
    if done.returncode:
        raise ManualError("The tests that take the pictures failed.")
    keep_pictures()


def keep_pictures() -> None:
    """Put those that were taken last and that the pages show into the manual. Raises ManualError."""
    wanted = pictures(read_pages())
    taken = {path.name: path for path in TAKEN.glob("*/*.png")}
    missing = [name for name in wanted if name not in taken]
    if missing:
        raise ManualError(f"The tests took no picture of {', '.join(missing)}.")
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink()
    for name in wanted:
        shutil.copyfile(taken[name], PICTURES / name)


def main(arguments: list[str]) -> int:
    """Write the site; with --pictures, take the pictures anew before."""
    parser = argparse.ArgumentParser(prog="build.py manual", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "manual", help="folder (default: dist/manual)")
    parser.add_argument("--pictures", action="store_true", help="take the pictures in a real Blender first")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.pictures:
            take_pictures()
        missing = missing_pictures(read_pages())
        if missing:
            raise ManualError(f"There is no picture {', '.join(missing)}. Run: build.py manual --pictures")
        written = build(chosen.out)
    except ManualError as error:
        print(f"manual.py: {error}", file=sys.stderr)
        return 2
    print(f"{chosen.out / 'index.html'} ({sum(path.stat().st_size for path in written) / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
