"""An offline folder for set-up that is made in a moment, and the extension that it is for.

The real uv makes a real environment from it, and the real backend tests itself in there; but the one wheel holds no
package of its own: it points to the environment of the tests, which has them all.
"""

import base64
import hashlib
import shutil
import sys
import sysconfig
import zipfile
from pathlib import Path

LOCKS = "requirements/locks/"


def tiny_wheel(folder: Path) -> Path:
    """torch's wheel by name, that puts this environment's packages on the path."""
    path = folder / "torch-2.13.0-py3-none-any.whl"
    about = "torch-2.13.0.dist-info"
    files = {
        "facsimile_tests.pth": sysconfig.get_path("purelib") + "\n",
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},"
        for name, text in files.items()
    ]
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr(f"{about}/RECORD", "\n".join([*record, f"{about}/RECORD,,"]) + "\n")
    return path


def offline_folder(folder: Path) -> Path:
    """A folder with the wheel and a uv."""
    folder.mkdir(parents=True)
    tiny_wheel(folder)
    shutil.copy(Path(sys.executable).parent / "uv", folder)
    return folder


def tiny_extension(extension: Path, wheels: Path, out: Path) -> Path:
    """The packed extension with a lock of nothing but the wheel, for the processor."""
    wheel = tiny_wheel(wheels).read_bytes()
    lock = f"""# torch-backend: none
# download: {len(wheel)}
# installed: {len(wheel)}
# longest-path: 40
torch==2.13.0 --hash=sha256:{hashlib.sha256(wheel).hexdigest()}  # {len(wheel)}
"""
    with zipfile.ZipFile(extension) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if not name.startswith(LOCKS + "linux"):
                target.writestr(name, source.read(name))
        target.writestr(f"{LOCKS}linux-x64-cpu.txt", lock)
    return out
