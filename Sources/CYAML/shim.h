// libyaml (Debian: libyaml-dev): reads the configuration into a tree of nodes with their places.
#pragma once
#include <yaml.h>
