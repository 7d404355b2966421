"""Runs our own tests of winreg, or CPython's, and counts; HVEMU_ROOT names the host.

usage: run_winreg.py ours | cpython

CPython's are those of Debian's libpython3.11-testsuite, unchanged. Exit status: 0 if all passed but
those that KNOWN lists, 1 if not, 77 if the tests are not installed.
"""

import importlib.util
import os
import platform
import sys
import unittest
from unittest import mock

# What CPython's tests ask of Windows beside the registry, and what answers here.
SHIMS = (
    # The version, to skip what only Windows before 7 has; Windows Server 2025 says 10.0.
    mock.patch.object(sys, "getwindowsversion", lambda: (10, 0, 26100, 2, ""), create=True),
    # The tests for 64-bit Windows run only if the machine has Windows' name for x86-64.
    mock.patch.object(platform, "machine", lambda: "AMD64"),
    # ExpandEnvironmentStrings is compared with the process's own environment.
    mock.patch.dict(os.environ, {"windir": r"C:\Windows"}),
)

# What is known to fail: test -> reason. One of these that passes is a failure.
KNOWN = {
    "LocalWinregTests.test_dynamic_key": "HKEY_PERFORMANCE_DATA: no counters are modelled",
}


class Result(unittest.TestResult):
    """Remembers what passed, too."""

    def __init__(self):
        super().__init__()
        self.passed = []

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed.append(test)


def name_of(test):
    return ".".join(test.id().split(".")[-2:])


def run(suite, title, known):
    """Whether the suite passed; prints what did not, and the counts."""
    result = Result()
    suite.run(result)
    bad = {name_of(test): trace for test, trace in result.failures + result.errors}
    good = {name_of(test) for test in result.passed}
    for test, trace in bad.items():
        print(f"{title}: known to fail: {test}: {known[test]}" if test in known else trace)
    for test in sorted(known.keys() - bad.keys()):
        how = "passed" if test in good else "did not run"
        print(f"{title}: listed as known to fail, but {how}: {test}")
    for test, reason in result.skipped:
        print(f"{title}: skipped: {name_of(test)}: {reason}")
    skipped = len(result.skipped)
    print(f"{title}: {len(good)} of {result.testsRun - skipped} passed, {skipped} skipped")
    return len(good) > 0 and bad.keys() == known.keys()


def main():
    if sys.argv[1:] == ["ours"]:
        suite = unittest.defaultTestLoader.discover(os.path.dirname(__file__), "test_hvemu_winreg.py")
        return 0 if run(suite, "our own tests", {}) else 1
    if sys.argv[1:] != ["cpython"]:
        sys.exit(__doc__)
    if importlib.util.find_spec("test.test_winreg") is None:
        print("CPython's tests: skipped: libpython3.11-testsuite is not installed")
        return 77
    for shim in SHIMS:
        shim.start()
    suite = unittest.defaultTestLoader.loadTestsFromName("test.test_winreg")
    return 0 if run(suite, "CPython's tests", KNOWN) else 1


if __name__ == "__main__":
    sys.exit(main())
