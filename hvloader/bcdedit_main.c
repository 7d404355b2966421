/*
 * The program bcdedit.
 */
#include "hvloader/bcdedit.h"

int
main(int argc, char **argv)
{
	return bcdedit_run(argc, argv);
}
