/*
 * SARIF 2.1.0 (OASIS): the findings of a static analysis, for tools that show them.
 */
#include <string.h>

#include "regstore/lint/documents.h"

#define SCHEMA                                                                                     \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"                      \
	"sarif-schema-2.1.0.json"

static json_t *
text_message(const char *text)
{
	return json_pack("{s:s}", "text", text);
}

/* One rule, with the page that tells more, relative to the documentation's folder. */
static json_t *
rule_json(const struct lint_rule *rule)
{
	char uri[64];

	snprintf(uri, sizeof(uri), "findings/%s.md", rule->code);
	return json_pack("{s:s, s:s, s:o, s:o, s:{s:s, s:s}, s:s, s:{s:s}}", "id", rule->code,
	    "name", rule->name, "shortDescription", text_message(rule->title), "fullDescription",
	    text_message(rule->meaning), "help", "text", rule->mend, "markdown", rule->mend,
	    "helpUri", uri, "defaultConfiguration", "level", lint_severity_name(rule->severity));
}

static json_t *
rules_json(void)
{
	json_t *rules = json_array();

	for (const struct lint_rule *at = lint_rules; at->code != NULL; at++)
		json_array_append_new(rules, rule_json(at));
	return rules;
}

static json_int_t
rule_index(const char *code)
{
	const struct lint_rule *rule = lint_rule_find(code);

	return rule != NULL ? rule - lint_rules : -1;
}

/* A file's name as a relative reference: what a URI does not hold is escaped. */
static json_t *
uri_json(const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                            "0123456789-._~/";
	struct buf uri = { 0 };
	json_t *json;

	if (name[0] == '/')
		buf_append_text(&uri, "file://");
	for (; *name != '\0'; name++) {
		if (strchr(plain, *name) != NULL)
			buf_append_byte(&uri, (uint8_t)*name);
		else
			buf_printf(&uri, "%%%02X", (unsigned)(uint8_t)*name);
	}
	json = json_string(buf_text(&uri));
	buf_release(&uri);
	return json;
}

/* Where a finding stands: a line of text, or a byte of a binary file; and its key. */
static json_t *
location_json(const json_t *place, const json_t *finding)
{
	const json_t *line = json_object_get(place, "line");
	const json_t *offset = json_object_get(place, "offset");
	const char *key = json_string_value(json_object_get(finding, "key"));
	const char *name = json_string_value(json_object_get(finding, "name"));
	json_t *physical = json_pack("{s:{s:o}}", "artifactLocation", "uri",
	    uri_json(json_string_value(json_object_get(place, "file"))));
	json_t *location;

	if (json_is_integer(line))
		json_object_set_new(
		    physical, "region", json_pack("{s:I}", "startLine", json_integer_value(line)));
	else
		json_object_set_new(physical, "region",
		    json_pack(
		        "{s:I, s:i}", "byteOffset", json_integer_value(offset), "byteLength", 0));
	location = json_pack("{s:o}", "physicalLocation", physical);
	if (key != NULL) {
		struct buf full = { 0 };

		buf_append_text(&full, key);
		if (name != NULL)
			buf_printf(&full, "!%s", name);
		json_object_set_new(location, "logicalLocations",
		    json_pack(
		        "[{s:s, s:s}]", "fullyQualifiedName", buf_text(&full), "kind", "member"));
		buf_release(&full);
	}
	return location;
}

/* What tools have no field for. */
static json_t *
properties_json(const json_t *finding)
{
	static const char *const names[] = { "raw", "effective", "verdict", "owner", "reader",
		"range", "section", "basis", "apply", "effect", "command", "remedy" };
	json_t *properties = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		json_t *value = json_object_get(finding, names[i]);

		if (value != NULL && !json_is_null(value))
			json_object_set(properties, names[i], value);
	}
	return properties;
}

static json_t *
result_json(const json_t *finding)
{
	const char *code = json_string_value(json_object_get(finding, "code"));
	const json_t *other = json_object_get(finding, "other");
	const json_t *suppressed = json_object_get(finding, "suppressed");
	json_t *result = json_pack("{s:s, s:I, s:O, s:o, s:[o], s:o}", "ruleId", code, "ruleIndex",
	    rule_index(code), "level", json_object_get(finding, "severity"), "message",
	    text_message(json_string_value(json_object_get(finding, "message"))), "locations",
	    location_json(finding, finding), "properties", properties_json(finding));

	if (result != NULL && json_is_object(other))
		json_object_set_new(result, "relatedLocations",
		    json_pack("[o]", location_json(other, json_null())));
	if (result != NULL && json_is_object(suppressed))
		json_object_set_new(result, "suppressions",
		    json_pack("[{s:O, s:s, s:O}]", "kind", json_object_get(suppressed, "kind"),
		        "status", "accepted", "justification",
		        json_object_get(suppressed, "reason")));
	return result;
}

json_t *
lint_sarif(const struct lint_report *report)
{
	json_t *results = json_array();
	json_t *finding;
	size_t index;

	json_array_foreach(report->findings, index, finding)
	{
		if (json_array_append_new(results, result_json(finding)) != 0) {
			json_decref(results);
			return NULL;
		}
	}
	return json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:s, s:o}}, s:s, s:o}]}", "$schema",
	    SCHEMA, "version", "2.1.0", "runs", "tool", "driver", "name", "hvctl lint", "version",
	    HVEMU_VERSION, "semanticVersion", HVEMU_VERSION, "rules", rules_json(), "columnKind",
	    "utf16CodeUnits", "results", results);
}
