"""Our winreg module over a host of its own: HVEMU_ROOT names the folder, which need not exist."""

import array
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import unittest

import winreg

KEY = r"SOFTWARE\hvemu\Python"
MACHINE = winreg.HKEY_LOCAL_MACHINE


def delete_tree(root, path):
    """Delete a key and all below it; none need be there."""
    try:
        with winreg.OpenKey(root, path, 0, winreg.KEY_ALL_ACCESS) as key:
            while winreg.QueryInfoKey(key)[0]:
                delete_tree(key, winreg.EnumKey(key, 0))
    except FileNotFoundError:
        return
    winreg.DeleteKey(root, path)


class WithKey(unittest.TestCase):
    """Each test has an empty key, self.key."""

    def setUp(self):
        delete_tree(MACHINE, KEY)
        self.key = winreg.CreateKeyEx(MACHINE, KEY, 0, winreg.KEY_ALL_ACCESS)

    def tearDown(self):
        self.key.Close()
        delete_tree(MACHINE, KEY)

    def round_trip(self, kind, value):
        """What is read after a value was written."""
        winreg.SetValueEx(self.key, "Value", 0, kind, value)
        read, read_kind = winreg.QueryValueEx(self.key, "Value")
        self.assertEqual(read_kind, kind)
        self.assertEqual(winreg.EnumValue(self.key, 0), ("Value", read, kind))
        return read

    def written(self, kind, value):
        """The bytes that are stored for a value."""
        winreg.SetValueEx(self.key, "Value", 0, kind, value)
        library, out = winreg._library, winreg.ctypes.create_string_buffer(4096)
        size = winreg.c_uint32(4096)
        code = library.RegQueryValueExW(
            self.key.handle, winreg._units("Value\0"), None, None, out, winreg.byref(size)
        )
        self.assertEqual(code, 0)
        return out.raw[: size.value]

    def store(self, kind, data):
        """Store bytes under a type for which winreg itself would convert a value."""
        code = winreg._library.RegSetValueExW(
            self.key.handle, winreg._units("Value\0"), 0, kind, data, len(data)
        )
        self.assertEqual(code, 0)
        return winreg.QueryValueEx(self.key, "Value")[0]

    def assert_windows_error(self, code, kind, function, *arguments):
        with self.assertRaises(kind) as caught:
            function(*arguments)
        self.assertEqual(caught.exception.winerror, code)
        return caught.exception


