// Owns the way from the library's scheduler driver up to a Java Scheduler.
#pragma once

#include <string>
#include <vector>

#include "abi/scheduler.h"
#include "jvm/java.h"

namespace lab {

// What we use of the Java classes of the scheduler half.  The signatures of MesosSchedulerDriver
// and Scheduler have not changed since Mesos 0.23.
struct SchedulerClasses {
  SchedulerClasses(java::Environment* env, java::Class driver);

  java::StatusClass status;
  java::MessageClass executorId, frameworkId, masterInfo, offer, offerId, agentId, taskStatus;
  jni::Field scheduler, nativeDriver, nativeScheduler;
  jni::Method registered, reregistered, disconnected, resourceOffers, offerRescinded, statusUpdate,
      frameworkMessage, agentLost, executorLost, error;
  java::Class arrayList;
  jni::Method newArrayList, add;
};

class SchedulerCallbacks : public mesos::Scheduler {
 public:
  // Refers to the Java driver weakly: that nobody else refers to it is what ends the native one.
  SchedulerCallbacks(java::Environment* env, java::Object driver, const SchedulerClasses& classes)
      : classes_(classes), driver_(env->newWeak(driver)) {}

  void release(java::Environment* env) { env->deleteWeak(driver_); }

  void registered(mesos::MesosSchedulerDriver* driver, const mesos::FrameworkID& framework,
                  const mesos::MasterInfo& master) override;
  void reregistered(mesos::MesosSchedulerDriver* driver, const mesos::MasterInfo& master) override;
  void disconnected(mesos::MesosSchedulerDriver* driver) override;
  void resourceOffers(mesos::MesosSchedulerDriver* driver,
                      const std::vector<mesos::Offer>& offers) override;
  void offerRescinded(mesos::MesosSchedulerDriver* driver, const mesos::OfferID& offer) override;
  void statusUpdate(mesos::MesosSchedulerDriver* driver, const mesos::TaskStatus& status) override;
  void frameworkMessage(mesos::MesosSchedulerDriver* driver, const mesos::ExecutorID& executor,
                        const mesos::SlaveID& agent, const std::string& data) override;
  void slaveLost(mesos::MesosSchedulerDriver* driver, const mesos::SlaveID& agent) override;
  void executorLost(mesos::MesosSchedulerDriver* driver, const mesos::ExecutorID& executor,
                    const mesos::SlaveID& agent, int status) override;
  void error(mesos::MesosSchedulerDriver* driver, const std::string& message) override;

 private:
  // Calls the method with the Java driver and what arguments(env) returns; an exception aborts the
  // driver, as in the Java API's own implementation.
  template <typename Arguments>
  void call(mesos::MesosSchedulerDriver* driver, jni::Method method, Arguments arguments);

  const SchedulerClasses& classes_;
  java::Object driver_;
};

}  // namespace lab
