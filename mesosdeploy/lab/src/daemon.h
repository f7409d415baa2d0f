// Owns what the start of a master and of an agent have in common.
#pragma once

#include <string>
#include <vector>

#include "abi/mesos.h"
#include "flag_values.h"

namespace lab {

void info(const std::string& message);
void warn(const std::string& message);

// Logs the message as an error and exits with status 1.
[[noreturn]] void fatal(const std::string& message);

// The value of a Try, or the end of the process with "<what>: <error>".
template <typename T>
T& require(Try<T>& result, const std::string& what) {
  if (result.isError()) fatal(what + ": " + result.error());
  return result.get();
}

template <typename T>
T& require(Try<T>&& result, const std::string& what) {
  return require(result, what);
}

// Exits with a clear message if the environment asks for TLS, which this build cannot do.
void refuseTls(const char* program);

// Loads flags from the command line and from MESOS_* and starts logging.  --help, --version and
// errors end the process as the library's own programs do.
void loadFlags(flags::FlagsBase* flags, int argc, char** argv, const char* program);

// One thing that a flag asks for and this build does not have.
struct Unsupported {
  bool requested;
  std::string explanation;
};

// Exits naming the first thing that was requested.
void refuse(const std::vector<Unsupported>& features);

// Refuses what neither daemon has, whatever the role.
void refuseCommon(const FlagValues& values, const char* authorizersFlag);

// Hands --ip, --port and their relatives to libprocess, which reads only its own environment.
void configureNetwork(const FlagValues& values);

void logBuild();

// Starts libprocess and what has to run before the daemon itself: /version, modules and hooks.
void startRuntime(const FlagValues& values, const std::string& processId,
                  const std::string& realmPrefix);

// The local authorizer for --acls, already connected to the HTTP endpoints; None without --acls.
Option<mesos::Authorizer*> createAuthorizer(const FlagValues& values);

// The URL in --zk or --master: the content of the file if a path was given.
std::string secureText(const FlagValues& values, const std::string& flag);

// Waits until the process of the daemon ends, then leaves without running static destructors.
[[noreturn]] void waitAndExit(const process::UPID& pid);

}  // namespace lab
