// Owns what an agent tells an executor in environment variables.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace lab {

struct ExecutorEnvironment {
  std::string url;    // of the executor API
  std::string token;  // "" if the agent wants none
  std::string frameworkId;
  std::string executorId;
  std::string agentId;
  bool checkpoint;
  std::chrono::nanoseconds recoveryTimeout;
  std::chrono::nanoseconds shutdownGracePeriod;

  // Nothing if this process was not started by an agent.
  static std::optional<ExecutorEnvironment> read();
};

}  // namespace lab
