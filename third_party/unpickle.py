"""Pickles of arrays and plain values, read without running anything that is in them."""

import io
import pickle
import struct
from functools import partial
from typing import Any

import numpy as np

MALFORMED = (
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    struct.error,
)
"""What unpickling raises for bytes that are no pickle of this kind."""

MAX_DENSE = 1 << 24
"""Numbers of a sparse matrix written out; those in files of faces have 25,115."""


class Untrusted(Exception):
    """A global that is not on the list; its text is the name."""


def unpickle(data: bytes) -> Any:
    """What a pickle holds: dictionaries, lists, tuples, text, numbers, and arrays of numbers that are not for writing.
    Sparse matrices of SciPy become dense, arrays of chumpy become what they hold, strings of Python 2 become text.

    Every global that a pickle may name stands for one of our own readers; memory is bounded by the length of data and
    MAX_DENSE. Raises Untrusted for any other global, ValueError for bytes that are no such pickle.
    """
    try:
        return _plain(ArrayUnpickler(io.BytesIO(data), encoding="bytes").load(), {})
    except MALFORMED as error:
        raise ValueError(str(error) or type(error).__name__) from error


class Kind:
    """Stands for numpy.dtype: only numbers of known size."""

    __slots__ = ("dtype",)

    def __init__(self, code: str | bytes, *flags: object) -> None:
        code = _text(code)
        self.dtype = np.dtype(code) if type(code) is str and code[:1] in "fiu" else None
        if self.dtype is None:
            raise ValueError("an array does not hold numbers")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = _text(state[1])
        if self.dtype is None or order not in ("<", ">", "|", "="):
            raise ValueError("an array has a strange type")
        self.dtype = self.dtype.newbyteorder(order)


class Array:
    """Stands for numpy.ndarray."""

    __slots__ = ("values",)

    def __init__(self, *ignored: object) -> None:
        self.values = np.zeros(0)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, fortran, data = state
        self.values = _array(data, kind, shape, "F" if fortran else "C")


class Fields:
    """Stands for an object of which only the attributes are of interest."""

    __slots__ = ("state",)

    def __init__(self, *ignored: object) -> None:
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        if type(state) is not dict:
            raise ValueError("an object has no attributes")
        self.state = {_text(name): value for name, value in state.items()}


class Sparse(Fields):
    """Stands for a matrix of scipy.sparse, compressed by columns or by rows."""

    __slots__ = ()
    by_columns = True

    def dense(self) -> np.ndarray:
        """The whole matrix."""
        rows, columns = (int(length) for length in self.state["_shape" if "_shape" in self.state else "shape"])
        data, indices, ends = (self.state[name].values for name in ("data", "indices", "indptr"))
        major, minor = (columns, rows) if self.by_columns else (rows, columns)
        if min(rows, columns) < 0 or rows * columns > MAX_DENSE or ends.shape != (major + 1,):
            raise ValueError("a sparse matrix has strange dimensions")
        counts = np.diff(ends.astype(np.int64))
        within = len(indices) == 0 or 0 <= indices.min() <= indices.max() < minor
        if (counts < 0).any() or counts.sum() != len(data) or data.shape != indices.shape or not within:
            raise ValueError("a sparse matrix has strange numbers")
        matrix = np.zeros((major, minor), data.dtype)
        matrix[np.repeat(np.arange(major), counts), indices] = data
        return matrix.T if self.by_columns else matrix


class SparseByRows(Sparse):
    """Stands for scipy.sparse.csr_matrix."""

    __slots__ = ()
    by_columns = False


class Chumpy(Fields):
    """Stands for chumpy.ch.Ch, an array under the name x."""

    __slots__ = ()


class Selected(Fields):
    """Stands for chumpy.reordering.Select: a's elements idxs, as an array of the shape preferred_shape."""

    __slots__ = ()


def from_buffer(data: bytes, kind: Kind, shape: tuple[int, ...], order: str = "C") -> Array:
    """Stands for numpy.core.numeric._frombuffer, by which pickles of the fifth protocol hold arrays."""
    array = Array()
    array.values = _array(data, kind, shape, "F" if _text(order) == "F" else "C")
    return array


