#include "runtime/expr/functions_regex_syntax.h"

#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace millrace {
namespace {

absl::Status Bad(absl::string_view why) {
  return absl::InvalidArgumentError(why);
}

std::string Hex(uint32_t character) {
  return absl::StrFormat("\\x{%x}", character);
}

// What a class matches, as parts of PCRE2's own: `set` goes between brackets,
// `alternatives` are expressions beside it.
struct ClassOperand {
  std::string set;
  std::vector<std::string> alternatives;

  bool empty() const { return set.empty() && alternatives.empty(); }
  std::string Expression() const {
    if (alternatives.empty()) return absl::StrCat("[", set, "]");
    std::string all = set.empty() ? "(?:" : absl::StrCat("(?:[", set, "]");
    for (const std::string& one : alternatives) {
      absl::StrAppend(&all, all.size() > 3 ? "|" : "", one);
    }
    return all + ")";
  }
};

// Reads the pattern once from left to right.
class Translator {
 public:
  explicit Translator(absl::string_view pattern) : text_(pattern) {}

  absl::StatusOr<std::string> Run() {
    while (at_ < text_.size() && error_.ok()) {
      const char c = text_[at_];
      if (c == '\\') {
        absl::StrAppend(&out_, Escape(/*in_class=*/false));
      } else if (c == '[') {
        absl::StrAppend(&out_, Class().expression);
      } else if (c == '(') {
        Group();
      } else if (c == '{' && !IsQuantifier()) {
        error_ = Bad("Illegal repetition");
      } else {
        out_ += c;
        ++at_;
      }
    }
    if (!error_.ok()) return error_;
    return out_;
  }

 private:
  struct TranslatedClass {
    bool simple = true;  // `set` says all, not negated.
    std::string set;
    std::string expression;
  };

  bool Has(absl::string_view what) const {
    return text_.substr(at_, what.size()) == what;
  }
  bool Fail(absl::string_view why) {
    if (error_.ok()) error_ = Bad(why);
    at_ = text_.size();
    return false;
  }

  bool IsQuantifier() const {
    size_t i = at_ + 1;
    size_t digits = 0;
    for (; i < text_.size() && absl::ascii_isdigit(text_[i]); ++i) ++digits;
    if (digits == 0) return false;
    if (i < text_.size() && text_[i] == ',') {
      for (++i; i < text_.size() && absl::ascii_isdigit(text_[i]);) ++i;
    }
    return i < text_.size() && text_[i] == '}';
  }

  void Group() {
    ++at_;
    if (Has("*")) {
      Fail("Dangling meta character '*'");
    } else if (!Has("?")) {
      ++captures_;
      out_ += '(';
    } else if (Has("?:") || Has("?=") || Has("?!") || Has("?>")) {
      absl::StrAppend(&out_, "(", text_.substr(at_, 2));
      at_ += 2;
    } else if (Has("?<=") || Has("?<!")) {
      absl::StrAppend(&out_, "(", text_.substr(at_, 3));
      at_ += 3;
    } else if (Has("?<")) {
      const size_t end = text_.find('>', at_);
      if (end == absl::string_view::npos) {
        Fail("named capturing group is missing trailing '>'");
        return;
      }
      ++captures_;
      absl::StrAppend(&out_, "(", text_.substr(at_, end + 1 - at_));
      at_ = end + 1;
    } else {
      Flags();
    }
  }

  // "(?i)", "(?i-s:": PCRE2 knows i, m, s and x with Java's meaning.
  void Flags() {
    std::string flags;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (absl::string_view("imsx-").find(c) != absl::string_view::npos) {
        flags += c;
      } else if (absl::string_view("duU").find(c) ==
                 absl::string_view::npos) {
        break;
      }
    }
    if (!Has(")") && !Has(":")) {
      Fail("Unknown inline modifier");
      return;
    }
    if (flags == "-") flags.clear();
    if (Has(")") && flags.empty()) {
      ++at_;
      return;
    }
    absl::StrAppend(&out_, "(?", flags, text_.substr(at_, 1));
    ++at_;
  }

