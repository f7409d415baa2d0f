// Owns the declarations of the parts that only a master is composed of.
#pragma once

#include <set>

#include "abi/mesos.h"

namespace mesos {

namespace allocator {
class Allocator {};
}  // namespace allocator

namespace log {
class Log {
 public:
  // A log replicated through ZooKeeper.
  Log(int quorum, const std::string& path, const std::string& servers,
      const Duration& sessionTimeout, const std::string& znode,
      const Option<zookeeper::Authentication>& authentication, bool autoInitialize,
      const Option<std::string>& metricsPrefix);
  // A log among known replicas (none but ourselves, in a standalone master).
  Log(int quorum, const std::string& path, const std::set<process::UPID>& peers,
      bool autoInitialize, const Option<std::string>& metricsPrefix);

 private:
  lab::Opaque<4096> body_;
};
}  // namespace log

namespace state {
class Storage {
 public:
  virtual ~Storage();
};

class LogStorage : public Storage {
 public:
  LogStorage(log::Log* log, size_t diffsBetweenSnapshots);
  ~LogStorage() override;

 private:
  lab::Opaque<64> body_;
};

class InMemoryStorage : public Storage {
 public:
  InMemoryStorage();
  ~InMemoryStorage() override;

 private:
  lab::Opaque<64> body_;
};

// Inline in the library's headers, so it is ours to define: {vptr; Storage*}.
class State {
 public:
  explicit State(Storage* storage) : storage_(storage) {}
  virtual ~State() {}

 private:
  Storage* storage_;
};
}  // namespace state

namespace internal {
namespace master {

class Flags : public virtual logging::Flags {
 public:
  Flags();
  ~Flags() override;

 private:
  lab::Opaque<16384> body_;
};

class Registrar {
 public:
  Registrar(const Flags& flags, state::State* state, const Option<std::string>& realm);

 private:
  lab::Opaque<4096> body_;
};

namespace allocator {
class DRFSorter;

#if MESOS_MINOR >= 9
template <typename RoleSorter, typename FrameworkSorter>
class HierarchicalAllocatorProcess;

template <typename AllocatorProcess>
class MesosAllocator : public mesos::allocator::Allocator {
 public:
  MesosAllocator();

 private:
  lab::Opaque<64> body_;
};

using HierarchicalDRFAllocator = MesosAllocator<HierarchicalAllocatorProcess<DRFSorter, DRFSorter>>;
#else
template <typename RoleSorter, typename FrameworkSorter, typename QuotaRoleSorter>
class HierarchicalAllocatorProcess;

template <typename AllocatorProcess>
class MesosAllocator : public mesos::allocator::Allocator {
 public:
  static Try<mesos::allocator::Allocator*> create();
};

using HierarchicalDRFAllocator =
    MesosAllocator<HierarchicalAllocatorProcess<DRFSorter, DRFSorter, DRFSorter>>;
#endif
}  // namespace allocator

class Master {
 public:
  Master(mesos::allocator::Allocator* allocator, Registrar* registrar, Files* files,
         mesos::master::contender::MasterContender* contender,
         mesos::master::detector::MasterDetector* detector, const Option<Authorizer*>& authorizer,
         const Option<std::shared_ptr<process::RateLimiter>>& agentRemovalLimiter,
         const Flags& flags);

 private:
  lab::Opaque<16384> body_;
};

}  // namespace master
}  // namespace internal
}  // namespace mesos
