// ISA-L (Debian: libisal-dev): deflate. Constants that are expression macros are given as enums.
#pragma once
#include <isa-l/igzip_lib.h>

enum { tp_isal_level1_buffer = ISAL_DEF_LVL1_DEFAULT };
