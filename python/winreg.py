"""Windows' registry on Linux: CPython's winreg module over a host of hvemu.

The functions, constants and objects are those that CPython documents for Windows. The host is the
folder that HVEMU_ROOT names; without that variable the module cannot be imported, so that programs
that look for it to find out whether they run on Windows get their usual answer. The registry itself
is in the shared library libhvemu-winreg.so.0, which HVEMU_WINREG_LIBRARY can name.
"""

import ctypes
import errno as _errno
import operator
import os
import sys
from ctypes import POINTER, byref, c_char_p, c_int32, c_uint32, c_uint64, c_void_p

# --- Constants ------------------------------------------------------------------------------------

# (HKEY)(ULONG_PTR)(LONG)0x8000000x: sign-extended, as on 64-bit Windows.
HKEY_CLASSES_ROOT = 0xFFFFFFFF80000000
HKEY_CURRENT_USER = 0xFFFFFFFF80000001
HKEY_LOCAL_MACHINE = 0xFFFFFFFF80000002
HKEY_USERS = 0xFFFFFFFF80000003
HKEY_PERFORMANCE_DATA = 0xFFFFFFFF80000004
HKEY_CURRENT_CONFIG = 0xFFFFFFFF80000005
HKEY_DYN_DATA = 0xFFFFFFFF80000006

KEY_QUERY_VALUE = 0x0001
KEY_SET_VALUE = 0x0002
KEY_CREATE_SUB_KEY = 0x0004
KEY_ENUMERATE_SUB_KEYS = 0x0008
KEY_NOTIFY = 0x0010
KEY_CREATE_LINK = 0x0020
KEY_WOW64_64KEY = 0x0100
KEY_WOW64_32KEY = 0x0200
KEY_READ = 0x20019
KEY_WRITE = 0x20006
KEY_EXECUTE = 0x20019
KEY_ALL_ACCESS = 0xF003F

REG_OPTION_RESERVED = 0
REG_OPTION_NON_VOLATILE = 0
REG_OPTION_VOLATILE = 1
REG_OPTION_CREATE_LINK = 2
REG_OPTION_BACKUP_RESTORE = 4
REG_OPTION_OPEN_LINK = 8
REG_LEGAL_OPTION = 31

REG_CREATED_NEW_KEY = 1
REG_OPENED_EXISTING_KEY = 2

REG_WHOLE_HIVE_VOLATILE = 1
REG_REFRESH_HIVE = 2
REG_NO_LAZY_FLUSH = 4

REG_NOTIFY_CHANGE_NAME = 1
REG_NOTIFY_CHANGE_ATTRIBUTES = 2
REG_NOTIFY_CHANGE_LAST_SET = 4
REG_NOTIFY_CHANGE_SECURITY = 8
REG_LEGAL_CHANGE_FILTER = 0x1000000F

REG_NONE = 0
REG_SZ = 1
REG_EXPAND_SZ = 2
REG_BINARY = 3
REG_DWORD = 4
REG_DWORD_LITTLE_ENDIAN = 4
REG_DWORD_BIG_ENDIAN = 5
REG_LINK = 6
REG_MULTI_SZ = 7
REG_RESOURCE_LIST = 8
REG_FULL_RESOURCE_DESCRIPTOR = 9
REG_RESOURCE_REQUIREMENTS_LIST = 10
REG_QWORD = 11
REG_QWORD_LITTLE_ENDIAN = 11

# --- Errors ---------------------------------------------------------------------------------------

error = OSError

_ERROR_FILE_NOT_FOUND = 2
_ERROR_INVALID_HANDLE = 6
_ERROR_INVALID_DATA = 13
_ERROR_MORE_DATA = 234

