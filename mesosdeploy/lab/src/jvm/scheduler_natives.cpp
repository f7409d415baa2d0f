// Owns the natives of org.apache.mesos.MesosSchedulerDriver: the library's own driver does it all.
//
// A method that a version's driver does not have is not here either, so Java says so when it is
// called.  Overloaded natives carry their signature in their name; Java finds them by it also where
// they are not overloaded.
#include <memory>
#include <mutex>

#include "jvm/messages.h"
#include "jvm/scheduler_callbacks.h"

namespace {

using java::Environment;
using java::Object;
using lab::Message;
using lab::MessageList;
using lab::SchedulerCallbacks;
using lab::SchedulerClasses;
using mesos::MesosSchedulerDriver;

const SchedulerClasses* classes = nullptr;

// Finds the classes at the first driver, through the class loader of the framework.
void prepare(Environment* env, Object self) {
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  if (classes == nullptr) classes = new SchedulerClasses(env, env->classOf(self));
}

template <typename T>
T* nativeOf(Environment* env, Object self, jni::Field field) {
  return reinterpret_cast<T*>(env->getLong(self, field));
}

// Runs body(driver) and returns its status to Java.
template <typename Body>
Object call(Environment* env, Object self, Body body) {
  try {
    auto* driver = nativeOf<MesosSchedulerDriver>(env, self, classes->nativeDriver);
    if (driver == nullptr) {
      java::raise(env, "java/lang/IllegalStateException", "this Mesos driver has been finalized");
    }
    return classes->status.of(env, body(*driver));
  } catch (const java::Thrown&) {
    return nullptr;
  }
}

bool implicitAcknowledgements(Environment* env, Object self) {
  const auto field = env->field(env->classOf(self), "implicitAcknowledgements", "Z");
  if (field != nullptr) return env->getBoolean(self, field);
  env->exceptionClear();
  return true;
}

template <typename... Credential>
MesosSchedulerDriver* createWith(Environment* env, Object self, mesos::Scheduler* scheduler,
                                 const Credential&... credential) {
  const Object info =
      java::field(env, self, "framework", "Lorg/apache/mesos/Protos$FrameworkInfo;");
  const Message<mesos::FrameworkInfo> framework(env, info);
  const Object address = java::field(env, self, "master", "Ljava/lang/String;");
  const std::string master = java::text(env, address);
  const bool implicit = implicitAcknowledgements(env, self);
#if MESOS_MINOR >= 9
  const Object roles = java::field(env, self, "suppressedRoles", "Ljava/util/Collection;");
  const auto suppressed = roles == nullptr ? std::vector<std::string>() : java::texts(env, roles);
  return new MesosSchedulerDriver(scheduler, framework, suppressed, master, implicit,
                                  credential...);
#else
  return new MesosSchedulerDriver(scheduler, framework, master, implicit, credential...);
#endif
}

MesosSchedulerDriver* create(Environment* env, Object self, mesos::Scheduler* scheduler,
                             Object credential) {
  if (credential == nullptr) return createWith(env, self, scheduler);
  const Message<mesos::Credential> secret(env, credential);
  return createWith(env, self, scheduler, secret.get());
}

}  // namespace

#define LAB_NATIVE(result, name, ...) \
  extern "C" result Java_org_apache_mesos_MesosSchedulerDriver_##name(__VA_ARGS__)

LAB_NATIVE(void, initialize, Environment* env, Object self) {
  std::unique_ptr<SchedulerCallbacks> callbacks;
  try {
    prepare(env, self);
    const Object credential =
        java::field(env, self, "credential", "Lorg/apache/mesos/Protos$Credential;");
    callbacks = std::make_unique<SchedulerCallbacks>(env, self, *classes);
    MesosSchedulerDriver* driver = create(env, self, callbacks.get(), credential);
    env->setLong(self, classes->nativeDriver, reinterpret_cast<int64_t>(driver));
    env->setLong(self, classes->nativeScheduler, reinterpret_cast<int64_t>(callbacks.release()));
  } catch (const java::Thrown&) {
    if (callbacks != nullptr) callbacks->release(env);
  }
}

LAB_NATIVE(void, finalize, Environment* env, Object self) {
  if (classes == nullptr) return;
  auto* driver = nativeOf<MesosSchedulerDriver>(env, self, classes->nativeDriver);
  auto* callbacks = nativeOf<SchedulerCallbacks>(env, self, classes->nativeScheduler);
  env->setLong(self, classes->nativeDriver, 0);
  env->setLong(self, classes->nativeScheduler, 0);
  delete driver;  // waits for a callback that is running
  if (callbacks == nullptr) return;
  callbacks->release(env);
  delete callbacks;
}

LAB_NATIVE(Object, start, Environment* env, Object self) {
  return call(env, self, [](auto& driver) { return driver.start(); });
}

LAB_NATIVE(Object, stop, Environment* env, Object self, uint8_t failover) {
  return call(env, self, [&](auto& driver) { return driver.stop(failover != 0); });
}

LAB_NATIVE(Object, abort, Environment* env, Object self) {
  return call(env, self, [](auto& driver) { return driver.abort(); });
}

