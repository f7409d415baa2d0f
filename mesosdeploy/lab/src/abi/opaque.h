// Owns how we hold objects whose real size only the library knows.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

namespace lab {

// The largest object of the library is 9.2 KiB (Slave, 1.11.0); 64 KiB leaves room in any version.
constexpr size_t kObjectBytes = 64 * 1024;

// Body of a stand-in class for a library type.  It serves two ends: an object that we place inside
// another one has room for the real one, and a class with a virtual base is not "nearly empty" (gcc
// would make the virtual base its primary base and compute every conversion wrongly).
template <size_t Bytes>
struct Opaque {
  alignas(8) char bytes[Bytes];
};

// Makes the compiler forget what it knows about the dynamic type of an object.  Conversions to a
// virtual base must read the offset from the library's vtable, not from our stand-in declaration.
template <typename T>
T* launder(T* object) {
  asm volatile("" : "+r"(object));
  return object;
}

// Constructs a library object in zeroed memory that is larger than any of them.  It lives until the
// process ends, as the daemons' objects do.
template <typename T, typename... Args>
T* construct(Args&&... args) {
  static_assert(sizeof(T) <= kObjectBytes, "stand-in larger than the memory for library objects");
  void* memory = std::calloc(1, kObjectBytes);
  if (memory == nullptr) std::abort();
  return launder(new (memory) T(std::forward<Args>(args)...));
}

}  // namespace lab
