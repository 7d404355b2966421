#!/usr/bin/env python3
"""Makes .reg files by chance, and says how two exports differ, whatever their order.

usage: reg_files.py generate COUNT SEED FOLDER      NAME.reg below HKLM\\SOFTWARE\\hvemu-NAME
       reg_files.py compare OURS THEIRS             exit status 1 if they differ

What is known to differ stands in KNOWN with its reason. Each is counted, and the counts are printed
as "known: NUMBER NAME".
"""

import random
import re
import sys
from collections import Counter
from pathlib import Path

ROOT = "HKEY_LOCAL_MACHINE\\SOFTWARE\\hvemu-"
REG_SZ, REG_EXPAND_SZ, REG_BINARY, REG_DWORD, REG_MULTI_SZ, REG_QWORD = 1, 2, 3, 4, 7, 11

# --- Making files ---------------------------------------------------------------------------------

LETTERS = "abcXYZ019 -_.,;=@%#[]()'&~"
BEYOND = "äÖßéÿЖλ日本€😀"


def escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


class Maker:
    """One file's lines."""

    def __init__(self, seed, name, old):
        self.chance = random.Random(seed)
        self.root = ROOT + name
        self.old = old  # REGEDIT4: 8-bit text, strings in hexadecimal data too
        self.keys = [self.root]
        self.values = {}

    def text(self, longest, more=""):
        letters = LETTERS + more + ("" if self.old else BEYOND)
        return "".join(self.chance.choices(letters, k=self.chance.randint(0, longest)))

    def name(self, more=""):
        return f"{self.chance.choice('kvw')}{self.text(8, more)}{self.chance.choice('xyz')}"

    def hexadecimal(self, data, column):
        """The bytes, with a line continued now and then."""
        form = self.chance.choice(("02x", "02X"))
        out = ""
        for at, byte in enumerate(data):
            part = format(byte, form) + ("," if at + 1 < len(data) else "")
            if column + len(part) > 77:
                out += "\\\r\n  "
                column = 2
            out += part
            column += len(part)
        return out

    def string_data(self, *texts):
        """Strings with their terminators, in the file's own character set."""
        return "".join(text + "\0" for text in texts).encode("ascii" if self.old else "utf-16-le")

    def data(self, column):
        chance = self.chance
        some = chance.randbytes(chance.choice((0, 1, 3, 4, 8, 20, 60)))
        kind = chance.choice(("text", "text", "dword", "hex", 0, 2, 7, 11, "any", "odd text"))
        if kind == "text":
            return f'"{escaped(self.text(40, chr(92) + chr(34)))}"'
        if kind == "dword":
            return f"dword:{chance.getrandbits(32):0{chance.choice((1, 8))}x}"
        if kind == "hex":
            return "hex:" + self.hexadecimal(some, column + 4)
        if kind == "odd text" and not self.old:
            kind = chance.choice((1, 2))
            # No line ends: Wine's export writes them as \n and \r, which Windows does not know.
            some = chance.choice((b"a\0b\0", b"a\0b\0\0\0\0\0", b"", b"a\0\0\0b\0\0\0"))
        elif kind == 2:
            some = self.string_data(f"%SystemRoot%\\{self.text(12)}")
        elif kind == 7:
            some = self.string_data(*(self.name() for _ in range(chance.randint(0, 4))), "")
        elif kind == 11:
            some = chance.randbytes(8)
        elif kind != 0:
            kind = chance.choice((3, 4, 5, 6, 8, 9, 10, 12, 0x20, 0x7FFFFFFF))
        start = f"hex({kind:x}):"
        return start + self.hexadecimal(some, column + len(start))

    def value(self, key):
        """A value that is set, set again, or deleted."""
        chance = self.chance
        names = self.values.setdefault(key, [])
        if names and chance.random() < 0.1:
            name = chance.choice(names)
            line = "@=" if name is None else f'"{escaped(name)}"='
            return line + ("-" if chance.random() < 0.5 else self.data(len(line)))
        name = None if chance.random() < 0.1 else self.name('\\"')
        names.append(name)
        line = "@=" if name is None else f'"{escaped(name)}"='
        return line + self.data(len(line))

    def lines(self):
        yield "REGEDIT4" if self.old else "Windows Registry Editor Version 5.00"
        yield ""
        for _ in range(self.chance.randint(4, 9)):
            draw = self.chance.random()
            if draw < 0.1 and len(self.keys) > 1:
                gone = self.chance.choice(self.keys[1:])
                yield f"[-{gone}]"
                yield ""
                continue
            if draw < 0.7:
                key = f"{self.chance.choice(self.keys)}\\{self.name()}"
                self.keys.append(key)
            else:
                key = self.chance.choice(self.keys)
            yield f"[{key}]"
            for _ in range(self.chance.randint(0, 9)):
                if self.chance.random() < 0.1:
                    yield "; " + self.text(20)
                yield self.value(key)
            yield ""


