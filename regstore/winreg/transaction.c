/*
 * Transactions: each is a connection of its own with one of the store's transactions open.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/winreg/internal.h"

/* End it one way or the other; the mutex is held. */
static lstatus
end(struct transaction *transaction, bool commit)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (transaction->begun && commit)
		status = registry_commit(transaction->registry);
	else if (transaction->begun)
		registry_rollback(transaction->registry);
	transaction->ended = true;
	return status;
}

static void
close_transaction(struct object *object)
{
	struct transaction *transaction = (struct transaction *)object;

	pthread_mutex_lock(&transaction->mutex);
	if (!transaction->ended)
		end(transaction, false);
	pthread_mutex_unlock(&transaction->mutex);
}

static void
destroy_transaction(struct object *object)
{
	struct transaction *transaction = (struct transaction *)object;

	registry_close(transaction->registry);
	free(transaction->comment);
	pthread_mutex_destroy(&transaction->mutex);
	free(transaction);
}

static lstatus
transaction_new(const void *description, struct transaction **ret_transaction)
{
	struct transaction *transaction = calloc(1, sizeof(*transaction));
	struct text comment;
	lstatus status;

	if (transaction == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (pthread_mutex_init(&transaction->mutex, NULL) != 0) {
		free(transaction);
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	object_init(
	    &transaction->object, OBJECT_TRANSACTION, close_transaction, destroy_transaction);
	status = text_take(&comment, description, false);
	if (lstatus_ok(status) && comment.utf8 != NULL) {
		transaction->comment = strdup(comment.utf8);
		if (transaction->comment == NULL)
			status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	text_release(&comment);
	if (lstatus_ok(status))
		status = process_connect(&transaction->registry);
	if (lstatus_ok(status))
		*ret_transaction = transaction;
	else
		object_drop(&transaction->object);
	return status;
}

lstatus
transaction_enter(struct transaction *transaction)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	pthread_mutex_lock(&transaction->mutex);
	if (transaction->ended)
		status = LSTATUS(ERROR_TRANSACTION_NOT_ACTIVE);
	else if (!transaction->begun)
		status = registry_begin(transaction->registry, transaction->comment);
	if (lstatus_ok(status))
		transaction->begun = true;
	else
		pthread_mutex_unlock(&transaction->mutex);
	return status;
}

void
transaction_leave(struct transaction *transaction)
{
	pthread_mutex_unlock(&transaction->mutex);
}

HANDLE
CreateTransaction(LPSECURITY_ATTRIBUTES lpTransactionAttributes UNUSED, LPGUID UOW UNUSED,
    DWORD CreateOptions UNUSED, DWORD IsolationLevel UNUSED, DWORD IsolationFlags UNUSED,
    DWORD Timeout UNUSED, LPWSTR lpDescription)
{
	struct transaction *transaction;
	HANDLE handle = INVALID_HANDLE_VALUE;
	lstatus status = transaction_new(lpDescription, &transaction);

	if (lstatus_ok(status))
		status = handle_make(&transaction->object, &handle);
	if (!lstatus_ok(status))
		SetLastError(status.code);
	return lstatus_ok(status) ? handle : INVALID_HANDLE_VALUE;
}

static BOOL
end_by_handle(HANDLE handle, bool commit)
{
	struct transaction *transaction =
	    (struct transaction *)handle_object(handle, OBJECT_TRANSACTION);
	lstatus status = LSTATUS(ERROR_INVALID_HANDLE);

	if (transaction != NULL) {
		pthread_mutex_lock(&transaction->mutex);
		status = transaction->ended ? LSTATUS(ERROR_TRANSACTION_NOT_ACTIVE)
		                            : end(transaction, commit);
		pthread_mutex_unlock(&transaction->mutex);
		object_drop(&transaction->object);
	}
	if (!lstatus_ok(status))
		SetLastError(status.code);
	return lstatus_ok(status);
}

BOOL
CommitTransaction(HANDLE TransactionHandle)
{
	return end_by_handle(TransactionHandle, true);
}

BOOL
RollbackTransaction(HANDLE TransactionHandle)
{
	return end_by_handle(TransactionHandle, false);
}
