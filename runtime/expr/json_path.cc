#include "runtime/expr/json_path.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

constexpr size_t kNowhere = absl::string_view::npos;

constexpr int kMostDepth = 512;  // Deeper texts are taken for broken.

// Walks over a JSON text. Every method returns false at the first byte that is
// not JSON; the place is then unspecified.
class Reader {
 public:
  explicit Reader(absl::string_view text) : text_(text) { SkipSpace(); }

  size_t at() const { return at_; }
  bool AtEnd() {
    SkipSpace();
    return at_ == text_.size();
  }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    SkipSpace();
    return true;
  }

  // `inside` is what stands between the quotes, escapes and all.
  bool String(absl::string_view* inside) {
    if (Peek() != '"') return false;
    const size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<uint8_t>(text_[at_]) < 0x20) return false;
      at_ += text_[at_] == '\\' ? 2 : 1;
    }
    if (at_ >= text_.size()) return false;
    *inside = text_.substr(begin, at_ - begin);
    ++at_;
    return true;
  }

  bool Skip(int depth = 0) {
    if (depth > kMostDepth) return false;
    absl::string_view inside;
    switch (Peek()) {
      case '{': return SkipList('{', '}', depth, /*members=*/true);
      case '[': return SkipList('[', ']', depth, /*members=*/false);
      case '"': return String(&inside);
      case 't': return Word("true");
      case 'f': return Word("false");
      case 'n': return Word("null");
      default: return Number();
    }
  }
  void SkipSpace() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' ||
            text_[at_] == '\r')) {
      ++at_;
    }
  }

 private:
  bool SkipList(char open, char close, int depth, bool members) {
    if (!Take(open)) return false;
    if (Peek() == close) {
      ++at_;
      return true;
    }
    while (true) {
      absl::string_view name;
      if (members) {
        if (!String(&name)) return false;
        SkipSpace();
        if (!Take(':')) return false;
      }
      if (!Skip(depth + 1)) return false;
      SkipSpace();
      if (Peek() == close) {
        ++at_;
        return true;
      }
      if (!Take(',')) return false;
    }
  }

  bool Word(absl::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool Digits() {
    const size_t begin = at_;
    while (absl::ascii_isdigit(Peek())) ++at_;
    return at_ > begin;
  }

  bool Number() {
    if (Peek() == '-') ++at_;
    if (Peek() == '0') {
      ++at_;
    } else if (!Digits()) {
      return false;
    }
    if (Peek() == '.') {
      ++at_;
      if (!Digits()) return false;
    }
    if (Peek() == 'e' || Peek() == 'E') {
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      if (!Digits()) return false;
    }
    return true;
  }

  absl::string_view text_;
  size_t at_ = 0;
};

// To the value of member `name`; of several the last counts, as it does in
// the tree that others build.
bool EnterMember(Reader& reader, absl::string_view name) {
  if (!reader.Take('{')) return false;
  std::optional<Reader> found;
  while (reader.Peek() == '"') {
    absl::string_view member;
    if (!reader.String(&member)) return false;
    reader.SkipSpace();
    if (!reader.Take(':')) return false;
    if (member == name) found = reader;
    if (!reader.Skip()) return false;
    reader.SkipSpace();
    if (!reader.Take(',')) break;
  }
  if (reader.Peek() != '}' || !found) return false;
  reader = *found;
  return true;
}

bool EnterElement(Reader& reader, int64_t index) {
  if (!reader.Take('[')) return false;
  for (; index > 0; --index) {
    if (!reader.Skip()) return false;
    reader.SkipSpace();
    if (!reader.Take(',')) return false;
  }
  return reader.Peek() != ']';
}

absl::Status Bad(absl::string_view path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(why, " in '", path, "'"));
}

}  // namespace

absl::StatusOr<JsonPath> JsonPath::Compile(absl::string_view path) {
  absl::string_view rest = absl::StripAsciiWhitespace(path);
  for (const absl::string_view mode : {"lax ", "strict "}) {
    if (absl::StartsWithIgnoreCase(rest, mode)) {
      rest = absl::StripLeadingAsciiWhitespace(rest.substr(mode.size()));
    }
  }
  if (rest.empty() || rest[0] != '$') return Bad(path, "no $");
  rest.remove_prefix(1);
  JsonPath compiled;
  while (!rest.empty()) {
    Step step;
    if (rest[0] == '.') {
      const size_t end = rest.find_first_of(".[", 1);
      step.name = std::string(rest.substr(1, end == kNowhere ? end : end - 1));
      rest = end == kNowhere ? absl::string_view() : rest.substr(end);
      if (step.name.empty() || step.name == "*") {
        return Bad(path, "several values at once");
      }
    } else {
      const char quote = rest.size() > 1 ? rest[1] : '\0';
      const bool named = quote == '\'' || quote == '"';
      const size_t close =
          named ? rest.find(absl::StrCat(std::string(1, quote), "]"), 2)
                : rest.find(']');
      if (rest[0] != '[' || close == kNowhere) return Bad(path, "no step");
      if (named) {
        step.name = std::string(rest.substr(2, close - 2));
      } else if (!absl::SimpleAtoi(rest.substr(1, close - 1), &step.index) ||
                 step.index < 0) {
        return Bad(path, "no index");
      }
      rest = rest.substr(close + (named ? 2 : 1));
    }
    compiled.steps_.push_back(std::move(step));
  }
  return compiled;
}

std::optional<absl::string_view> JsonPath::Find(
    absl::string_view json) const {
  Reader reader(json);
  for (const Step& step : steps_) {
    const bool entered = step.index >= 0 ? EnterElement(reader, step.index)
                                         : EnterMember(reader, step.name);
    if (!entered) return std::nullopt;
  }
  const size_t begin = reader.at();
  if (!reader.Skip()) return std::nullopt;
  return json.substr(begin, reader.at() - begin);
}

bool IsJson(absl::string_view text) {
  Reader reader(text);
  return reader.Skip() && reader.AtEnd();
}

}  // namespace millrace
