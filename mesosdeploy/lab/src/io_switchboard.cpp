// Owns mesos-io-switchboard: carries the input and output of a container with a terminal or an
// attached session.  Flags, server and protocol are the library's.
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "abi/containerizer.h"
#include "flag_values.h"

namespace {

using mesos::internal::slave::IOSwitchboardServer;

int terminationPipe[2];

void onTerminate(int) {
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = write(terminationPipe[1], &byte, 1);
}

[[noreturn]] void fail(const std::string& message) {
  std::cerr << message << std::endl;
  std::_Exit(EXIT_FAILURE);
}

std::string required(const lab::FlagValues& values, const char* name) {
  if (!values.isSet(name)) fail(std::string("'--") + name + "' is missing");
  return values.text(name).get();
}

int descriptor(const lab::FlagValues& values, const char* name) {
  return std::atoi(required(values, name).c_str());
}

// After SIGTERM the server stops waiting for a first connection and drains what there is.
void unblockOnTerminate(IOSwitchboardServer* server) {
  if (pipe(terminationPipe) != 0) fail("Cannot create a pipe");
  std::signal(SIGTERM, onTerminate);
  std::thread([server] {
    char byte;
    while (read(terminationPipe[0], &byte, 1) < 0 && errno == EINTR) {
    }
    server->unblock();
  }).detach();
}

process::Owned<IOSwitchboardServer> createServer(const lab::FlagValues& values) {
  auto server = IOSwitchboardServer::create(
      values.isTrue("tty"), descriptor(values, "stdin_to_fd"), descriptor(values, "stdout_from_fd"),
      descriptor(values, "stdout_to_fd"), descriptor(values, "stderr_from_fd"),
      descriptor(values, "stderr_to_fd"), required(values, "socket_address"),
      values.isTrue("wait_for_connection"), values.member<Option<Duration>>("heartbeat_interval"));
  if (server.isError()) fail("Failed to create the io switchboard server: " + server.error());
  return server.get();
}

}  // namespace

int main(int argc, char** argv) {
  auto* flags = lab::construct<IOSwitchboardServer::Flags>();
  flags::FlagsBase* base = flags;
  const auto loaded = base->load(Option<std::string>(), argc, argv, false, false);
  if (base->help) {
    std::cout << base->usage(Option<std::string>()) << std::endl;
    return EXIT_SUCCESS;
  }
  if (loaded.isError()) fail(base->usage(Option<std::string>(loaded.error())));

  mesos::internal::logging::initialize(argv[0], false, Option<mesos::internal::logging::Flags>());
  const auto server = createServer(lab::FlagValues(flags, *base));
  unblockOnTerminate(server.get());
  const auto done = server.get()->run();
  done.await(process::kForever);
  std::_Exit(done.isReady() ? EXIT_SUCCESS : EXIT_FAILURE);
}
