#include "connectors/formats/json/json_layout.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "connectors/formats/json/json_scan.h"

namespace millrace {
namespace {

constexpr uint32_t kPieceBytes = 32;
// Beyond this a record is not worth a layout.
constexpr size_t kMostSteps = 512;
// With what may be nested in skipped values this is within kMaxJsonDepth.
constexpr int kMostDepth = 32;

// Walks one valid record and notes what stands where.
class Learner {
 public:
  Learner(absl::string_view record, const JsonOptions& options,
          JsonProjection& projection, bool pass_objects)
      : options_(options),
        projection_(projection),
        pass_objects_(pass_objects),
        at_(record.data()),
        end_(at_ + record.size()),
        literal_(at_) {}

  std::optional<JsonLayout> Learn() {
    SkipSpace();
    if (at_ == end_ || *at_ != '{' || !Object(&projection_.root())) {
      return std::nullopt;
    }
    const char* behind = at_;
    SkipSpace();
    if (at_ != end_) return std::nullopt;
    at_ = behind;
    AddLiteral();
    layout_.literals.append(kPieceBytes, '\0');
    if (layout_.steps.size() > kMostSteps) return std::nullopt;
    return std::move(layout_);
  }

 private:
  void SkipSpace() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' ||
                          *at_ == '\n')) {
      ++at_;
    }
  }

  // The rest of the literal that ends here, in pieces; the last piece is
  // returned, for a value to be put behind it.
  JsonLayout::Step& AddLiteral() {
    uint32_t left = static_cast<uint32_t>(at_ - literal_);
    do {
      const uint32_t size = std::min(left, kPieceBytes);
      JsonLayout::Step step;
      step.literal = static_cast<uint32_t>(layout_.literals.size());
      step.literal_size = size;
      step.literal_mask =
          size == kPieceBytes ? ~0u : (uint32_t{1} << size) - 1;
      layout_.literals.append(literal_, size);
      layout_.steps.push_back(step);
      literal_ += size;
      left -= size;
    } while (left > 0);
    return layout_.steps.back();
  }

  bool Object(JsonNode* node) {
    if (++depth_ > kMostDepth) return false;
    ++at_;
    SkipSpace();
    std::vector<const JsonNode*> found;
    while (at_ < end_ && *at_ != '}') {
      if (*at_ == ',') ++at_;
      SkipSpace();
      JsonNode* child = nullptr;
      if (!Key(node, &child)) return false;
      if (child != nullptr) {
        if (std::find(found.begin(), found.end(), child) != found.end()) {
          return false;
        }
        found.push_back(child);
      }
      if (!Value(child)) return false;
      SkipSpace();
    }
    if (at_ == end_) return false;
    ++at_;
    --depth_;
    return node == nullptr || AddMissing(*node, found);
  }

  // "name" : and whichever child is called so.
  bool Key(JsonNode* node, JsonNode** child) {
    if (at_ == end_ || *at_ != '"') return false;
    const char* start = ++at_;
    while (at_ < end_ && *at_ != '"' && *at_ != '\\') ++at_;
    if (at_ == end_ || *at_ == '\\') return false;
    const absl::string_view name(start, at_ - start);
    ++at_;
    SkipSpace();
    if (at_ == end_ || *at_ != ':') return false;
    ++at_;
    SkipSpace();
    if (node == nullptr) return true;
    for (JsonNode& candidate : node->children) {
      if (candidate.name == name) *child = &candidate;
    }
    return true;
  }

  bool Value(JsonNode* node) {
    if (at_ == end_) return false;
    const bool is_null = *at_ == 'n';
    if (*at_ == '{' || *at_ == '[') {
      if (node == nullptr && *at_ == '{' && !pass_objects_) {
        return Object(nullptr);
      }
      if (node == nullptr) {
        AddValue(nullptr);
        return SkipNested();
      }
      return *at_ == '{' && node->kind == JsonNode::Kind::kObject &&
             Object(node);
    }
    if (is_null &&
        (node == nullptr || node->kind != JsonNode::Kind::kScalar)) {
      at_ += 4;
      if (node != nullptr) AddNulls(*node);
      return true;
    }
    if (node != nullptr && node->kind != JsonNode::Kind::kScalar) return false;
    AddValue(node);
    return SkipScalar();
  }

  void AddValue(const JsonNode* node) {
    JsonLayout::Step& step = AddLiteral();
    step.kind = node == nullptr ? JsonLayout::Kind::kSkip : KindOf(*node);
    if (node == nullptr) return;
    step.column = node->column;
    step.physical = node->type.physical();
    if (const JsonFilter* filter = projection_.FilterOf(*node)) {
      step.filter = *filter;
    }
  }

  JsonLayout::Kind KindOf(const JsonNode& node) const {
    if (node.type.IsIntegral()) return JsonLayout::Kind::kInteger;
    if (node.type.IsCharacter()) return JsonLayout::Kind::kString;
    if (node.type.Is(TypeRoot::kTimestamp) && node.type.precision() == 3 &&
        options_.timestamp_standard == TimestampStandard::kSql) {
      return JsonLayout::Kind::kTimestamp;
    }
    return JsonLayout::Kind::kScalar;
  }

  bool SkipScalar() {
    if (*at_ == '"') {
      for (++at_; at_ < end_ && *at_ != '"'; ++at_) at_ += *at_ == '\\';
      if (at_ >= end_) return false;
      ++at_;
    } else if (*at_ == 't' || *at_ == 'n') {
      at_ += 4;
    } else if (*at_ == 'f') {
      at_ += 5;
    } else if (const char* behind = SkipNumber(at_, end_)) {
      at_ = behind;
    } else {
      return false;
    }
    literal_ = at_;
    return at_ <= end_;
  }

  // An object or array, which is valid: to its closing bracket.
  bool SkipNested() {
    int depth = 0;
    do {
      if (*at_ == '"') {
        for (++at_; at_ < end_ && *at_ != '"'; ++at_) at_ += *at_ == '\\';
      } else if (*at_ == '{' || *at_ == '[') {
        ++depth;
      } else if (*at_ == '}' || *at_ == ']') {
        --depth;
      }
      ++at_;
    } while (depth > 0 && at_ < end_);
    literal_ = at_;
    return depth == 0;
  }

  bool AddMissing(JsonNode& node, const std::vector<const JsonNode*>& found) {
    if (node.column != nullptr) layout_.present.push_back(node.column);
    for (JsonNode& child : node.children) {
      if (std::find(found.begin(), found.end(), &child) != found.end()) {
        continue;
      }
      if (options_.fail_on_missing_field) return false;
      AddNulls(child);
    }
    return true;
  }

  void AddNulls(JsonNode& node) {
    if (node.column != nullptr) {
      layout_.nulls.push_back(node.column);
      return;
    }
    for (JsonNode& child : node.children) AddNulls(child);
  }

  const JsonOptions& options_;
  JsonProjection& projection_;
  const bool pass_objects_;
  const char* at_;
  const char* const end_;
  const char* literal_;  // Where the literal at hand begins.
  int depth_ = 0;
  JsonLayout layout_;
};

}  // namespace

bool JsonLayout::SameAs(const JsonLayout& other) const {
  if (literals != other.literals || steps.size() != other.steps.size() ||
      nulls != other.nulls) {
    return false;
  }
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].literal_size != other.steps[i].literal_size ||
        steps[i].kind != other.steps[i].kind ||
        steps[i].column != other.steps[i].column) {
      return false;
    }
  }
  return true;
}

std::optional<JsonLayout> LearnJsonLayout(absl::string_view record,
                                          const JsonOptions& options,
                                          JsonProjection& projection,
                                          bool pass_objects) {
  return Learner(record, options, projection, pass_objects).Learn();
}

}  // namespace millrace
