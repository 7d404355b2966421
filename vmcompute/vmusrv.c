/*
 * vmusrv.dll: the VSMB server, which gives files of the host to utility virtual machines
 * (reference 1.8).
 */
#include <pthread.h>
#include <stdlib.h>

#include "vmcompute/internal.h"
#include "vmcompute/modules.h"

/* What stands in where the reference gives no default: our choice. */
#define WORKERS_ASSUMED 4u
#define WORKERS_MAX     256u /* threads that one configuration may make */

struct vmusrv_smb2 {
	struct tunable_number vsmb_worker_cpus;
};

struct vmusrv_settings {
	struct tunable_number vsmb_disable_oplocks;
	struct tunable_number vsmb_disable_pseudo_oplocks;
	struct tunable_number vsmb_force_level_ii_oplocks;
	struct tunable_number vsmb_max_credits;
	struct tunable_number vsmb_enable_test_shares;
};

static const struct tunable smb2_rows[] = {
	{
	    .name = "VSmbWorkerCpus",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmusrv_smb2, vsmb_worker_cpus),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "threads",
	    .doc = "Worker threads of the VSMB server.",
	},
};

static const struct tunable settings_rows[] = {
	{
	    .name = "VSmbDisableOplocks",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmusrv_settings, vsmb_disable_oplocks),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Give no opportunistic locks.",
	    .note =
	        "What it means together with VSmbForceLevelIIOplocks is not stated; no locks at "
	        "all is taken to win.",
	},
	{
	    .name = "VSmbDisablePseudoOplocks",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmusrv_settings, vsmb_disable_pseudo_oplocks),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Give no pseudo-oplocks.",
	},
	{
	    .name = "VSmbForceLevelIIOplocks",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmusrv_settings, vsmb_force_level_ii_oplocks),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Give level II opportunistic locks only.",
	},
	{
	    .name = "VSmbMaxCredits",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmusrv_settings, vsmb_max_credits),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "credits",
	    .doc = "SMB2 credits that one VSMB session may have.",
	},
	{
	    .name = "VSmbEnableTestShares",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmusrv_settings, vsmb_enable_test_shares),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Show the VSMB test shares.",
	},
};

static const struct tunable_table smb2_table = {
	.name = "vmusrv.smb2",
	.owner = "vmusrv.dll",
	.key = CONTAINERS_KEY,
	.section = "1.8",
	.reader = "Smb2 init",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_SERVICE_START,
	.rows = smb2_rows,
	.count = ARRAY_SIZE(smb2_rows),
	.state_size = sizeof(struct vmusrv_smb2),
};

static const struct tunable_table settings_table = {
	.name = "vmusrv.vsmb",
	.owner = "vmusrv.dll",
	.key = CONTAINERS_KEY,
	.section = "1.8",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_SERVICE_START,
	.rows = settings_rows,
	.count = ARRAY_SIZE(settings_rows),
	.state_size = sizeof(struct vmusrv_settings),
};

static const struct tunable_table *const tables[] = {
	&smb2_table,
	&settings_table,
	&containers_vmusrv[0],
	&containers_vmusrv[1],
	&containers_vmusrv[2],
	&containers_vmusrv[3],
	&containers_vmusrv[4],
};

/* --- Workers
 * -------------------------------------------------------------------------------------- */

/* The server's workers: threads that wait for requests until the library is unloaded. */
struct vmusrv {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping;
	size_t worker_count;
	pthread_t workers[WORKERS_MAX];
	uint64_t credits; /* granted so far to the one session that there is */
};

static void *
worker_main(void *argument)
{
	struct vmusrv *vmusrv = argument;

	pthread_mutex_lock(&vmusrv->lock);
	while (!vmusrv->stopping)
		pthread_cond_wait(&vmusrv->wake, &vmusrv->lock);
	pthread_mutex_unlock(&vmusrv->lock);
	return NULL;
}

static void
stop_workers(struct vmusrv *vmusrv)
{
	pthread_mutex_lock(&vmusrv->lock);
	vmusrv->stopping = true;
	pthread_cond_broadcast(&vmusrv->wake);
	pthread_mutex_unlock(&vmusrv->lock);
	while (vmusrv->worker_count > 0)
		pthread_join(vmusrv->workers[--vmusrv->worker_count], NULL);
	pthread_cond_destroy(&vmusrv->wake);
	pthread_mutex_destroy(&vmusrv->lock);
}

