// Owns mesos-agent: composes an agent of the library's parts and waits for it.
#include "abi/agent.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "daemon.h"

namespace lab {

namespace {

namespace internal = mesos::internal;
namespace slave = mesos::internal::slave;

constexpr char kReadOnlyRealm[] = "mesos-agent-readonly";

// What both the containerizer and the agent are made of.
struct Parts {
  slave::Fetcher* fetcher;
  slave::GarbageCollector* garbageCollector;
  slave::VolumeGidManager* volumeGidManager;
  internal::PendingFutureTracker* futureTracker;
};

void refuseUnsupported(const FlagValues& values) {
  const std::string containerizers = values.text("containerizers").get();
  refuseCommon(values, "authorizer");
  refuse({
      {containerizers.find("docker") != std::string::npos,
       "--containerizers=" + containerizers + " needs the docker containerizer; use 'mesos'"},
      {values.isSet("master_detector"), "--master_detector (a module) is not available"},
      {values.isSet("agent_subsystems"), "--agent_subsystems is not available"},
      {values.isTrue("http_executor_domain_sockets"),
       "--http_executor_domain_sockets is not available"},
      {values.isSet("csi_plugin_config_dir"), "--csi_plugin_config_dir is not available"},
  });
}

void startSystemdSupport(const FlagValues& values) {
  if (!values.isTrue("systemd_enable_support") || !systemd::exists()) return;
  info("Initializing systemd support");
  auto* flags = construct<systemd::Flags>();
  flags::FlagsBase* base = flags;
  const std::string runtimeDirectory =
      "--runtime_directory=" + values.text("systemd_runtime_directory").get();
  const std::string hierarchy = "--cgroups_hierarchy=" + values.text("cgroups_hierarchy").get();
  const char* argv[] = {"systemd", "--enabled", runtimeDirectory.c_str(), hierarchy.c_str()};
  require(base->load(Option<std::string>(), std::size(argv), argv, false, false),
          "internal error: systemd flags");
  require(systemd::initialize(*flags), "Failed to initialize systemd");
}

internal::PendingFutureTracker* createFutureTracker() {
  auto* process = new internal::PendingFutureTrackerProcess;
  process::spawn(static_cast<process::ProcessBase*>(process), false);
  return new internal::PendingFutureTracker(process);
}

slave::VolumeGidManager* createVolumeGidManager(const FlagValues& values,
                                                const slave::Flags& flags) {
  if (!values.isSet("volume_gid_range")) return nullptr;
  return require(slave::VolumeGidManager::create(flags), "Cannot create the volume gid manager");
}

// --jwt_secret_key names a file, as a path or as file:///path.
mesos::SecretGenerator* createSecretGenerator(const FlagValues& values) {
  if (!values.isSet("jwt_secret_key")) return nullptr;
  const std::string scheme = "file://";
  std::string path = values.text("jwt_secret_key").get();
  if (path.rfind(scheme, 0) == 0) path.erase(0, scheme.size());
  std::ifstream file(path, std::ios::binary);
  if (!file) fatal("Cannot read the file '" + path + "' of --jwt_secret_key");
  const std::string key{std::istreambuf_iterator<char>(file), {}};
  return construct<mesos::authentication::executor::JWTSecretGenerator>(key);
}

slave::Containerizer* createContainerizer(const slave::Flags& flags, const Parts& parts,
                                          mesos::SecretResolver* secretResolver) {
  return require(slave::Containerizer::create(flags, false, parts.fetcher, parts.garbageCollector,
                                              secretResolver, parts.volumeGidManager
#if MESOS_MINOR >= 9
                                              ,
                                              parts.futureTracker
#endif
#if MESOS_MINOR >= 11
                                              ,
                                              nullptr
#endif
                                              ),
                 "Failed to create a containerizer");
}

mesos::master::detector::MasterDetector* createDetector(const FlagValues& values) {
  const Option<std::string> master(secureText(values, "master"));
  const Option<Duration> sessionTimeout(values.member<Duration>("zk_session_timeout"));
  const Option<std::string> noModule;
  return require(mesos::master::detector::MasterDetector::create(master, noModule, sessionTimeout),
                 "Failed to create a master detector");
}

slave::Slave* createAgent(const std::string& id, const slave::Flags& flags,
                          const FlagValues& values, const Parts& parts) {
  auto* secretResolver = require(mesos::SecretResolver::create(values.text("secret_resolver")),
                                 "Failed to initialize the secret resolver");
  auto* secretGenerator = createSecretGenerator(values);
  auto* containerizer = createContainerizer(flags, parts, secretResolver);
  auto* detector = createDetector(values);
  const auto authorizer = createAuthorizer(values);
  auto* files = construct<internal::Files>(Option<std::string>(kReadOnlyRealm), authorizer);
  auto* estimator =
      require(mesos::slave::ResourceEstimator::create(values.text("resource_estimator")),
              "Failed to create the resource estimator");
  auto* qosController = require(mesos::slave::QoSController::create(values.text("qos_controller")),
                                "Failed to create the QoS controller");
  auto* updates = construct<slave::TaskStatusUpdateManager>(flags);
  using process::network::internal::Socket;
  return construct<slave::Slave>(id, flags, detector, containerizer, files, parts.garbageCollector,
                                 updates, estimator, qosController, secretGenerator,
                                 parts.volumeGidManager,
#if MESOS_MINOR >= 9
                                 parts.futureTracker,
#endif
#if MESOS_MINOR >= 11
                                 process::Owned<slave::CSIServer>(),
#endif
#if MESOS_MINOR >= 10
                                 Option<Socket<process::network::unix::Address>>(),
#endif
                                 authorizer);
}

}  // namespace

}  // namespace lab

int main(int argc, char** argv) {
  namespace slave = mesos::internal::slave;
  auto* flags = lab::construct<slave::Flags>();
  flags::FlagsBase* base = flags;
  lab::loadFlags(base, argc, argv, "mesos-agent");
  const lab::FlagValues values(flags, *base);
  lab::refuseUnsupported(values);
  if (!values.isSet("master")) lab::fatal("Missing required option --master");
  lab::configureNetwork(values);
  lab::logBuild();

  // The first ID is slave(1), the name by which executors address the agent: generate it before
  // libprocess starts anything.
  const std::string id = process::ID::generate("slave");
  lab::startRuntime(values, id, "mesos-agent");
  lab::startSystemdSupport(values);
  const lab::Parts parts{lab::construct<slave::Fetcher>(*flags),
                         lab::construct<slave::GarbageCollector>(values.text("work_dir").get()),
                         lab::createVolumeGidManager(values, *flags), lab::createFutureTracker()};
  process::ProcessBase* agent = lab::createAgent(id, *flags, values, parts);
  lab::waitAndExit(process::spawn(agent, false));
}
