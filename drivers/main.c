/*
 * ntoskrnl: the kernel process with all drivers of the product.
 */
#include "drivers/host.h"
#include "drivers/tables.h"

int
main(int argc, char **argv)
{
	return kernel_main(argc, argv, drivers);
}
