/*
 * The little of Windows that registry programs use beside the registry: events to be notified by,
 * transactions, the thread's last error, environment strings.
 *
 * Events have no names (other processes cannot open them); waits take events alone. A transaction
 * holds the host's write lock from the first call that uses it to its end: other writers wait for
 * it meanwhile, and the thread that began it gets ERROR_BUSY when it writes outside of it. When its
 * handle is closed before CommitTransaction it is rolled back. Time-outs of transactions are not
 * kept.
 */
#ifndef REGSTORE_WINREG_SYNCHAPI_H
#define REGSTORE_WINREG_SYNCHAPI_H

#include "regstore/winreg/windef.h"

#define INFINITE             0xFFFFFFFFu
#define WAIT_OBJECT_0        0u
#define WAIT_ABANDONED_0     0x80u
#define WAIT_TIMEOUT         258u
#define WAIT_FAILED          0xFFFFFFFFu
#define MAXIMUM_WAIT_OBJECTS 64

/* Returns NULL on failure (GetLastError): ERROR_NOT_SUPPORTED for a name. */
WINBASEAPI HANDLE WINAPI CreateEventW(
    LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCWSTR lpName);
WINBASEAPI HANDLE WINAPI CreateEventA(
    LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCSTR lpName);
WINBASEAPI BOOL WINAPI SetEvent(HANDLE hEvent);
WINBASEAPI BOOL WINAPI ResetEvent(HANDLE hEvent);
WINBASEAPI DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
WINBASEAPI DWORD WINAPI WaitForMultipleObjects(
    DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds);

/* Closes events and transactions; keys too, as on Windows. */
WINBASEAPI BOOL WINAPI CloseHandle(HANDLE hObject);

WINBASEAPI DWORD WINAPI GetLastError(void);
WINBASEAPI void WINAPI SetLastError(DWORD dwErrCode);

/*
 * Replace %NAME% by the host's environment (SystemRoot, ProgramData, ... as Windows Server has
 * them), then the process's; a name that neither knows stays. Returns the characters needed with
 * the terminator; the buffer is filled if that fits.
 */
WINBASEAPI DWORD WINAPI ExpandEnvironmentStringsW(LPCWSTR lpSrc, LPWSTR lpDst, DWORD nSize);
WINBASEAPI DWORD WINAPI ExpandEnvironmentStringsA(LPCSTR lpSrc, LPSTR lpDst, DWORD nSize);

/* INVALID_HANDLE_VALUE on failure. Only lpDescription is used: it goes to the write log. */
WINADVAPI HANDLE WINAPI CreateTransaction(LPSECURITY_ATTRIBUTES lpTransactionAttributes, LPGUID UOW,
    DWORD CreateOptions, DWORD IsolationLevel, DWORD IsolationFlags, DWORD Timeout,
    LPWSTR lpDescription);
WINADVAPI BOOL WINAPI CommitTransaction(HANDLE TransactionHandle);
WINADVAPI BOOL WINAPI RollbackTransaction(HANDLE TransactionHandle);

#ifdef UNICODE
#define CreateEvent              CreateEventW
#define ExpandEnvironmentStrings ExpandEnvironmentStringsW
#else
#define CreateEvent              CreateEventA
#define ExpandEnvironmentStrings ExpandEnvironmentStringsA
#endif

#endif
