// Owns the declaration of the library's flag parser (stout's `flags::FlagsBase`).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "abi/stout.h"

namespace flags {

// The value of a flag that may be given as a path: the text that counts, and where it came from.
struct SecurePathOrValue {
  Option<Path> path;
  std::string value;
};

struct Name {
  std::string value;
  bool deprecated;
};

struct Warning {
  std::string message;
};

struct Warnings {
  std::vector<Warning> warnings;
};

class FlagsBase;

struct Flag {
  Name name;
  Option<Name> alias;
  Option<Name> loaded_name;
  std::string help;
  bool boolean;
  std::function<Try<Nothing>(FlagsBase*, const std::string&)> load;
  std::function<Option<std::string>(const FlagsBase&)> stringify;
  std::function<Option<Error>(const FlagsBase&)> validate;
  bool required;
};

class FlagsBase {
 public:
  FlagsBase();
  // The order of the virtual functions is that of the library's vtable.
  virtual ~FlagsBase();
  virtual Try<Warnings> load(const std::string& prefix);
  virtual Try<Warnings> load(const Option<std::string>& prefix, int argc, const char* const* argv,
                             bool unknowns, bool duplicates);

  std::string usage(const Option<std::string>& message) const;

  bool help;
  std::string programName_;
  Option<std::string> usageMessage_;
  std::map<std::string, Flag> flags_;
  std::map<std::string, std::string> aliases;
};

static_assert(sizeof(Flag) == 280, "the library lays out flags::Flag in 280 bytes");
static_assert(sizeof(FlagsBase) == 184, "the library lays out flags::FlagsBase in 184 bytes");

}  // namespace flags

// stout's base class of the subcommands of mesos-containerizer.
class Subcommand {
 public:
  explicit Subcommand(const std::string& name) : name_(name) {}
  virtual ~Subcommand() {}
  virtual int execute() = 0;
  virtual flags::FlagsBase* getFlags() { return &flags_; }

 private:
  std::string name_;
  flags::FlagsBase flags_;
};

static_assert(sizeof(Subcommand) == 224, "the library lays out Subcommand in 224 bytes");