# What registry functions can fail with: code, the errno that CPython gives it, Windows' text.
_ERRORS = {
    code: (number, text)
    for code, number, text in (
        (2, _errno.ENOENT, "The system cannot find the file specified"),
        (3, _errno.ENOENT, "The system cannot find the path specified"),
        (4, _errno.EMFILE, "The system cannot open the file"),
        (5, _errno.EACCES, "Access is denied"),
        (6, _errno.EBADF, "The handle is invalid"),
        (8, _errno.ENOMEM, "Not enough memory resources are available to process this command"),
        (13, _errno.EINVAL, "The data is invalid"),
        (14, _errno.EINVAL, "Not enough memory resources are available to complete this operation"),
        (21, _errno.EACCES, "The device is not ready"),
        (
            32,
            _errno.EACCES,
            "The process cannot access the file because it is being used by another process",
        ),
        (50, _errno.EINVAL, "The request is not supported"),
        (53, _errno.ENOENT, "The network path was not found"),
        (87, _errno.EINVAL, "The parameter is incorrect"),
        (112, _errno.ENOSPC, "There is not enough space on the disk"),
        (120, _errno.EINVAL, "This function is not supported on this system"),
        (122, _errno.EINVAL, "The data area passed to a system call is too small"),
        (
            123,
            _errno.EINVAL,
            "The filename, directory name, or volume label syntax is incorrect",
        ),
        (145, _errno.ENOTEMPTY, "The directory is not empty"),
        (161, _errno.ENOENT, "The specified path is invalid"),
        (170, _errno.EINVAL, "The requested resource is in use"),
        (183, _errno.EEXIST, "Cannot create a file when that file already exists"),
        (234, _errno.EINVAL, "More data is available"),
        (259, _errno.EINVAL, "No more data is available"),
        (998, _errno.EINVAL, "Invalid access to memory location"),
        (1009, _errno.EINVAL, "The configuration registry database is corrupt"),
        (1010, _errno.EINVAL, "The configuration registry key is invalid"),
        (1011, _errno.EINVAL, "The configuration registry key could not be opened"),
        (1012, _errno.EINVAL, "The configuration registry key could not be read"),
        (1013, _errno.EINVAL, "The configuration registry key could not be written"),
        (
            1018,
            _errno.EINVAL,
            "Illegal operation attempted on a registry key that has been marked for deletion",
        ),
        (
            1019,
            _errno.EINVAL,
            "System could not allocate the required space in a registry log",
        ),
        (
            1020,
            _errno.EINVAL,
            "Cannot create a symbolic link in a registry key that already has subkeys or values",
        ),
        (
            1021,
            _errno.EINVAL,
            "Cannot create a stable subkey under a volatile parent key",
        ),
        (1314, _errno.EINVAL, "A required privilege is not held by the client"),
        (1921, _errno.EINVAL, "The name of the file cannot be resolved by the system"),
    )
}


def _windows_error(code):
    """The OSError that CPython on Windows raises for a Win32 code."""
    number, text = _ERRORS.get(code, (_errno.EINVAL, f"Windows Error 0x{code:x}"))
    result = OSError(number, text, None, code, None)
    result.winerror = code
    return result


def _check(code):
    if code:
        raise _windows_error(code & 0xFFFFFFFF)


# --- The library ----------------------------------------------------------------------------------

_LIBRARY = "libhvemu-winreg.so.0"
_KEY_OUT = POINTER(c_void_p)
_DWORD_OUT = POINTER(c_uint32)

# Texts are UTF-16LE bytes with their terminator, or None.
_PROTOTYPES = {
    "RegCloseKey": (c_void_p,),
    "RegConnectRegistryW": (c_char_p, c_void_p, _KEY_OUT),
    "RegCreateKeyExW": (
        *(c_void_p, c_char_p, c_uint32, c_char_p, c_uint32, c_uint32, c_void_p),
        *(_KEY_OUT, _DWORD_OUT),
    ),
    "RegCreateKeyW": (c_void_p, c_char_p, _KEY_OUT),
    "RegDeleteKeyExW": (c_void_p, c_char_p, c_uint32, c_uint32),
    "RegDeleteKeyW": (c_void_p, c_char_p),
    "RegDeleteValueW": (c_void_p, c_char_p),
    "RegDisableReflectionKey": (c_void_p,),
    "RegEnableReflectionKey": (c_void_p,),
    "RegEnumKeyExW": (
        *(c_void_p, c_uint32, c_void_p, _DWORD_OUT),
        *(c_void_p, c_void_p, c_void_p, c_void_p),
    ),
    "RegEnumValueW": (
        *(c_void_p, c_uint32, c_void_p, _DWORD_OUT),
        *(c_void_p, _DWORD_OUT, c_void_p, _DWORD_OUT),
    ),
    "RegFlushKey": (c_void_p,),
    "RegLoadKeyW": (c_void_p, c_char_p, c_char_p),
    "RegOpenKeyExW": (c_void_p, c_char_p, c_uint32, c_uint32, _KEY_OUT),
    "RegQueryInfoKeyW": (
        *(c_void_p, c_void_p, c_void_p, c_void_p, _DWORD_OUT, c_void_p, c_void_p),
        *(_DWORD_OUT, _DWORD_OUT, _DWORD_OUT, c_void_p, POINTER(c_uint64)),
    ),
    "RegQueryReflectionKey": (c_void_p, POINTER(c_int32)),
    "RegQueryValueExW": (c_void_p, c_char_p, c_void_p, _DWORD_OUT, c_void_p, _DWORD_OUT),
    "RegSaveKeyW": (c_void_p, c_char_p, c_void_p),
    "RegSetValueExW": (c_void_p, c_char_p, c_uint32, c_uint32, c_char_p, c_uint32),
    "ExpandEnvironmentStringsW": (c_char_p, c_void_p, c_uint32),
}


