// Owns the declarations of libprocess: processes, futures and the start of the runtime.
#pragma once

#include <memory>
#include <ostream>
#include <string>

#include "abi/flags.h"
#include "abi/opaque.h"
#include "abi/stout.h"

namespace process {

class Event;
struct MessageEvent;
struct DispatchEvent;
struct HttpEvent;
struct ExitedEvent;
struct TerminateEvent;

class UPID {
 public:
  UPID();
  UPID(const UPID& other);
  ~UPID();

 private:
  lab::Opaque<512> body_;
};

template <typename T>
struct PID : UPID {};

class EventConsumer {
 public:
  virtual ~EventConsumer() {}
  virtual void consume(MessageEvent&&) {}
  virtual void consume(DispatchEvent&&) {}
  virtual void consume(HttpEvent&&) {}
  virtual void consume(ExitedEvent&&) {}
  virtual void consume(TerminateEvent&&) {}
};

class ProcessBase : public EventConsumer {
 public:
  explicit ProcessBase(const std::string& id = "");
  // The order of the virtual functions is that of the library's vtable.
  ~ProcessBase() override;
  void consume(MessageEvent&&) override;
  void consume(DispatchEvent&&) override;
  void consume(HttpEvent&&) override;
  void consume(ExitedEvent&&) override;
  void consume(TerminateEvent&&) override;
  virtual void serve(Event&&);
  virtual void initialize() {}
  virtual void finalize() {}
  virtual void exited(const UPID&) {}
  virtual void lost(const UPID&) {}

 private:
  lab::Opaque<4096> body_;
};

template <typename T>
class Process : public virtual ProcessBase {
 public:
  ~Process() override {}
};

// shared_ptr<Data{T*}>
template <typename T>
class Owned {
 public:
  Owned() = default;
  explicit Owned(T* object) : data_(new Data{object}) {}
  T* get() const { return data_ ? data_->object : nullptr; }

 private:
  struct Data {
    T* object;
  };
  std::shared_ptr<Data> data_;
};

// shared_ptr<Data{atomic_flag; State; …}>
template <typename T>
class Future {
 public:
  bool await(const Duration& timeout) const;
  bool isReady() const { return data_->state == kReady; }

 private:
  enum State : int { kPending = 0, kReady = 1 };
  struct Data {
    bool lock;
    State state;
  };
  std::shared_ptr<Data> data_;
};

class RateLimiter {
 public:
  RateLimiter(int permits, const Duration& period);
  virtual ~RateLimiter();

 private:
  lab::Opaque<512> body_;
};

namespace ID {
std::string generate(const std::string& prefix);
}

namespace network {
namespace unix {
class Address;
}
namespace internal {
template <typename Address>
class Socket {
  std::shared_ptr<void> implementation_;
};
}  // namespace internal
}  // namespace network

namespace http {
struct Request;
namespace authentication {
struct Principal;
}
namespace authorization {
using Callbacks =
    hashmap<std::string,
            std::function<Future<bool>(const Request, const Option<authentication::Principal>)>>;
void setCallbacks(const Callbacks& callbacks);
}  // namespace authorization
}  // namespace http

bool initialize(const Option<std::string>& delegate, const Option<std::string>& readWriteRealm,
                const Option<std::string>& readOnlyRealm);
bool wait(const UPID& pid, const Duration& timeout);
UPID spawn(ProcessBase* process, bool manage);
template <typename T>
PID<T> spawn(T* process, bool manage);

// libprocess reads this value as "without a limit".
constexpr Duration kForever(-1'000'000'000);

}  // namespace process

namespace google {

class LogMessage {
 public:
  LogMessage(const char* file, int line, int severity);
  ~LogMessage();
  std::ostream& stream();

 private:
  lab::Opaque<128> body_;
};

}  // namespace google

namespace systemd {

class Flags : public virtual flags::FlagsBase {
 public:
  Flags();
  ~Flags() override;

 private:
  lab::Opaque<4096> body_;
};

bool exists();
Try<Nothing> initialize(const Flags& flags);

}  // namespace systemd

namespace zookeeper {

struct Authentication {
  std::string scheme;
  std::string credentials;
};

class URL {
 public:
  static Try<URL> parse(const std::string& text);
  URL(URL&& other);
  ~URL();

  Option<Authentication> authentication;
  std::string servers;
  std::string path;
};

}  // namespace zookeeper