static bool
start_workers(struct vmusrv *vmusrv, uint64_t wanted)
{
	pthread_mutex_init(&vmusrv->lock, NULL);
	pthread_cond_init(&vmusrv->wake, NULL);
	while (vmusrv->worker_count < wanted && vmusrv->worker_count < WORKERS_MAX) {
		if (pthread_create(
		        &vmusrv->workers[vmusrv->worker_count], NULL, worker_main, vmusrv) != 0) {
			stop_workers(vmusrv);
			return false;
		}
		vmusrv->worker_count++;
	}
	return true;
}

/* --- Life
 * ----------------------------------------------------------------------------------------- */

/* "Smb2 init": read the number of workers and make them. */
static ntstatus
Smb2Init(struct module_object *object, struct vmusrv *vmusrv)
{
	const struct vmusrv_smb2 *smb2;
	ntstatus status = module_load(object, &smb2_table, NULL);

	if (!ntstatus_ok(status))
		return status;
	smb2 = module_state(object, &smb2_table);
	if (!start_workers(vmusrv, number_or(smb2->vsmb_worker_cpus, WORKERS_ASSUMED)))
		return NTSTATUS(STATUS_INSUFFICIENT_RESOURCES);
	return status;
}

static ntstatus
vmusrv_entry(struct module_object *object)
{
	struct vmusrv *vmusrv;
	ntstatus status = module_load(object, &settings_table, NULL);

	if (ntstatus_ok(status))
		status = containers_load(object, containers_vmusrv);
	if (!ntstatus_ok(status))
		return status;
	vmusrv = calloc(1, sizeof(*vmusrv));
	if (vmusrv == NULL)
		return NTSTATUS(STATUS_NO_MEMORY);
	status = Smb2Init(object, vmusrv);
	if (ntstatus_ok(status))
		object->extension = vmusrv;
	else
		free(vmusrv);
	return status;
}

static void
vmusrv_unload(struct module_object *object)
{
	stop_workers(object->extension);
	free(object->extension);
	object->extension = NULL;
}

/* Ask for credits of the session: no more than its ceiling leaves are granted. */
static ntstatus
grant_credits(struct module_object *object, const char *argument, json_t *result)
{
	const struct vmusrv_settings *settings = module_state(object, &settings_table);
	struct vmusrv *vmusrv = object->extension;
	uint64_t ceiling = number_or(settings->vsmb_max_credits, UINT16_MAX);
	char *end = NULL;
	unsigned long wanted = strtoul(argument, &end, 10);
	uint64_t granted;

	/* CreditRequest is 16 bits wide ([MS-SMB2] 2.2.1). */
	if (end == argument || *end != '\0' || wanted > UINT16_MAX)
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	granted = ceiling - vmusrv->credits < wanted ? ceiling - vmusrv->credits : wanted;
	vmusrv->credits += granted;
	json_object_set_new(result, "granted", json_integer((json_int_t)granted));
	json_object_set_new(result, "credits", json_integer((json_int_t)vmusrv->credits));
	return NTSTATUS(STATUS_SUCCESS);
}

static const struct module_operation operations[] = {
	{ "request-credits", "ask for so many SMB2 credits of the session", grant_credits },
	{ 0 },
};

/* --- Status
 * --------------------------------------------------------------------------------------- */

static const char *
oplock_levels(const struct vmusrv_settings *settings)
{
	if (number_or(settings->vsmb_disable_oplocks, 0) != 0)
		return "none";
	return number_or(settings->vsmb_force_level_ii_oplocks, 0) != 0 ? "level II" : "all";
}

static void
vmusrv_status(const struct module_object *object, json_t *state)
{
	const struct vmusrv *vmusrv = object->extension;
	const struct vmusrv_smb2 *smb2 = module_state(object, &smb2_table);
	const struct vmusrv_settings *settings = module_state(object, &settings_table);

	json_object_set_new(state, "workers",
	    json_pack("{s:I, s:b}", "threads", (json_int_t)vmusrv->worker_count, "count_assumed",
	        !smb2->vsmb_worker_cpus.set));
	json_object_set_new(state, "oplocks",
	    json_pack("{s:s, s:b}", "levels", oplock_levels(settings), "pseudo",
	        number_or(settings->vsmb_disable_pseudo_oplocks, 0) == 0));
	json_object_set_new(state, "session",
	    json_pack("{s:o, s:I}", "credits_at_most", number_json(settings->vsmb_max_credits),
	        "credits", (json_int_t)vmusrv->credits));
	json_object_set_new(state, "test_shares",
	    json_boolean(number_or(settings->vsmb_enable_test_shares, 0) != 0));
	containers_status(object, containers_vmusrv, state);
}

const struct module vmusrv_module = {
	.name = "vmusrv",
	.image = "vmusrv.dll",
	.doc = "VSMB server for utility virtual machines.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmusrv_entry,
	.unload = vmusrv_unload,
	.status = vmusrv_status,
	.operations = operations,
};
