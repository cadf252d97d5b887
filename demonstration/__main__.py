"""Run the main job on Suzanne and on the open head, and leave what came out to look at."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PICTURE = (960, 480)
"""Width and height of the film, pixels."""


@contextmanager
def step(text: str) -> Iterator[None]:
    """Says what is done and how long it took. What Blender itself prints meanwhile is shown where the step fails."""
    print(f"{text} ...", end=" ", flush=True)
    started = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        kept = [os.dup(stream) for stream in (1, 2)]
        try:
            for stream in (1, 2):
                os.dup2(log.fileno(), stream)
            yield
        except BaseException:
            log.seek(0)
            os.write(kept[1], b"\n" + log.read())
            raise
        finally:
            sys.stdout.flush()
            for stream, original in zip((1, 2), kept, strict=True):
                os.dup2(original, stream)
                os.close(original)
    print(f"{time.perf_counter() - started:.1f} s", flush=True)


@contextmanager
def throw_away_profile() -> Iterator[Path]:
    """A folder for Blender's user settings, so that the demo neither uses nor changes the user's own; must be entered
    before bpy is imported. Also points the extension at this Python for its backend."""
    with tempfile.TemporaryDirectory(prefix="facsimile-demo-") as folder:
        os.environ |= {"BLENDER_USER_RESOURCES": folder, "FACSIMILE_PYTHON": sys.executable}
        yield Path(folder)


def main() -> None:
    """Parse the options and run the steps; exits with a sentence where the extension refuses a head."""
    parser = argparse.ArgumentParser(prog="demonstration", description=__doc__)
    parser.add_argument("--zip", type=Path, required=True, help="the packed extension")
    parser.add_argument("--out", type=Path, required=True, help="folder that the demo is written to")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with throw_away_profile() as profile:
        run(options.zip.resolve(), options.out.resolve(), profile)
    print(f"The demo took {time.perf_counter() - started:.0f} s.")


def run(extension: Path, out: Path, scratch: Path) -> None:
    """All steps. extension: the zip. out: where the results go. scratch: for files in between."""
    with step("Starting Blender and installing the extension"):
        from demonstration import contact_sheet, extension_use, film, heads, routine, stage

        extension_use.install(extension)
        cast = [heads.add_suzanne(), heads.add_open_head()]
    confidences = {}
    for head in cast:
        with step(f"Building the face shapes of {head.title} ({heads.vertex_count(head):,} vertices)"):
            confidences[head.title] = extension_use.build_shapes(head.objects)
    stage.set_up(cast, PICTURE)
    with step("Rendering the contact sheet"):
        contact_sheet.render(cast, out / "contact_sheet.png", scratch)
    with step("Animating them"):
        performance = scratch / "shapes_one_by_one.npz"
        routine.write(performance)
        for head in cast:
            extension_use.apply_performance(head.objects, performance)
        stage.save(out / "facsimile.blend", routine.FPS, routine.frames())
    with step("Rendering the film"):
        film.render(out / "facsimile.mp4", scratch)
    for title, (confidence, reasons) in confidences.items():
        print(f"{title}: confidence {confidence:.2f}")
        for reason in reasons:
            print(f"  {reason}")
    for name in ("facsimile.blend", "contact_sheet.png", "facsimile.mp4"):
        print(out / name)


if __name__ == "__main__":
    main()