def _places():
    """Where the library can be: beside an installed module, then where the system looks."""
    folder = os.path.dirname(os.path.abspath(__file__))
    if folder.endswith(os.path.join("lib", "python3", "dist-packages")):
        lib = os.path.dirname(os.path.dirname(folder))
        yield os.path.join(lib, getattr(sys.implementation, "_multiarch", ""), _LIBRARY)
        yield os.path.join(lib, _LIBRARY)
    yield _LIBRARY


def _load():
    """The library, with its functions declared."""
    if not os.environ.get("HVEMU_ROOT"):
        raise ImportError("there is no registry: HVEMU_ROOT names no host of hvemu", name="winreg")
    place = os.environ.get("HVEMU_WINREG_LIBRARY")
    for path in [place] if place else _places():
        try:
            library = ctypes.CDLL(path)
            break
        except OSError as failure:
            reason = failure
    else:
        raise ImportError(f"hvemu's registry library: {reason}", name="winreg")
    for name, arguments in _PROTOTYPES.items():
        function = getattr(library, name)
        function.argtypes = arguments
        function.restype = c_int32
    library.ExpandEnvironmentStringsW.restype = c_uint32
    return library


_library = _load()

# --- Arguments ------------------------------------------------------------------------------------


def _bad_argument(function, argument, expected, value):
    found = "None" if value is None else type(value).__name__
    which = f"argument {argument}".rstrip()
    return TypeError(f"{function}() {which} must be {expected}, not {found}")


def _units(text):
    """A text as 16-bit units, little-endian, without a terminator."""
    return text.encode("utf-16-le", "surrogatepass")


def _from_units(data):
    """Units as text; an odd last byte is left out."""
    return data[: len(data) & ~1].decode("utf-16-le", "surrogatepass")


def _until_nul(data):
    """The text that ends before the first NUL unit, or with the data."""
    return _from_units(data).partition("\0")[0]


def _text(value, function, argument, optional=False):
    """A text argument as the library takes it.

    `argument` is its position, or its quoted name, or "" for the only one.
    """
    if value is None and optional:
        return None
    if not isinstance(value, str):
        expected = "str or None" if optional else "str"
        raise _bad_argument(function, argument, expected, value)
    if "\0" in value:
        raise ValueError("embedded null character")
    return _units(value) + b"\0\0"


def _int(value):
    """An argument that is a C int."""
    number = operator.index(value)
    if not -(1 << 31) <= number < 1 << 31:
        raise OverflowError("Python int too large to convert to C int")
    return number


def _dword(value, function, argument):
    """An argument that is a DWORD; what is above 32 bits is cut off."""
    if not isinstance(value, int):
        raise _bad_argument(function, argument, "int", value)
    return value & 0xFFFFFFFF


def _handle(key, none=False):
    """The handle that a key argument stands for: a key object or an integer."""
    if key is None:
        if not none:
            raise TypeError("None is not a valid HKEY in this context")
        return 0
    if type(key) is PyHKEY:
        return key._hkey
    if not isinstance(key, int):
        raise TypeError("The object is not a PyHKEY object")
    if not -(1 << 63) <= key < 1 << 64:
        raise OverflowError("int too big to convert")
    return key & 0xFFFFFFFFFFFFFFFF


def _signed(handle):
    """A handle as audit events show it."""
    return handle - (1 << 64) if handle >> 63 else handle


# --- Data -----------------------------------------------------------------------------------------

_NOT_CONVERTIBLE = "Could not convert the data to the specified type."


