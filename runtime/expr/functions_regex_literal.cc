#include "runtime/expr/functions_regex_literal.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

constexpr size_t kUnbounded = RequiredLiteral::kUnbounded;

size_t Plus(size_t a, size_t b) {
  return a == kUnbounded || b == kUnbounded ? kUnbounded : a + b;
}

// One atom with its quantifier.
struct Atom {
  std::string literal;  // Empty: no single text.
  size_t max_bytes = 0;
  bool required = true;  // At least once.
  bool repeats = false;  // More than once.
};

class Scanner {
 public:
  explicit Scanner(absl::string_view pattern) : text_(pattern) {}

  RequiredLiteral Run() {
    RequiredLiteral best;
    RequiredLiteral run;
    size_t before = 0;
    const auto close = [&] {
      if (run.bytes.size() > best.bytes.size()) best = run;
      run = {};
    };
    while (at_ < text_.size()) {
      if (text_[at_] == '|') return {};
      const Atom atom = Next();
      if (!known_) return {};
      if (!atom.literal.empty() && atom.required) {
        if (run.bytes.empty()) run.max_before = before;
        run.bytes += atom.literal;
        if (atom.repeats) close();
      } else if (atom.max_bytes > 0) {
        close();
      }
      before = Plus(before, atom.max_bytes);
    }
    close();
    return known_ ? best : RequiredLiteral{};
  }

 private:
  Atom Unknown() {
    known_ = false;
    at_ = text_.size();
    return {};
  }

  Atom Next() {
    Atom atom;
    const char c = text_[at_];
    switch (c) {
      case '\\': atom = Escape(); break;
      case '[': SkipClass(); atom.max_bytes = kMaxCharacterBytes; break;
      case '(': atom = Group(); break;
      case '.': ++at_; atom.max_bytes = kMaxCharacterBytes; break;
      case '^':
      case '$': ++at_; break;
      case '*': case '+': case '?': case '{': case ')': return Unknown();
      default: {
        const size_t next = NextCharacter(text_, at_);
        atom.literal = std::string(text_.substr(at_, next - at_));
        atom.max_bytes = atom.literal.size();
        at_ = next;
      }
    }
    if (known_) Quantify(atom);
    return atom;
  }

  Atom Escape() {
    if (at_ + 1 >= text_.size()) return Unknown();
    const char c = text_[at_ + 1];
    at_ += 2;
    Atom atom;
    if (absl::ascii_ispunct(c)) {
      atom.literal = std::string(1, c);
      atom.max_bytes = 1;
    } else if (absl::string_view("dDsSwWhHvV").find(c) !=
               absl::string_view::npos) {
      atom.max_bytes = kMaxCharacterBytes;
    } else if (c != 'b' && c != 'B') {
      return Unknown();
    }
    return atom;
  }

  void SkipClass() {
    int depth = 0;
    do {
      if (text_[at_] == '\\') {
        if (text_.substr(at_, 2) == "\\Q") known_ = false;
        ++at_;
      } else if (text_[at_] == '[') {
        ++depth;
        if (text_.substr(at_ + 1, 1) == "^") ++at_;
        if (text_.substr(at_ + 1, 1) == "]") known_ = false;
      } else if (text_[at_] == ']') {
        --depth;
      }
      ++at_;
    } while (depth > 0 && at_ < text_.size());
    if (depth > 0) known_ = false;
  }

  // "(...)" and "(?:...)": the longest of its alternatives.
  Atom Group() {
    ++at_;
    if (text_.substr(at_, 2) == "?:") {
      at_ += 2;
    } else if (text_.substr(at_, 1) == "?") {
      return Unknown();
    }
    Atom group;
    size_t length = 0;
    while (known_ && at_ < text_.size() && text_[at_] != ')') {
      if (text_[at_] == '|') {
        ++at_;
        group.max_bytes = std::max(group.max_bytes, length);
        length = 0;
      } else {
        length = Plus(length, Next().max_bytes);
      }
    }
    if (!known_ || at_ >= text_.size()) return Unknown();
    ++at_;
    group.max_bytes = std::max(group.max_bytes, length);
    return group;
  }

  void Quantify(Atom& atom) {
    if (at_ >= text_.size()) return;
    const char c = text_[at_];
    if (c == '*' || c == '+' || c == '{') {
      atom.max_bytes = atom.max_bytes == 0 ? 0 : kUnbounded;
      atom.repeats = true;
    }
    if (c == '*' || c == '?' || c == '{') atom.required = false;
    if (c == '{') {
      at_ = text_.find('}', at_);
      if (at_ == absl::string_view::npos) {
        Unknown();
        return;
      }
    }
    if (c != '*' && c != '+' && c != '?' && c != '{') return;
    ++at_;
    // Reluctant or possessive.
    if (at_ < text_.size() && (text_[at_] == '?' || text_[at_] == '+')) ++at_;
  }

  absl::string_view text_;
  size_t at_ = 0;
  bool known_ = true;
};

}  // namespace

RequiredLiteral FindRequiredLiteral(absl::string_view pattern) {
  return Scanner(pattern).Run();
}

}  // namespace millrace
