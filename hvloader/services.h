/*
 * The services of a host, as the service control manager has them: read from the keys below
 * Services, started in the order of their dependencies, watched, and started again by their failure
 * actions.
 *
 * A service is a key with a Type of SERVICE_WIN32_OWN_PROCESS or SERVICE_WIN32_SHARE_PROCESS. The
 * last part of its ImagePath, without the extension, is the program that stands for it here
 * (%SystemRoot%\System32\vmms.exe: vmms); services of one program share its process. Values and
 * their meaning: winsvc.h and the SERVICE_* documentation of the Windows SDK.
 */
#ifndef HVLOADER_SERVICES_H
#define HVLOADER_SERVICES_H

#include "regstore/svc/child.h"
#include "regstore/svc/svc.h"

/* winnt.h */
#define SERVICE_WIN32_OWN_PROCESS   0x10u
#define SERVICE_WIN32_SHARE_PROCESS 0x20u
#define SERVICE_BOOT_START          0u
#define SERVICE_SYSTEM_START        1u
#define SERVICE_AUTO_START          2u
#define SERVICE_DEMAND_START        3u
#define SERVICE_DISABLED            4u

/* winsvc.h: SC_ACTION_TYPE */
#define SC_ACTION_NONE        0u
#define SC_ACTION_RESTART     1u
#define SC_ACTION_REBOOT      2u
#define SC_ACTION_RUN_COMMAND 3u

#define SERVICE_ACTIONS_MAX 16u /* of one service that are kept */
#define SERVICES_MAX        256u

struct failure_action {
	uint32_t type; /* SC_ACTION_ */
	uint32_t delay_ms;
};

/* What FailureActions holds: SERVICE_FAILURE_ACTIONS as the registry has it. */
struct failure_actions {
	uint32_t
	    reset_s; /* after so long without a failure the count begins anew; UINT32_MAX: never */
	uint32_t count;
	struct failure_action actions[SERVICE_ACTIONS_MAX];
};

/*
 * Decode and encode FailureActions: dwResetPeriod, two unused pointers, cActions, the offset of the
 * array, then pairs of type and delay, 32 bits each, low byte first. False for malformed data.
 */
bool failure_actions_decode(const void *data, size_t size, struct failure_actions *ret_actions);
void failure_actions_encode(const struct failure_actions *actions, struct buf *out);

enum service_state {
	SERVICE_STOPPED,
	SERVICE_START_PENDING,
	SERVICE_RUNNING,
	SERVICE_STOP_PENDING,
};

/* The process of a program: one, whatever the number of its services. */
struct service_process {
	char *program;
	struct svc_child child;
	enum service_state state;
	bool stop_asked;             /* its end is no failure */
	bool start_again;            /* when it has ended */
	uint32_t failures;           /* since the count began */
	int64_t failed_ms;           /* the last one, by what had passed on the clock */
	uint32_t restarts;           /* by failure actions, since the boot */
	struct svc_timer restart;    /* until the next start by a failure action */
	struct svc_later *waiting;   /* who asked for what is pending */
	const struct service *asked; /* and of which of its services */
};

struct service {
	char *name;
	char *display_name;
	char **depends; /* names, ends with NULL */
	uint32_t type;
	uint32_t start;
	struct failure_actions failure;
	struct service_process *process;
	bool active;  /* it was started: it is what its process is; else stopped */
	bool visited; /* while an order is made */
};

struct services {
	struct svc *svc;
	struct service list[SERVICES_MAX];
	size_t count;
	struct service_process processes[SERVICES_MAX];
	size_t process_count;
	size_t order[SERVICES_MAX]; /* indexes of list: each after those that it depends on */
	void (*reboot)(struct services *services); /* a failure action asks for it; or NULL */
	bool closing;
};

/*
 * Read the services from the registry, and order them. A service that depends on itself through
 * others is put where it is first met. False without memory or when the registry fails, with
 * svc_failed() said.
 */
bool services_read(struct services *services);

/* Start all that start by themselves, in order, and wait until each is ready or has failed. */
bool services_start_all(struct services *services);

/*
 * Stop all in the reverse order. A process that has a method "shutdown" is asked by it first; one
 * that does not end within `timeout_ms` is killed.
 */
void services_stop_all(struct services *services, uint64_t timeout_ms);
void services_release(struct services *services);

/* Methods: services, start-service, stop-service, restart-service. Ends with name NULL. */
extern const struct svc_method service_methods[];

/* The services of the daemon, for the methods; defined by its main. */
struct services *services_of(struct svc *svc);

#endif
