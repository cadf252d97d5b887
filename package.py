"""Packs the Blender extension and the static repository that serves it.

Blender's own packaging tool does the work; it comes with Blender as a Python module and needs no running Blender.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

import manual

ROOT = Path(__file__).resolve().parent


class PackageError(Exception):
    """The extension could not be packed, with what Blender's tool said."""


def package(out: Path) -> Path:
    """Write facsimile-VERSION.zip and the repository's index.json and index.html into a folder; return the zip.

    The sources, the zip and the index are validated. An older zip of the same version is overwritten; others stay and
    remain in the index. Raises PackageError.
    """
    out.mkdir(parents=True, exist_ok=True)
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    zip_path = out / f"{manifest['id']}-{manifest['version']}.zip"
    blender_extension("validate", ROOT)
    blender_extension("build", f"--source-dir={ROOT}", f"--output-filepath={zip_path}")
    add_manual(zip_path)
    blender_extension("validate", zip_path)
    blender_extension("server-generate", f"--repo-dir={out}", "--html")
    index = json.loads((out / "index.json").read_text(encoding="utf-8"))
    listed = {(entry["id"], entry["version"]): entry for entry in index["data"]}
    entry = listed.get((manifest["id"], manifest["version"]))
    if entry is None or entry["archive_size"] != zip_path.stat().st_size:
        raise PackageError(f"The repository index does not list {zip_path.name}.")
    return zip_path


def add_manual(zip_path: Path) -> None:
    """Put the user manual into the zip, where Blender opens it from. Raises PackageError."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(zip_path, "a", zipfile.ZIP_DEFLATED) as archive:
        try:
            written = manual.build(Path(folder))
        except manual.ManualError as error:
            raise PackageError(str(error)) from error
        for path in sorted(written):
            # A fixed time: the same sources make the same zip.
            entry = zipfile.ZipInfo(f"manual/{path.relative_to(folder).as_posix()}")
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, path.read_bytes())


def blender_extension(verb: str, *arguments: str | Path) -> None:
    """Run a verb of Blender's packaging tool. Raises PackageError with its output where it fails."""
    command = [sys.executable, "-I", str(packaging_tool()), verb, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"blender_ext.py {verb} failed:\n{done.stdout}{done.stderr}".rstrip())


def packaging_tool() -> Path:
    """The path of blender_ext.py inside the installed bpy module."""
    found = importlib.util.find_spec("bpy")
    if found is None or found.origin is None:
        raise PackageError("Blender as a Python module (bpy) is not installed in this environment.")
    tools = sorted(Path(found.origin).parent.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    if not tools:
        raise PackageError("The installed bpy module has no packaging tool.")
    return tools[-1]


def main(arguments: list[str]) -> int:
    """Pack into the folder given by --out; print where the zip is."""
    parser = argparse.ArgumentParser(prog="package.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder to write to (default: dist)")
    try:
        zip_path = package(parser.parse_args(arguments).out)
    except PackageError as error:
        print(f"package.py: {error}", file=sys.stderr)
        return 2
    print(f"{zip_path} ({zip_path.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
