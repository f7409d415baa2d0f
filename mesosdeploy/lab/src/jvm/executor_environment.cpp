// Owns the out-of-line part of executor_environment.h.
#include "jvm/executor_environment.h"

#include <cstdlib>

#include "abi/stout.h"

namespace lab {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::chrono::nanoseconds duration(const char* name, std::chrono::nanoseconds otherwise) {
  const auto parsed = Duration::parse(variable(name));
  return parsed.isError() ? otherwise : std::chrono::nanoseconds(parsed.get().nanoseconds());
}

}  // namespace

std::optional<ExecutorEnvironment> ExecutorEnvironment::read() {
  const std::string agent = variable("MESOS_SLAVE_PID");  // slave(1)@10.0.0.1:5051
  const size_t at = agent.find('@');
  ExecutorEnvironment found{
      "",
      variable("MESOS_EXECUTOR_AUTHENTICATION_TOKEN"),
      variable("MESOS_FRAMEWORK_ID"),
      variable("MESOS_EXECUTOR_ID"),
      variable("MESOS_SLAVE_ID"),
      variable("MESOS_CHECKPOINT") == "1",
      duration("MESOS_RECOVERY_TIMEOUT", std::chrono::minutes(15)),
      duration("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", std::chrono::seconds(5)),
  };
  if (at == std::string::npos || found.frameworkId.empty() || found.executorId.empty()) return {};
  found.url = "http://" + agent.substr(at + 1) + "/" + agent.substr(0, at) + "/api/v1/executor";
  return found;
}

}  // namespace lab
