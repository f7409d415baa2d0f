// Owns the value types of stout that cross the library's boundary.
//
// The names, template parameters and memory layouts are those of the library (gcc 5.4, new
// libstdc++ string ABI), so that an ordinary declaration mangles to the symbol that the library
// exports.
#pragma once

#include <cstdint>
#include <functional>
#include <new>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

struct Nothing {};

// {int state; T} with T at its natural alignment.
template <typename T>
class Option {
 public:
  Option() : state_(kNone) {}
  Option(const T& value) : state_(kSome) { new (&value_) T(value); }
  template <typename... Args>
  explicit Option(std::in_place_t, Args&&... args) : state_(kSome) {
    new (&value_) T(std::forward<Args>(args)...);
  }
  Option(const Option& other) : state_(other.state_) {
    if (isSome()) new (&value_) T(other.value_);
  }
  Option& operator=(const Option&) = delete;
  ~Option() {
    if (isSome()) value_.~T();
  }

  bool isSome() const { return state_ == kSome; }
  const T& get() const { return value_; }
  T& get() { return value_; }

 private:
  enum State : int { kSome = 0, kNone = 1 };

  State state_;
  union {
    T value_;
  };
};

struct Error {
  std::string message;
};

// {Option<T>; Option<E>}: exactly one of them is set.
template <typename T, typename E = Error>
class Try {
 public:
  bool isError() const { return !value_.isSome(); }
  const T& get() const { return value_.get(); }
  T& get() { return value_.get(); }
  const std::string& error() const { return error_.get().message; }

 private:
  Option<T> value_;
  Option<E> error_;
};

// One count of nanoseconds.
class Duration {
 public:
  explicit constexpr Duration(int64_t nanoseconds) : nanoseconds_(nanoseconds) {}
  static Try<Duration> parse(const std::string& text);
  int64_t nanoseconds() const { return nanoseconds_; }

 private:
  int64_t nanoseconds_;
};

struct Path {
  std::string value;
  char separator;
};

template <typename Key, typename Value, typename Hash = std::hash<Key>,
          typename Equal = std::equal_to<Key>>
class hashmap : public std::unordered_map<Key, Value, Hash, Equal> {};
