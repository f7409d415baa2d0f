// Owns the out-of-line part of executor_driver.h.
//
// Payloads are not looked into, because messages of both APIs have the same wire format; the
// numbers of fields and types are those of v1/executor/executor.proto and mesos.proto.
#include "jvm/executor_driver.h"

#include <sys/random.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "jvm/wire.h"

namespace lab {

namespace {

using std::chrono::steady_clock;
using wire::Fields;
using wire::nested;

// The agent waits for its executors only briefly after a restart (2 s by default).
constexpr std::chrono::milliseconds kRetry(400);
constexpr uint64_t kStaging = 6;
constexpr uint64_t kSourceExecutor = 2;

namespace call_type {
enum { kSubscribe = 1, kUpdate = 2, kMessage = 3 };
}
namespace event_type {
enum {
  kSubscribed = 1,
  kLaunch = 2,
  kKill = 3,
  kAcknowledged = 4,
  kMessage = 5,
  kError = 6,
  kShutdown = 7
};
}

// 16 bytes as of RFC 4122, version 4.
std::string randomUuid() {
  std::string uuid(16, '\0');
  if (getrandom(uuid.data(), uuid.size(), 0) != static_cast<ssize_t>(uuid.size())) std::abort();
  uuid[6] = static_cast<char>((uuid[6] & 0x0f) | 0x40);
  uuid[8] = static_cast<char>((uuid[8] & 0x3f) | 0x80);
  return uuid;
}

// An ID message has one field.
std::string id(const std::string& value) { return nested(1, value); }

double secondsSinceEpoch() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

template <typename List>
void erase(List& list, const std::string& key) {
  list.erase(std::remove_if(list.begin(), list.end(),
                            [&](const auto& element) { return element.first == key; }),
             list.end());
}

}  // namespace

ExecutorDriver::~ExecutorDriver() {
  end(kStopped);
  if (thread_.joinable()) thread_.join();
}

ExecutorDriver::Status ExecutorDriver::start() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (status_ != kNotStarted) return status_;
  const auto environment = ExecutorEnvironment::read();
  if (!environment) {
    std::fputs(
        "libmesos: not started by an agent: MESOS_SLAVE_PID, MESOS_FRAMEWORK_ID or"
        " MESOS_EXECUTOR_ID is missing\n",
        stderr);
    return status_ = kAborted;
  }
  environment_ = *environment;
  status_ = kRunning;
  thread_ = std::thread([this] { run(); });
  return status_;
}

ExecutorDriver::Status ExecutorDriver::end(Status how) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (status_ == kRunning) {
    status_ = how;
    changed_.notify_all();
  }
  return status_;
}

ExecutorDriver::Status ExecutorDriver::join() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return status_ != kRunning; });
  return status_;
}

ExecutorDriver::Status ExecutorDriver::sendStatusUpdate(const std::string& status) {
  if (Fields(status).number(2) == kStaging) {
    // First the error: who waits for the end may leave with it.
    events_.error("Attempted to send TASK_STAGING status update");
    return end(kAborted);
  }
  const std::string uuid = randomUuid();
  const std::string update = nested(1, completed(status, uuid));
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (status_ != kRunning) return status_;
    updates_.emplace_back(uuid, update);
  }
  send(call_type::kUpdate, nested(5, update));
  return kRunning;
}

ExecutorDriver::Status ExecutorDriver::sendFrameworkMessage(const std::string& data) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (status_ != kRunning) return status_;
  }
  send(call_type::kMessage, nested(6, nested(2, data)));
  return kRunning;
}

// Fields that come later count, so what the executor has set is overridden.
std::string ExecutorDriver::completed(const std::string& status, const std::string& uuid) const {
  return status + nested(5, id(environment_.agentId)) + wire::real(6, secondsSinceEpoch()) +
         nested(7, id(environment_.executorId)) + wire::number(9, kSourceExecutor) +
         nested(11, uuid);
}

