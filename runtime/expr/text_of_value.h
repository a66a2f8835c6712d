#pragma once

#include <memory>
#include <string>

#include "runtime/batch/vector.h"
#include "runtime/types/time_zone.h"

namespace millrace {

// Writes the values of one type as CAST(x AS STRING) does. One a kernel; not
// thread-safe.
class TextOfValue {
 public:
  TextOfValue(const LogicalType& type, const TimeZone& zone)
      : type_(type), clock_(zone) {}

  // Replaces `out`, whose room is used again, by the text of `row`, which is
  // not NULL.
  void Write(const Vector& vector, uint32_t row, std::string& out) {
    out.clear();
    Append(type_, vector, row, out);
  }

  // Numbers, booleans and times: into `out`, which has room for
  // kMaxScalarLength. The end. REQUIRES: no text, no bytes, not nested.
  char* WriteScalar(const Vector& vector, uint32_t row, char* out) {
    return WriteScalar(type_, vector, row, out);
  }
  static constexpr int kMaxScalarLength = 64;

 private:
  char* WriteScalar(const LogicalType& type, const Vector& vector,
                    uint32_t row, char* out);
  void Append(const LogicalType& type, const Vector& vector, uint32_t row,
              std::string& out);
  void AppendList(const LogicalType& type, const Vector& vector, uint32_t row,
                  std::string& out);

  LogicalType type_;
  LocalClock clock_;
};

}  // namespace millrace
