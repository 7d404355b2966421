/*
 * hvctl, the program: the library has the rest.
 */
#include "vmms/hvctl.h"

int
main(int argc, char **argv)
{
	return hvctl_main(argc, argv);
}
