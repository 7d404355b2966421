/*
 * A program for Wine: opens a key by its path and reads a value, as often as it is told, and prints
 * the median of the rounds in microseconds. scripts/bench/run compiles it with MinGW.
 */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#define ROUNDS 9
#define KEYS   10

static void
read_one(int i)
{
	char path[64];
	BYTE data[64];
	DWORD size = sizeof(data);
	HKEY key;

	snprintf(path, sizeof(path), "SOFTWARE\\Bench\\Group00000\\Key%05d", i % KEYS);
	if (RegOpenKeyExA(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key) != ERROR_SUCCESS ||
	    RegQueryValueExA(key, "Value000", NULL, NULL, data, &size) != ERROR_SUCCESS) {
		fprintf(stderr, "wine_read: %s is not there\n", path);
		exit(1);
	}
	RegCloseKey(key);
}

static int
compare_times(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

int
main(int argc, char **argv)
{
	int reads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 2000;
	double times[ROUNDS];
	LARGE_INTEGER frequency;
	LARGE_INTEGER start;
	LARGE_INTEGER end;

	QueryPerformanceFrequency(&frequency);
	for (int round = 0; round < ROUNDS; round++) {
		QueryPerformanceCounter(&start);
		for (int i = 0; i < reads; i++)
			read_one(i);
		QueryPerformanceCounter(&end);
		times[round] = (double)(end.QuadPart - start.QuadPart) * 1e6 /
		               (double)frequency.QuadPart / reads;
	}
	qsort(times, ROUNDS, sizeof(*times), compare_times);
	printf("%.3f\n", times[ROUNDS / 2]);
	return 0;
}
