// libyaml: its events carry the line and column that every diagnostic needs.
#include <yaml.h>
