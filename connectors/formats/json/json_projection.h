#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/formats/column_builder.h"
#include "runtime/connector/format.h"
#include "runtime/connector/source.h"

namespace millrace {

// One thing in a JSON record that somebody wants: a field with its column, or
// an object that such fields lie in.
struct JsonNode {
  enum class Kind : uint8_t {
    kScalar,  // a value for `column`
    kObject,  // a ROW; `column` only where the whole ROW is wanted
    kArray,   // children: the element
    kMap      // children: key, value
  };

  std::string name;
  LogicalType type;
  Kind kind = Kind::kScalar;
  ColumnBuilder* column = nullptr;
  std::vector<JsonNode> children;

  int field = 0;       // Its place among the fields of the ROW it is in.
  bool whole = false;  // Wanted itself, not only for fields in it.

  // Scratch of the walk: the child to look at first, and the last object, by
  // number, in which this node was found.
  uint32_t next_child = 0;
  uint64_t seen_in = 0;

  // Everything at and below this node is NULL in `row`.
  void SetNull(uint32_t row);
};

// `column = literal` taken from the pushed-down filter, for whole numbers: a
// record in which it is not so need not be read further.
struct JsonFilter {
  int64_t equals = 0;

  // False for NULL too.
  bool Passes(ColumnBuilder& column, uint32_t row) const;
};

// The fields that a query wants out of each record as a tree in the shape of
// the record, with their columns under construction. Paths may overlap: a ROW
// and one of its fields share the field's column.
class JsonProjection {
 public:
  // `wanted` indexes request.columns.
  JsonProjection(const std::vector<TableColumn>& columns,
                 const SourceRequest& wanted);

  JsonNode& root() { return root_; }

  // The filter on this node's column, if there is one.
  const JsonFilter* FilterOf(const JsonNode& node) const;

  // Whether the filters are TRUE for `row`, which is set.
  bool PassesFilters(uint32_t row) const;

  void Pin(const ChunkRef& chunk);
  // The wanted columns in order; `row_count` rows are filled.
  Batch TakeBatch(uint32_t row_count);

 private:
  struct Filtered {
    ColumnBuilder* column;
    JsonFilter filter;
  };

  // Where a wanted column is built: a column of its own, or a field in one.
  struct Place {
    int owned = 0;
    std::vector<int> fields;
  };

  void MakeColumns(JsonNode& node);
  Place PlaceOf(const std::vector<int>& path);
  void AddFilters(const SourceRequest& wanted);

  JsonNode root_;
  // Columns that are a field of no other column.
  std::vector<std::unique_ptr<ColumnBuilder>> owned_;
  std::vector<Place> wanted_;
  std::vector<Filtered> filters_;
};

}  // namespace millrace