def scalar(kind: Kind, data: bytes) -> float:
    """Stands for numpy.core.multiarray.scalar."""
    return _array(data, kind, (), "C").item()


def encoded(text: str, encoding: str) -> bytes:
    """Stands for _codecs.encode, by which pickles of the second protocol hold bytes."""
    if _text(encoding) != "latin1":
        raise ValueError("its bytes are encoded strangely")
    return str.encode(text, "latin1")


def reconstructed(kind: Any, *ignored: object) -> Fields:
    """Stands for copy_reg._reconstructor, by which old pickles make objects."""
    if not (isinstance(kind, type) and issubclass(kind, Fields)):
        raise ValueError("an object is made strangely")
    return kind()


CORES = ("numpy.core", "numpy._core")
"""What NumPy calls its core before and from version 2."""

ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): Kind,
    ("numpy", "ndarray"): Array,
    ("_codecs", "encode"): encoded,
    **{(f"{core}.multiarray", "_reconstruct"): Array for core in CORES},
    **{(f"{core}.multiarray", "scalar"): scalar for core in CORES},
    **{(f"{core}.numeric", "_frombuffer"): from_buffer for core in CORES},
    ("collections", "OrderedDict"): dict,
    ("builtins", "set"): list,
    ("builtins", "object"): Fields,
    ("copyreg", "_reconstructor"): reconstructed,
    **{(f"scipy.sparse.{module}", "csc_matrix"): Sparse for module in ("csc", "_csc")},
    **{(f"scipy.sparse.{module}", "csr_matrix"): SparseByRows for module in ("csr", "_csr")},
    ("chumpy.ch", "Ch"): Chumpy,
    ("chumpy.reordering", "Select"): Selected,
}


# The unpickler written in Python: that in C allocates whatever a memo's index in the file asks for.
class ArrayUnpickler(pickle._Unpickler):
    """Raises Untrusted for every global but those that arrays of numbers are made of."""

    def find_class(self, module: str, name: str) -> Any:
        module = {"__builtin__": "builtins", "copy_reg": "copyreg"}.get(module, module)
        if (module, name) not in ALLOWED:
            raise Untrusted(f"{module}.{name}")
        allowed = ALLOWED[module, name]
        # The file may change what it was given; of a function that is a copy of its own.
        return allowed if isinstance(allowed, type) else partial(allowed)


def _text(value: Any) -> Any:
    """Strings of Python 2 as text, everything else as it is."""
    return value.decode("latin1") if isinstance(value, bytes) else value


def _array(data: object, kind: object, shape: object, order: Any) -> np.ndarray:
    """The array of these bytes. Raises ValueError where there are not exactly as many as it needs."""
    if type(kind) is not Kind or kind.dtype is None or not isinstance(data, bytes | bytearray):
        raise ValueError("an array does not hold numbers")
    if not isinstance(shape, tuple) or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError("an array has strange dimensions")
    values = np.frombuffer(data, kind.dtype).reshape(shape, order=order)
    values.flags.writeable = False
    return values


def _plain(value: Any, known: dict[int, Any]) -> Any:
    """value with arrays instead of what stood for them. known: what was seen by its id, None while it is looked into,
    so that what is there a thousand times is looked into once."""
    if isinstance(value, bytes):
        return _text(value)
    if not isinstance(value, dict | list | tuple | Array | Fields):
        return value
    if id(value) in known:
        if known[id(value)] is None:
            raise ValueError("it holds itself")
        return known[id(value)]
    known[id(value)] = None
    match value:
        case Array():
            plain = value.values
        case Sparse():
            plain = value.dense()
        case Chumpy():
            plain = _plain(value.state["x"], known)
        case Selected():
            picked, shape = (_plain(value.state[name], known) for name in ("idxs", "preferred_shape"))
            plain = _plain(value.state["a"], known).ravel()[picked].reshape(shape)
        case Fields():
            plain = {name: _plain(part, known) for name, part in value.state.items()}
        case dict():
            plain = {_plain(key, known): _plain(part, known) for key, part in value.items()}
        case list():
            plain = [_plain(part, known) for part in value]
        case _:
            plain = tuple(_plain(part, known) for part in value)
    known[id(value)] = plain
    return plain
