// Owns the common start of a master and of an agent, in the order of the library's own programs.
#include "daemon.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

namespace lab {

namespace {

enum Severity : int { kInfo = 0, kWarning = 1, kError = 2 };

void log(Severity severity, const std::string& message) {
  google::LogMessage("lab", 0, severity).stream() << message;
}

void setEnvironment(const char* name, const Option<std::string>& value) {
  if (value.isSome()) setenv(name, value.get().c_str(), 1);
}

std::string outputOf(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) fatal("Cannot run '" + command + "': " + std::strerror(errno));
  std::string output;
  char buffer[256];
  for (size_t size; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    output.append(buffer, size);
  }
  if (pclose(pipe) != 0) fatal("The discovery command '" + command + "' failed");
  const size_t end = output.find_last_not_of(" \t\r\n");
  return output.substr(0, end == std::string::npos ? 0 : end + 1);
}

// An address is given either by a flag or by a command that prints it.
void setAddress(const FlagValues& values, const std::string& flag, const char* variable) {
  const std::string commandFlag = flag + "_discovery_command";
  if (!values.exists(flag)) return;
  const auto command = values.text(commandFlag);
  if (!command.isSome()) return setEnvironment(variable, values.text(flag));
  if (values.isSet(flag)) fatal("Only one of --" + flag + " or --" + commandFlag + " may be given");
  setEnvironment(variable, outputOf(command.get()));
}

bool asksForTls(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && (std::strcmp(value, "1") == 0 || std::strcmp(value, "true") == 0);
}

// logging::initialize copies an Option<logging::Flags>: fill one from the same sources, letting the
// flags that are not about logging pass.
void startLogging(int argc, char** argv) {
  auto* option = construct<Option<mesos::internal::logging::Flags>>(std::in_place);
  flags::FlagsBase* base = launder(&option->get());
  base->load(Option<std::string>("MESOS_"), argc, argv, true, true);
  mesos::internal::logging::initialize(argv[0], true, *option);
}

}  // namespace

void info(const std::string& message) { log(kInfo, message); }
void warn(const std::string& message) { log(kWarning, message); }

void fatal(const std::string& message) {
  log(kError, message);
  std::cerr << std::flush;
  std::_Exit(EXIT_FAILURE);
}

void refuseTls(const char* program) {
  for (const char* variable : {"LIBPROCESS_SSL_ENABLED", "SSL_ENABLED"}) {
    if (!asksForTls(variable)) continue;
    std::cerr << program << ": " << variable << " is set, but the lab package of Mesos has no TLS;"
              << " unset it, or install another flavour of Mesos" << std::endl;
    std::_Exit(EXIT_FAILURE);
  }
}

void loadFlags(flags::FlagsBase* flags, int argc, char** argv, const char* program) {
  const auto loaded = flags->load(Option<std::string>("MESOS_"), argc, argv, false, false);
  if (flags->help) {
    std::cout << flags->usage(Option<std::string>()) << std::endl;
    std::_Exit(EXIT_SUCCESS);
  }
  if (FlagValues(nullptr, *flags).isTrue("version")) {
    std::cout << "mesos " << MESOS_VERSION << std::endl;
    std::_Exit(EXIT_SUCCESS);
  }
  if (loaded.isError()) {
    std::cerr << flags->usage(Option<std::string>(loaded.error())) << std::endl;
    std::_Exit(EXIT_FAILURE);
  }
  refuseTls(program);
  startLogging(argc, argv);
  for (const auto& warning : loaded.get().warnings) warn(warning.message);
}

void refuse(const std::vector<Unsupported>& features) {
  for (const auto& feature : features) {
    if (feature.requested) fatal("The lab package of Mesos cannot do this: " + feature.explanation);
  }
}

void refuseCommon(const FlagValues& values, const char* authorizersFlag) {
  const std::string authorizers = authorizersFlag;
  const auto authorizer = values.text(authorizers);
  refuse({
      {authorizer.isSome() && authorizer.get() != "local",
       "--" + authorizers + " knows only 'local'"},
      {values.isSet("firewall_rules"), "--firewall_rules is not available"},
      {values.isSet("modules"), "--modules is not available, use --modules_dir"},
  });
}

void configureNetwork(const FlagValues& values) {
  setAddress(values, "ip", "LIBPROCESS_IP");
  setAddress(values, "ip6", "LIBPROCESS_IP6");
  setEnvironment("LIBPROCESS_PORT", values.text("port"));
  setEnvironment("LIBPROCESS_ADVERTISE_IP", values.text("advertise_ip"));
  setEnvironment("LIBPROCESS_ADVERTISE_PORT", values.text("advertise_port"));
  setEnvironment("LIBPROCESS_MEMORY_PROFILING", values.text("memory_profiling"));
}

void logBuild() {
  using namespace mesos::internal;
  info("Build: " + build::DATE + " by " + build::USER);
  info(std::string("Version: ") + MESOS_VERSION);
  if (build::GIT_TAG.isSome()) info("Git tag: " + build::GIT_TAG.get());
  if (build::GIT_SHA.isSome()) info("Git SHA: " + build::GIT_SHA.get());
}

void startRuntime(const FlagValues& values, const std::string& processId,
                  const std::string& realmPrefix) {
  const bool first = process::initialize(Option<std::string>(processId),
                                         Option<std::string>(realmPrefix + "-readwrite"),
                                         Option<std::string>(realmPrefix + "-readonly"));
  if (!first) fatal("libprocess was already started");
  process::spawn(construct<mesos::internal::VersionProcess>(), true);

  if (values.isSet("modules_dir")) {
    require(mesos::modules::ModuleManager::load(values.text("modules_dir").get()),
            "Cannot load modules");
  }
  if (values.isSet("hooks")) {
    require(mesos::internal::HookManager::initialize(values.text("hooks").get()),
            "Cannot start hooks");
  }
}

Option<mesos::Authorizer*> createAuthorizer(const FlagValues& values) {
  if (!values.isSet("acls")) return {};
  // Option<ACLs> is {int; ACLs}; a protobuf begins with the address point of its vtable, which
  // shows that the member is where its flag says.
  extern char aclsVtable[] asm("_ZTVN5mesos4ACLsE");
  struct AclsOption {
    int state;
    alignas(8) char* vtable;
  };
  const auto& option = values.member<AclsOption>("acls");
  if (option.state != 0 || option.vtable != aclsVtable + 2 * sizeof(void*)) {
    fatal("internal error: --acls is not where it should be");
  }
  const auto& acls = reinterpret_cast<const mesos::ACLs&>(option.vtable);
  mesos::Authorizer* authorizer = require(mesos::Authorizer::create(acls), "Cannot use --acls");
  process::http::authorization::setCallbacks(
      mesos::authorization::createAuthorizationCallbacks(authorizer));
  info("Using the 'local' authorizer");
  return Option<mesos::Authorizer*>(authorizer);
}

std::string secureText(const FlagValues& values, const std::string& flag) {
  return values.member<Option<flags::SecurePathOrValue>>(flag).get().value;
}

void waitAndExit(const process::UPID& pid) {
  process::wait(pid, process::kForever);
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace lab
