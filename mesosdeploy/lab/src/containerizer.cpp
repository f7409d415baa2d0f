// Owns mesos-containerizer: runs the library's subcommands inside a starting container.
#include "abi/containerizer.h"

#include <sys/mount.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

namespace {

using mesos::internal::slave::MesosContainerizerLaunch;
using mesos::internal::slave::NetworkCniIsolatorSetup;

constexpr int kInternalError = 70;
constexpr char kMount[] = "mount";

int usage(const char* program) {
  std::cerr << "Usage: " << program << " <subcommand> [OPTIONS]\n\n"
            << "Available subcommands:\n"
            << "    help\n"
            << "    " << MesosContainerizerLaunch::NAME << "\n"
            << "    " << kMount << "\n"
            << "    " << NetworkCniIsolatorSetup::NAME << std::endl;
  return EXIT_FAILURE;
}

// The value of --name=value, or nothing.
std::string option(int argc, char** argv, const std::string& name) {
  const std::string prefix = "--" + name + "=";
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.rfind(prefix, 0) == 0) return argument.substr(prefix.size());
  }
  return "";
}

// The one subcommand that the library does not hold, with the one operation it has.
int mountSubcommand(int argc, char** argv) {
  const std::string operation = option(argc, argv, "operation");
  const std::string path = option(argc, argv, "path");
  if (operation != "make-rslave" || path.empty()) {
    std::cerr << "mount needs --operation=make-rslave and --path=<path>" << std::endl;
    return EXIT_FAILURE;
  }
  if (mount(nullptr, path.c_str(), nullptr, MS_SLAVE | MS_REC, nullptr) != 0) {
    std::cerr << "Failed to mark '" << path << "' as rslave: " << std::strerror(errno) << std::endl;
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

// `launch` is constructed here, because its constructor is inline in the library's headers; the
// library's own accessor has to agree with us about where its flags are.
Subcommand* createLaunch() {
  auto* launch = lab::construct<MesosContainerizerLaunch>();
  flags::FlagsBase* expected = lab::launder(&launch->launchFlags);
  Subcommand* subcommand = lab::launder(static_cast<Subcommand*>(launch));
  if (subcommand->getFlags() != expected) {
    std::cerr << "internal error: unexpected layout of the launch subcommand" << std::endl;
    std::_Exit(kInternalError);
  }
  return subcommand;
}

int run(Subcommand* subcommand, int argc, char** argv) {
  const auto loaded = subcommand->getFlags()->load(Option<std::string>("MESOS_CONTAINERIZER_"),
                                                   argc - 1, argv + 1, false, false);
  if (loaded.isError()) {
    std::cerr << "Failed to load the flags: " << loaded.error() << std::endl;
    return EXIT_FAILURE;
  }
  return subcommand->execute();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "help";
  int status = EXIT_FAILURE;
  if (name == kMount) {
    status = mountSubcommand(argc, argv);
  } else if (name == MesosContainerizerLaunch::NAME) {
    status = run(createLaunch(), argc, argv);
  } else if (name == NetworkCniIsolatorSetup::NAME) {
    status = run(lab::launder<Subcommand>(lab::construct<NetworkCniIsolatorSetup>()), argc, argv);
  } else {
    status = usage(argv[0]);
  }
  std::cout << std::flush;
  std::cerr << std::flush;
  std::_Exit(status);
}