def generate(count, seed, folder):
    """Write the files: UTF-16 of version 5, and each fifth REGEDIT4 in ASCII."""
    for number in range(int(count)):
        name = f"{number:02}"
        old = number % 5 == 4
        lines = Maker(f"{seed}/{name}", name, old).lines()
        text = "".join(line + "\r\n" for line in lines)
        data = text.encode("ascii") if old else b"\xff\xfe" + text.encode("utf-16-le")
        Path(folder, name + ".reg").write_bytes(data)


# --- Reading exports ------------------------------------------------------------------------------

VALUE = re.compile(
    r'(?:@|"(?P<name>(?:[^\\"]|\\.)*)")='
    r'(?:"(?P<text>(?:[^\\"]|\\.)*)"|dword:(?P<dword>[0-9a-f]{8})'
    r"|hex(?:\((?P<kind>[0-9a-f]+)\))?:(?P<hex>[0-9a-f, \\\r\n]*))\r\n",
    re.S,
)


def unescaped(text):
    return re.sub(r"\\(.)", r"\1", text, flags=re.S)


def read_export(path):
    """{key: {name: (type, bytes)}} with names folded; None names the default value."""
    text = Path(path).read_bytes().decode("utf-16")
    head, _, text = text.partition("\r\n")
    if head != "Windows Registry Editor Version 5.00":
        raise SystemExit(f"{path}: not an export")
    keys, at, values = {}, 0, {}
    while at < len(text):
        if text.startswith("\r\n", at):
            at += 2
        elif text[at] == "[":
            end = text.index("]\r\n", at)
            values = keys.setdefault(text[at + 1 : end].casefold(), {})
            at = end + 3
        else:
            match = VALUE.match(text, at)
            if not match:
                raise SystemExit(f"{path}: not understood: {text[at:at + 60]!r}")
            at = match.end()
            name = match["name"]
            if name is not None:
                name = unescaped(name).casefold()
            if match["text"] is not None:
                whole = unescaped(match["text"]) + "\0"
                values[name] = (REG_SZ, whole.encode("utf-16-le", "surrogatepass"))
            elif match["dword"] is not None:
                values[name] = (REG_DWORD, int(match["dword"], 16).to_bytes(4, "little"))
            else:
                digits = re.sub(r"[, \\\r\n]", "", match["hex"])
                kind = REG_BINARY if match["kind"] is None else int(match["kind"], 16)
                values[name] = (kind, bytes.fromhex(digits))
    return keys


def until_nul(data):
    text = data[: len(data) & ~1].decode("utf-16-le", "surrogatepass").partition("\0")[0]
    return (text + "\0").encode("utf-16-le", "surrogatepass")


def both(kinds, matches):
    """A difference between two values whose type is the same one of these."""
    return lambda a, b: a[0] == b[0] and a[0] in kinds and matches(a[1], b[1])


# (name, whether the difference of two values, ours and theirs, is this one)
KNOWN = (
    # Wine writes every REG_SZ between quotes: what follows its first NUL, or that it has none, is
    # not in the export.
    ("text until its NUL", both((REG_SZ,), lambda a, b: b == until_nul(a))),
    # Wine's import ends texts that are given in hexadecimal digits and have no terminator; ours
    # stores what stands there.
    ("text ended at import", both((REG_EXPAND_SZ, REG_MULTI_SZ), lambda a, b: b == a + b"\0\0")),
    # Wine writes a REG_DWORD of any size as a number, from whatever stands in its memory.
    ("dword of another size", both((REG_DWORD,), lambda a, b: len(a) != 4)),
)


def compare(ours, theirs):
    """Whether the exports differ by more than is known; prints how."""
    left, right = read_export(ours), read_export(theirs)
    known, failed = Counter(), False
    for key in sorted(left.keys() | right.keys()):
        if key not in left or key not in right:
            print(f"only {'theirs' if key in right else 'ours'} has {key}")
            failed = True
            continue
        names = left[key].keys() | right[key].keys()
        for name in sorted(names, key=lambda name: name or ""):
            a, b = left[key].get(name), right[key].get(name)
            if a == b:
                continue
            titles = [title for title, matches in KNOWN if a and b and matches(a, b)]
            known.update(titles[:1])
            if not titles:
                print(f"{key} {name!r}:\n  ours   {a}\n  theirs {b}")
                failed = True
    for title, number in known.items():
        print(f"known: {number} {title}")
    return failed


def main(arguments):
    verbs = {"generate": (generate, 3), "compare": (compare, 2)}
    function, count = verbs.get(arguments[0] if arguments else "", (None, 0))
    if function is None or len(arguments) != count + 1:
        sys.exit(__doc__)
    sys.exit(1 if function(*arguments[1:]) else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
