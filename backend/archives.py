"""Archives of arrays (.npz): written so that a full disk is an OSError and no more; what reading broken ones raises."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
"""What zipfile and NumPy raise where an archive is damaged, encrypted, or packed in a way that they do not know."""


def write_arrays(path: Path, compressed: bool = True, /, **arrays: object) -> None:
    """Write what numpy.load reads. Raises OSError.

    numpy.savez leaves its archive open where the disk is full, and Python then prints a traceback when it is collected.
    """
    packing = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, values in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(values), allow_pickle=False)
