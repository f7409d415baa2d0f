// Owns the out-of-line part of wire.h (https://protobuf.dev/programming-guides/encoding).
#include "jvm/wire.h"

#include <cstring>

namespace wire {

namespace {

enum Type : uint64_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };
constexpr int kTypeBits = 3;
constexpr int kGroupBits = 7;
constexpr uint64_t kMore = 1U << kGroupBits;

std::string varint(uint64_t value) {
  std::string encoded;
  for (; value >= kMore; value >>= kGroupBits) encoded += static_cast<char>(value | kMore);
  return encoded + static_cast<char>(value);
}

std::string key(int field, Type type) {
  return varint(static_cast<uint64_t>(field) << kTypeBits | type);
}

class Reader {
 public:
  explicit Reader(const std::string& message) : message_(message) {}

  bool atEnd() const { return position_ >= message_.size(); }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && !atEnd(); shift += kGroupBits) {
      const auto byte = static_cast<unsigned char>(message_[position_++]);
      value |= (byte & (kMore - 1)) << shift;
      if (byte < kMore) break;
    }
    return value;
  }

  std::string bytes(uint64_t size) {
    const std::string found = atEnd() ? "" : message_.substr(position_, size);
    position_ = size > message_.size() - position_ ? message_.size() : position_ + size;
    return found;
  }

 private:
  const std::string& message_;
  size_t position_ = 0;
};

}  // namespace

std::string number(int field, uint64_t value) { return key(field, kVarint) + varint(value); }

std::string real(int field, double value) {
  std::string encoded(sizeof value, '\0');
  std::memcpy(encoded.data(), &value, sizeof value);
  return key(field, kFixed64) + encoded;
}

std::string nested(int field, const std::string& content) {
  return key(field, kLength) + varint(content.size()) + content;
}

Fields::Fields(const std::string& message) {
  for (Reader reader(message); !reader.atEnd();) {
    const uint64_t key = reader.varint();
    const uint64_t field = key >> kTypeBits;
    switch (key & ((1U << kTypeBits) - 1)) {
      case kVarint:
        numbers_[field] = reader.varint();
        break;
      case kLength:
        nested_[field] = reader.bytes(reader.varint());
        break;
      case kFixed64:
        reader.bytes(sizeof(uint64_t));
        break;
      case kFixed32:
        reader.bytes(sizeof(uint32_t));
        break;
      default:
        return;
    }
  }
}

uint64_t Fields::number(int field) const {
  const auto found = numbers_.find(static_cast<uint64_t>(field));
  return found == numbers_.end() ? 0 : found->second;
}

std::string Fields::nested(int field) const {
  const auto found = nested_.find(static_cast<uint64_t>(field));
  return found == nested_.end() ? "" : found->second;
}

}  // namespace wire
