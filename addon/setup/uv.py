"""uv, which makes the environment: where it is, how it is fetched, and what it is told."""

import importlib.util
import os
import re
import shutil
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from ...backend.errors import Refusal
from ..processes import clean_environment
from .folders import Folders

OLDEST = (0, 6, 9)
"""The first uv that takes torch from an index of PyTorch's by name."""

NAME = "uv.exe" if os.name == "nt" else "uv"

_KEPT = re.compile(
    r"UV_((DEFAULT_|EXTRA_)?INDEX(_URL|_STRATEGY|_.+_(USERNAME|PASSWORD))?|HTTP_TIMEOUT|NATIVE_TLS|SYSTEM_CERTS"
    r"|INSECURE_HOST|KEYRING_PROVIDER|PYTHON_INSTALL_MIRROR|CONFIG_FILE|TORCH_BACKEND)"
)
"""A studio's own index, mirror and certificates are the user's; what else uv reads would change the environment."""


def candidates(folders: Folders, path: str | None = None) -> list[Path]:
    """Where a uv may be: ours, then on the PATH, then where uv's own installer puts it. path: in place of PATH."""
    found = shutil.which(NAME, path=path)
    # A Blender that was started from a dock or a menu has a shorter PATH than a terminal's.
    usual = [Path.home() / ".local" / "bin" / NAME, Path.home() / ".cargo" / "bin" / NAME]
    places = [folders.tools / NAME, *([Path(found)] if found else []), *usual]
    return [place for place in places if place.is_file()]


def is_new_enough(answer: str) -> bool:
    """Whether a uv that answers --version so is one that we can use."""
    found = re.match(r"uv (\d+)\.(\d+)\.(\d+)", answer)
    return bool(found) and tuple(map(int, found.groups())) >= OLDEST


def unpack_uv(wheels: Path, folders: Folders) -> Path | None:
    """Takes the program out of uv's wheel in a folder, or copies a bare one; None where there is neither."""
    ours = folders.tools / NAME
    bare = wheels / NAME
    found = sorted(wheels.glob("uv-*.whl"))
    folders.tools.mkdir(parents=True, exist_ok=True)
    partial = ours.with_suffix(".partial")
    for wheel in found:
        try:
            with zipfile.ZipFile(wheel) as archive:
                inside = [name for name in archive.namelist() if name.endswith(f"/scripts/{NAME}")]
                if not inside:
                    continue
                with archive.open(inside[0]) as source, partial.open("wb") as target:
                    shutil.copyfileobj(source, target)
        except zipfile.BadZipFile:
            continue
        break
    else:
        if not bare.is_file():
            return None
        shutil.copyfile(bare, partial)
    partial.chmod(0o755)
    partial.replace(ours)
    return ours


def fetch_command(folders: Folders, locks: Path) -> list[str | Path]:
    """What fetches uv's wheel, checked by its sum: pip, which comes with Blender's Python and knows a studio's mirror.

    pip only downloads here; nothing is installed into Blender. Raises Refusal where this Python has no pip.
    """
    wanted: list[str | Path] = ["download", "--disable-pip-version-check", "--no-input", "--no-deps"]
    wanted += ["--only-binary", ":all:", "--require-hashes", "-r", locks / "uv.txt", "-d", folders.fetched]
    python = Path(sys.executable)
    if python.name.lower().startswith("python"):
        if importlib.util.find_spec("pip"):
            return [python, "-s", "-m", "pip", *wanted]
        bundled = importlib.util.find_spec("ensurepip")
        if bundled and bundled.origin:
            for wheel in sorted(Path(bundled.origin).parent.glob("_bundled/pip-*.whl")):
                return [python, "-s", wheel / "pip", *wanted]
    raise Refusal(
        "no-uv",
        "uv, which makes the environment, is not on this computer, and Blender's Python has no pip to fetch it with.",
        "Install uv, or choose an offline folder that has its wheel.",
    )


def uv_environment(folders: Folders, variables: Mapping[str, str], offline: bool) -> dict[str, str]:
    """The environment in which uv runs: it writes below our folders alone, and asks nobody where it is offline."""
    kept = {
        name: value
        for name, value in clean_environment(variables).items()
        if not name.upper().startswith("UV_") or _KEPT.fullmatch(name.upper())
    }
    own = {
        "UV_CACHE_DIR": str(folders.cache),
        "UV_PYTHON_INSTALL_DIR": str(folders.pythons),
        "UV_NO_PROGRESS": "1",
        "UV_PYTHON_INSTALL_BIN": "0",
        "NO_COLOR": "1",
    }
    return {**kept, **own, **({"UV_OFFLINE": "1", "UV_PYTHON_DOWNLOADS": "never"} if offline else {})}