std::string ExecutorDriver::call(int type, const std::string& content) const {
  return nested(1, id(environment_.executorId)) + nested(2, id(environment_.frameworkId)) +
         wire::number(3, static_cast<uint64_t>(type)) + content;
}

void ExecutorDriver::send(int type, const std::string& content) {
  const AgentClient client(environment_.url, environment_.token);
  // One at a time, so that updates arrive in their order.
  const std::lock_guard<std::mutex> order(sending_);
  if (client.send(call(type, content))) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  resubscribe_ = true;
}

void ExecutorDriver::run() {
  const AgentClient client(environment_.url, environment_.token);
  auto lastEvent = steady_clock::now();
  while (true) {
    bool subscribed = false;
    const auto onEvent = [&](const std::string& event) {
      subscribed = true;
      handle(event);
    };
    client.subscribe(call(call_type::kSubscribe, nested(4, subscription())), onEvent,
                     [this] { return proceed(); });
    if (subscribed) lastEvent = steady_clock::now();
    std::unique_lock<std::mutex> lock(mutex_);
    if (status_ != kRunning) return;
    lock.unlock();
    const bool lost = registered_ && !environment_.checkpoint;
    if (lost || steady_clock::now() - lastEvent > environment_.recoveryTimeout) return shutDown();
    if (subscribed) events_.disconnected();
    lock.lock();
    if (changed_.wait_for(lock, kRetry, [this] { return status_ != kRunning; })) return;
  }
}

bool ExecutorDriver::proceed() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return status_ == kRunning && !resubscribe_;
}

std::string ExecutorDriver::subscription() {
  const std::lock_guard<std::mutex> lock(mutex_);
  resubscribe_ = false;
  std::string content;
  for (const auto& task : tasks_) content += nested(1, task.second);
  for (const auto& update : updates_) content += nested(2, update.second);
  return content;
}

void ExecutorDriver::handle(const std::string& event) {
  const Fields fields(event);
  switch (fields.number(1)) {
    case event_type::kSubscribed:
      return onSubscribed(fields.nested(2));
    case event_type::kLaunch:
      return onLaunch(Fields(fields.nested(4)).nested(1));
    case event_type::kKill:
      return events_.killTask(Fields(fields.nested(5)).nested(1));
    case event_type::kAcknowledged:
      return onAcknowledged(fields.nested(3));
    case event_type::kMessage:
      return events_.frameworkMessage(Fields(fields.nested(6)).nested(1));
    case event_type::kError:
      events_.error(Fields(fields.nested(7)).nested(1));
      end(kAborted);
      return;
    case event_type::kShutdown:
      return shutDown();
    default:  // heartbeats, and what only executors of task groups get
      return;
  }
}

void ExecutorDriver::onSubscribed(const std::string& subscribed) {
  const Fields fields(subscribed);
  const std::string agent = fields.nested(3);
  if (registered_) return events_.reregistered(agent);
  registered_ = true;
  events_.registered(fields.nested(1), fields.nested(2), agent);
}

void ExecutorDriver::onLaunch(const std::string& task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    tasks_.emplace_back(Fields(Fields(task).nested(2)).nested(1), task);
  }
  events_.launchTask(task);
}

void ExecutorDriver::onAcknowledged(const std::string& acknowledged) {
  const Fields fields(acknowledged);
  const std::lock_guard<std::mutex> lock(mutex_);
  erase(tasks_, Fields(fields.nested(1)).nested(1));
  erase(updates_, fields.nested(2));
}

// An executor that does not end in its grace period is ended, with all its processes.
void ExecutorDriver::shutDown() {
  std::thread([grace = environment_.shutdownGracePeriod] {
    std::this_thread::sleep_for(grace);
    killpg(0, SIGKILL);
  }).detach();
  events_.shutdown();
  end(kAborted);
}

}  // namespace lab
