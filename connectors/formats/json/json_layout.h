#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "connectors/formats/json/json_options.h"
#include "connectors/formats/json/json_projection.h"
#include "runtime/connector/format.h"

namespace millrace {

// The shape of one kind of record, learned from a record that the walker has
// accepted: the bytes between the scalars as literals, the scalars as slots.
//
//   {"event_type":  2  ,"person":null,"bid":{"auction":  1004  ,"url":  "x"  }}
//   literal       slot literal                           slot          slot
//
// Reading another record of that shape compares literals and parses slots, and
// never looks for a field. It must accept nothing that the walker rejects: a
// record matches only if every one of its bytes is equal to a literal's or lies
// in a scalar that was checked. What it does not know (escapes of \u, text that
// is not ASCII, lists) does not match, and the walker reads it.
class JsonLayout {
 public:
  // nullopt: the shape holds something that is left to the walker.
  // `projection` outlives the layout.
  static std::optional<JsonLayout> Learn(absl::string_view record,
                                         const JsonOptions& options,
                                         JsonProjection& projection);

  // True: the record matches and `row` of every column is set. False: nothing
  // is said, and columns may be set in `row` that the walker will set again.
  // REQUIRES: 64 readable bytes behind the record.
  bool Read(const RawRecord& record, uint32_t row);

 private:
  enum class SlotKind : uint8_t {
    kIgnored,  // checked only
    kBigInt,
    kText,
    kMillis,  // TIMESTAMP(0..3) in the SQL standard
    kOther    // whatever json_scalar.h makes of it
  };

  // A literal and the scalar behind it; the last step has no scalar.
  struct Step {
    std::string literal;  // Padded to whole blocks of 32 bytes.
    uint32_t literal_bytes = 0;
    SlotKind kind = SlotKind::kIgnored;
    ColumnBuilder* column = nullptr;
  };

  class Learner;

  explicit JsonLayout(TimestampStandard standard) : standard_(standard) {}

  const char* ReadSlot(const Step& step, const char* at, const char* end,
                       uint32_t row);
  const char* ReadText(ColumnBuilder& column, const char* at, const char* end,
                       uint32_t row);
  const char* ReadOther(const Step& step, const char* at, const char* end,
                        uint32_t row);

  TimestampStandard standard_;
  std::vector<Step> steps_;
  std::vector<ColumnBuilder*> present_;  // ROWs that are wanted whole.
  std::vector<JsonNode*> nulls_;         // Missing, or null in this shape.
  DateTextCache date_cache_;
};

// The layouts that the records of one source have had lately.
class JsonLayouts {
 public:
  // `projection` outlives this.
  JsonLayouts(const JsonOptions& options, JsonProjection& projection)
      : options_(options), projection_(projection) {}

  // As JsonLayout::Read, by any of the layouts known.
  bool Read(const RawRecord& record, uint32_t row);

  // Learns from a record that no layout matched and the walker took as one
  // object. Sources whose records never repeat are soon left alone.
  void Learn(const RawRecord& record);

 private:
  // A source with several kinds of records has a layout for each.
  static constexpr size_t kMostLayouts = 8;
  // Fruitless learning costs a walk each time; so many in a row end it.
  static constexpr int kMostFruitless = 64;

  const JsonOptions options_;
  JsonProjection& projection_;
  std::vector<JsonLayout> layouts_;
  size_t latest_ = 0;
  size_t replace_next_ = 0;
  int fruitless_ = 0;
};

}  // namespace millrace