class Conversions(WithKey):
    def test_text(self):
        self.assertEqual(self.round_trip(winreg.REG_SZ, "a b"), "a b")

    def test_text_has_its_terminator(self):
        self.assertEqual(self.written(winreg.REG_SZ, "ab"), b"a\0b\0\0\0")

    def test_empty_text(self):
        self.assertEqual(self.round_trip(winreg.REG_SZ, ""), "")

    def test_none_as_text(self):
        self.assertEqual(self.round_trip(winreg.REG_SZ, None), "")
        self.assertEqual(self.written(winreg.REG_SZ, None), b"\0\0")

    def test_text_beyond_the_first_plane(self):
        self.assertEqual(self.round_trip(winreg.REG_SZ, "日本 😀"), "日本 😀")

    def test_lone_surrogate(self):
        self.assertEqual(self.round_trip(winreg.REG_SZ, "a\ud800b"), "a\ud800b")

    def test_text_is_written_whole_and_read_until_its_first_nul(self):
        self.assertEqual(self.written(winreg.REG_SZ, "a\0b"), b"a\0\0\0b\0\0\0")
        self.assertEqual(winreg.QueryValueEx(self.key, "Value")[0], "a")

    def test_text_without_terminator(self):
        self.assertEqual(self.store(winreg.REG_SZ, b"a\0b\0"), "ab")

    def test_text_of_odd_size(self):
        self.assertEqual(self.store(winreg.REG_SZ, b"a\0b"), "a")

    def test_text_of_no_size(self):
        self.assertEqual(self.store(winreg.REG_SZ, b""), "")

    def test_expandable_text_is_not_expanded(self):
        self.assertEqual(self.round_trip(winreg.REG_EXPAND_SZ, "%windir%\\a"), "%windir%\\a")

    def test_long_text(self):
        self.assertEqual(self.round_trip(winreg.REG_SZ, "x" * 100000), "x" * 100000)

    def test_text_takes_no_bytes(self):
        for kind in (winreg.REG_SZ, winreg.REG_EXPAND_SZ):
            with self.assertRaisesRegex(ValueError, "Could not convert the data"):
                winreg.SetValueEx(self.key, "Value", 0, kind, b"a")

    def test_list(self):
        self.assertEqual(self.round_trip(winreg.REG_MULTI_SZ, ["a", "bc"]), ["a", "bc"])

    def test_list_has_both_terminators(self):
        self.assertEqual(self.written(winreg.REG_MULTI_SZ, ["a"]), b"a\0\0\0\0\0")
        self.assertEqual(self.written(winreg.REG_MULTI_SZ, []), b"\0\0")

    def test_list_with_empty_texts(self):
        for value in (["", ""], ["a", "", "b"], ["", "a"], ["a", ""]):
            self.assertEqual(self.round_trip(winreg.REG_MULTI_SZ, value), value)

    def test_empty_list(self):
        self.assertEqual(self.round_trip(winreg.REG_MULTI_SZ, []), [])
        self.assertEqual(self.round_trip(winreg.REG_MULTI_SZ, None), [])

    def test_list_that_is_not_terminated(self):
        self.assertEqual(self.store(winreg.REG_MULTI_SZ, b"a\0\0\0b\0"), ["a", "b"])
        self.assertEqual(self.store(winreg.REG_MULTI_SZ, b"a\0\0\0b\0\0\0"), ["a", "b"])
        self.assertEqual(self.store(winreg.REG_MULTI_SZ, b"\0\0"), [])
        self.assertEqual(self.store(winreg.REG_MULTI_SZ, b""), [])

    def test_list_takes_only_lists_of_texts(self):
        for value in (("a",), "a", ["a", 1], [b"a"], 1):
            with self.assertRaises(ValueError):
                winreg.SetValueEx(self.key, "Value", 0, winreg.REG_MULTI_SZ, value)

    def test_dword(self):
        for value in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
            self.assertEqual(self.round_trip(winreg.REG_DWORD, value), value)

    def test_dword_out_of_range(self):
        for value in (-1, 1 << 32, 1 << 64):
            with self.assertRaises(OverflowError):
                winreg.SetValueEx(self.key, "Value", 0, winreg.REG_DWORD, value)
        self.assertEqual(winreg.QueryInfoKey(self.key)[1], 0)

    def test_qword(self):
        for value in (0, 1 << 32, (1 << 64) - 1):
            self.assertEqual(self.round_trip(winreg.REG_QWORD, value), value)

    def test_qword_out_of_range(self):
        for value in (-1, 1 << 64):
            with self.assertRaises(OverflowError):
                winreg.SetValueEx(self.key, "Value", 0, winreg.REG_QWORD, value)

    def test_number_that_is_none(self):
        self.assertEqual(self.round_trip(winreg.REG_DWORD, None), 0)
        self.assertEqual(self.written(winreg.REG_QWORD, None), bytes(8))

    def test_number_that_is_a_bool(self):
        self.assertIs(type(self.round_trip(winreg.REG_DWORD, True)), int)

    def test_number_that_is_none_of_them(self):
        for kind in (winreg.REG_DWORD, winreg.REG_QWORD):
            for value in ("1", 1.0, b"1"):
                with self.assertRaises(ValueError):
                    winreg.SetValueEx(self.key, "Value", 0, kind, value)

    def test_number_of_another_size(self):
        self.assertEqual(self.store(winreg.REG_DWORD, b""), 0)
        self.assertEqual(self.store(winreg.REG_QWORD, b""), 0)
        self.assertEqual(self.store(winreg.REG_DWORD, b"\1\0\0\0\1"), 1)

    def test_big_endian_number_is_bytes(self):
        self.assertEqual(self.round_trip(winreg.REG_DWORD_BIG_ENDIAN, b"\0\0\0\1"), b"\0\0\0\1")
        with self.assertRaises(TypeError):
            winreg.SetValueEx(self.key, "Value", 0, winreg.REG_DWORD_BIG_ENDIAN, 1)

    def test_binary(self):
        self.assertEqual(self.round_trip(winreg.REG_BINARY, b"a\0b"), b"a\0b")

    def test_binary_that_is_empty_or_none(self):
        self.assertIsNone(self.round_trip(winreg.REG_BINARY, b""))
        self.assertIsNone(self.round_trip(winreg.REG_BINARY, None))

    def test_binary_from_any_buffer(self):
        for value in (bytearray(b"ab"), memoryview(b"ab"), array.array("B", b"ab")):
            self.assertEqual(self.round_trip(winreg.REG_BINARY, value), b"ab")

    def test_binary_takes_no_text(self):
        with self.assertRaisesRegex(TypeError, "'str' can not be used as binary"):
            winreg.SetValueEx(self.key, "Value", 0, winreg.REG_BINARY, "a")
        with self.assertRaises(BufferError):
            winreg.SetValueEx(self.key, "Value", 0, winreg.REG_BINARY, memoryview(b"abcd")[::2])

    def test_none_and_unknown_types_are_bytes(self):
        for kind in (winreg.REG_NONE, winreg.REG_RESOURCE_LIST, 12, 0x1234):
            self.assertEqual(self.round_trip(kind, b"\1\2"), b"\1\2")
            self.assertIsNone(self.round_trip(kind, None))

    def test_type_with_the_highest_bit_is_negative(self):
        winreg.SetValueEx(self.key, "Value", 0, 0xFFFF0012, b"x")
        self.assertEqual(winreg.QueryValueEx(self.key, "Value"), (b"x", 0xFFFF0012 - (1 << 32)))


