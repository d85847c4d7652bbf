// The entry of libFuzzer (compiler-rt's "using libFuzzer as a library") and its user callback.
#pragma once
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
