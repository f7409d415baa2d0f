// Owns messages on their way between Java and the library: as objects whose size only the library
// knows.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "abi/scheduler.h"
#include "jvm/java.h"

namespace lab {

// More than the largest message of any version (FrameworkInfo, under 300 bytes).
constexpr size_t kMessageBytes = 1024;

inline std::string serialized(const google::protobuf::Message& message) {
  std::string content;
  message.append(&content);
  return content;
}

// A message of the library; empty, or with the content of a Java object.
template <typename T>
class Message {
 public:
  Message() { new (room_) T; }
  Message(java::Environment* env, java::Object object)
      : Message(env, java::serialized(env, object)) {}
  Message(const Message&) = delete;
  ~Message() { get().~T(); }

  T& get() { return *launder(reinterpret_cast<T*>(room_)); }
  const T& get() const { return *launder(reinterpret_cast<const T*>(room_)); }
  operator const T&() const { return get(); }

 private:
  Message(java::Environment* env, const std::string& content) : Message() {
    if (get().parse(content.data(), static_cast<int>(content.size()))) return;
    java::raise(env, "java/lang/IllegalArgumentException",
                "libmesos cannot read this message, fields are missing");
  }

  alignas(16) char room_[kMessageBytes];
};

// A std::vector<T> of the library.  The library's own code appends, so that the size of T need not
// be known; what it allocated then tells the size.
template <typename T>
class MessageList {
 public:
  MessageList(java::Environment* env, java::Object collection) {
    try {
      java::forEach(env, collection, [&](java::Object element) {
        Message<T> message(env, element);
        mesos::append(this, message.get());
        ++count_;
      });
    } catch (const java::Thrown&) {
      clear();
      throw;
    }
  }
  MessageList(const MessageList&) = delete;
  ~MessageList() { clear(); }

  operator const std::vector<T>&() const { return *reinterpret_cast<const std::vector<T>*>(this); }

 private:
  void clear() {
    const size_t size = count_ == 0 ? 0 : static_cast<size_t>(last_ - first_) / count_;
    for (size_t i = 0; i < count_; ++i) launder(reinterpret_cast<T*>(first_ + i * size))->~T();
    ::operator delete(first_);
  }

  // These three are what a std::vector consists of.
  char* first_ = nullptr;
  char* last_ = nullptr;
  char* end_ = nullptr;
  size_t count_ = 0;
};

// Calls body(message) for each element of a vector that the library made.  An empty Offer occupies
// its own size only, which holds for messages without maps; that every element begins with the same
// vtable pointer proves the stride.
template <typename Body>
void forEachOffer(const std::vector<mesos::Offer>& offers, Body body) {
  static const size_t stride = Message<mesos::Offer>().get().spaceUsed();
  struct Range {
    const char* first;
    const char* last;
  };
  const Range& range = reinterpret_cast<const Range&>(offers);
  for (const char* offer = range.first; offer != range.last; offer += stride) {
    if (offer > range.last || std::memcmp(offer, range.first, sizeof(void*)) != 0) {
      std::fputs("libmesos: internal error: unexpected layout of offers\n", stderr);
      std::abort();
    }
    body(*reinterpret_cast<const mesos::Offer*>(offer));
  }
}

}  // namespace lab
