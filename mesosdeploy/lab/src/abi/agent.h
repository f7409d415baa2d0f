// Owns the declarations of the parts that only an agent is composed of.
//
// The argument lists of `Containerizer::create` and `Slave` grew with the versions; that difference
// is here and in agent.cpp where they are called.  A wrong list is an undefined symbol at link
// time.
#pragma once

#include <list>
#include <map>

#include "abi/mesos.h"

namespace mesos {

class SecretGenerator {};

class SecretResolver {
 public:
  static Try<SecretResolver*> create(const Option<std::string>& module);
};

namespace authentication {
namespace executor {
class JWTSecretGenerator : public SecretGenerator {
 public:
  explicit JWTSecretGenerator(const std::string& key);

 private:
  lab::Opaque<128> body_;
};
}  // namespace executor
}  // namespace authentication

namespace slave {
class ResourceEstimator {
 public:
  static Try<ResourceEstimator*> create(const Option<std::string>& module);
};

class QoSController {
 public:
  static Try<QoSController*> create(const Option<std::string>& module);
};
}  // namespace slave

namespace internal {

// Inline in the library's headers, so both are ours to define; without them the agent's
// /containerizer/debug would follow a null pointer.
struct FutureMetadata {
  std::string operation;
  std::string component;
  std::map<std::string, std::string> args;
};

class PendingFutureTrackerProcess : public process::Process<PendingFutureTrackerProcess> {
 public:
  PendingFutureTrackerProcess()
      : process::ProcessBase(process::ID::generate("pending-future-tracker")) {}

 private:
  std::list<FutureMetadata> pending_;
};

class PendingFutureTracker {
 public:
  explicit PendingFutureTracker(PendingFutureTrackerProcess* process) : process_(process) {}

 private:
  process::Owned<PendingFutureTrackerProcess> process_;
};

namespace slave {

class Flags : public virtual logging::Flags {
 public:
  Flags();
  ~Flags() override;

 private:
  lab::Opaque<16384> body_;
};

class Fetcher {
 public:
  explicit Fetcher(const Flags& flags);

 private:
  lab::Opaque<64> body_;
};

class GarbageCollector {
 public:
  explicit GarbageCollector(const std::string& workDirectory);

 private:
  lab::Opaque<64> body_;
};

class TaskStatusUpdateManager {
 public:
  explicit TaskStatusUpdateManager(const Flags& flags);
  virtual ~TaskStatusUpdateManager();

 private:
  lab::Opaque<64> body_;
};

class VolumeGidManager {
 public:
  static Try<VolumeGidManager*> create(const Flags& flags);
};

class CSIServer;

class Containerizer {
 public:
  static Try<Containerizer*> create(const Flags& flags, bool local, Fetcher* fetcher,
                                    GarbageCollector* garbageCollector,
                                    SecretResolver* secretResolver,
                                    VolumeGidManager* volumeGidManager
#if MESOS_MINOR >= 9
                                    ,
                                    PendingFutureTracker* futureTracker
#endif
#if MESOS_MINOR >= 11
                                    ,
                                    CSIServer* csiServer
#endif
  );
};

class Slave : public virtual process::ProcessBase {
 public:
  Slave(const std::string& id, const Flags& flags,
        mesos::master::detector::MasterDetector* detector, Containerizer* containerizer,
        Files* files, GarbageCollector* garbageCollector,
        TaskStatusUpdateManager* statusUpdateManager,
        mesos::slave::ResourceEstimator* resourceEstimator,
        mesos::slave::QoSController* qosController, SecretGenerator* secretGenerator,
        VolumeGidManager* volumeGidManager,
#if MESOS_MINOR >= 9
        PendingFutureTracker* futureTracker,
#endif
#if MESOS_MINOR >= 11
        process::Owned<CSIServer>&& csiServer,
#endif
#if MESOS_MINOR >= 10
        const Option<process::network::internal::Socket<process::network::unix::Address>>& socket,
#endif
        const Option<Authorizer*>& authorizer);
  ~Slave() override;

 private:
  lab::Opaque<16384> body_;
};

}  // namespace slave
}  // namespace internal
}  // namespace mesos
