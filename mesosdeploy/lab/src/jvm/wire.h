// Owns protobuf's wire format, as far as the envelopes of the executor API need it: what they carry
// passes through as bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace wire {

// One field of a message; messages are made by joining them.  Of a field that occurs twice, readers
// take the last.
std::string number(int field, uint64_t value);
std::string real(int field, double value);
std::string nested(int field, const std::string& content);

// The fields of a message; of what is broken, as far as it can be read.
class Fields {
 public:
  explicit Fields(const std::string& message);

  // The last value of a field; 0 or "" if there is none.
  uint64_t number(int field) const;
  std::string nested(int field) const;

 private:
  std::map<uint64_t, uint64_t> numbers_;
  std::map<uint64_t, std::string> nested_;
};

}  // namespace wire