def _number_to_data(value, size, negative, large):
    if value is None:
        value = 0
    if not isinstance(value, int):
        raise ValueError(_NOT_CONVERTIBLE)
    if value < 0:
        raise OverflowError(negative)
    if value >> (8 * size):
        raise OverflowError(large)
    return int(value).to_bytes(size, "little")


def _to_data(value, kind):
    """The bytes that are stored for a Python value (CPython's Py2Reg)."""
    if kind == REG_DWORD:
        return _number_to_data(
            value,
            4,
            "can't convert negative value to unsigned int",
            "Python int too large to convert to C unsigned long",
        )
    if kind == REG_QWORD:
        return _number_to_data(
            value, 8, "can't convert negative int to unsigned", "int too big to convert"
        )
    if kind in (REG_SZ, REG_EXPAND_SZ):
        value = "" if value is None else value
        if not isinstance(value, str):
            raise ValueError(_NOT_CONVERTIBLE)
        return _units(value + "\0")
    if kind == REG_MULTI_SZ:
        value = [] if value is None else value
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ValueError(_NOT_CONVERTIBLE)
        return _units("".join(item + "\0" for item in value) + "\0")
    if value is None:
        return b""
    try:
        view = memoryview(value)
    except TypeError:
        raise TypeError(
            f"Objects of type '{type(value).__name__}' can not be used as binary registry values"
        ) from None
    with view:
        if not view.c_contiguous:
            raise BufferError("memoryview: underlying buffer is not C-contiguous")
        return view.tobytes()


def _from_data(data, kind):
    """The Python value that stands for stored bytes (CPython's Reg2Py)."""
    if kind == REG_DWORD:
        return int.from_bytes(data[:4], "little")
    if kind == REG_QWORD:
        return int.from_bytes(data[:8], "little")
    if kind in (REG_SZ, REG_EXPAND_SZ):
        return _until_nul(data)
    if kind == REG_MULTI_SZ:
        text = _from_units(data)
        if text.endswith("\0"):
            text = text[:-1]
        # Each string ends with a NUL; the last one may lack it.
        strings = text.split("\0")
        return strings if strings[-1] else strings[:-1]
    return data if data else None


# --- Keys -----------------------------------------------------------------------------------------


def _bad_operand(*_):
    raise TypeError("bad operand type")


class PyHKEY:
    """An open registry key, closed when the object is destroyed.

    Close() or CloseKey() or leaving a with block close it earlier. Every function that takes a key
    takes an integer, too. As on Windows two objects compare equal only if they are the same.
    """

    __slots__ = ("_hkey",)

    def __new__(cls, *_, **__):
        raise TypeError(f"cannot create '{cls.__name__}' instances")

    def __init_subclass__(cls):
        raise TypeError("type 'PyHKEY' is not an acceptable base type")

    def __del__(self, close=_library.RegCloseKey):
        if self._hkey:
            close(self._hkey)

    @property
    def handle(self):
        """The integer Win32 handle."""
        return self._hkey

    def Close(self):
        """Closes the underlying Windows handle.

        If the handle is already closed, no error is raised.
        """
        CloseKey(self)

    def Detach(self):
        """Detaches the Windows handle from the handle object.

        The result is the value of the handle before it is detached, zero if it was detached or
        closed already. The handle is not closed.
        """
        sys.audit("winreg.PyHKEY.Detach", _signed(self._hkey))
        handle, self._hkey = self._hkey, 0
        return handle

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_value, traceback, /):
        CloseKey(self)

    def __bool__(self):
        return self._hkey != 0

    def __int__(self):
        return self._hkey

    def __str__(self):
        return f"<PyHKEY:0x{self._hkey:016X}>"

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _bad_operand
    __mod__ = __rmod__ = __divmod__ = __rdivmod__ = __pow__ = __rpow__ = _bad_operand
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _bad_operand
    __and__ = __rand__ = __xor__ = __rxor__ = __or__ = __ror__ = _bad_operand
    __neg__ = __pos__ = __abs__ = __invert__ = __float__ = _bad_operand


HKEYType = PyHKEY


def _key_object(handle):
    key = object.__new__(PyHKEY)
    key._hkey = handle.value or 0
    return key


def _opened(handle):
    """The object for a key that was opened or created, after the audit event for it."""
    key = _key_object(handle)
    sys.audit("winreg.OpenKey/result", _signed(key._hkey))
    return key


