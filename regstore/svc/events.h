/*
 * The host's event log: log/events.jsonl, one JSON object a line, only ever added to.
 *
 * An event has the time on the host's clock and on the machine's ("wall"), the provider's name and
 * the event's id as Windows' event log has them, a level, the message, and the event's data by
 * name. An event is one write to the file, so that processes may write at the same time; a line
 * that a crash cut off is skipped when it is read.
 */
#ifndef REGSTORE_SVC_EVENTS_H
#define REGSTORE_SVC_EVENTS_H

#include <jansson.h>
#include <stdbool.h>

#include "regstore/registry/registry.h"

enum event_level { EVENT_CRITICAL = 1, EVENT_ERROR, EVENT_WARNING, EVENT_INFORMATION };

/*
 * Add an event to the log of the host in `root`, whose registry this is. `data` (an object, or
 * NULL) is taken. False if it cannot be written.
 */
bool event_write(struct registry *registry, const char *root, const char *provider, unsigned id,
    enum event_level level, json_t *data, const char *format, ...) PRINTF_LIKE(7, 8);

/*
 * The events, oldest first, as an array of {time, wall, provider, id, level, message, data}; of one
 * provider and one id if they are given (NULL, 0: any). NULL without memory. The caller owns it.
 */
json_t *events_read(const char *root, const char *provider, unsigned id);

#endif
