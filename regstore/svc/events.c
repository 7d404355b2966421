/*
 * The host's event log.
 */
#include "regstore/svc/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/buf.h"
#include "regstore/base/clock.h"
#include "regstore/store/clock.h"

static const char *const level_names[] = { "", "critical", "error", "warning", "information" };

static int
open_log(const char *root, int flags)
{
	struct buf path = { 0 };
	int fd;

	buf_printf(&path, "%s/log", root);
	if ((flags & O_CREAT) != 0 && mkdir(buf_text(&path), 0700) != 0 && errno != EEXIST) {
		buf_release(&path);
		return -1;
	}
	buf_append_text(&path, "/events.jsonl");
	fd = path.failed ? -1 : open(buf_text(&path), flags | O_CLOEXEC, 0600);
	buf_release(&path);
	return fd;
}

bool
event_write(struct registry *registry, const char *root, const char *provider, unsigned id,
    enum event_level level, json_t *data, const char *format, ...)
{
	struct buf message = { 0 };
	struct buf time = { 0 };
	struct buf wall = { 0 };
	struct store_clock clock;
	struct buf line = { 0 };
	va_list arguments;
	json_t *event;
	char *text;
	bool done = false;
	int fd;

	va_start(arguments, format);
	buf_vprintf(&message, format, arguments);
	va_end(arguments);
	store_clock_read(registry_store(registry), &clock);
	clock_format(clock.now, &time);
	clock_format(clock_wall(), &wall);
	event = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:o}", "time", buf_text(&time), "wall",
	    buf_text(&wall), "provider", provider, "id", (int)id, "level", level_names[level],
	    "message", buf_text(&message), "data", data != NULL ? data : json_object());
	text = event != NULL ? json_dumps(event, JSON_COMPACT) : NULL;
	if (text != NULL)
		buf_printf(&line, "%s\n", text);
	fd = text != NULL && !line.failed ? open_log(root, O_WRONLY | O_APPEND | O_CREAT) : -1;
	if (fd >= 0) {
		done = write(fd, line.data, line.size) == (ssize_t)line.size;
		close(fd);
	}
	free(text);
	json_decref(event);
	buf_release(&message);
	buf_release(&time);
	buf_release(&wall);
	buf_release(&line);
	return done;
}

static bool
is_wanted(const json_t *event, const char *provider, unsigned id)
{
	const char *own = json_string_value(json_object_get(event, "provider"));

	if (!json_is_object(event) || own == NULL)
		return false;
	if (provider != NULL && strcasecmp(own, provider) != 0)
		return false;
	return id == 0 || json_integer_value(json_object_get(event, "id")) == (json_int_t)id;
}

json_t *
events_read(const char *root, const char *provider, unsigned id)
{
	json_t *list = json_array();
	int fd = open_log(root, O_RDONLY);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	char *line = NULL;
	size_t capacity = 0;

	while (file != NULL && getline(&line, &capacity, file) > 0) {
		json_t *event = json_loads(line, 0, NULL);

		if (is_wanted(event, provider, id))
			json_array_append(list, event);
		json_decref(event);
	}
	free(line);
	if (file != NULL)
		fclose(file);
	else if (fd >= 0)
		close(fd);
	return list;
}