class Keys(WithKey):
    def test_predefined_keys_are_those_of_64_bit_windows(self):
        self.assertEqual(winreg.HKEY_CLASSES_ROOT, 18446744071562067968)
        self.assertEqual(winreg.HKEY_LOCAL_MACHINE, 18446744071562067970)

    def test_attributes(self):
        self.assertIsInstance(self.key, winreg.HKEYType)
        self.assertEqual(winreg.HKEYType.__name__, "PyHKEY")
        self.assertEqual(int(self.key), self.key.handle)
        self.assertTrue(self.key)
        self.assertRegex(str(self.key), r"^<PyHKEY:0x[0-9A-F]{16}>$")
        with self.assertRaises(AttributeError):
            self.key.handle = 0
        with self.assertRaises(AttributeError):
            self.key.other = 0

    def test_type_is_neither_called_nor_inherited_from(self):
        with self.assertRaisesRegex(TypeError, "cannot create 'PyHKEY' instances"):
            winreg.HKEYType()
        with self.assertRaises(TypeError):
            type("Sub", (winreg.HKEYType,), {})

    def test_comparison_is_by_identity(self):
        with winreg.OpenKey(MACHINE, KEY) as other:
            self.assertNotEqual(self.key, other)
            self.assertEqual(len({self.key, other, self.key}), 2)
            with self.assertRaises(TypeError):
                self.key < other  # noqa: B015

    def test_arithmetic(self):
        for operation in (lambda k: k + 1, lambda k: 1 - k, lambda k: -k, lambda k: k**2, float):
            with self.assertRaisesRegex(TypeError, "bad operand type"):
                operation(self.key)

    def test_close(self):
        handle = int(self.key)
        self.key.Close()
        self.key.Close()
        self.assertEqual((self.key.handle, bool(self.key)), (0, False))
        self.assert_windows_error(6, OSError, winreg.QueryInfoKey, self.key)
        self.assert_windows_error(6, OSError, winreg.QueryInfoKey, handle)

    def test_close_by_function(self):
        winreg.CloseKey(self.key)
        winreg.CloseKey(self.key)
        winreg.CloseKey(None)
        self.assertFalse(self.key)
        with winreg.OpenKey(MACHINE, KEY) as other:
            winreg.CloseKey(int(other))
            self.assert_windows_error(6, OSError, winreg.CloseKey, int(other))
            other.Detach()

    def test_detach(self):
        handle = self.key.Detach()
        self.assertEqual(self.key.Detach(), 0)
        self.assertEqual(winreg.QueryInfoKey(handle)[:2], (0, 0))
        winreg.CloseKey(handle)

    def test_object_closes_when_it_goes(self):
        key = winreg.OpenKey(MACHINE, KEY)
        handle = int(key)
        del key
        self.assert_windows_error(6, OSError, winreg.QueryInfoKey, handle)

    def test_context(self):
        with self.assertRaises(ZeroDivisionError), winreg.OpenKey(MACHINE, KEY) as key:
            raise ZeroDivisionError
        self.assertFalse(key)

    def test_what_is_no_key(self):
        with self.assertRaisesRegex(TypeError, "None is not a valid HKEY"):
            winreg.OpenKey(None, KEY)
        with self.assertRaisesRegex(TypeError, "not a PyHKEY object"):
            winreg.OpenKey("HKLM", KEY)
        with self.assertRaises(OverflowError):
            winreg.OpenKey(1 << 64, KEY)
        self.assert_windows_error(6, OSError, winreg.QueryInfoKey, 0)
        self.assert_windows_error(6, OSError, winreg.QueryInfoKey, 12345)

    def test_create_and_enumerate(self):
        for name in ("b", "A", "日本"):
            winreg.CreateKey(self.key, name).Close()
        self.assertEqual([winreg.EnumKey(self.key, i) for i in range(3)], ["A", "b", "日本"])
        self.assert_windows_error(259, OSError, winreg.EnumKey, self.key, 3)
        self.assert_windows_error(259, OSError, winreg.EnumKey, self.key, -1)

    def test_longest_name(self):
        name = "x" * 255
        winreg.CreateKey(self.key, name).Close()
        self.assertEqual(winreg.EnumKey(self.key, 0), name)

    def test_create_opens_what_is_there(self):
        winreg.SetValueEx(self.key, "Value", 0, winreg.REG_DWORD, 1)
        with winreg.CreateKey(MACHINE, KEY.upper()) as key:
            self.assertEqual(winreg.QueryInfoKey(key)[:2], (0, 1))

    def test_create_without_name(self):
        with winreg.CreateKey(MACHINE, None) as key:
            self.assertGreater(winreg.QueryInfoKey(key)[0], 0)

    def test_named_arguments(self):
        winreg.CreateKeyEx(key=self.key, sub_key="a", reserved=0, access=winreg.KEY_READ).Close()
        winreg.OpenKeyEx(key=self.key, sub_key="a", reserved=0, access=winreg.KEY_READ).Close()
        winreg.OpenKey(key=self.key, sub_key="a").Close()
        winreg.DeleteKey(key=self.key, sub_key="a")
        with self.assertRaises(TypeError):
            winreg.CreateKey(key=self.key, sub_key="a")

    def test_delete(self):
        winreg.CreateKey(self.key, r"a\b").Close()
        self.assert_windows_error(5, PermissionError, winreg.DeleteKey, self.key, "a")
        winreg.DeleteKeyEx(self.key, r"a\b")
        winreg.DeleteKeyEx(key=self.key, sub_key="a", access=winreg.KEY_WOW64_64KEY, reserved=0)
        self.assert_windows_error(2, FileNotFoundError, winreg.DeleteKey, self.key, "a")

    def test_deleted_key(self):
        winreg.DeleteKey(MACHINE, KEY)
        self.assert_windows_error(1018, OSError, winreg.QueryInfoKey, self.key)

    def test_missing_key(self):
        self.assert_windows_error(2, FileNotFoundError, winreg.OpenKey, self.key, "none")

    def test_rights(self):
        with winreg.OpenKey(MACHINE, KEY) as key:
            self.assert_windows_error(
                *(5, PermissionError, winreg.SetValueEx, key, "a", 0, winreg.REG_DWORD, 1)
            )
        with winreg.CreateKeyEx(self.key, "a") as key:
            self.assert_windows_error(5, PermissionError, winreg.EnumKey, key, 0)

    def test_32_bit_view(self):
        view = winreg.KEY_ALL_ACCESS | winreg.KEY_WOW64_32KEY
        with winreg.CreateKeyEx(MACHINE, r"SOFTWARE\hvemu\View", 0, view) as key:
            winreg.SetValue(key, None, winreg.REG_SZ, "32")
        self.assertEqual(winreg.QueryValue(MACHINE, r"SOFTWARE\WOW6432Node\hvemu\View"), "32")
        with self.assertRaises(FileNotFoundError):
            winreg.OpenKey(MACHINE, r"SOFTWARE\hvemu\View")
        winreg.DeleteKeyEx(MACHINE, r"SOFTWARE\hvemu\View", winreg.KEY_WOW64_32KEY)

    def test_info(self):
        before = winreg.QueryInfoKey(self.key)
        winreg.SetValueEx(self.key, "Value", 0, winreg.REG_DWORD, 1)
        winreg.CreateKey(self.key, "a").Close()
        after = winreg.QueryInfoKey(self.key)
        self.assertEqual(before[:2] + after[:2], (0, 0, 1, 1))
        self.assertGreaterEqual(after[2], before[2])
        self.assertGreater(before[2], 131592384000000000)  # the year 2018

    def test_current_user_and_classes(self):
        for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_CLASSES_ROOT, winreg.HKEY_USERS):
            with winreg.OpenKey(root, "") as key:
                self.assertGreaterEqual(winreg.QueryInfoKey(key)[0], 0)

    def test_connect(self):
        with winreg.ConnectRegistry(None, MACHINE) as root, winreg.OpenKey(root, KEY) as key:
            self.assertTrue(key)
        self.assert_windows_error(
            *(53, FileNotFoundError, winreg.ConnectRegistry, r"\\elsewhere", MACHINE)
        )

    def test_flush(self):
        self.assertIsNone(winreg.FlushKey(self.key))

    def test_reflection(self):
        self.assertIs(winreg.QueryReflectionKey(self.key), True)
        self.assertIsNone(winreg.EnableReflectionKey(self.key))
        self.assertIsNone(winreg.DisableReflectionKey(self.key))

    def test_save_and_load(self):
        winreg.SetValueEx(self.key, "Value", 0, winreg.REG_MULTI_SZ, ["a", "b"])
        winreg.SetValue(self.key, "Sub", winreg.REG_SZ, "日本")
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "saved")
            winreg.SaveKey(self.key, file)
            self.assertEqual(pathlib.Path(file).read_bytes()[:4], b"regf")
            self.assert_windows_error(183, FileExistsError, winreg.SaveKey, self.key, file)
            winreg.LoadKey(winreg.HKEY_USERS, "hvemu-loaded", file)
            try:
                with winreg.OpenKey(winreg.HKEY_USERS, "hvemu-loaded") as key:
                    self.assertEqual(winreg.QueryValueEx(key, "Value")[0], ["a", "b"])
                    self.assertEqual(winreg.QueryValue(key, "Sub"), "日本")
            finally:
                users = winreg.c_void_p(winreg.HKEY_USERS)
                code = winreg._library.RegUnLoadKeyW(users, winreg._units("hvemu-loaded\0"))
            self.assertEqual(code, 0)


