#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace millrace {

// JSON text, written from front to back, its fields in the order of writing:
//
//   JsonWriter out;
//   out.BeginObject().Field("status", "RUNNING").Key("jobs").BeginArray();
//   ...
//   return out.EndArray().EndObject().Take();
//
// Text that is not UTF-8 becomes U+FFFD where it is not. Numbers that JSON has
// not (NaN, infinities) become texts, as Flink writes them. Who begins must
// end; nothing checks it.
class JsonWriter {
 public:
  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(absl::string_view name);

  JsonWriter& Value(absl::string_view text);
  JsonWriter& Value(const char* text) {
    return Value(absl::string_view(text));
  }
  JsonWriter& Value(const std::string& text) {
    return Value(absl::string_view(text));
  }
  JsonWriter& Value(int64_t number);
  JsonWriter& Value(int32_t number) {
    return Value(static_cast<int64_t>(number));
  }
  JsonWriter& Value(double number);
  JsonWriter& Value(bool truth);
  JsonWriter& Null();

  template <typename T>
  JsonWriter& Field(absl::string_view name, const T& value) {
    return Key(name).Value(value);
  }
  // "name": {} and "name": [].
  JsonWriter& EmptyObject(absl::string_view name) {
    return Key(name).BeginObject().EndObject();
  }
  JsonWriter& EmptyArray(absl::string_view name) {
    return Key(name).BeginArray().EndArray();
  }

  std::string Take() { return std::move(text_); }

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  void Separate();
  void Quote(absl::string_view text);

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace millrace
