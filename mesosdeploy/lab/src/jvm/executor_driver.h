// Owns the executor driver, which the library does not have: the contract of Mesos' first executor
// API over the agent's v1 one.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "jvm/agent_client.h"
#include "jvm/executor_environment.h"

namespace lab {

// What happens to an executor; messages are serialized.  All calls come from the driver's thread,
// except that of error() for a wrong status.
class ExecutorEvents {
 public:
  virtual ~ExecutorEvents() {}
  virtual void registered(const std::string& executor, const std::string& framework,
                          const std::string& agent) = 0;
  virtual void reregistered(const std::string& agent) = 0;
  virtual void disconnected() = 0;
  virtual void launchTask(const std::string& task) = 0;
  virtual void killTask(const std::string& taskId) = 0;
  virtual void frameworkMessage(const std::string& data) = 0;
  virtual void shutdown() = 0;
  virtual void error(const std::string& message) = 0;
};

class ExecutorDriver {
 public:
  // The numbers are those of org.apache.mesos.Protos.Status.
  enum Status : int { kNotStarted = 1, kRunning = 2, kAborted = 3, kStopped = 4 };

  explicit ExecutorDriver(ExecutorEvents& events) : events_(events) {}
  ExecutorDriver(const ExecutorDriver&) = delete;
  ~ExecutorDriver();

  Status start();
  // Ends the driver as kStopped or kAborted.
  Status end(Status how);
  // Waits for the end.
  Status join();
  // Sends a TaskStatus before it returns, or with the next subscription if the agent is away.
  Status sendStatusUpdate(const std::string& status);
  Status sendFrameworkMessage(const std::string& data);

 private:
  // A task or an update that the agent has not acknowledged, by its ID.
  using Unacknowledged = std::vector<std::pair<std::string, std::string>>;

  void run();
  void handle(const std::string& event);
  void onSubscribed(const std::string& subscribed);
  void onLaunch(const std::string& task);
  void onAcknowledged(const std::string& acknowledged);
  void shutDown();
  bool proceed();
  std::string subscription();
  std::string call(int type, const std::string& content) const;
  // Sends a call; if the agent does not take it, a new subscription has to tell it all.
  void send(int type, const std::string& content);
  std::string completed(const std::string& status, const std::string& uuid) const;

  ExecutorEvents& events_;
  ExecutorEnvironment environment_;
  std::thread thread_;
  bool registered_ = false;

  std::mutex sending_;
  std::mutex mutex_;  // of all that follows
  std::condition_variable changed_;
  Status status_ = kNotStarted;
  bool resubscribe_ = false;
  Unacknowledged tasks_;
  Unacknowledged updates_;
};

}  // namespace lab