  // Digits of the given base, at most `most` of them; -1: none.
  int64_t Number(int base, int most) {
    int64_t value = -1;
    for (; most > 0 && at_ < text_.size(); --most, ++at_) {
      const char c = absl::ascii_tolower(text_[at_]);
      const int digit = absl::ascii_isdigit(c)   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                               : base;
      if (digit >= base) break;
      value = (value < 0 ? 0 : value) * base + digit;
    }
    return value;
  }

  std::string CodePoint(int64_t value, absl::string_view why) {
    if (value < 0 || value > 0x10FFFF) {
      Fail(why);
      return "";
    }
    return Hex(static_cast<uint32_t>(value));
  }

  // Behind "\u"; a surrogate pair is one character.
  std::string Unicode() {
    int64_t value = Number(16, 4);
    if (value >= 0xD800 && value < 0xDC00 && Has("\\u")) {
      at_ += 2;
      const int64_t low = Number(16, 4);
      value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
    }
    return CodePoint(value, "Illegal Unicode escape sequence");
  }

  std::string Hexadecimal() {
    if (!Has("{")) {
      return CodePoint(Number(16, 2), "Illegal hexadecimal escape sequence");
    }
    ++at_;
    const int64_t value = Number(16, 6);
    if (!Has("}")) Fail("Unclosed hexadecimal escape sequence");
    ++at_;
    return CodePoint(value, "Illegal hexadecimal escape sequence");
  }

  // Behind "\Q", up to "\E".
  std::string Quoted() {
    const size_t end = text_.find("\\E", at_);
    const absl::string_view inside = text_.substr(
        at_, end == absl::string_view::npos ? end : end - at_);
    at_ = end == absl::string_view::npos ? text_.size() : end + 2;
    std::string out;
    for (const char c : inside) {
      if (absl::ascii_ispunct(c) || c == ' ') out += '\\';
      out += c;
    }
    return out;
  }

  // Behind "\1".."\9": further digits as long as such a group is open.
  std::string BackReference() {
    int64_t group = Number(10, 1);
    while (at_ < text_.size() && absl::ascii_isdigit(text_[at_]) &&
           group * 10 + (text_[at_] - '0') <= captures_) {
      group = group * 10 + Number(10, 1);
    }
    return absl::StrCat("\\g{", group, "}");
  }

  // One escape, from its backslash on.
  std::string Escape(bool in_class) {
    ++at_;
    if (at_ >= text_.size()) {
      Fail("Unexpected internal error");
      return "";
    }
    const char c = text_[at_];
    if (c >= '1' && c <= '9' && !in_class) return BackReference();
    ++at_;
    switch (c) {
      case '0': return CodePoint(Number(8, 3), "Illegal octal escape sequence");
      case 'x': return Hexadecimal();
      case 'u': return Unicode();
      case 'Q': return Quoted();
      case 'p':
      case 'P': return Property(c == 'P', in_class);
      case 'c':
      case 'k': break;
      default: {
        constexpr absl::string_view kEverywhere = "dDsSwWhHvVtnrfae";
        constexpr absl::string_view kOutside = "RXbBAGZz";
        if (!absl::ascii_isalnum(c)) break;
        if (kEverywhere.find(c) == absl::string_view::npos &&
            (in_class || kOutside.find(c) == absl::string_view::npos)) {
          Fail("Illegal/unsupported escape sequence");
          return "";
        }
      }
    }
    if (c == 'v' || static_cast<uint8_t>(c) < 0x80) return {'\\', c};
    return std::string(1, c);
  }

  std::string Property(bool negated, bool in_class);
  TranslatedClass Class();
  void ClassItem(ClassOperand& operand);

  absl::string_view text_;
  size_t at_ = 0;
  int captures_ = 0;
  std::string out_;
  absl::Status error_;
};

