// Owns the declarations of what runs in a container's helpers, outside of the agent.
#pragma once

#include "abi/mesos.h"

namespace mesos {
namespace internal {
namespace slave {

class MesosContainerizerLaunch : public Subcommand {
 public:
  static const std::string NAME;

  struct Flags : public virtual flags::FlagsBase {
    Flags();
    ~Flags() override;

   private:
    lab::Opaque<16384> body_;
  };

  MesosContainerizerLaunch() : Subcommand(NAME) {}
  int execute() override;
  flags::FlagsBase* getFlags() override;

  Flags launchFlags;
};

class NetworkCniIsolatorSetup : public Subcommand {
 public:
  static const char* NAME;

  NetworkCniIsolatorSetup();
  int execute() override;
  flags::FlagsBase* getFlags() override;

 private:
  lab::Opaque<16384> body_;
};

class IOSwitchboardServer {
 public:
  struct Flags : public virtual flags::FlagsBase {
    Flags();
    ~Flags() override;

   private:
    lab::Opaque<16384> body_;
  };

  static Try<process::Owned<IOSwitchboardServer>> create(
      bool tty, int stdinToFd, int stdoutFromFd, int stdoutToFd, int stderrFromFd, int stderrToFd,
      const std::string& socketPath, bool waitForConnection, Option<Duration> heartbeatInterval);
  process::Future<Nothing> run();
  process::Future<Nothing> unblock();
};

}  // namespace slave
}  // namespace internal
}  // namespace mesos
