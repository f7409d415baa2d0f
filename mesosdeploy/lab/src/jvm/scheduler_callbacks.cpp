// Owns the callbacks of a Java Scheduler; they run on the library's threads.
#include "jvm/scheduler_callbacks.h"

#include "jvm/messages.h"

namespace lab {

using java::checked;
using java::Environment;
using java::messageType;
using java::Object;
using jni::Values;

namespace {

jni::Method listener(Environment* env, const char* name, const std::string& parameters) {
  return java::callbackMethod(env, "Scheduler", name, parameters);
}

}  // namespace

SchedulerClasses::SchedulerClasses(Environment* env, java::Class driver)
    : status(env),
      executorId(env, "ExecutorID"),
      frameworkId(env, "FrameworkID"),
      masterInfo(env, "MasterInfo"),
      offer(env, "Offer"),
      offerId(env, "OfferID"),
      agentId(env, "SlaveID"),
      taskStatus(env, "TaskStatus"),
      scheduler(checked(env, env->field(driver, "scheduler", "Lorg/apache/mesos/Scheduler;"))),
      nativeDriver(checked(env, env->field(driver, "__driver", "J"))),
      nativeScheduler(checked(env, env->field(driver, "__scheduler", "J"))),
      registered(
          listener(env, "registered", messageType("FrameworkID") + messageType("MasterInfo"))),
      reregistered(listener(env, "reregistered", messageType("MasterInfo"))),
      disconnected(listener(env, "disconnected", "")),
      resourceOffers(listener(env, "resourceOffers", "Ljava/util/List;")),
      offerRescinded(listener(env, "offerRescinded", messageType("OfferID"))),
      statusUpdate(listener(env, "statusUpdate", messageType("TaskStatus"))),
      frameworkMessage(listener(env, "frameworkMessage",
                                messageType("ExecutorID") + messageType("SlaveID") + "[B")),
      agentLost(listener(env, "slaveLost", messageType("SlaveID"))),
      executorLost(
          listener(env, "executorLost", messageType("ExecutorID") + messageType("SlaveID") + "I")),
      error(listener(env, "error", "Ljava/lang/String;")),
      arrayList(java::globalClass(env, "java/util/ArrayList")),
      newArrayList(checked(env, env->method(arrayList, "<init>", "()V"))),
      add(checked(env, env->method(arrayList, "add", "(Ljava/lang/Object;)Z"))) {}

template <typename Arguments>
void SchedulerCallbacks::call(mesos::MesosSchedulerDriver* driver, jni::Method method,
                              Arguments arguments) {
  const bool done = java::callback("mesos-scheduler", [&](Environment* env) {
    const Object self = env->newLocal(driver_);
    if (self == nullptr) return;
    const Object scheduler = env->getObject(self, classes_.scheduler);
    Values values = arguments(env);
    values.insert(values.begin(), self);
    env->callVoid(scheduler, method, values);
  });
  if (!done) driver->abort();
}

void SchedulerCallbacks::registered(mesos::MesosSchedulerDriver* driver,
                                    const mesos::FrameworkID& framework,
                                    const mesos::MasterInfo& master) {
  call(driver, classes_.registered, [&](Environment* env) -> Values {
    return {classes_.frameworkId.parse(env, serialized(framework)),
            classes_.masterInfo.parse(env, serialized(master))};
  });
}

void SchedulerCallbacks::reregistered(mesos::MesosSchedulerDriver* driver,
                                      const mesos::MasterInfo& master) {
  call(driver, classes_.reregistered, [&](Environment* env) -> Values {
    return {classes_.masterInfo.parse(env, serialized(master))};
  });
}

void SchedulerCallbacks::disconnected(mesos::MesosSchedulerDriver* driver) {
  call(driver, classes_.disconnected, [](Environment*) -> Values { return {}; });
}

void SchedulerCallbacks::resourceOffers(mesos::MesosSchedulerDriver* driver,
                                        const std::vector<mesos::Offer>& offers) {
  call(driver, classes_.resourceOffers, [&](Environment* env) -> Values {
    const Object list = checked(env, env->newObject(classes_.arrayList, classes_.newArrayList, {}));
    forEachOffer(offers, [&](const mesos::Offer& offer) {
      const java::LocalFrame frame(env);
      const Object element = classes_.offer.parse(env, serialized(offer));
      checked(env, env->callBoolean(list, classes_.add, {element}));
    });
    return {list};
  });
}

void SchedulerCallbacks::offerRescinded(mesos::MesosSchedulerDriver* driver,
                                        const mesos::OfferID& offer) {
  call(driver, classes_.offerRescinded, [&](Environment* env) -> Values {
    return {classes_.offerId.parse(env, serialized(offer))};
  });
}

void SchedulerCallbacks::statusUpdate(mesos::MesosSchedulerDriver* driver,
                                      const mesos::TaskStatus& status) {
  call(driver, classes_.statusUpdate, [&](Environment* env) -> Values {
    return {classes_.taskStatus.parse(env, serialized(status))};
  });
}

void SchedulerCallbacks::frameworkMessage(mesos::MesosSchedulerDriver* driver,
                                          const mesos::ExecutorID& executor,
                                          const mesos::SlaveID& agent, const std::string& data) {
  call(driver, classes_.frameworkMessage, [&](Environment* env) -> Values {
    return {classes_.executorId.parse(env, serialized(executor)),
            classes_.agentId.parse(env, serialized(agent)), java::bytes(env, data)};
  });
}

void SchedulerCallbacks::slaveLost(mesos::MesosSchedulerDriver* driver,
                                   const mesos::SlaveID& agent) {
  call(driver, classes_.agentLost, [&](Environment* env) -> Values {
    return {classes_.agentId.parse(env, serialized(agent))};
  });
}

void SchedulerCallbacks::executorLost(mesos::MesosSchedulerDriver* driver,
                                      const mesos::ExecutorID& executor,
                                      const mesos::SlaveID& agent, int status) {
  call(driver, classes_.executorLost, [&](Environment* env) -> Values {
    return {classes_.executorId.parse(env, serialized(executor)),
            classes_.agentId.parse(env, serialized(agent)), int32_t{status}};
  });
}

void SchedulerCallbacks::error(mesos::MesosSchedulerDriver* driver, const std::string& message) {
  call(driver, classes_.error,
       [&](Environment* env) -> Values { return {java::text(env, message)}; });
}

}  // namespace lab
