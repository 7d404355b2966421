/*
 * What the files of this folder share.
 */
#ifndef VMCOMPUTE_INTERNAL_H
#define VMCOMPUTE_INTERNAL_H

#include "regstore/tunable/module.h"
#include "vmwp/shared.h"

#define CONTAINERS_KEY VIRTUALIZATION_KEY "\\Containers"

/*
 * The subkeys of Containers whose values the reference does not list (1.8): a table each, once for
 * vmcompute.exe and once for vmusrv.dll.
 */
enum { CONTAINERS_TABLES = 5 };

extern const struct tunable_table containers_vmcompute[CONTAINERS_TABLES];
extern const struct tunable_table containers_vmusrv[CONTAINERS_TABLES];

/* Read all of one owner's (again). */
ntstatus
containers_load(struct module_object *object, const struct tunable_table tables[CONTAINERS_TABLES]);

/* Add what values were found, by subkey, as the member "subkeys" of a state. */
void containers_status(const struct module_object *object,
    const struct tunable_table tables[CONTAINERS_TABLES], json_t *state);

/* Text as JSON, null where there is none. */
json_t *text_json(struct tunable_text text);

/* A number as JSON, null where there is neither value nor default. */
json_t *number_json(struct tunable_number number);

#endif
