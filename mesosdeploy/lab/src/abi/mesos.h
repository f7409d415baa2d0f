// Owns the declarations of what the two daemons share: authorization, discovery, modules, logging.
#pragma once

#include <string>

#include "abi/flags.h"
#include "abi/opaque.h"
#include "abi/process.h"
#include "abi/stout.h"

namespace mesos {

class ACLs;

class Authorizer {
 public:
  static Try<Authorizer*> create(const ACLs& acls);
};

namespace authorization {
process::http::authorization::Callbacks createAuthorizationCallbacks(Authorizer* authorizer);
}

// The protobuf that describes a master; larger here than in any version.
class MasterInfo {
 public:
  MasterInfo(const MasterInfo& other);
  virtual ~MasterInfo();

 private:
  lab::Opaque<2048> body_;
};

namespace modules {
class ModuleManager {
 public:
  static Try<Nothing> load(const std::string& directory);
};
}  // namespace modules

namespace master {
namespace contender {
class MasterContender {
 public:
  static Try<MasterContender*> create(const Option<std::string>& zk,
                                      const Option<std::string>& module,
                                      const Option<Duration>& sessionTimeout);
};
}  // namespace contender

namespace detector {
class MasterDetector {
 public:
  static Try<MasterDetector*> create(const Option<std::string>& zk,
                                     const Option<std::string>& module,
                                     const Option<Duration>& sessionTimeout);
};

class StandaloneMasterDetector : public MasterDetector {
 public:
  void appoint(const Option<MasterInfo>& leader);
};
}  // namespace detector
}  // namespace master

namespace internal {

class Files {
 public:
  Files(const Option<std::string>& realm, const Option<Authorizer*>& authorizer);

 private:
  lab::Opaque<64> body_;
};

class HookManager {
 public:
  static Try<Nothing> initialize(const std::string& hooks);
};

class VersionProcess {
 public:
  VersionProcess();

 private:
  lab::Opaque<4096> body_;
};

namespace build {
extern std::string DATE;
extern std::string USER;
extern Option<std::string> GIT_TAG;
extern Option<std::string> GIT_SHA;
}  // namespace build

namespace logging {
class Flags : public virtual flags::FlagsBase {
 public:
  Flags();
  Flags(const Flags&) = delete;
  ~Flags() override;

 private:
  lab::Opaque<4096> body_;
};

void initialize(const std::string& program, bool installSignalHandlers, const Option<Flags>& flags);
}  // namespace logging

}  // namespace internal
}  // namespace mesos
