"""The module hvemu: what the library's answers look like from Python, and how failures arrive."""

import os
import tempfile
import threading
import unittest

import hvemu

REG = (
    b"Windows Registry Editor Version 5.00\r\n\r\n"
    b"[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\Migration]\r\n"
    b'"MemoryWalkerCount"=dword:000000c8\r\n'
)
VECTORS = (
    b"id\tkey\tvalue\tgiven\texpect\twhy\n"
    b"one\tHKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\Migration\t"
    b"MemoryWalkerCount\tdword:200\t128\tcapped\n"
    b"two\tHKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\Migration\t"
    b"MemoryWalkerCount\tdword:5\t6\twrong\n"
)


class Rows(unittest.TestCase):
    def test_all_rows_are_described(self):
        rows = hvemu.describe()
        self.assertGreater(len(rows), 500)
        self.assertTrue(all(row["name"] and row["owner"] and row["basis"] for row in rows))

    def test_a_module_or_a_name_is_described(self):
        self.assertEqual({row["owner"] for row in hvemu.describe("vhdmp")}, {"vhdmp.sys"})
        self.assertTrue(all(r["name"] == "MirrorBlockSize" for r in hvemu.describe("MirrorBlockSize")))

    def test_an_input_is_resolved(self):
        for view in hvemu.resolve("MemoryWalkerCount", "dword:200"):
            self.assertEqual((view["effective"], view["verdict"]), (128, "capped"))
            self.assertNotIn("steps", view)

    def test_why_tells_the_steps(self):
        for view in hvemu.why("MemoryWalkerCount", "dword:200"):
            self.assertGreater(len(view["steps"]), 1)
            self.assertTrue(all(step["text"] for step in view["steps"]))

    def test_failures_are_exceptions_that_say_what_is_wrong(self):
        with self.assertRaisesRegex(hvemu.UnknownName, 'no reader knows "NoSuchValue"') as caught:
            hvemu.resolve("NoSuchValue", "absent")
        self.assertIsInstance(caught.exception, LookupError)
        self.assertRaises(hvemu.UnknownName, hvemu.describe, "NoSuchValue")
        self.assertRaises(hvemu.BadInput, hvemu.resolve, "MemoryWalkerCount", "dwxrd:1")
        self.assertRaises(TypeError, hvemu.resolve, 5, "absent")
        self.assertRaises(ValueError, hvemu.resolve, "a\0b", "absent")


class Files(unittest.TestCase):
    def test_bytes_and_paths_are_linted_alike(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "host.reg")
            with open(path, "wb") as file:
                file.write(REG)
            found = hvemu.lint(path)["findings"]
        # vmms and the worker process read it: each has its finding.
        self.assertEqual({(f["name"], f["effective"], f["line"]) for f in found},
                         {("MemoryWalkerCount", 128, 4)})
        self.assertEqual([f["code"] for f in hvemu.lint(REG)["findings"]], [f["code"] for f in found])
        self.assertEqual(hvemu.lint()["findings"], [])
        self.assertTrue(hvemu.lint(REG, b"no configuration")["findings"])

    def test_a_file_that_is_not_there_is_an_oserror(self):
        self.assertRaises(FileNotFoundError, hvemu.lint, "/nonexistent/host.reg")

    def test_vectors_are_judged(self):
        report = hvemu.verify(VECTORS)
        self.assertEqual((report["passed"], report["failed"]), (1, 1))
        self.assertEqual([case["passed"] for case in report["cases"]], [True, False])
        self.assertRaises(hvemu.BadInput, hvemu.verify, b"")
        self.assertRaises(hvemu.BadInput, hvemu.verify, b"no header\n")


class Library(unittest.TestCase):
    def test_it_tells_its_version(self):
        self.assertRegex(hvemu.version(), r"^\d+\.\d+\.\d+$")

    def test_threads_may_call_at_once(self):
        answers = []

        def ask():
            for number in range(20):
                answers.append(hvemu.resolve("MemoryWalkerCount", f"dword:{number + 1}")[0]["effective"])

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), sorted(4 * list(range(1, 21))))


if __name__ == "__main__":
    unittest.main()