def CloseKey(hkey, /):
    """Closes a previously opened registry key.

    If it is not closed by this function, it is when the object is destroyed.
    """
    handle = _handle(hkey, none=True)
    if type(hkey) is PyHKEY:
        hkey._hkey = 0
    if handle:
        _check(_library.RegCloseKey(handle))


def ConnectRegistry(computer_name, key, /):
    r"""Establishes a connection to the registry on another computer.

    computer_name is of the form r"\\computername", or None for the local computer, which is the
    only one that can be reached here. The result is the handle of the opened key.
    """
    name = _text(computer_name, "ConnectRegistry", 1, optional=True)
    handle = _handle(key)
    sys.audit("winreg.ConnectRegistry", computer_name, _signed(handle))
    result = c_void_p()
    _check(_library.RegConnectRegistryW(name, handle, byref(result)))
    return _key_object(result)


def CreateKey(key, sub_key, /):
    """Creates or opens the specified key; the result is its handle.

    If key is one of the predefined keys, sub_key may be None: the result is that key then.
    """
    handle = _handle(key)
    name = _text(sub_key, "CreateKey", 2, optional=True)
    sys.audit("winreg.CreateKey", _signed(handle), sub_key, KEY_WRITE)
    result = c_void_p()
    _check(_library.RegCreateKeyW(handle, name, byref(result)))
    return _opened(result)


def CreateKeyEx(key, sub_key, reserved=0, access=KEY_WRITE):
    """Creates or opens the specified key; the result is its handle."""
    handle = _handle(key)
    name = _text(sub_key, "CreateKeyEx", "'sub_key'", optional=True)
    reserved, access = _int(reserved), _int(access)
    sys.audit("winreg.CreateKey", _signed(handle), sub_key, access)
    result = c_void_p()
    _check(
        _library.RegCreateKeyExW(
            handle, name, reserved, None, 0, access, None, byref(result), None
        )
    )
    return _opened(result)


def DeleteKey(key, sub_key):
    """Deletes the specified key, which must not have subkeys, with all its values."""
    handle = _handle(key)
    name = _text(sub_key, "DeleteKey", "'sub_key'")
    sys.audit("winreg.DeleteKey", _signed(handle), sub_key, 0)
    _check(_library.RegDeleteKeyW(handle, name))


def DeleteKeyEx(key, sub_key, access=KEY_WOW64_64KEY, reserved=0):
    """Deletes the specified key of the view that access names; it must not have subkeys."""
    handle = _handle(key)
    name = _text(sub_key, "DeleteKeyEx", "'sub_key'")
    access, reserved = _int(access), _int(reserved)
    sys.audit("winreg.DeleteKey", _signed(handle), sub_key, access)
    _check(_library.RegDeleteKeyExW(handle, name, access, reserved))


def DeleteValue(key, value, /):
    """Removes a named value from a registry key."""
    handle = _handle(key)
    name = _text(value, "DeleteValue", 2, optional=True)
    sys.audit("winreg.DeleteValue", _signed(handle), value)
    _check(_library.RegDeleteValueW(handle, name))


def EnumKey(key, index, /):
    """The name of the subkey with this index; OSError after the last one."""
    handle = _handle(key)
    index = _int(index)
    sys.audit("winreg.EnumKey", _signed(handle), index)
    # Names have up to 256 characters, one more than is documented.
    name = ctypes.create_string_buffer(2 * 257)
    length = c_uint32(257)
    _check(
        _library.RegEnumKeyExW(
            handle, index & 0xFFFFFFFF, name, byref(length), None, None, None, None
        )
    )
    return _from_units(name.raw[: 2 * length.value])


def EnumValue(key, index, /):
    """The value with this index as (name, data, type); OSError after the last one."""
    handle = _handle(key)
    index = _int(index)
    sys.audit("winreg.EnumValue", _signed(handle), index)
    longest_name, longest_data = c_uint32(), c_uint32()
    _check(
        _library.RegQueryInfoKeyW(
            *(handle, None, None, None, None, None, None, None),
            *(byref(longest_name), byref(longest_data), None, None),
        )
    )
    name_room, data_room = longest_name.value + 1, longest_data.value + 1
    while True:
        name = ctypes.create_string_buffer(2 * name_room)
        data = ctypes.create_string_buffer(data_room)
        name_length, size, kind = c_uint32(name_room), c_uint32(data_room), c_uint32()
        code = _library.RegEnumValueW(
            *(handle, index & 0xFFFFFFFF, name, byref(name_length)),
            *(None, byref(kind), data, byref(size)),
        )
        if code != _ERROR_MORE_DATA:
            break
        # Another thread or process has made a value longer.
        name_room, data_room = min(2 * name_room, 1 << 15), 2 * data_room
    _check(code)
    return (
        _until_nul(name.raw),
        _from_data(data.raw[: size.value], kind.value),
        c_int32(kind.value).value,
    )


