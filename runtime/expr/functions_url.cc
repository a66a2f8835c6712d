// URL_ENCODE, URL_DECODE, PARSE_URL, INET_ATON, INET_NTOA.

#include "runtime/expr/function_entry.h"
#include "runtime/expr/function_families.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/url_parts.h"

namespace millrace {
namespace {

// What Java's URLEncoder leaves as it is.
bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '*' ||
         c == '_';
}

void UrlEncodeKernel(const KernelCall& call) {
  StringLoop<StringView>(call, [](const StringView& text,
                                  StringWriter& writer) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    char* const begin = writer.Reserve(text.size() * size_t{3});
    char* out = begin;
    for (const char c : text.view()) {
      if (IsUnreserved(c)) {
        *out++ = c;
      } else if (c == ' ') {
        *out++ = '+';
      } else {
        *out++ = '%';
        *out++ = kDigits[static_cast<uint8_t>(c) >> 4];
        *out++ = kDigits[c & 15];
      }
    }
    return writer.Commit(out - begin);
  });
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The end of what was written; null: an escape is broken.
char* Decode(absl::string_view text, char* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      *out++ = ' ';
    } else if (text[i] != '%') {
      *out++ = text[i];
    } else {
      if (i + 2 >= text.size()) return nullptr;
      const int high = HexValue(text[i + 1]);
      const int low = HexValue(text[i + 2]);
      if (high < 0 || low < 0) return nullptr;
      *out++ = static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

void UrlDecodeKernel(const KernelCall& call) {
  const Column<StringView> text(*call.args[0]);
  StringView* const out = call.out->data<StringView>();
  StringWriter writer;
  call.rows.ForEach([&](uint32_t row) {
    char* const begin = writer.Reserve(text[row].size());
    const char* const end = Decode(text[row].view(), begin);
    if (end == nullptr) call.out->SetNull(row);
    out[row] = end == nullptr ? StringView() : writer.Commit(end - begin);
  });
  call.out->AddChunks(writer.TakeChunks());
}

std::optional<absl::string_view> PartOf(const UrlParts& url,
                                        absl::string_view part) {
  if (part == "HOST") return url.host;
  if (part == "PATH") return url.path;
  if (part == "QUERY") return url.query;
  if (part == "REF") return url.reference;
  if (part == "PROTOCOL") return url.protocol;
  if (part == "FILE") return url.file;
  if (part == "AUTHORITY") return url.authority;
  if (part == "USERINFO") return url.user_info;
  return std::nullopt;
}

// PARSE_URL(url, part[, key of the query]).
void ParseUrlKernel(const KernelCall& call) {
  const Column<StringView> text(*call.args[0]);
  const Column<StringView> part(*call.args[1]);
  StringView* const out = call.out->data<StringView>();
  ShareChunks(call, 0);
  call.rows.ForEach([&](uint32_t row) {
    const auto url = ParseUrl(text[row].view());
    std::optional<absl::string_view> found;
    if (url && call.args.size() == 2) {
      found = PartOf(*url, part[row].view());
    } else if (url && url->query && part[row].view() == "QUERY") {
      const Column<StringView> key(*call.args[2]);
      found = QueryValue(*url->query, key[row].view());
    }
    if (!found) call.out->SetNull(row);
    out[row] = found ? StringView(*found) : StringView();
  });
}

// One to four bytes: all but the last count from the front, and zeros stand
// for those left out between ("127.1").
bool ParseAddress(absl::string_view text, int64_t* address) {
  int64_t parts[4] = {};
  int count = 0;
  bool digits = false;
  for (const char c : text) {
    if (c == '.') {
      if (!digits || ++count == 4) return false;
      digits = false;
    } else if (c >= '0' && c <= '9') {
      parts[count] = parts[count] * 10 + (c - '0');
      if (parts[count] > 255) return false;
      digits = true;
    } else {
      return false;
    }
  }
  if (!digits) return false;
  *address = parts[count];
  for (int i = 0; i < count; ++i) *address |= parts[i] << (24 - 8 * i);
  return true;
}

void InetAtonKernel(const KernelCall& call) {
  UnaryOrNull<int64_t, StringView>(
      call, [](const StringView& text, int64_t* address) {
        return ParseAddress(text.view(), address);
      });
}

void InetNtoaKernel(const KernelCall& call) {
  const Column<int64_t> address(*call.args[0]);
  StringView* const out = call.out->data<StringView>();
  StringWriter writer;
  call.rows.ForEach([&](uint32_t row) {
    const int64_t value = address[row];
    out[row] = StringView();
    if (value < 0 || value > 0xFFFFFFFF) {
      call.out->SetNull(row);
      return;
    }
    char* const begin = writer.Reserve(16);
    char* end = begin;
    for (int shift = 24; shift >= 0; shift -= 8) {
      const int byte = static_cast<int>((value >> shift) & 0xFF);
      if (byte >= 100) *end++ = static_cast<char>('0' + byte / 100);
      if (byte >= 10) *end++ = static_cast<char>('0' + byte / 10 % 10);
      *end++ = static_cast<char>('0' + byte % 10);
      if (shift > 0) *end++ = '.';
    }
    out[row] = writer.Commit(end - begin);
  });
  call.out->AddChunks(writer.TakeChunks());
}

}  // namespace

void RegisterUrlFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType number = LogicalType::BigInt();
  const auto nullable = [](std::vector<LogicalType> args,
                           const LogicalType& result) {
    return Signature{.args = std::move(args), .result = result,
                     .always_nullable = true};
  };
  registry.Add(Entry("URL_ENCODE", "URL_ENCODE(string)",
                     {nullable({text}, text)}, UrlEncodeKernel));
  registry.Add(Entry("URL_DECODE", "URL_DECODE(string)",
                     {nullable({text}, text)}, UrlDecodeKernel));
  registry.Add(Entry(
      "PARSE_URL", "PARSE_URL(string1, string2[, string3])",
      {nullable({text, text}, text), nullable({text, text, text}, text)},
      ParseUrlKernel));
  registry.Add(Entry("INET_ATON", "INET_ATON(string)",
                     {nullable({text}, number)}, InetAtonKernel));
  registry.Add(Entry("INET_NTOA", "INET_NTOA(numeric)",
                     {nullable({number}, text)}, InetNtoaKernel));
}

}  // namespace millrace
