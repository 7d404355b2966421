/*
 * What a Windows registry program includes: types, registry, events, transactions. No more of
 * Windows is here.
 */
#ifndef REGSTORE_WINREG_WINDOWS_H
#define REGSTORE_WINREG_WINDOWS_H

#include "regstore/winreg/synchapi.h"
#include "regstore/winreg/winreg.h"

#endif