// Java's ASCII classes by the names POSIX gives them.
absl::string_view PosixName(absl::string_view name) {
  constexpr absl::string_view kNames[] = {
      "Lower", "Upper", "ASCII", "Alpha", "Digit", "Alnum", "Punct",
      "Graph", "Print", "Blank", "Cntrl", "XDigit", "Space"};
  for (const absl::string_view known : kNames) {
    if (name == known) return known;
  }
  return "";
}

// The Unicode property that PCRE2 knows by another name.
absl::string_view UnicodeName(absl::string_view name) {
  constexpr absl::string_view kNames[][2] = {
      {"javaLowerCase", "Ll"}, {"javaUpperCase", "Lu"},
      {"IsAlphabetic", "L"},   {"IsLetter", "L"},
      {"IsDigit", "Nd"},       {"IsLowercase", "Ll"},
      {"IsUppercase", "Lu"},   {"IsPunctuation", "P"},
      {"javaWhitespace", "Xsp"}, {"IsWhite_Space", "Xsp"},
      {"LC", "L&"},            {"javaLetter", "L"}};
  for (const auto& [java, pcre] : kNames) {
    if (name == java) return pcre;
  }
  for (const absl::string_view prefix :
       {"script=", "sc=", "general_category=", "gc=", "Is"}) {
    if (name.substr(0, prefix.size()) == prefix) {
      return name.substr(prefix.size());
    }
  }
  return name;
}

std::string Translator::Property(bool negated, bool in_class) {
  absl::string_view name = text_.substr(at_, 1);
  size_t end = at_ + 1;
  if (name == "{") {
    const size_t close = text_.find('}', at_);
    if (close == absl::string_view::npos) {
      Fail("Unclosed character family");
      return "";
    }
    name = text_.substr(at_ + 1, close - at_ - 1);
    end = close + 1;
  }
  at_ = end;
  if (const absl::string_view posix = PosixName(name); !posix.empty()) {
    const std::string set = absl::StrCat("[:", negated ? "^" : "",
                                         absl::AsciiStrToLower(posix), ":]");
    return in_class ? set : absl::StrCat("[", set, "]");
  }
  return absl::StrCat(negated ? "\\P{" : "\\p{", UnicodeName(name), "}");
}

// A character, an escape or a nested class; ranges are just their parts.
void Translator::ClassItem(ClassOperand& operand) {
  const char c = text_[at_];
  if (c == '[') {
    const TranslatedClass nested = Class();
    if (nested.simple) {
      operand.set += nested.set;
    } else {
      operand.alternatives.push_back(nested.expression);
    }
  } else if (c == '\\') {
    operand.set += Escape(/*in_class=*/true);
  } else {
    operand.set += c;
    ++at_;
  }
}

Translator::TranslatedClass Translator::Class() {
  ++at_;
  const bool negated = Has("^");
  if (negated) ++at_;
  std::vector<ClassOperand> operands(1);
  bool first = true;
  while (error_.ok() && at_ < text_.size() && (first || !Has("]"))) {
    first = false;
    if (Has("&&")) {
      at_ += 2;
      operands.emplace_back();
    } else if (Has("]")) {
      operands.back().set += "\\]";
      ++at_;
    } else {
      ClassItem(operands.back());
    }
  }
  if (at_ >= text_.size()) Fail("Unclosed character class");
  ++at_;
  TranslatedClass result;
  if (operands.size() == 1 && operands[0].alternatives.empty()) {
    result.simple = !negated;
    result.set = operands[0].set;
    result.expression =
        absl::StrCat(negated ? "[^" : "[", result.set, "]");
    return result;
  }
  result.simple = false;
  std::string all = "(?:";
  for (size_t i = 1; i < operands.size(); ++i) {
    if (operands[i].empty()) continue;  // As in "[a-z&&]".
    absl::StrAppend(&all, "(?=", operands[i].Expression(), ")");
  }
  absl::StrAppend(&all, operands[0].Expression(), ")");
  result.expression =
      negated ? absl::StrCat("(?:(?!", all, ")(?s:.))") : all;
  return result;
}

}  // namespace

absl::StatusOr<std::string> TranslateJavaRegex(absl::string_view pattern) {
  return Translator(pattern).Run();
}

}  // namespace millrace