def ExpandEnvironmentStrings(string, /):
    """The text with each %NAME% replaced by what the host's environment has for it."""
    text = _text(string, "ExpandEnvironmentStrings", "")
    sys.audit("winreg.ExpandEnvironmentStrings", string)
    length = _library.ExpandEnvironmentStringsW(text, None, 0)
    result = ctypes.create_string_buffer(2 * length)
    _library.ExpandEnvironmentStringsW(text, result, length)
    return _until_nul(result.raw)


def FlushKey(key, /):
    """Writes all the attributes of a key to the registry; here every write is on disk already."""
    _check(_library.RegFlushKey(_handle(key)))


def LoadKey(key, sub_key, file_name, /):
    """Makes a subkey below HKEY_USERS or HKEY_LOCAL_MACHINE that holds what a hive file holds."""
    handle = _handle(key)
    name = _text(sub_key, "LoadKey", 2)
    file = _text(file_name, "LoadKey", 3)
    sys.audit("winreg.LoadKey", _signed(handle), sub_key, file_name)
    _check(_library.RegLoadKeyW(handle, name, file))


def _open_key(function, key, sub_key, reserved, access):
    handle = _handle(key)
    name = _text(sub_key, function, "'sub_key'", optional=True)
    reserved, access = _int(reserved), _int(access)
    sys.audit("winreg.OpenKey", _signed(handle), sub_key, access)
    result = c_void_p()
    _check(_library.RegOpenKeyExW(handle, name, reserved, access, byref(result)))
    return _opened(result)


def OpenKey(key, sub_key, reserved=0, access=KEY_READ):
    """Opens the specified key; the result is a new handle to it."""
    return _open_key("OpenKey", key, sub_key, reserved, access)


def OpenKeyEx(key, sub_key, reserved=0, access=KEY_READ):
    """Opens the specified key; the result is a new handle to it."""
    return _open_key("OpenKeyEx", key, sub_key, reserved, access)


def QueryInfoKey(key, /):
    """The number of subkeys, that of values, and when the key was last modified.

    The time is in units of 100 nanoseconds since the year 1601 began.
    """
    handle = _handle(key)
    sys.audit("winreg.QueryInfoKey", _signed(handle))
    subkeys, values, written = c_uint32(), c_uint32(), c_uint64()
    _check(
        _library.RegQueryInfoKeyW(
            *(handle, None, None, None, byref(subkeys), None, None),
            *(byref(values), None, None, None, byref(written)),
        )
    )
    return (subkeys.value, values.value, written.value)


def _read(handle, name):
    """The data and the type of a value."""
    kind, size = c_uint32(), c_uint32()
    code = _library.RegQueryValueExW(handle, name, None, None, None, byref(size))
    if code != _ERROR_MORE_DATA:
        _check(code)
    room = size.value if not code else 256
    while True:
        data = ctypes.create_string_buffer(max(room, 1))
        size.value = room
        code = _library.RegQueryValueExW(handle, name, None, byref(kind), data, byref(size))
        if code != _ERROR_MORE_DATA:
            break
        # Another thread or process has made it longer.
        room = max(2 * room, size.value)
    _check(code)
    return data.raw[: size.value], kind.value


def QueryValue(key, sub_key, /):
    """The text that is the unnamed value of a subkey, or of the key itself if that is None.

    It is "" if there is none. QueryValueEx tells the type, too.
    """
    handle = _handle(key)
    name = _text(sub_key, "QueryValue", 2, optional=True)
    sys.audit("winreg.QueryValue", _signed(handle), sub_key, None)
    if handle == HKEY_PERFORMANCE_DATA:
        raise _windows_error(_ERROR_INVALID_HANDLE)
    child = c_void_p(handle)
    if sub_key:
        _check(_library.RegOpenKeyExW(handle, name, 0, KEY_QUERY_VALUE, byref(child)))
    try:
        data, kind = _read(child, None)
    except OSError as failure:
        if failure.winerror != _ERROR_FILE_NOT_FOUND:
            raise
        return ""
    finally:
        if sub_key:
            _library.RegCloseKey(child)
    if kind != REG_SZ:
        raise _windows_error(_ERROR_INVALID_DATA)
    return _until_nul(data)


