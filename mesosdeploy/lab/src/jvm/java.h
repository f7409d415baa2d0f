// Owns how we deal with the virtual machine: exceptions, values of Java's library, threads.
#pragma once

#include <string>
#include <vector>

#include "abi/jni.h"

namespace java {

using jni::Class;
using jni::Environment;
using jni::Object;

// Thrown while a Java exception is pending, to get back to the native that will return to Java.
struct Thrown {};

// The value, or Thrown if getting it raised a Java exception.
template <typename T>
T checked(Environment* env, T value) {
  if (env->exceptionCheck()) throw Thrown();
  return value;
}

// Gives back the references that were made in its time: the virtual machine frees them by itself
// only when a native returns, and a native may go through thousands of objects.
class LocalFrame {
 public:
  explicit LocalFrame(Environment* env) : env_(env) {
    constexpr int32_t kReferences = 16;
    if (env_->pushLocalFrame(kReferences) != jni::kOk) throw Thrown();
  }
  LocalFrame(const LocalFrame&) = delete;
  ~LocalFrame() { env_->popLocalFrame(); }

 private:
  Environment* env_;
};

// Raises a Java exception of the class, such as java/lang/IllegalStateException.
[[noreturn]] void raise(Environment* env, const char* type, const std::string& text);

// The reference, or a NullPointerException.
Object required(Environment* env, Object object);

// A class of the program that loaded us, for good.  Only natives can find it: threads of the
// library see the classes of the Java runtime alone.
Class globalClass(Environment* env, const char* name);

Object callObject(Environment* env, Object object, const char* name, const char* signature);

std::string bytes(Environment* env, Object array);
Object bytes(Environment* env, const std::string& content);
std::string text(Environment* env, Object string);
Object text(Environment* env, const std::string& content);

// A field's object; null if this version of the class has no such field.
Object field(Environment* env, Object object, const char* name, const char* signature);

// The content of a protobuf message.
std::string serialized(Environment* env, Object message);

// Calls body(element) for each element of a java.util.Collection.
template <typename Body>
void forEach(Environment* env, Object collection, Body body) {
  const Object array = callObject(env, collection, "toArray", "()[Ljava/lang/Object;");
  for (int32_t i = 0, size = env->length(array); i < size; ++i) {
    const LocalFrame frame(env);
    body(checked(env, env->element(array, i)));
  }
}

std::vector<std::string> texts(Environment* env, Object collection);

// A message class of org.apache.mesos.Protos: makes objects out of bytes.  Its parser's signature
// names nothing of protobuf, which frameworks like to relocate.
class MessageClass {
 public:
  MessageClass(Environment* env, const std::string& name);
  Object parse(Environment* env, const std::string& content) const;

 private:
  Class class_;
  jni::Method parse_;
};

// org.apache.mesos.Protos.Status, whose numbers are the library's.
class StatusClass {
 public:
  explicit StatusClass(Environment* env);
  Object of(Environment* env, int32_t number) const;

 private:
  Class class_;
  jni::Method valueOf_;
};

// The type of a message class in a signature.
std::string messageType(const char* name);

// A method of org.apache.mesos.Scheduler or Executor; `parameters` are those after the driver.
jni::Method callbackMethod(Environment* env, const std::string& listener, const char* name,
                           const std::string& parameters);

// Has to be called before anything else runs on a thread of ours.
void setMachine(jni::VirtualMachine* machine);

// Makes this thread one of the virtual machine's for as long as it lives, unless it is one already.
class Attachment {
 public:
  explicit Attachment(const char* threadName);
  Attachment(const Attachment&) = delete;
  ~Attachment();
  Environment* environment() const { return environment_; }

 private:
  Environment* environment_;
  bool ours_ = false;
};

// Runs body(env) as a callback into Java; whether it ended without an exception.  An exception is
// printed: there is nobody who could catch it.
template <typename Body>
bool callback(const char* threadName, Body body) {
  const Attachment attachment(threadName);
  Environment* env = attachment.environment();
  if (env == nullptr) return false;
  try {
    const LocalFrame frame(env);
    body(env);
  } catch (const Thrown&) {
  }
  const bool failed = env->exceptionCheck();
  if (failed) {
    env->exceptionDescribe();
    env->exceptionClear();
  }
  return !failed;
}

}  // namespace java
