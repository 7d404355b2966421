/*
 * The daemon's log, and the pipe on which it tells its starter that it is ready.
 *
 * One line an event: the time in UTC, a blank, the text. Each line is one write(2) to a file opened
 * for appending, so that lines are whole. A log that cannot be written stops nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "regstore/svc/internal.h"

/* Write all of it, as far as the descriptor takes it. */
static void
write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, data, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		data += written;
		size -= (size_t)written;
	}
}

/* Keep a text on one line whatever it quotes. */
static void
make_one_line(struct buf *text)
{
	for (size_t i = 0; i < text->size; i++) {
		if (text->data[i] < ' ' || text->data[i] == 0x7f)
			text->data[i] = ' ';
	}
}

static int
open_folder(const char *root, const char *name)
{
	int home = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int folder = -1;

	if (home < 0)
		return -1;
	if (mkdirat(home, name, 0700) == 0 || errno == EEXIST)
		folder = openat(home, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(home);
	return folder;
}

bool
log_open(struct svc *svc)
{
	struct svc_private *own = svc->private;
	char name[64];
	int fd;

	if (own->log_home < 0)
		own->log_home = open_folder(svc->root, "log");
	if (own->log_home < 0) {
		svc_failed(
		    svc, "The folder %s/log cannot be opened: %s.", svc->root, strerror(errno));
		return false;
	}
	snprintf(name, sizeof(name), "%s.log", svc->name);
	fd = openat(own->log_home, name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		svc_failed(svc, "The log %s/log/%s cannot be opened: %s.", svc->root, name,
		    strerror(errno));
		return false;
	}
	if (own->log >= 0)
		close(own->log);
	own->log = fd;
	return true;
}

void
log_close(struct svc *svc)
{
	struct svc_private *own = svc->private;

	if (own->log >= 0)
		close(own->log);
	if (own->log_home >= 0)
		close(own->log_home);
	own->log = -1;
	own->log_home = -1;
}

void
svc_log(struct svc *svc, const char *format, ...)
{
	struct svc_private *own = svc->private;
	struct buf line = { 0 };
	va_list arguments;

	clock_format(clock_wall(), &line);
	buf_append_byte(&line, ' ');
	va_start(arguments, format);
	buf_vprintf(&line, format, arguments);
	va_end(arguments);
	make_one_line(&line);
	buf_append_byte(&line, '\n');
	if (own->log >= 0)
		write_all(own->log, (const char *)line.data, line.size);
	if (own->foreground)
		write_all(STDERR_FILENO, (const char *)line.data, line.size);
	buf_release(&line);
}

void
ready_take(struct svc *svc)
{
	const char *text = getenv("HVEMU_READY_FD");
	char *end = NULL;
	long number;

	svc->private->ready = -1;
	if (text == NULL || text[0] == '\0')
		return;
	number = strtol(text, &end, 10);
	if (*end == '\0' && number > STDERR_FILENO && number < 65536 &&
	    fcntl((int)number, F_SETFD, FD_CLOEXEC) == 0)
		svc->private->ready = (int)number;
	unsetenv("HVEMU_READY_FD"); /* it is ours, not our children's */
}

void
ready_say(struct svc *svc, const char *word, const char *text)
{
	struct buf line = { 0 };

	if (svc->private->ready < 0)
		return;
	buf_printf(&line, "%s %s", word, text);
	make_one_line(&line);
	buf_append_byte(&line, '\n');
	write_all(svc->private->ready, (const char *)line.data, line.size);
	buf_release(&line);
	close(svc->private->ready);
	svc->private->ready = -1;
}
