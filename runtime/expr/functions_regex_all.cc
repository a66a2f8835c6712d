// REGEXP_REPLACE, REGEXP_EXTRACT_ALL, STR_TO_MAP: every match in a text.

#include <algorithm>
#include <optional>
#include <vector>

#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_regex.h"
#include "runtime/expr/kernel_loops.h"

namespace millrace {
namespace {

using Made = absl::StatusOr<std::unique_ptr<Kernel>>;

void Append(std::string& out, absl::string_view text) {
  out.append(text.data(), text.size());
}

// The replacement is plain text: `$1` stands for itself, as in Flink.
Made ReplaceFactory(const KernelSource&) {
  return MakeKernel([cache = RegexCache(), made = std::string()](
                        const KernelCall& call) mutable {
    const Column<StringView> texts(*call.args[0]);
    const Column<StringView> patterns(*call.args[1]);
    const Column<StringView> replacements(*call.args[2]);
    StringView* const out = call.out->data<StringView>();
    StringWriter writer;
    ShareChunks(call, 0);
    call.rows.ForEach([&](uint32_t row) {
      RegexPattern* const regex = cache.Get(patterns[row].view());
      const absl::string_view text = texts[row].view();
      out[row] = texts[row];
      if (regex == nullptr) {
        call.out->SetNull(row);
        out[row] = StringView();
        return;
      }
      if (!regex->Find(text)) return;
      made.clear();
      size_t behind = 0;
      do {
        Append(made, text.substr(behind, regex->begin() - behind));
        Append(made, replacements[row].view());
        behind = regex->end();
      } while (regex->Find(text, regex->NextFrom()));
      Append(made, text.substr(behind));
      out[row] = writer.Copy(made);
    });
    call.out->AddChunks(writer.TakeChunks());
  });
}

// Elements of a list being made, with the NULLs among them.
class TextList {
 public:
  void Add(std::optional<absl::string_view> text) {
    if (!text) nulls_.push_back(static_cast<uint32_t>(values_.size()));
    values_.push_back(text ? StringView(*text) : StringView());
  }
  uint32_t size() const { return static_cast<uint32_t>(values_.size()); }
  const StringView& operator[](uint32_t index) const { return values_[index]; }
  void Clear() {
    values_.clear();
    nulls_.clear();
  }

  // The child vector; its views point where those of `text` do.
  std::shared_ptr<Vector> Finish(const Vector& text) const {
    auto child = std::make_shared<Vector>(PhysicalType::kString,
                                          std::max<uint32_t>(1, size()));
    std::copy(values_.begin(), values_.end(), child->data<StringView>());
    for (const uint32_t index : nulls_) child->SetNull(index);
    child->AddChunks(text.chunks());
    return child;
  }

 private:
  std::vector<StringView> values_;
  std::vector<uint32_t> nulls_;
};

// The group (1 by default) of every match; NULL for a pattern that is none or
// lacks the group.
Made ExtractAllFactory(const KernelSource&) {
  return MakeKernel([cache = RegexCache(), found = TextList()](
                        const KernelCall& call) mutable {
    const Column<StringView> texts(*call.args[0]);
    const Column<StringView> patterns(*call.args[1]);
    ListEntry* const out = call.out->data<ListEntry>();
    found.Clear();
    call.rows.ForEach([&](uint32_t row) {
      RegexPattern* const regex = cache.Get(patterns[row].view());
      const int64_t group =
          call.args.size() > 2 ? Column<int64_t>(*call.args[2])[row] : 1;
      out[row] = {found.size(), 0};
      if (regex == nullptr || group < 0 || group > regex->group_count()) {
        call.out->SetNull(row);
        return;
      }
      const absl::string_view text = texts[row].view();
      for (size_t from = 0; regex->Find(text, from);
           from = regex->NextFrom()) {
        found.Add(regex->Group(static_cast<int>(group)));
      }
      out[row].length = found.size() - out[row].offset;
    });
    call.out->SetChild(0, found.Finish(*call.args[0]));
  });
}

// Calls `add` for each piece that Java's String.split makes: none for empty
// pieces at the end, none before an empty match at the start.
template <typename Add>
void SplitByRegex(absl::string_view text, RegexPattern& regex,
                  std::vector<absl::string_view>& pieces, Add&& add) {
  pieces.clear();
  size_t behind = 0;
  for (size_t from = 0; regex.Find(text, from); from = regex.NextFrom()) {
    if (regex.end() == 0) continue;
    pieces.push_back(text.substr(behind, regex.begin() - behind));
    behind = regex.end();
  }
  pieces.push_back(text.substr(behind));
  while (pieces.size() > 1 && pieces.back().empty()) pieces.pop_back();
  for (const absl::string_view piece : pieces) add(piece);
}

struct Delimiters {
  RegexPattern* pairs;
  RegexPattern* values;
};

// One row of STR_TO_MAP; a later value of a key takes the earlier one's place.
class MapMaker {
 public:
  ListEntry Make(absl::string_view text, Delimiters delimiters) {
    const uint32_t offset = keys_.size();
    if (text.empty()) return {offset, 0};
    SplitByRegex(text, *delimiters.pairs, pieces_,
                 [&](absl::string_view pair) {
                   AddPair(pair, *delimiters.values, offset);
                 });
    return {offset, keys_.size() - offset};
  }

