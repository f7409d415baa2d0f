// Owns the natives of org.apache.mesos.MesosExecutorDriver.
#include <mutex>

#include "jvm/executor_driver.h"
#include "jvm/java.h"

namespace {

using java::checked;
using java::Environment;
using java::MessageClass;
using java::messageType;
using java::Object;
using jni::Values;
using lab::ExecutorDriver;

// What we use of the Java classes of the executor half.
struct Classes {
  Classes(Environment* env, java::Class driver);

  java::StatusClass status;
  MessageClass agentInfo, executorInfo, frameworkInfo, taskId, taskInfo;
  jni::Field executor, nativeDriver;
  jni::Method registered, reregistered, disconnected, launchTask, killTask, frameworkMessage,
      shutdown, error;
};

const Classes* classes = nullptr;

jni::Method listener(Environment* env, const char* name, const std::string& parameters) {
  return java::callbackMethod(env, "Executor", name, parameters);
}

Classes::Classes(Environment* env, java::Class driver)
    : status(env),
      agentInfo(env, "SlaveInfo"),
      executorInfo(env, "ExecutorInfo"),
      frameworkInfo(env, "FrameworkInfo"),
      taskId(env, "TaskID"),
      taskInfo(env, "TaskInfo"),
      executor(checked(env, env->field(driver, "executor", "Lorg/apache/mesos/Executor;"))),
      nativeDriver(checked(env, env->field(driver, "__driver", "J"))),
      registered(listener(
          env, "registered",
          messageType("ExecutorInfo") + messageType("FrameworkInfo") + messageType("SlaveInfo"))),
      reregistered(listener(env, "reregistered", messageType("SlaveInfo"))),
      disconnected(listener(env, "disconnected", "")),
      launchTask(listener(env, "launchTask", messageType("TaskInfo"))),
      killTask(listener(env, "killTask", messageType("TaskID"))),
      frameworkMessage(listener(env, "frameworkMessage", "[B")),
      shutdown(listener(env, "shutdown", "")),
      error(listener(env, "error", "Ljava/lang/String;")) {}

// The driver of a Java driver, and the way up from it.
class JavaExecutor : public lab::ExecutorEvents {
 public:
  JavaExecutor(Environment* env, Object driver) : self_(env->newWeak(driver)), driver_(*this) {}

  ExecutorDriver& driver() { return driver_; }
  Object self() const { return self_; }

  void registered(const std::string& executor, const std::string& framework,
                  const std::string& agent) override {
    call(classes->registered, [&](Environment* env) -> Values {
      return {classes->executorInfo.parse(env, executor),
              classes->frameworkInfo.parse(env, framework), classes->agentInfo.parse(env, agent)};
    });
  }
  void reregistered(const std::string& agent) override {
    call(classes->reregistered,
         [&](Environment* env) -> Values { return {classes->agentInfo.parse(env, agent)}; });
  }
  void disconnected() override {
    call(classes->disconnected, [](Environment*) -> Values { return {}; });
  }
  void launchTask(const std::string& task) override {
    call(classes->launchTask,
         [&](Environment* env) -> Values { return {classes->taskInfo.parse(env, task)}; });
  }
  void killTask(const std::string& taskId) override {
    call(classes->killTask,
         [&](Environment* env) -> Values { return {classes->taskId.parse(env, taskId)}; });
  }
  void frameworkMessage(const std::string& data) override {
    call(classes->frameworkMessage,
         [&](Environment* env) -> Values { return {java::bytes(env, data)}; });
  }
  void shutdown() override {
    call(classes->shutdown, [](Environment*) -> Values { return {}; });
  }
  void error(const std::string& message) override {
    call(classes->error, [&](Environment* env) -> Values { return {java::text(env, message)}; });
  }

 private:
  // Calls the method with the Java driver and what arguments(env) returns; an exception aborts.
  template <typename Arguments>
  void call(jni::Method method, Arguments arguments) {
    const bool done = java::callback("mesos-executor", [&](Environment* env) {
      const Object self = env->newLocal(self_);
      if (self == nullptr) return;
      Values values = arguments(env);
      values.insert(values.begin(), self);
      env->callVoid(env->getObject(self, classes->executor), method, values);
    });
    if (!done) driver_.end(ExecutorDriver::kAborted);
  }

  const Object self_;
  ExecutorDriver driver_;
};

JavaExecutor* executorOf(Environment* env, Object self) {
  return reinterpret_cast<JavaExecutor*>(env->getLong(self, classes->nativeDriver));
}

// Runs body(driver) and returns its status to Java.
template <typename Body>
Object call(Environment* env, Object self, Body body) {
  try {
    JavaExecutor* executor = executorOf(env, self);
    if (executor == nullptr) {
      java::raise(env, "java/lang/IllegalStateException", "this Mesos driver has been finalized");
    }
    return classes->status.of(env, body(executor->driver()));
  } catch (const java::Thrown&) {
    return nullptr;
  }
}

}  // namespace

#define LAB_NATIVE(result, name, ...) \
  extern "C" result Java_org_apache_mesos_MesosExecutorDriver_##name(__VA_ARGS__)

LAB_NATIVE(void, initialize, Environment* env, Object self) {
  static std::mutex mutex;
  try {
    const std::lock_guard<std::mutex> lock(mutex);
    if (classes == nullptr) classes = new Classes(env, env->classOf(self));
    auto* executor = new JavaExecutor(env, self);
    env->setLong(self, classes->nativeDriver, reinterpret_cast<int64_t>(executor));
  } catch (const java::Thrown&) {
  }
}

LAB_NATIVE(void, finalize, Environment* env, Object self) {
  if (classes == nullptr) return;
  JavaExecutor* executor = executorOf(env, self);
  env->setLong(self, classes->nativeDriver, 0);
  if (executor == nullptr) return;
  const Object weak = executor->self();
  delete executor;  // waits for the driver's thread
  env->deleteWeak(weak);
}

LAB_NATIVE(Object, start, Environment* env, Object self) {
  return call(env, self, [](auto& driver) { return driver.start(); });
}

LAB_NATIVE(Object, stop, Environment* env, Object self) {
  return call(env, self, [](auto& driver) { return driver.end(ExecutorDriver::kStopped); });
}

LAB_NATIVE(Object, abort, Environment* env, Object self) {
  return call(env, self, [](auto& driver) { return driver.end(ExecutorDriver::kAborted); });
}

LAB_NATIVE(Object, join, Environment* env, Object self) {
  return call(env, self, [](auto& driver) { return driver.join(); });
}

LAB_NATIVE(Object, sendStatusUpdate, Environment* env, Object self, Object status) {
  return call(env, self,
              [&](auto& driver) { return driver.sendStatusUpdate(java::serialized(env, status)); });
}

LAB_NATIVE(Object, sendFrameworkMessage, Environment* env, Object self, Object data) {
  return call(env, self,
              [&](auto& driver) { return driver.sendFrameworkMessage(java::bytes(env, data)); });
}
