// Owns reading the values of parsed flags without knowing the layout of the library's Flags
// classes.
#pragma once

#include <cstddef>
#include <string>

#include "abi/flags.h"

namespace lab {

class FlagValues {
 public:
  // `object` is the class that declares the flags, `base` its FlagsBase.
  FlagValues(const void* object, const flags::FlagsBase& base) : object_(object), base_(base) {}

  bool exists(const std::string& name) const { return base_.flags_.count(name) != 0; }

  // The value as text; None if the flag is unset.  The flag has to exist.
  Option<std::string> text(const std::string& name) const { return flag(name).stringify(base_); }

  bool isSet(const std::string& name) const { return exists(name) && text(name).isSome(); }

  bool isTrue(const std::string& name) const {
    if (!exists(name)) return false;
    const auto value = text(name);
    return value.isSome() && value.get() == "true";
  }

  // The member that the flag is stored in.  T has to be the member's type.
  template <typename T>
  const T& member(const std::string& name) const {
    return *reinterpret_cast<const T*>(static_cast<const char*>(object_) + offset(name));
  }

 private:
  const flags::Flag& flag(const std::string& name) const;

  // The library's stringify functor captures nothing but the pointer to the member, which is the
  // member's offset; libstdc++ keeps such a functor inside the std::function itself.
  ptrdiff_t offset(const std::string& name) const;

  const void* object_;
  const flags::FlagsBase& base_;
};

}  // namespace lab