  void Finish(const KernelCall& call) {
    TextList values;
    for (const auto& value : values_) values.Add(value);
    call.out->SetChild(0, keys_.Finish(*call.args[0]));
    call.out->SetChild(1, values.Finish(*call.args[0]));
    keys_.Clear();
    values_.clear();
  }

 private:
  void AddPair(absl::string_view pair, RegexPattern& delimiter,
               uint32_t offset) {
    absl::string_view key = pair;
    std::optional<absl::string_view> value;
    for (size_t from = 0; delimiter.Find(pair, from);
         from = delimiter.NextFrom()) {
      if (delimiter.end() == 0) continue;
      key = pair.substr(0, delimiter.begin());
      value = pair.substr(delimiter.end());
      break;
    }
    for (uint32_t i = offset; i < keys_.size(); ++i) {
      if (keys_[i] == StringView(key)) {
        values_[i] = value;
        return;
      }
    }
    keys_.Add(key);
    values_.push_back(value);
  }

  TextList keys_;
  std::vector<std::optional<absl::string_view>> values_;
  std::vector<absl::string_view> pieces_;
};

// STR_TO_MAP(text[, between pairs, between key and value]); NULL for a
// delimiter that is no pattern.
Made StringToMapFactory(const KernelSource&) {
  return MakeKernel([pairs = RegexCache(), values = RegexCache(),
                     maker = MapMaker()](const KernelCall& call) mutable {
    const Column<StringView> texts(*call.args[0]);
    ListEntry* const out = call.out->data<ListEntry>();
    const bool given = call.args.size() > 1;
    call.rows.ForEach([&](uint32_t row) {
      Delimiters delimiters{};
      if (given) {
        delimiters.pairs =
            pairs.Get(Column<StringView>(*call.args[1])[row].view());
        delimiters.values =
            values.Get(Column<StringView>(*call.args[2])[row].view());
      } else {
        delimiters = {pairs.Get(","), values.Get("=")};
      }
      out[row] = {};
      if (delimiters.pairs == nullptr || delimiters.values == nullptr) {
        call.out->SetNull(row);
      } else {
        out[row] = maker.Make(texts[row].view(), delimiters);
      }
    });
    maker.Finish(call);
  });
}

}  // namespace

void RegisterRegexAllFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType number = LogicalType::BigInt();
  const LogicalType texts = LogicalType::Array(text);
  const LogicalType map = LogicalType::Map(text, text);
  registry.Add(PreparedEntry(
      "REGEXP_REPLACE", "REGEXP_REPLACE(string1, string2, string3)",
      {{.args = {text, text, text}, .result = text, .always_nullable = true}},
      ReplaceFactory));
  registry.Add(PreparedEntry(
      "REGEXP_EXTRACT_ALL", "REGEXP_EXTRACT_ALL(str, regex[, extractIndex])",
      {{.args = {text, text}, .result = texts, .always_nullable = true},
       {.args = {text, text, number},
        .result = texts,
        .always_nullable = true}},
      ExtractAllFactory));
  registry.Add(PreparedEntry(
      "STR_TO_MAP", "STR_TO_MAP(string1[, string2, string3])",
      {{.args = {text}, .result = map, .always_nullable = true},
       {.args = {text, text, text}, .result = map, .always_nullable = true}},
      StringToMapFactory));
}

}  // namespace millrace
