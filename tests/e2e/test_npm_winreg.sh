#!/bin/bash
# The tests of npm's winreg, which starts REG and reads what it prints. HVEMU_BIN is the folder with
# the binaries. All of its tests pass but the one that asks for Windows. Without npm or its registry
# the status is 77.
set -u

bin=${HVEMU_BIN:?the folder with the binaries}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
export HVEMU_ROOT="$work/host" npm_config_cache="$work/cache" npm_config_update_notifier=false
cd "$work" || exit 2

command -v npm >/dev/null && command -v node >/dev/null || exit 77
echo '{ "private": true }' >package.json
timeout 120 npm install --silent --no-audit --no-fund --ignore-scripts --fetch-retries 0 \
	winreg@1.2.5 mocha@10.2.0 unit.js@2.1.1 >npm.txt 2>&1 || exit 77
[ -d node_modules/winreg/test ] || exit 77

"$bin/reg" add 'HKCU\Software\Present' >/dev/null || exit 2
PATH=$bin:$PATH node_modules/.bin/mocha --no-color --reporter json node_modules/winreg/test >out.json 2>err.txt
node -e '
	const run = JSON.parse(require("fs").readFileSync("out.json", "utf8"));
	const failed = run.failures.map(test => test.fullTitle);
	console.log(`${run.stats.passes} of ${run.stats.tests} pass`);
	for (const test of run.failures)
		console.log(`not ok - ${test.fullTitle}: ${test.err.message}`);
	process.exit(run.stats.tests === 26 && failed.length === 1 &&
		failed[0] === "winreg running on Windows" ? 0 : 1);
'
