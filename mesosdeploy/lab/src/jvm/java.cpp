// Owns the out-of-line part of java.h.
#include "jvm/java.h"

namespace java {

namespace {

constexpr char kCharset[] = "UTF-8";

jni::VirtualMachine* machine = nullptr;

}  // namespace

void raise(Environment* env, const char* type, const std::string& text) {
  const Class found = env->findClass(type);
  if (found != nullptr) env->throwNew(found, text.c_str());
  throw Thrown();
}

Object required(Environment* env, Object object) {
  if (object == nullptr) raise(env, "java/lang/NullPointerException", "null for the Mesos driver");
  return object;
}

Class globalClass(Environment* env, const char* name) {
  const LocalFrame frame(env);
  return env->newGlobal(checked(env, env->findClass(name)));
}

Object callObject(Environment* env, Object object, const char* name, const char* signature) {
  const Class type = env->classOf(required(env, object));
  const auto method = checked(env, env->method(type, name, signature));
  return checked(env, env->callObject(object, method, {}));
}

std::string bytes(Environment* env, Object array) {
  const int32_t size = env->length(required(env, array));
  std::string content(static_cast<size_t>(size), '\0');
  env->getBytes(array, size, content.data());
  return content;
}

Object bytes(Environment* env, const std::string& content) {
  const auto size = static_cast<int32_t>(content.size());
  const Object array = checked(env, env->newBytes(size));
  env->setBytes(array, size, content.data());
  return array;
}

// By way of bytes, because what JNI itself calls UTF-8 is a variety of its own.
std::string text(Environment* env, Object string) {
  const LocalFrame frame(env);
  const Class type = env->classOf(required(env, string));
  const auto encode = checked(env, env->method(type, "getBytes", "(Ljava/lang/String;)[B"));
  const Object charset = checked(env, env->newAscii(kCharset));
  return bytes(env, checked(env, env->callObject(string, encode, {charset})));
}

Object text(Environment* env, const std::string& content) {
  const Class type = checked(env, env->findClass("java/lang/String"));
  const auto decode = checked(env, env->method(type, "<init>", "([BLjava/lang/String;)V"));
  const Object charset = checked(env, env->newAscii(kCharset));
  return checked(env, env->newObject(type, decode, {bytes(env, content), charset}));
}

Object field(Environment* env, Object object, const char* name, const char* signature) {
  const auto found = env->field(env->classOf(object), name, signature);
  if (found != nullptr) return env->getObject(object, found);
  env->exceptionClear();
  return nullptr;
}

std::string serialized(Environment* env, Object message) {
  const LocalFrame frame(env);
  return bytes(env, callObject(env, message, "toByteArray", "()[B"));
}

std::vector<std::string> texts(Environment* env, Object collection) {
  std::vector<std::string> found;
  forEach(env, collection, [&](Object element) { found.push_back(text(env, element)); });
  return found;
}

MessageClass::MessageClass(Environment* env, const std::string& name) {
  const std::string path = "org/apache/mesos/Protos$" + name;
  class_ = globalClass(env, path.c_str());
  const std::string signature = "([B)L" + path + ";";
  parse_ = checked(env, env->staticMethod(class_, "parseFrom", signature.c_str()));
}

Object MessageClass::parse(Environment* env, const std::string& content) const {
  return checked(env, env->callStatic(class_, parse_, {bytes(env, content)}));
}

StatusClass::StatusClass(Environment* env)
    : class_(globalClass(env, "org/apache/mesos/Protos$Status")),
      valueOf_(checked(
          env, env->staticMethod(class_, "valueOf", "(I)Lorg/apache/mesos/Protos$Status;"))) {}

Object StatusClass::of(Environment* env, int32_t number) const {
  return checked(env, env->callStatic(class_, valueOf_, {number}));
}

std::string messageType(const char* name) {
  return std::string("Lorg/apache/mesos/Protos$") + name + ";";
}

jni::Method callbackMethod(Environment* env, const std::string& listener, const char* name,
                           const std::string& parameters) {
  const LocalFrame frame(env);
  const std::string type = "org/apache/mesos/" + listener;
  const Class found = checked(env, env->findClass(type.c_str()));
  const std::string signature = "(L" + type + "Driver;" + parameters + ")V";
  return checked(env, env->method(found, name, signature.c_str()));
}

void setMachine(jni::VirtualMachine* loader) { machine = loader; }

Attachment::Attachment(const char* threadName) : environment_(machine->environment()) {
  if (environment_ != nullptr) return;
  environment_ = machine->attach(threadName);
  ours_ = environment_ != nullptr;
}

Attachment::~Attachment() {
  if (ours_) machine->detach();
}

}  // namespace java
