// TRIM, LTRIM, RTRIM, BTRIM: a string without characters of a set at its ends,
// as a view of it.

#include <algorithm>
#include <vector>

#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_string.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

struct TrimSides {
  bool left = true;
  bool right = true;
};

// The characters to take off.
class TrimSet {
 public:
  explicit TrimSet(absl::string_view characters) { Assign(characters); }

  void Assign(absl::string_view characters) {
    std::fill(std::begin(ascii_), std::end(ascii_), false);
    wide_.clear();
    for (size_t at = 0; at < characters.size();) {
      const char32_t character = DecodeCharacter(characters, &at);
      if (character < 0x80) {
        ascii_[character] = true;
      } else {
        wide_.push_back(character);
      }
    }
  }

  absl::string_view Trim(absl::string_view text, TrimSides sides) const {
    if (sides.left) {
      size_t begin = 0;
      while (begin < text.size()) {
        const size_t next = NextCharacter(text, begin);
        if (!Contains(text, begin, next)) break;
        begin = next;
      }
      text.remove_prefix(begin);
    }
    if (sides.right) {
      size_t end = text.size();
      while (end > 0) {
        const size_t last = PreviousCharacter(text, end);
        if (!Contains(text, last, end)) break;
        end = last;
      }
      text = text.substr(0, end);
    }
    return text;
  }

 private:
  bool Contains(absl::string_view text, size_t begin, size_t end) const {
    const uint8_t lead = static_cast<uint8_t>(text[begin]);
    if (lead < 0x80) return ascii_[lead];
    if (wide_.empty()) return false;
    return std::find(wide_.begin(), wide_.end(),
                     DecodeCharacter(text.substr(0, end), &begin)) !=
           wide_.end();
  }

  bool ascii_[128] = {};
  std::vector<char32_t> wide_;
};

// `set_argument` < 0: spaces.
std::unique_ptr<Kernel> MakeTrim(TrimSides sides, int text_argument,
                                 int set_argument) {
  return MakeKernel([sides, text_argument, set_argument,
                     set = TrimSet(" ")](const KernelCall& call) mutable {
    const Column<StringView> text(*call.args[text_argument]);
    StringView* const out = call.out->data<StringView>();
    ShareChunks(call, text_argument);
    bool varies = false;
    if (set_argument >= 0 && call.rows.size() > 0) {
      varies = !call.args[set_argument]->is_constant();
      if (!varies) {
        set.Assign(call.args[set_argument]->data<StringView>()[0].view());
      }
    }
    call.rows.ForEach([&](uint32_t row) {
      if (varies) {
        set.Assign(call.args[set_argument]->data<StringView>()[row].view());
      }
      out[row] = StringView(set.Trim(text[row].view(), sides));
    });
  });
}

// LTRIM, RTRIM, BTRIM: (string[, characters]).
Function SideEntry(absl::string_view name, absl::string_view usage,
                   TrimSides sides) {
  const LogicalType text = LogicalType::String();
  return PreparedEntry(
      name, usage, {{{text}, text}, {{text, text}, text}},
      [sides](const KernelSource& source)
          -> absl::StatusOr<std::unique_ptr<Kernel>> {
        return MakeTrim(sides, 0, source.args.size() > 1 ? 1 : -1);
      });
}

// TRIM: (string) or (side, characters, string), the side a literal.
absl::StatusOr<std::unique_ptr<Kernel>> TrimFactory(
    const KernelSource& source) {
  if (source.args.size() == 1) return MakeTrim({}, 0, -1);
  const std::string* const side = LiteralText(source.args[0]);
  if (side == nullptr ||
      (*side != "BOTH" && *side != "LEADING" && *side != "TRAILING")) {
    return BadLiteral("TRIM", side == nullptr ? "?" : *side,
                      "the side is none of BOTH, LEADING and TRAILING",
                      "Write TRIM(BOTH 'x' FROM string)");
  }
  return MakeTrim(
      {.left = *side != "TRAILING", .right = *side != "LEADING"}, 2, 1);
}

}  // namespace

void RegisterStringTrimFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  registry.Add(PreparedEntry(
      "TRIM",
      "TRIM(string)\n"
      "TRIM([BOTH | LEADING | TRAILING] [characters] FROM string)",
      {{{text}, text}, {{text, text, text}, text}}, TrimFactory));
  registry.Add(SideEntry("LTRIM", "LTRIM(string[, characters])",
                         {.left = true, .right = false}));
  registry.Add(SideEntry("RTRIM", "RTRIM(string[, characters])",
                         {.left = false, .right = true}));
  registry.Add(SideEntry("BTRIM", "BTRIM(string[, characters])", {}));
}

}  // namespace millrace
