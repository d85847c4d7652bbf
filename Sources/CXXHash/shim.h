// XXH3 (Debian: libxxhash-dev): hash of log bytes, never against an adversary.
#pragma once
#include <xxhash.h>
