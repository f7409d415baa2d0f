// Owns the declarations of the Java Native Interface: two tables of functions, called by index.
//
// The indices are those of the JNI specification, chapters 4 and 5, which never change; a test
// compares them with the header of a JDK.  Declared here, they spare the builder of the package a
// JDK.  Methods that take arguments are called in the form that takes them as an array (the
// functions named …A).
#pragma once

#include <cstdint>
#include <vector>

namespace jni {

struct Referent;
using Object = Referent*;
using Class = Object;

struct MethodDescriptor;
using Method = MethodDescriptor*;
struct FieldDescriptor;
using Field = FieldDescriptor*;

constexpr int32_t kOk = 0;
constexpr int32_t kError = -1;
constexpr int32_t kVersion = 0x00010006;

// One argument of a Java method.
union Value {
  Value(Object object) : object(object) {}
  Value(int32_t number) : number(number) {}
  Value(int64_t wide) : wide(wide) {}

  Object object;
  int32_t number;
  int64_t wide;
};
using Values = std::vector<Value>;

enum Function : int {
  FindClass = 6,
  ThrowNew = 14,
  ExceptionDescribe = 16,
  ExceptionClear = 17,
  PushLocalFrame = 19,
  PopLocalFrame = 20,
  NewGlobalRef = 21,
  NewLocalRef = 25,
  NewObjectA = 30,
  GetObjectClass = 31,
  GetMethodID = 33,
  CallObjectMethodA = 36,
  CallBooleanMethodA = 39,
  CallVoidMethodA = 63,
  GetFieldID = 94,
  GetObjectField = 95,
  GetBooleanField = 96,
  GetLongField = 101,
  SetLongField = 110,
  GetStaticMethodID = 113,
  CallStaticObjectMethodA = 116,
  GetStaticFieldID = 144,
  SetStaticBooleanField = 155,
  NewStringUTF = 167,
  GetArrayLength = 171,
  GetObjectArrayElement = 173,
  NewByteArray = 176,
  GetByteArrayRegion = 200,
  SetByteArrayRegion = 208,
  NewWeakGlobalRef = 226,
  DeleteWeakGlobalRef = 227,
  ExceptionCheck = 228,
};

// What a thread of the virtual machine calls it through.
class Environment {
 public:
  Class findClass(const char* name) { return call<Class>(FindClass, name); }
  void throwNew(Class type, const char* text) { call<int32_t>(ThrowNew, type, text); }
  bool exceptionCheck() { return call<uint8_t>(ExceptionCheck) != 0; }
  void exceptionDescribe() { call<void>(ExceptionDescribe); }
  void exceptionClear() { call<void>(ExceptionClear); }

  int32_t pushLocalFrame(int32_t capacity) { return call<int32_t>(PushLocalFrame, capacity); }
  void popLocalFrame() { call<Object>(PopLocalFrame, Object()); }
  Object newLocal(Object object) { return call<Object>(NewLocalRef, object); }
  Object newGlobal(Object object) { return call<Object>(NewGlobalRef, object); }
  Object newWeak(Object object) { return call<Object>(NewWeakGlobalRef, object); }
  void deleteWeak(Object object) { call<void>(DeleteWeakGlobalRef, object); }

  Class classOf(Object object) { return call<Class>(GetObjectClass, object); }
  Method method(Class type, const char* name, const char* signature) {
    return call<Method>(GetMethodID, type, name, signature);
  }
  Method staticMethod(Class type, const char* name, const char* signature) {
    return call<Method>(GetStaticMethodID, type, name, signature);
  }
  Object newObject(Class type, Method constructor, const Values& arguments) {
    return call<Object>(NewObjectA, type, constructor, arguments.data());
  }
  Object callObject(Object object, Method method, const Values& arguments) {
    return call<Object>(CallObjectMethodA, object, method, arguments.data());
  }
  bool callBoolean(Object object, Method method, const Values& arguments) {
    return call<uint8_t>(CallBooleanMethodA, object, method, arguments.data()) != 0;
  }
  void callVoid(Object object, Method method, const Values& arguments) {
    call<void>(CallVoidMethodA, object, method, arguments.data());
  }
  Object callStatic(Class type, Method method, const Values& arguments) {
    return call<Object>(CallStaticObjectMethodA, type, method, arguments.data());
  }

  Field field(Class type, const char* name, const char* signature) {
    return call<Field>(GetFieldID, type, name, signature);
  }
  Object getObject(Object object, Field field) {
    return call<Object>(GetObjectField, object, field);
  }
  bool getBoolean(Object object, Field field) {
    return call<uint8_t>(GetBooleanField, object, field) != 0;
  }
  int64_t getLong(Object object, Field field) { return call<int64_t>(GetLongField, object, field); }
  void setLong(Object object, Field field, int64_t value) {
    call<void>(SetLongField, object, field, value);
  }
  Field staticField(Class type, const char* name, const char* signature) {
    return call<Field>(GetStaticFieldID, type, name, signature);
  }
  void setStaticBoolean(Class type, Field field, bool value) {
    call<void>(SetStaticBooleanField, type, field, uint8_t{value});
  }

  Object newAscii(const char* text) { return call<Object>(NewStringUTF, text); }
  int32_t length(Object array) { return call<int32_t>(GetArrayLength, array); }
  Object element(Object array, int32_t index) {
    return call<Object>(GetObjectArrayElement, array, index);
  }
  Object newBytes(int32_t length) { return call<Object>(NewByteArray, length); }
  void getBytes(Object array, int32_t length, char* bytes) {
    call<void>(GetByteArrayRegion, array, int32_t{0}, length, bytes);
  }
  void setBytes(Object array, int32_t length, const char* bytes) {
    call<void>(SetByteArrayRegion, array, int32_t{0}, length, bytes);
  }

 private:
  template <typename Result, typename... Parameters>
  Result call(Function function, Parameters... parameters) {
    const auto target = reinterpret_cast<Result (*)(Environment*, Parameters...)>(table_[function]);
    return target(this, parameters...);
  }

  void* const* table_;
};

struct AttachArguments {
  int32_t version;
  const char* threadName;
  Object threadGroup;
};

enum MachineFunction : int { AttachCurrentThread = 4, DetachCurrentThread = 5, GetEnv = 6 };

class VirtualMachine {
 public:
  // The environment of this thread, or null if the thread is not attached.
  Environment* environment() {
    Environment* environment = nullptr;
    const auto get = function<int32_t (*)(VirtualMachine*, Environment**, int32_t)>(GetEnv);
    return get(this, &environment, kVersion) == kOk ? environment : nullptr;
  }

  // The environment of this thread once it is attached, or null if the machine refuses.
  Environment* attach(const char* threadName) {
    Environment* environment = nullptr;
    AttachArguments arguments{kVersion, threadName, nullptr};
    const auto attach = function<int32_t (*)(VirtualMachine*, Environment**, AttachArguments*)>(
        AttachCurrentThread);
    return attach(this, &environment, &arguments) == kOk ? environment : nullptr;
  }

  void detach() { function<int32_t (*)(VirtualMachine*)>(DetachCurrentThread)(this); }

 private:
  template <typename Pointer>
  Pointer function(MachineFunction function) {
    return reinterpret_cast<Pointer>(table_[function]);
  }

  void* const* table_;
};

}  // namespace jni
