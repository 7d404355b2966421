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


class Goals(unittest.TestCase):
    def test_a_goal_out_of_reach_is_refused_with_the_reason(self):
        answer = hvemu.solve("MaximumActiveTransfers", 3)
        self.assertFalse(answer["found"])
        self.assertEqual(answer["changes"], [])
        self.assertEqual(answer["reason"], "written as it is, it becomes 6 (reset: 3 is below 6: reset to 6); "
                                           "the nearest above: 6")
        self.assertEqual((answer["nearest_below"], answer["nearest_above"]), (None, 6))

    def test_a_goal_is_reached_by_changes(self):
        answer = hvemu.solve("SmbResiliencyTimeoutMs", 50000)
        self.assertTrue(answer["found"])
        self.assertIsNone(answer["reason"])
        self.assertEqual([(c["name"], c["data"]) for c in answer["changes"]],
                         [("SmbResiliencyTimeoutMs", "dword:50000")])
        self.assertEqual(answer["readers"][0]["owner"], "vhdmp.sys")
        self.assertTrue(all(view["effective"] == 50000
                            for view in hvemu.resolve("SmbResiliencyTimeoutMs", answer["changes"][0]["data"])))

    def test_what_is_given_holds(self):
        self.assertEqual(hvemu.solve("SmbResiliencyTimeoutMs", 50000, "dword:50000")["changes"], [])
        self.assertTrue(hvemu.solve("CurrentMacAddress", bytes.fromhex("00155d0000ff"))["found"])
        scheduled = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor\\DfssEnabled"
        self.assertFalse(hvemu.solve(scheduled, 0, "state.scheduler=1")["found"])
        self.assertEqual(hvemu.solve(scheduled, 0, "state.scheduler=4")["conditions"], {})
        # An option that is set and in the way is deleted; there is no host whose entry could be named.
        options = hvemu.solve("HypervisorUseVapic", 1, "bcd.hypervisorusevapic=dword:0")["changes"]
        self.assertTrue(all("command" in change or "key" in change for change in options))

    def test_what_cannot_be_asked_is_an_exception(self):
        with self.assertRaisesRegex(hvemu.UnknownName, 'did you mean "StartupWaitTimeout"'):
            hvemu.solve("StartupWaitTimeot", 1)
        with self.assertRaisesRegex(hvemu.BadInput, "the name of several values"):
            hvemu.solve("RequireSecureDeviceAssignment", "blocked")
        with self.assertRaisesRegex(hvemu.BadInput, "which one"):
            hvemu.solve("Percentage", 5)
        with self.assertRaisesRegex(hvemu.BadInput, "unknown state"):
            hvemu.solve("StartupWaitTimeout", 1, "state.nothing=here")
        self.assertRaises(TypeError, hvemu.solve, "StartupWaitTimeout", 1.5)


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

    def test_options_are_those_of_the_command(self):
        gated = (b"Windows Registry Editor Version 5.00\r\n\r\n"
                 b"[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor]\r\n"
                 b'"EnableSevSnp"=dword:1\r\n')

        def codes(*sources, **options):
            return [finding["code"] for finding in hvemu.lint(*sources, **options)["findings"]
                    if not finding["suppressed"]]

        self.assertEqual(codes(gated), ["HV1209"])
        self.assertNotIn("HV1209", codes(gated, states={"cpuvendor": "AuthenticAMD"}))
        self.assertIn("HV1203", codes(gated, states={"cpuvendor": "GenuineIntel"}))
        self.assertEqual(codes(gated, suppressions=b'HV1209 until=2999-01-01 reason="known"\n'), [])
        self.assertEqual(codes(gated, format="bcdedit"), ["HV1001"])
        other = b'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Other]\r\n"A"="b"\r\n'
        self.assertEqual((codes(other), codes(other, all=True)), ([], ["HV1002"]))
        for wrong in ({"format": "ini"}, {"states": {"nothing": "here"}}):
            self.assertRaises(hvemu.BadInput, hvemu.lint, gated, **wrong)

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