LAB_NATIVE(Object, join, Environment* env, Object self) {
  return call(env, self, [](auto& driver) { return driver.join(); });
}

LAB_NATIVE(Object, requestResources, Environment* env, Object self, Object requests) {
  return call(env, self, [&](auto& driver) {
    return driver.requestResources(MessageList<mesos::Request>(env, requests));
  });
}

LAB_NATIVE(
    Object,
    launchTasks__Lorg_apache_mesos_Protos_00024OfferID_2Ljava_util_Collection_2Lorg_apache_mesos_Protos_00024Filters_2,
    Environment* env, Object self, Object offer, Object tasks, Object filters) {
  return call(env, self, [&](auto& driver) {
    const Message<mesos::OfferID> id(env, offer);
    return driver.launchTasks(id.get(), MessageList<mesos::TaskInfo>(env, tasks),
                              Message<mesos::Filters>(env, filters));
  });
}

LAB_NATIVE(
    Object,
    launchTasks__Ljava_util_Collection_2Ljava_util_Collection_2Lorg_apache_mesos_Protos_00024Filters_2,
    Environment* env, Object self, Object offers, Object tasks, Object filters) {
  return call(env, self, [&](auto& driver) {
    const MessageList<mesos::OfferID> ids(env, offers);
    return driver.launchTasks(static_cast<const std::vector<mesos::OfferID>&>(ids),
                              MessageList<mesos::TaskInfo>(env, tasks),
                              Message<mesos::Filters>(env, filters));
  });
}

LAB_NATIVE(Object, killTask, Environment* env, Object self, Object task) {
  return call(env, self,
              [&](auto& driver) { return driver.killTask(Message<mesos::TaskID>(env, task)); });
}

LAB_NATIVE(Object, acceptOffers, Environment* env, Object self, Object offers, Object operations,
           Object filters) {
  return call(env, self, [&](auto& driver) {
    return driver.acceptOffers(MessageList<mesos::OfferID>(env, offers),
                               MessageList<mesos::Offer_Operation>(env, operations),
                               Message<mesos::Filters>(env, filters));
  });
}

LAB_NATIVE(Object, declineOffer, Environment* env, Object self, Object offer, Object filters) {
  return call(env, self, [&](auto& driver) {
    return driver.declineOffer(Message<mesos::OfferID>(env, offer),
                               Message<mesos::Filters>(env, filters));
  });
}

LAB_NATIVE(Object, reviveOffers__, Environment* env, Object self) {
  return call(env, self, [](auto& driver) { return driver.reviveOffers(); });
}

LAB_NATIVE(Object, suppressOffers__, Environment* env, Object self) {
  return call(env, self, [](auto& driver) { return driver.suppressOffers(); });
}

LAB_NATIVE(Object, acknowledgeStatusUpdate, Environment* env, Object self, Object status) {
  return call(env, self, [&](auto& driver) {
    return driver.acknowledgeStatusUpdate(Message<mesos::TaskStatus>(env, status));
  });
}

LAB_NATIVE(Object, sendFrameworkMessage, Environment* env, Object self, Object executor,
           Object agent, Object data) {
  return call(env, self, [&](auto& driver) {
    return driver.sendFrameworkMessage(Message<mesos::ExecutorID>(env, executor),
                                       Message<mesos::SlaveID>(env, agent), java::bytes(env, data));
  });
}

LAB_NATIVE(Object, reconcileTasks, Environment* env, Object self, Object statuses) {
  return call(env, self, [&](auto& driver) {
    return driver.reconcileTasks(MessageList<mesos::TaskStatus>(env, statuses));
  });
}

#if MESOS_MINOR >= 9

LAB_NATIVE(Object, reviveOffers__Ljava_util_Collection_2, Environment* env, Object self,
           Object roles) {
  return call(env, self,
              [&](auto& driver) { return driver.reviveOffers(java::texts(env, roles)); });
}

LAB_NATIVE(Object, suppressOffers__Ljava_util_Collection_2, Environment* env, Object self,
           Object roles) {
  return call(env, self,
              [&](auto& driver) { return driver.suppressOffers(java::texts(env, roles)); });
}

LAB_NATIVE(Object, updateFramework, Environment* env, Object self, Object framework,
           Object suppressedRoles) {
  return call(env, self, [&](auto& driver) {
    const Message<mesos::FrameworkInfo> info(env, framework);
    const auto suppressed = java::texts(env, suppressedRoles);
#if MESOS_MINOR >= 11
    Message<mesos::scheduler::OfferConstraints> unconstrained;
    return driver.updateFramework(info, suppressed, std::move(unconstrained.get()));
#else
    return driver.updateFramework(info, suppressed);
#endif
  });
}

#endif

#if MESOS_MINOR >= 11

LAB_NATIVE(Object, updateFrameworkWithConstraints, Environment* env, Object self, Object framework,
           Object suppressedRoles, Object constraints) {
  return call(env, self, [&](auto& driver) {
    const Message<mesos::FrameworkInfo> info(env, framework);
    const auto suppressed = java::texts(env, suppressedRoles);
    Message<mesos::scheduler::OfferConstraints> wanted(env, constraints);
    return driver.updateFramework(info, suppressed, std::move(wanted.get()));
  });
}

#endif
