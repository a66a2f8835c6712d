// TRANSLATE: characters replaced one by one.

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_string.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

char* Append(absl::string_view text, char* out) {
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// What TRANSLATE makes of each character; made anew only when its strings
// change.
class Dictionary {
 public:
  void Assign(absl::string_view from, absl::string_view to) {
    if (from == from_ && to == to_ && !map_.empty()) return;
    from_ = std::string(from);
    to_ = std::string(to);
    map_.clear();
    size_t taken = 0;
    for (size_t at = 0; at < from_.size();) {
      const char32_t key = DecodeCharacter(from_, &at);
      const size_t begin = taken;
      if (taken < to_.size()) taken = NextCharacter(to_, taken);
      // The first of equal characters counts.
      map_.try_emplace(key, begin, taken - begin);
    }
  }

  // At most four bytes for each byte of `text`.
  char* Write(absl::string_view text, char* out) const {
    for (size_t at = 0; at < text.size();) {
      const size_t begin = at;
      const auto entry = map_.find(DecodeCharacter(text, &at));
      if (entry == map_.end()) {
        out = Append(text.substr(begin, at - begin), out);
      } else {
        out = Append(absl::string_view(to_).substr(entry->second.first,
                                                   entry->second.second),
                     out);
      }
    }
    return out;
  }

 private:
  std::string from_, to_;
  // Place and length in `to_`.
  absl::flat_hash_map<char32_t, std::pair<size_t, size_t>> map_;
};

// NULL only where the text is; without `from` it stays, without `to` the
// characters go.
absl::StatusOr<std::unique_ptr<Kernel>> TranslateFactory(const KernelSource&) {
  return MakeKernel([dictionary = Dictionary()](const KernelCall& call)
                        mutable {
    StringView* const out = call.out->data<StringView>();
    const Column<StringView> text(*call.args[0]);
    const Column<StringView> from(*call.args[1]);
    const Column<StringView> to(*call.args[2]);
    StringWriter writer;
    ShareChunks(call, 0);
    call.rows.ForEach([&](uint32_t row) {
      out[row] = StringView();
      if (call.args[0]->IsNull(row)) {
        call.out->SetNull(row);
        return;
      }
      if (call.args[1]->IsNull(row) || from[row].size() == 0) {
        out[row] = text[row];
        return;
      }
      dictionary.Assign(from[row].view(), call.args[2]->IsNull(row)
                                              ? absl::string_view()
                                              : to[row].view());
      const absl::string_view view = text[row].view();
      char* const begin = writer.Reserve(view.size() * kMaxCharacterBytes);
      out[row] = writer.Commit(dictionary.Write(view, begin) - begin);
    });
    call.out->AddChunks(writer.TakeChunks());
  });
}

}  // namespace

void RegisterStringTranslateFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  registry.Add(PreparedEntry("TRANSLATE", "TRANSLATE(expr, fromStr, toStr)",
                             {{{text, text, text}, text}}, TranslateFactory,
                             {.null_in_null_out = false}));
}

}  // namespace millrace
