// Owns mesos-master: composes a master of the library's parts and waits for it.
#include "abi/master.h"

#include <cstdlib>
#include <filesystem>

#include "daemon.h"

namespace lab {

namespace {

namespace internal = mesos::internal;
using mesos::master::contender::MasterContender;
using mesos::master::detector::MasterDetector;
using mesos::master::detector::StandaloneMasterDetector;

constexpr char kReadOnlyRealm[] = "mesos-master-readonly";

// How masters find each other: through ZooKeeper, or not at all.
struct Election {
  Option<std::string> zk;
  Duration sessionTimeout;
};

void refuseUnsupported(const FlagValues& values) {
  const auto isNot = [&values](const char* flag, const char* value) {
    return values.text(flag).get() != value;
  };
  refuseCommon(values, "authorizers");
  refuse({
      {isNot("allocator", "hierarchical"), "--allocator knows only 'hierarchical'"},
      {isNot("role_sorter", "drf"), "--role_sorter knows only 'drf'"},
      {isNot("framework_sorter", "drf"), "--framework_sorter knows only 'drf'"},
      {values.isSet("master_contender"), "--master_contender (a module) is not available"},
      {values.isSet("master_detector"), "--master_detector (a module) is not available"},
  });
}

mesos::allocator::Allocator* createAllocator() {
  using internal::master::allocator::HierarchicalDRFAllocator;
#if MESOS_MINOR >= 9
  return construct<HierarchicalDRFAllocator>();
#else
  return require(HierarchicalDRFAllocator::create(), "Cannot create the allocator");
#endif
}

std::string requireText(const FlagValues& values, const char* flag, const char* reason) {
  if (!values.isSet(flag)) fatal(std::string("--") + flag + " is needed " + reason);
  return values.text(flag).get();
}

mesos::log::Log* createLog(const FlagValues& values, const Election& election) {
  const std::string workDirectory =
      requireText(values, "work_dir", "when the registry is a replicated log");
  std::error_code error;
  std::filesystem::create_directories(workDirectory, error);
  if (error) fatal("Cannot create --work_dir '" + workDirectory + "': " + error.message());

  const std::string path = workDirectory + "/replicated_log";
  const Option<std::string> metricsPrefix("registrar/");
  const bool autoInitialize = values.isTrue("log_auto_initialize");
  if (!election.zk.isSome()) {
    return construct<mesos::log::Log>(1, path, std::set<process::UPID>(), autoInitialize,
                                      metricsPrefix);
  }
  const std::string quorum =
      requireText(values, "quorum", "when --zk is given and the registry is a replicated log");
  auto parsed = zookeeper::URL::parse(election.zk.get());
  const auto& url = require(parsed, "Cannot use --zk");
  const bool slash = !url.path.empty() && url.path.back() == '/';
  return construct<mesos::log::Log>(std::atoi(quorum.c_str()), path, url.servers,
                                    election.sessionTimeout,
                                    url.path + (slash ? "" : "/") + "log_replicas",
                                    url.authentication, autoInitialize, metricsPrefix);
}

mesos::state::Storage* createStorage(const FlagValues& values, const Election& election) {
  const std::string registry = values.text("registry").get();
  if (registry == "in_memory") return construct<mesos::state::InMemoryStorage>();
  if (registry == "replicated_log" || registry == "log_storage") {
    return construct<mesos::state::LogStorage>(createLog(values, election), size_t{0});
  }
  fatal("'" + registry + "' is not a supported value of --registry");
}

// --agent_removal_rate_limit=<permits>/<duration>, such as 1/10mins.
Option<std::shared_ptr<process::RateLimiter>> createRemovalLimiter(const FlagValues& values) {
  const char* flag = "agent_removal_rate_limit";
  if (!values.isSet(flag)) return {};
  const std::string text = values.text(flag).get();
  const size_t slash = text.find('/');
  if (slash == std::string::npos) {
    fatal("--agent_removal_rate_limit is '" + text + "', expected <permits>/<duration>");
  }
  auto parsed = Duration::parse(text.substr(slash + 1));
  const Duration period = require(parsed, "Cannot use --agent_removal_rate_limit");
  auto* limiter = construct<process::RateLimiter>(std::atoi(text.c_str()), period);
  const auto keep = [](process::RateLimiter*) {};
  return Option<std::shared_ptr<process::RateLimiter>>(
      std::shared_ptr<process::RateLimiter>(limiter, keep));
}

// Without ZooKeeper the master appoints itself.  Its MasterInfo has no exported accessor, so the
// member is found by the vtable that a protobuf begins with.
void appointSelf(internal::master::Master* master, MasterDetector* detector) {
  extern char masterInfoVtable[] asm("_ZTVN5mesos10MasterInfoE");
  const char* addressPoint = masterInfoVtable + 2 * sizeof(void*);
  auto* word = reinterpret_cast<char**>(master);
  auto* const end = word + kObjectBytes / sizeof(*word);
  while (word < end && *word != addressPoint) ++word;
  if (word == end) fatal("internal error: the master has no MasterInfo");
  const auto& self = *launder(reinterpret_cast<mesos::MasterInfo*>(word));
  static_cast<StandaloneMasterDetector*>(detector)->appoint(
      *construct<Option<mesos::MasterInfo>>(std::in_place, self));
}

[[noreturn]] void run(const internal::master::Flags& flags, const FlagValues& values) {
  const Election election{
      values.isSet("zk") ? Option<std::string>(secureText(values, "zk")) : Option<std::string>(),
      values.member<Duration>("zk_session_timeout")};
  const Option<std::string> noModule;
  const Option<Duration> sessionTimeout(election.sessionTimeout);

  auto* allocator = createAllocator();
  auto* state = new mesos::state::State(createStorage(values, election));
  auto* registrar =
      construct<internal::master::Registrar>(flags, state, Option<std::string>(kReadOnlyRealm));
  auto* contender = require(MasterContender::create(election.zk, noModule, sessionTimeout),
                            "Cannot create the master contender");
  auto* detector = require(MasterDetector::create(election.zk, noModule, sessionTimeout),
                           "Cannot create the master detector");
  const auto authorizer = createAuthorizer(values);
  auto* files = construct<internal::Files>(Option<std::string>(kReadOnlyRealm), authorizer);
  auto* master =
      construct<internal::master::Master>(allocator, registrar, files, contender, detector,
                                          authorizer, createRemovalLimiter(values), flags);
  if (!election.zk.isSome()) appointSelf(master, detector);
  waitAndExit(process::spawn(master, false));
}

}  // namespace

}  // namespace lab

int main(int argc, char** argv) {
  auto* flags = lab::construct<mesos::internal::master::Flags>();
  flags::FlagsBase* base = flags;
  lab::loadFlags(base, argc, argv, "mesos-master");
  const lab::FlagValues values(flags, *base);
  lab::refuseUnsupported(values);
  lab::configureNetwork(values);
  lab::logBuild();
  lab::startRuntime(values, "master", "mesos-master");
  lab::run(*flags, values);
}
