"""What a Hyper-V host makes of registry values: the tables, the interpreter and the linter of hvemu.

    import hvemu

    hvemu.resolve("MemoryWalkerCount", "dword:200")[0]["effective"]    # 128
    for finding in hvemu.lint("host.reg")["findings"]:
        print(finding["line"], finding["severity"], finding["message"])

Needs no host and no Windows. The work is done by the shared library libhvemu.so.0, which
HVEMU_LIBRARY can name. Results are the dictionaries and lists that hvctl prints with --json.
"""

import ctypes
import json
import os
import sys
import threading
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_void_p

__all__ = ["BadInput", "Error", "UnknownName", "describe", "lint", "resolve", "solve", "verify", "version", "why"]


class Error(Exception):
    """What the library refused; `status` is its number."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class UnknownName(Error, LookupError):
    """No reader knows a value of this name."""


class BadInput(Error, ValueError):
    """An input, or a file of vectors, is not of the form that is described."""


_ERRORS = {2: UnknownName, 3: BadInput}


class _File(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("data", c_char_p), ("size", c_size_t)]


class _LintOptions(ctypes.Structure):
    _fields_ = [("format", c_char_p), ("at", c_char_p), ("states", POINTER(c_char_p)), ("suppressions", POINTER(_File)),
                ("user", c_int), ("all", c_int)]


_LIBRARY = "libhvemu.so.0"

_PROTOTYPES = {
    "hvemu_open": [POINTER(c_void_p), POINTER(c_void_p)],
    "hvemu_describe": [c_void_p, c_char_p, POINTER(c_void_p), POINTER(c_void_p)],
    "hvemu_resolve": [c_void_p, c_char_p, c_char_p, POINTER(c_void_p), POINTER(c_void_p)],
    "hvemu_why": [c_void_p, c_char_p, c_char_p, POINTER(c_void_p), POINTER(c_void_p)],
    "hvemu_solve": [c_void_p, c_char_p, c_char_p, c_char_p, POINTER(c_void_p), POINTER(c_void_p)],
    "hvemu_lint": [c_void_p, POINTER(_File), c_size_t, POINTER(_LintOptions), POINTER(c_void_p), POINTER(c_void_p)],
    "hvemu_verify": [c_void_p, POINTER(_File), POINTER(c_void_p), POINTER(c_void_p)],
}


def _places():
    """Where the library can be: beside an installed module, then where the system looks."""
    lib = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    yield os.path.join(lib, getattr(sys.implementation, "_multiarch", ""), _LIBRARY)
    yield os.path.join(lib, _LIBRARY)
    yield _LIBRARY


def _load():
    """The library, with its functions declared."""
    place = os.environ.get("HVEMU_LIBRARY")
    for path in [place] if place else _places():
        try:
            library = ctypes.CDLL(path)
            break
        except OSError as failure:
            reason = failure
    else:
        raise ImportError(f"hvemu's library: {reason}", name="hvemu")
    for function, arguments in _PROTOTYPES.items():
        getattr(library, function).argtypes = arguments
        getattr(library, function).restype = c_int
    library.hvemu_version.restype = c_char_p
    library.hvemu_status_text.argtypes = [c_int]
    library.hvemu_status_text.restype = c_char_p
    library.hvemu_free.argtypes = [c_void_p]
    library.hvemu_free.restype = None
    return library


_library = _load()
# The catalog is made at the first call and kept; a handle is for one thread at a time.
_lock = threading.Lock()
_handle = c_void_p()


def _take(text):
    """The bytes of a text that the library gave, which is freed."""
    value = ctypes.cast(text, c_char_p).value
    _library.hvemu_free(text)
    return value


def _check(status, error):
    if status == 0:
        return
    message = _take(error) if error else _library.hvemu_status_text(status)
    if status == 1:
        raise MemoryError(message.decode())
    raise _ERRORS.get(status, Error)(status, message.decode())


def _call(function, *arguments):
    """Call a function of the library; what its JSON says."""
    result, error = c_void_p(), c_void_p()
    with _lock:
        if not _handle:
            _check(_library.hvemu_open(byref(_handle), byref(error)), error)
        status = getattr(_library, function)(_handle, *arguments, byref(result), byref(error))
        _check(status, error)
        return json.loads(_take(result))


def _text(value, what):
    if not isinstance(value, str):
        raise TypeError(f"{what} must be str, not {type(value).__name__}")
    if "\0" in value:
        raise ValueError(f"{what} has a null character")
    return value.encode("utf-8", "surrogateescape")


def _file(source, name=None):
    """A path, or bytes with a name, as the library takes them."""
    if isinstance(source, (bytes, bytearray)):
        data, name = bytes(source), name or "(memory)"
    else:
        name = name or os.fspath(source)
        with open(source, "rb") as file:
            data = file.read()
    return _File(_text(os.fsdecode(name), "name"), data, len(data))


def version():
    """The version of the library."""
    return _library.hvemu_version().decode()


def describe(name=None):
    """The rows of a value ("MemoryWalkerCount", "KEY\\NAME"), of a module ("vhdmp"), or all."""
    return _call("hvemu_describe", None if name is None else _text(name, "name"))


def resolve(name, given):
    """What each reader of a value makes of an input: "absent", "dword:5", "A=dword:1; B=absent"."""
    return _call("hvemu_resolve", _text(name, "name"), _text(given, "given"))


def why(name, given):
    """As resolve, with the steps by which each answer came about."""
    return _call("hvemu_why", _text(name, "name"), _text(given, "given"))


def solve(name, goal, given=None):
    """The settings that make a value the effective one: "found", the "changes", or the "reason" there are none.

    The goal is a number, a word of the value's, text, bytes, or None for absent; `given` what holds already,
    as for resolve ("A=dword:1; state.vm=shielded").
    """
    if goal is None:
        goal = "absent"
    elif isinstance(goal, (bytes, bytearray)):
        goal = goal.hex()
    elif isinstance(goal, int):
        goal = str(int(goal))
    return _call("hvemu_solve", _text(name, "name"), _text(goal, "goal"),
                 None if given is None else _text(given, "given"))


def lint(*sources, format=None, at=None, states=None, suppressions=None, user=False, all=False):
    """Findings of files (paths, or bytes), taken as one configuration in their order.

    The rest are the options of hvctl lint: `states` a dictionary ({"cpuvendor": "AuthenticAMD"}), `suppressions`
    a path, or bytes.
    """
    files = (_File * len(sources))(*[_file(source) for source in sources])
    words = [_text(f"{name}={word}", "state") for name, word in (states or {}).items()]
    options = _LintOptions(
        format=None if format is None else _text(format, "format"),
        at=None if at is None else _text(at, "at"),
        states=(c_char_p * (len(words) + 1))(*words, None),
        suppressions=None if suppressions is None else ctypes.pointer(_file(suppressions)),
        user=user,
        all=all,
    )
    return _call("hvemu_lint", files, len(sources), byref(options))


def verify(source, name=None):
    """Judge the vectors of a file (a path, or bytes)."""
    return _call("hvemu_verify", byref(_file(source, name)))
