// Owns what Java asks of the library as a whole: its loading, and org.apache.mesos
// .MesosNativeLibrary.
#include "jvm/java.h"

using java::Environment;

extern "C" int32_t JNI_OnLoad(jni::VirtualMachine* machine, void*) {
  Environment* env = machine->environment();
  if (env == nullptr) return jni::kError;
  java::setMachine(machine);
  // MesosNativeLibrary.version() insists on this flag, which System.load alone does not set.
  const auto type = env->findClass("org/apache/mesos/MesosNativeLibrary");
  const auto loaded = type == nullptr ? nullptr : env->staticField(type, "loaded", "Z");
  if (loaded != nullptr) {
    env->setStaticBoolean(type, loaded, true);
  } else {
    env->exceptionClear();
  }
  return jni::kVersion;
}

extern "C" java::Object Java_org_apache_mesos_MesosNativeLibrary__1version(Environment* env,
                                                                           java::Class) {
  try {
    const auto type =
        java::checked(env, env->findClass("org/apache/mesos/MesosNativeLibrary$Version"));
    const auto constructor = java::checked(env, env->method(type, "<init>", "(JJJ)V"));
    return env->newObject(type, constructor,
                          {int64_t{MESOS_MAJOR}, int64_t{MESOS_MINOR}, int64_t{MESOS_PATCH}});
  } catch (const java::Thrown&) {
    return nullptr;
  }
}
