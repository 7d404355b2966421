#!/usr/bin/env bash
# What hvctl lint costs: files of 100,000 lines, of values that nobody reads, that are read, and that
# are misspelt. Best of the rounds, whole process. Needs the release build.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${HVEMU_BIN:-$top/build/release/bin}:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

rounds=${1:-5}
hvctl describe --json >rows.json
python3 - <<'END'
import json, random

random.seed(1)
rows = [row for row in json.load(open("rows.json"))
        if row["type"] == "REG_DWORD" and row["key"].startswith("HKLM") and "<" not in row["key"] + row["name"]
        and "{" not in row["key"]]

def misspelt(name):
    letters = list(name)
    letters[random.randrange(len(letters))] = random.choice("abcdefgh")
    letters.insert(random.randrange(len(letters)), random.choice("xyz"))
    return "".join(letters)

def write(file, make):
    with open(file, "w") as out:
        out.write("Windows Registry Editor Version 5.00\n\n")
        for key in range(10000):
            for line in make(key):
                out.write(line + "\n")

def section(key, names):
    return [f"[{key}]"] + [f'"{name}"=dword:{random.randrange(9):08x}' for name in names]

def of_a_key(make):
    def one(_):
        row = random.choice(rows)
        return section(row["key"], [make(random.choice(rows)["name"]) for _ in range(9)])
    return one

def read(_):
    lines = []
    for _ in range(5):
        row = random.choice(rows)
        lines += section(row["key"], [row["name"]])
    return lines

write("unread.reg", lambda key: section(f"HKLM\\SOFTWARE\\Vendor{key % 977}\\Product{key}", [f"Value{at}" for at in range(9)]))
write("read.reg", read)
write("misspelt.reg", of_a_key(misspelt))
write("random.reg", of_a_key(lambda name: "".join(random.choice("abcdefghijklmnopqrstuvwxyz") for _ in name)))
END

# Milliseconds of the fastest round, of CPU and by the clock; KiB at the most.
printf '%-28s %8s %8s %10s\n' '100,000 lines' 'CPU ms' 'ms' 'KiB'
for file in unread read misspelt random; do
	python3 - "$rounds" "$file.reg" <<'END'
import os, resource, subprocess, sys, time

best = None
for _ in range(int(sys.argv[1])):
    start = time.monotonic()
    child = subprocess.Popen(["hvctl", "lint", sys.argv[2]], stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    one = (usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss)
    best = one if best is None or one < best else best
print("%-28s %8.0f %8.0f %10d" % (sys.argv[2], best[0] * 1000, best[1] * 1000, best[2]))
END
done
