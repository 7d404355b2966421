/*
 * What to do about a finding.
 */
#include "regstore/lint/internal.h"

static const char *
detail_of(const struct lint_finding *finding)
{
	return finding->detail != NULL ? finding->detail : "";
}

/* What a value may be, for those that are outside of it. */
static void
remedy_range(const struct lint_finding *finding, struct buf *out)
{
	struct buf words = { 0 };

	lint_row_words(finding->entry, &words);
	buf_printf(
	    out, "Write a value within the rule (%s), or delete the line.", buf_text(&words));
	buf_release(&words);
}

static void
remedy_type(const struct lint_finding *finding, struct buf *out)
{
	const char *type = reg_type_name(finding->entry->row->type);

	if (lint_rule_number(finding->rule) == 1202)
		buf_printf(out, "Write %s.",
		    finding->raw.type == REG_QWORD ? "a REG_QWORD of 8 bytes"
		                                   : "a REG_DWORD of 4 bytes");
	else
		buf_printf(out, "Write it as %s.", type != NULL ? type : "the reader's type");
}

static void
remedy_gate(const struct lint_finding *finding, struct buf *out)
{
	const struct tunable_gate *gate =
	    &finding->entry->row->gates[finding->reading->closed_gate];

	if (gate->name != NULL)
		buf_printf(
		    out, "Set %s so that the value is consulted, or delete the line.", gate->name);
	else
		buf_printf(out, "Say what holds on the host: --state %s=WORD.", gate->state);
}

void
lint_remedy(const struct lint_finding *finding, struct buf *out)
{
	switch (lint_rule_number(finding->rule)) {
	case 1001:
		buf_append_text(
		    out, "Mend it: regedit skips a line that it cannot read and says nothing.");
		break;
	case 1104:
		buf_append_text(out, "Write 1 for on, or 0 for off.");
		break;
	case 1105:
	case 1106:
	case 1107:
	case 1108:
	case 1109:
		remedy_range(finding, out);
		break;
	case 1201:
	case 1202:
		remedy_type(finding, out);
		break;
	case 1203:
	case 1209:
		remedy_gate(finding, out);
		break;
	case 1204:
		buf_append_text(out, "Change the policy, or delete the line.");
		break;
	case 1205:
		buf_append_text(out, "Change the boot option with bcdedit, or delete the line.");
		break;
	case 1206:
	case 1208:
		buf_append_text(out, "Change the value that wins, or delete the line.");
		break;
	case 1210:
	case 1211:
	case 1212:
		buf_append_text(out, "Write whole UTF-16 characters and the terminating NUL.");
		break;
	case 1301:
	case 1502:
		if (finding->detail != NULL)
			buf_printf(out, "Write \"%s\".", finding->detail);
		else
			buf_append_text(out, "Look the option up with \"bcdedit /?\".");
		break;
	case 1302:
	case 1303:
	case 1304:
	case 1305:
	case 1309:
		buf_printf(out, "Write it to %s.", detail_of(finding));
		break;
	case 1310:
		buf_append_text(out, "Begin the key with HKEY_LOCAL_MACHINE.");
		break;
	case 1401:
	case 1402:
	case 1403:
	case 1404:
		buf_append_text(out, "Keep one of the lines.");
		break;
	case 1501:
	case 1504:
		buf_printf(out, "Set it in %s.", detail_of(finding));
		break;
	case 1505:
		buf_append_text(out, "Set it in one object only.");
		break;
	case 1506:
		buf_append_text(out, "Set the option with bcdedit, which checks its data.");
		break;
	case 1901:
		buf_append_text(out, "Mend the finding, or give the suppression a new date.");
		break;
	case 1902:
		buf_append_text(out, "Delete the suppression.");
		break;
	case 1903:
		buf_append_text(out, "Mend the suppression.");
		break;
	default:
		break;
	}
}
