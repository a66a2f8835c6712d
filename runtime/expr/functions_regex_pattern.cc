#include "runtime/expr/functions_regex_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"
#include "runtime/expr/byte_search.h"
#include "runtime/expr/functions_regex_syntax.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

// Deep enough for patterns that backtrack over a record of 8 MiB now and then,
// and it is only reserved, not touched.
constexpr size_t kSmallStackBytes = 32 << 10;
constexpr size_t kLargestStackBytes = 8 << 20;

PCRE2_SPTR Units(absl::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

}  // namespace

// One compiled form of the pattern and the room for its matches.
class RegexPattern::Program {
 public:
  static absl::StatusOr<std::unique_ptr<Program>> Compile(
      absl::string_view pattern, uint32_t options) {
    // Java's line ends are more than these, but \v and \f are none of them.
    pcre2_compile_context* const context =
        pcre2_compile_context_create(nullptr);
    pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
    int error = 0;
    size_t place = 0;
    pcre2_code* const code = pcre2_compile(
        Units(pattern), pattern.size(), options, &error, &place, context);
    pcre2_compile_context_free(context);
    if (code == nullptr) {
      char message[256];
      pcre2_get_error_message(error, reinterpret_cast<PCRE2_UCHAR*>(message),
                              sizeof(message));
      return absl::InvalidArgumentError(
          absl::StrCat(message, " at byte ", place));
    }
    return std::unique_ptr<Program>(new Program(code));
  }

  ~Program() {
    pcre2_match_data_free(match_);
    pcre2_match_context_free(context_);
    pcre2_jit_stack_free(stack_);
    pcre2_code_free(code_);
  }

  int group_count() const {
    uint32_t count = 0;
    pcre2_pattern_info(code_, PCRE2_INFO_CAPTURECOUNT, &count);
    return static_cast<int>(count);
  }

  bool Match(absl::string_view text, size_t from) {
    int result = PCRE2_ERROR_JIT_STACKLIMIT;
    if (jit_) {
      result = pcre2_jit_match(code_, Units(text), text.size(), from, 0,
                               match_, context_);
    }
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) {
      result = pcre2_match(code_, Units(text), text.size(), from,
                           PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, match_,
                           context_);
    }
    return result > 0;
  }

  const size_t* offsets() const { return pcre2_get_ovector_pointer(match_); }

 private:
  explicit Program(pcre2_code* code)
      : code_(code),
        match_(pcre2_match_data_create_from_pattern(code, nullptr)),
        context_(pcre2_match_context_create(nullptr)),
        stack_(pcre2_jit_stack_create(kSmallStackBytes, kLargestStackBytes,
                                      nullptr)) {
    MILLRACE_CHECK(match_ != nullptr && context_ != nullptr &&
                   stack_ != nullptr);
    jit_ = pcre2_jit_compile(code_, PCRE2_JIT_COMPLETE) == 0;
    pcre2_jit_stack_assign(context_, nullptr, stack_);
  }

  pcre2_code* code_;
  pcre2_match_data* match_;
  pcre2_match_context* context_;
  pcre2_jit_stack* stack_;
  bool jit_ = false;
};

RegexPattern::~RegexPattern() = default;

absl::StatusOr<std::unique_ptr<RegexPattern>> RegexPattern::Compile(
    absl::string_view pattern, Anchor anchor) {
  std::unique_ptr<RegexPattern> regex(new RegexPattern());
  ASSIGN_OR_RETURN(regex->translated_, TranslateJavaRegex(pattern));
  regex->literal_ = FindRequiredLiteral(pattern);
  if (anchor == Anchor::kWhole) {
    regex->translated_ =
        absl::StrCat("\\A(?:", regex->translated_, ")\\z");
  }
  if (IsAscii(pattern)) {
    // Refuses code points above a byte, which the other form takes.
    auto ascii = Program::Compile(regex->translated_, 0);
    if (ascii.ok()) regex->ascii_ = *std::move(ascii);
  }
  const Program* program = regex->ascii_.get();
  if (program == nullptr) {
    ASSIGN_OR_RETURN(regex->utf8_,
                     Program::Compile(regex->translated_,
                                      PCRE2_UTF | PCRE2_MATCH_INVALID_UTF));
    program = regex->utf8_.get();
  }
  regex->group_count_ = program->group_count();
  return regex;
}

bool RegexPattern::Find(absl::string_view text, size_t from) {
  if (from > text.size()) return false;
  if (!literal_.bytes.empty()) {
    const size_t found = FindBytes(text, literal_.bytes, from);
    if (found == absl::string_view::npos) return false;
    if (found - from > literal_.max_before) {
      from = found - literal_.max_before;
      while (from > 0 && IsContinuation(text[from])) --from;
    }
  }
  Program* program = ascii_.get();
  if (program == nullptr || !IsAscii(text)) {
    if (utf8_ == nullptr) {
      auto compiled = Program::Compile(translated_,
                                       PCRE2_UTF | PCRE2_MATCH_INVALID_UTF);
      // What only one of the two modes takes matches no such text.
      if (!compiled.ok()) return false;
      utf8_ = *std::move(compiled);
    }
    program = utf8_.get();
  }
  if (!program->Match(text, from)) return false;
  text_ = text;
  offsets_ = program->offsets();
  begin_ = offsets_[0];
  end_ = offsets_[1];
  return true;
}

std::optional<absl::string_view> RegexPattern::Group(int group) const {
  const size_t begin = offsets_[2 * group];
  const size_t end = offsets_[2 * group + 1];
  if (begin == PCRE2_UNSET || end < begin) return std::nullopt;
  return text_.substr(begin, end - begin);
}

size_t RegexPattern::NextFrom() const {
  if (end_ > begin_) return end_;
  return end_ < text_.size() ? NextCharacter(text_, end_) : text_.size() + 1;
}

}  // namespace millrace