def QueryValueEx(key, name, /):
    """A value as (data, type)."""
    handle = _handle(key)
    text = _text(name, "QueryValueEx", 2, optional=True)
    sys.audit("winreg.QueryValue", _signed(handle), None, name)
    data, kind = _read(handle, text)
    return (_from_data(data, kind), c_int32(kind).value)


def SaveKey(key, file_name, /):
    """Saves the specified key and all its subkeys to a new hive file."""
    handle = _handle(key)
    file = _text(file_name, "SaveKey", 2)
    sys.audit("winreg.SaveKey", _signed(handle), file_name)
    _check(_library.RegSaveKeyW(handle, file, None))


def SetValue(key, sub_key, type, value, /):
    """Sets the unnamed value of a subkey, which is made if it does not exist.

    The type must be REG_SZ.
    """
    handle = _handle(key)
    name = _text(sub_key, "SetValue", 2, optional=True)
    kind = _dword(type, "SetValue", 3)
    if not isinstance(value, str):
        raise _bad_argument("SetValue", 4, "str", value)
    if kind != REG_SZ:
        raise TypeError("type must be winreg.REG_SZ")
    sys.audit("winreg.SetValue", _signed(handle), sub_key, kind, value)
    if handle == HKEY_PERFORMANCE_DATA:
        raise _windows_error(_ERROR_INVALID_HANDLE)
    data = _to_data(value, REG_SZ)
    child = c_void_p(handle)
    if sub_key:
        _check(
            _library.RegCreateKeyExW(
                handle, name, 0, None, 0, KEY_SET_VALUE, None, byref(child), None
            )
        )
    try:
        _check(_library.RegSetValueExW(child, None, 0, REG_SZ, data, len(data)))
    finally:
        if sub_key:
            _library.RegCloseKey(child)


def SetValueEx(key, value_name, reserved, type, value, /):
    """Stores data in a value of an open registry key.

    reserved can be anything. What value must be follows from the type:
      REG_DWORD, REG_QWORD     an integer, or None for 0
      REG_SZ, REG_EXPAND_SZ    a string, or None for ""
      REG_MULTI_SZ             a list of strings, or None for []
      all others               an object with the buffer interface, or None for no data
    """
    handle = _handle(key)
    name = _text(value_name, "SetValueEx", 2, optional=True)
    kind = _dword(type, "SetValueEx", 4)
    data = _to_data(value, kind)
    sys.audit("winreg.SetValue", _signed(handle), value_name, kind, value)
    _check(_library.RegSetValueExW(handle, name, 0, kind, data, len(data)))


# --- Reflection of the 32-bit view (gone since Windows 7) -----------------------------------------


def DisableReflectionKey(key, /):
    """Disables registry reflection for 32-bit processes; nothing is reflected in any case."""
    handle = _handle(key)
    sys.audit("winreg.DisableReflectionKey", _signed(handle))
    _check(_library.RegDisableReflectionKey(handle))


def EnableReflectionKey(key, /):
    """Restores registry reflection for the specified key; nothing is reflected in any case."""
    handle = _handle(key)
    sys.audit("winreg.EnableReflectionKey", _signed(handle))
    _check(_library.RegEnableReflectionKey(handle))


def QueryReflectionKey(key, /):
    """Whether reflection is disabled for the key."""
    handle = _handle(key)
    sys.audit("winreg.QueryReflectionKey", _signed(handle))
    disabled = c_int32()
    _check(_library.RegQueryReflectionKey(handle, byref(disabled)))
    return bool(disabled.value)


__all__ = ["error", "HKEYType"]
__all__ += [name for name in dir() if name.startswith(("HKEY_", "KEY_", "REG_"))]
__all__ += [
    "CloseKey", "ConnectRegistry", "CreateKey", "CreateKeyEx", "DeleteKey", "DeleteKeyEx",
    "DeleteValue", "DisableReflectionKey", "EnableReflectionKey", "EnumKey", "EnumValue",
    "ExpandEnvironmentStrings", "FlushKey", "LoadKey", "OpenKey", "OpenKeyEx", "QueryInfoKey",
    "QueryReflectionKey", "QueryValue", "QueryValueEx", "SaveKey", "SetValue", "SetValueEx",
]  # fmt: skip
