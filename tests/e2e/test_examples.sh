#!/usr/bin/env bash
# The examples in scripts/examples, as far as they go without a network: what they say parses, the
# commands in them run as they are written, and the git hook refuses what it is to refuse.
set -euo pipefail
command -v git >/dev/null || exit 77
/usr/bin/python3 -c 'import yaml' 2>/dev/null || exit 77

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
examples=$HVEMU_SOURCE/scripts/examples

services='HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services'
good() {
	printf 'Windows Registry Editor Version 5.00\r\n\r\n[%s\\vhdmp\\Parameters]\r\n"MirrorBlockSize"=dword:00100000\r\n' "$services"
}
bad() {
	printf 'Windows Registry Editor Version 5.00\r\n\r\n[%s\\vhdmp\\Parameters]\r\n"MirorBlockSize"=dword:00100000\r\n' "$services"
}

# --- The workflow: each command with hvctl in it, in a folder as it expects.
mkdir -p "$work/repository/hosts" "$work/repository/vectors"
cd "$work/repository"
good >hosts/one.reg
cp "$HVEMU_SOURCE/tests/vectors/vhdparser.tsv" vectors/
/usr/bin/python3 - "$examples" <<'END' >"$work/commands"
import glob, sys, yaml
workflow = yaml.safe_load(open(sys.argv[1] + "/github-workflow.yml"))
steps = workflow["jobs"]["configuration"]["steps"]
assert all("uses" in step or "run" in step for step in steps)
runs = [step["run"] for step in steps if step.get("run", "").startswith("hvctl ")]
assert len(runs) == 2, runs
print("\n".join(runs))
hooks = yaml.safe_load(open(sys.argv[1] + "/pre-commit/.pre-commit-hooks.yaml"))
own = yaml.safe_load(open(sys.argv[1] + "/pre-commit/.pre-commit-config.yaml"))["repos"][0]["hooks"]
known = {hook["id"]: hook["entry"] for hook in hooks}
assert all(hook["entry"] == known[hook["id"]] for hook in own)
END
bash -e "$work/commands" >/dev/null || fail "the workflow's commands"
/usr/bin/python3 - <<'END'
import json, xml.etree.ElementTree
report = json.load(open("hvemu.sarif"))
levels = {result["level"] for result in report["runs"][0]["results"]}
assert report["version"] == "2.1.0" and levels == {"note"}, levels
assert list(xml.etree.ElementTree.parse("hvemu.xml").iter("testcase"))
END
bad >hosts/two.reg
! bash -e "$work/commands" >/dev/null || fail "the workflow passes a misspelt name"
grep -q 'hosts/two.reg' hvemu.sarif || fail "the report does not name the file"

# --- pre-commit's entries, as it calls them: with files behind.
entry=$(sed -n 's/^  entry: \(hvctl lint.*\)/\1/p' "$examples/pre-commit/.pre-commit-hooks.yaml")
read -ra words <<<"$entry"
"${words[@]}" hosts/one.reg >/dev/null || fail "the hook refuses a good file"
! "${words[@]}" hosts/one.reg hosts/two.reg >/dev/null || fail "the hook takes a bad file"

# --- The git hook, in a repository.
git init -q "$work/git"
cd "$work/git"
git config user.name Tester
git config user.email tester@localhost
cp "$examples/pre-commit/pre-commit" .git/hooks/pre-commit
good >"one host.reg"
echo text >other.txt
git add .
git commit -qm "A good file" || fail "the hook refuses a good file"
bad >two.reg
git add two.reg
out=$(git commit -qm "A bad file" 2>&1) && fail "the hook takes a bad file"
[[ $out == *"two.reg:4:"* && $out == *"MirorBlockSize"* ]] || fail "the hook said: $out"
[ "$(git rev-list --count HEAD)" = 1 ] || fail "the bad file is committed"
# What counts is what is staged: mended in the folder alone it is still refused.
good >two.reg
! git commit -qm "Staged is bad" >/dev/null 2>&1 || fail "the hook looks at the folder"
git add two.reg
git commit -qm "Mended" || fail "the hook refuses the mended file"
echo more >>other.txt
git commit -qam "No configuration" || fail "the hook minds other files"

echo "ok"
