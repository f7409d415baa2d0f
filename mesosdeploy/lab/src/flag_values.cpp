// Owns the one look-up of a flag: a name that this version does not have is an error of ours.
#include "flag_values.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace lab {

namespace {
constexpr int kInternalError = 70;
}

const flags::Flag& FlagValues::flag(const std::string& name) const {
  const auto found = base_.flags_.find(name);
  if (found == base_.flags_.end()) {
    std::fprintf(stderr, "internal error: this version of Mesos has no flag --%s\n", name.c_str());
    std::_Exit(kInternalError);
  }
  return found->second;
}

ptrdiff_t FlagValues::offset(const std::string& name) const {
  ptrdiff_t captured = 0;
  std::memcpy(&captured, &flag(name).stringify, sizeof captured);
  return captured;
}

}  // namespace lab