class Values(WithKey):
    def test_default_value(self):
        self.assertEqual(winreg.QueryValue(self.key, None), "")
        winreg.SetValue(self.key, None, winreg.REG_SZ, "a")
        self.assertEqual(winreg.QueryValue(self.key, ""), "a")
        self.assertEqual(winreg.QueryValueEx(self.key, None), ("a", winreg.REG_SZ))
        self.assertEqual(winreg.EnumValue(self.key, 0), ("", "a", winreg.REG_SZ))
        winreg.DeleteValue(self.key, None)
        self.assert_windows_error(2, FileNotFoundError, winreg.QueryValueEx, self.key, "")

    def test_default_value_of_a_subkey(self):
        winreg.SetValue(self.key, r"a\b", winreg.REG_SZ, "x" * 1000)
        self.assertEqual(winreg.QueryValue(self.key, r"a\b"), "x" * 1000)
        self.assert_windows_error(2, FileNotFoundError, winreg.QueryValue, self.key, "c")

    def test_default_value_is_text(self):
        winreg.SetValueEx(self.key, None, 0, winreg.REG_DWORD, 1)
        self.assert_windows_error(13, OSError, winreg.QueryValue, self.key, None)
        with self.assertRaisesRegex(TypeError, "type must be winreg.REG_SZ"):
            winreg.SetValue(self.key, None, winreg.REG_DWORD, "1")
        with self.assertRaisesRegex(TypeError, "argument 4 must be str, not int"):
            winreg.SetValue(self.key, None, winreg.REG_SZ, 1)

    def test_enumerate(self):
        names = ["b", "A", "", "日本"]
        for name in names:
            winreg.SetValueEx(self.key, name, 0, winreg.REG_SZ, name)
        found = [winreg.EnumValue(self.key, index) for index in range(len(names))]
        self.assertEqual(found, [(name, name, winreg.REG_SZ) for name in names])
        self.assert_windows_error(259, OSError, winreg.EnumValue, self.key, len(names))

    def test_longest_name(self):
        name = "x" * 16383
        winreg.SetValueEx(self.key, name, 0, winreg.REG_DWORD, 1)
        self.assertEqual(winreg.EnumValue(self.key, 0), (name, 1, winreg.REG_DWORD))

    def test_delete(self):
        winreg.SetValueEx(self.key, "Value", 0, winreg.REG_DWORD, 1)
        winreg.DeleteValue(self.key, "VALUE")
        self.assert_windows_error(2, FileNotFoundError, winreg.DeleteValue, self.key, "Value")

    def test_reserved_can_be_anything(self):
        winreg.SetValueEx(self.key, "Value", object(), winreg.REG_DWORD, 1)

    def test_other_process_sees_it(self):
        winreg.SetValueEx(self.key, "Value", 0, winreg.REG_SZ, "日本")
        reg = os.path.join(os.environ["HVEMU_BIN"], "reg")
        out = subprocess.run(
            [reg, "query", "HKLM\\" + KEY, "/v", "Value"],
            check=True,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ).stdout
        self.assertIn("Value    REG_SZ    日本", out)

    def test_threads(self):
        def write(name):
            with winreg.OpenKey(MACHINE, KEY, 0, winreg.KEY_ALL_ACCESS) as key:
                for number in range(20):
                    winreg.SetValueEx(key, name, 0, winreg.REG_DWORD, number)

        threads = [threading.Thread(target=write, args=(f"v{i}",)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = sorted(winreg.EnumValue(self.key, index) for index in range(4))
        self.assertEqual(found, [(f"v{i}", 19, winreg.REG_DWORD) for i in range(4)])


class Arguments(WithKey):
    def test_embedded_nul(self):
        for call in (
            lambda: winreg.OpenKey(self.key, "a\0b"),
            lambda: winreg.CreateKey(self.key, "a\0b"),
            lambda: winreg.QueryValueEx(self.key, "a\0b"),
            lambda: winreg.SetValueEx(self.key, "a\0b", 0, winreg.REG_DWORD, 1),
            lambda: winreg.ExpandEnvironmentStrings("a\0b"),
        ):
            with self.assertRaisesRegex(ValueError, "embedded null character"):
                call()

    def test_texts(self):
        for call, message in (
            (lambda: winreg.CreateKey(self.key, 1), r"argument 2 must be str or None, not int"),
            (lambda: winreg.OpenKey(self.key, b"a"), r"'sub_key' must be str or None, not bytes"),
            (lambda: winreg.DeleteKey(self.key, None), r"'sub_key' must be str, not None"),
            (lambda: winreg.SaveKey(self.key, None), r"argument 2 must be str, not None"),
            (lambda: winreg.ExpandEnvironmentStrings(1), r"\(\) argument must be str, not int"),
        ):
            with self.assertRaisesRegex(TypeError, message):
                call()

    def test_numbers(self):
        with self.assertRaises(TypeError):
            winreg.EnumKey(self.key, 0.0)
        with self.assertRaises(OverflowError):
            winreg.EnumValue(self.key, 1 << 31)
        with self.assertRaises(OverflowError):
            winreg.OpenKey(self.key, "", 0, 1 << 31)
        with self.assertRaisesRegex(TypeError, "argument 4 must be int, not str"):
            winreg.SetValueEx(self.key, "Value", 0, "REG_SZ", "a")

    def test_keys_that_are_closed(self):
        self.key.Close()
        for call in (
            lambda: winreg.OpenKey(self.key, "a"),
            lambda: winreg.EnumValue(self.key, 0),
            lambda: winreg.SetValueEx(self.key, "a", 0, winreg.REG_DWORD, 1),
        ):
            self.assert_windows_error(6, OSError, call)


class Environment(WithKey):
    def test_expand(self):
        expand = winreg.ExpandEnvironmentStrings
        self.assertRegex(expand(r"%SystemRoot%\a"), r"(?i)^[A-Z]:\\Windows\\a$")
        self.assertEqual(expand("%no such name% and 100%"), "%no such name% and 100%")
        self.assertEqual(expand(""), "")
        self.assertEqual(expand("日本"), "日本")

    def test_errors_are_those_of_windows(self):
        failure = self.assert_windows_error(2, FileNotFoundError, winreg.OpenKey, self.key, "none")
        self.assertIs(winreg.error, OSError)
        self.assertEqual(failure.strerror, "The system cannot find the file specified")
        self.assertEqual(failure.args, (2, failure.strerror, None, 2, None))
        self.assertIs(type(failure), FileNotFoundError)

    def test_audit(self):
        # A hook cannot be taken away again: in a process of its own.
        program = (
            "import sys, winreg\n"
            "sys.addaudithook(lambda event, arguments: event.startswith('winreg.') and\n"
            "    print(event, *map(ascii, arguments)))\n"
            "key = winreg.CreateKey(winreg.HKEY_LOCAL_MACHINE, sys.argv[1])\n"
            "winreg.SetValueEx(key, 'n', 0, winreg.REG_SZ, 'v')\n"
            "winreg.QueryValueEx(key, 'n')\n"
            "winreg.EnumValue(key, 0)\n"
            "winreg.DeleteValue(key, 'n')\n"
            "key.Detach()\n"
            "winreg.DeleteKey(winreg.HKEY_LOCAL_MACHINE, sys.argv[1])\n"
        )
        path = KEY + r"\audit"
        out = subprocess.run(
            [sys.executable, "-c", program, path], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        handle = re.search(r"^winreg.OpenKey/result (\d+)$", out, re.M)[1]
        self.assertEqual(
            out.splitlines(),
            [
                f"winreg.CreateKey -2147483646 {path!a} 131078",
                f"winreg.OpenKey/result {handle}",
                f"winreg.SetValue {handle} 'n' 1 'v'",
                f"winreg.QueryValue {handle} None 'n'",
                f"winreg.EnumValue {handle} 0",
                f"winreg.DeleteValue {handle} 'n'",
                f"winreg.PyHKEY.Detach {handle}",
                f"winreg.DeleteKey -2147483646 {path!a} 0",
            ],
        )

    def test_audit_can_refuse(self):
        program = (
            "import sys, winreg\n"
            "def refuse(event, arguments):\n"
            "    if event == 'winreg.OpenKey':\n"
            "        raise RuntimeError('refused')\n"
            "sys.addaudithook(refuse)\n"
            "winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, 'SOFTWARE')\n"
        )
        run = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertIn("RuntimeError: refused", run.stderr)

    def test_no_host_no_module(self):
        environment = {name: text for name, text in os.environ.items() if name != "HVEMU_ROOT"}
        program = (
            "try:\n"
            "    import winreg\n"
            "except ImportError as failure:\n"
            "    print(failure.name, failure)\n"
        )
        out = subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        self.assertRegex(out, "^winreg .*HVEMU_ROOT")

    def test_names(self):
        names = {}
        exec("from winreg import *", names)
        self.assertIn("QueryReflectionKey", names)
        self.assertNotIn("ctypes", names)
        for name, number in (("REG_LEGAL_OPTION", 31), ("KEY_READ", 131097), ("REG_QWORD", 11)):
            self.assertEqual(names[name], number)


if __name__ == "__main__":
    unittest.main()
