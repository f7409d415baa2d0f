// Owns the declarations of the library's scheduler driver and of the messages that it takes.
//
// Of a message class nothing is known but its constructor and its virtual destructor: contents
// cross as serialized bytes, so neither generated code nor a layout is needed.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "abi/opaque.h"

namespace google {
namespace protobuf {

class Message {
 public:
  virtual ~Message();

  size_t spaceUsed() const asm("_ZNK6google8protobuf7Message13SpaceUsedLongEv");
  bool parse(const void* data,
             int size) asm("_ZN6google8protobuf11MessageLite14ParseFromArrayEPKvi");
  bool append(std::string* output) const
      asm("_ZNK6google8protobuf11MessageLite14AppendToStringEPNSt7__cxx1112basic_stringIcSt11char_"
          "traitsIcESaIcEEE");
};

}  // namespace protobuf
}  // namespace google

namespace mesos {

#define LAB_MESSAGE(name)                          \
  struct name : public google::protobuf::Message { \
    name();                                        \
    ~name() override;                              \
  }
LAB_MESSAGE(Credential);
LAB_MESSAGE(ExecutorID);
LAB_MESSAGE(Filters);
LAB_MESSAGE(FrameworkID);
LAB_MESSAGE(FrameworkInfo);
LAB_MESSAGE(MasterInfo);
LAB_MESSAGE(Offer);
LAB_MESSAGE(OfferID);
LAB_MESSAGE(Offer_Operation);
LAB_MESSAGE(Request);
LAB_MESSAGE(SlaveID);
LAB_MESSAGE(TaskID);
LAB_MESSAGE(TaskInfo);
LAB_MESSAGE(TaskStatus);
namespace scheduler {
LAB_MESSAGE(OfferConstraints);
}
#undef LAB_MESSAGE

// vector<T>::push_back when the capacity is used up, as the library's compiler made it.  It may be
// called at any fill level, and it knows the size of T, which we do not.
#define LAB_APPEND(name, mangled)                     \
  void append(void* vector, const name& element) asm( \
      "_ZNSt6vectorIN5mesos" mangled "ESaIS1_EE19_M_emplace_back_auxIIRKS1_EEEvDpOT_")
LAB_APPEND(OfferID, "7OfferID");
LAB_APPEND(Offer_Operation, "15Offer_Operation");
LAB_APPEND(Request, "7Request");
LAB_APPEND(TaskInfo, "8TaskInfo");
LAB_APPEND(TaskStatus, "10TaskStatus");
#undef LAB_APPEND

enum Status : int {};

class MesosSchedulerDriver;

// The order of the virtual functions is that of the library's vtable.
class Scheduler {
 public:
  virtual ~Scheduler() {}
  virtual void registered(MesosSchedulerDriver* driver, const FrameworkID& framework,
                          const MasterInfo& master) = 0;
  virtual void reregistered(MesosSchedulerDriver* driver, const MasterInfo& master) = 0;
  virtual void disconnected(MesosSchedulerDriver* driver) = 0;
  virtual void resourceOffers(MesosSchedulerDriver* driver, const std::vector<Offer>& offers) = 0;
  virtual void offerRescinded(MesosSchedulerDriver* driver, const OfferID& offer) = 0;
  virtual void statusUpdate(MesosSchedulerDriver* driver, const TaskStatus& status) = 0;
  virtual void frameworkMessage(MesosSchedulerDriver* driver, const ExecutorID& executor,
                                const SlaveID& agent, const std::string& data) = 0;
  virtual void slaveLost(MesosSchedulerDriver* driver, const SlaveID& agent) = 0;
  virtual void executorLost(MesosSchedulerDriver* driver, const ExecutorID& executor,
                            const SlaveID& agent, int status) = 0;
  virtual void error(MesosSchedulerDriver* driver, const std::string& message) = 0;
};

// Declared without virtual functions: called by name only, never through the vtable.
class MesosSchedulerDriver {
 public:
#if MESOS_MINOR >= 9
  MesosSchedulerDriver(Scheduler* scheduler, const FrameworkInfo& framework,
                       const std::vector<std::string>& suppressedRoles, const std::string& master,
                       bool implicitAcknowledgements);
  MesosSchedulerDriver(Scheduler* scheduler, const FrameworkInfo& framework,
                       const std::vector<std::string>& suppressedRoles, const std::string& master,
                       bool implicitAcknowledgements, const Credential& credential);
#else
  MesosSchedulerDriver(Scheduler* scheduler, const FrameworkInfo& framework,
                       const std::string& master, bool implicitAcknowledgements);
  MesosSchedulerDriver(Scheduler* scheduler, const FrameworkInfo& framework,
                       const std::string& master, bool implicitAcknowledgements,
                       const Credential& credential);
#endif
  ~MesosSchedulerDriver();

  Status start();
  Status stop(bool failover);
  Status abort();
  Status join();
  Status requestResources(const std::vector<Request>& requests);
  Status launchTasks(const OfferID& offer, const std::vector<TaskInfo>& tasks,
                     const Filters& filters);
  Status launchTasks(const std::vector<OfferID>& offers, const std::vector<TaskInfo>& tasks,
                     const Filters& filters);
  Status killTask(const TaskID& task);
  Status acceptOffers(const std::vector<OfferID>& offers,
                      const std::vector<Offer_Operation>& operations, const Filters& filters);
  Status declineOffer(const OfferID& offer, const Filters& filters);
  Status reviveOffers();
  Status suppressOffers();
  Status acknowledgeStatusUpdate(const TaskStatus& status);
  Status sendFrameworkMessage(const ExecutorID& executor, const SlaveID& agent,
                              const std::string& data);
  Status reconcileTasks(const std::vector<TaskStatus>& statuses);
#if MESOS_MINOR >= 9
  Status reviveOffers(const std::vector<std::string>& roles);
  Status suppressOffers(const std::vector<std::string>& roles);
#endif
#if MESOS_MINOR >= 11
  Status updateFramework(const FrameworkInfo& framework,
                         const std::vector<std::string>& suppressedRoles,
                         scheduler::OfferConstraints&& constraints);
#elif MESOS_MINOR >= 9
  Status updateFramework(const FrameworkInfo& framework,
                         const std::vector<std::string>& suppressedRoles);
#endif

 private:
  lab::Opaque<8192> body_;
};

}  // namespace mesos
