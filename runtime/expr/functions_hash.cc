// MD5, SHA1, SHA224, SHA256, SHA384, SHA512, SHA2: digests in hexadecimal.

#include <openssl/evp.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/function_families.h"
#include "runtime/expr/kernel_loops.h"

namespace millrace {
namespace {

using Made = absl::StatusOr<std::unique_ptr<Kernel>>;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// One computation after another, in a context that is made once.
class Digester {
 public:
  Digester() : context_(EVP_MD_CTX_new()) {}

  StringView Hash(const EVP_MD* method, absl::string_view bytes,
                  StringWriter& writer) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestInit_ex(context_.get(), method, nullptr);
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
    EVP_DigestFinal_ex(context_.get(), digest, &size);
    constexpr char kDigits[] = "0123456789abcdef";
    char* const begin = writer.Reserve(size * size_t{2});
    for (unsigned i = 0; i < size; ++i) {
      begin[2 * i] = kDigits[digest[i] >> 4];
      begin[2 * i + 1] = kDigits[digest[i] & 15];
    }
    return writer.Commit(size * size_t{2});
  }

 private:
  std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

void AddHash(FunctionRegistry& registry, absl::string_view name,
             const EVP_MD* method) {
  const LogicalType digest = LogicalType::Char(EVP_MD_size(method) * 2);
  registry.Add(PreparedEntry(
      name, absl::StrCat(name, "(string)"),
      {{{LogicalType::String()}, digest}, {{LogicalType::Bytes()}, digest}},
      [method](const KernelSource&) -> Made {
        return MakeKernel(
            [method, digester = Digester()](const KernelCall& call) mutable {
              StringLoop<StringView>(call, [&](const StringView& bytes,
                                               StringWriter& writer) {
                return digester.Hash(method, bytes.view(), writer);
              });
            });
      }));
}

// Null: SHA2 knows no such length.
const EVP_MD* MethodOf(int64_t bits) {
  switch (bits) {
    case 224: return EVP_sha224();
    case 256: return EVP_sha256();
    case 384: return EVP_sha384();
    case 512: return EVP_sha512();
    default: return nullptr;
  }
}

Made Sha2Factory(const KernelSource&) {
  return MakeKernel([digester = Digester()](const KernelCall& call) mutable {
    const Column<StringView> bytes(*call.args[0]);
    const Column<int64_t> bits(*call.args[1]);
    StringView* const out = call.out->data<StringView>();
    StringWriter writer;
    call.rows.ForEach([&](uint32_t row) {
      const EVP_MD* const method = MethodOf(bits[row]);
      out[row] = StringView();
      if (method != nullptr) {
        out[row] = digester.Hash(method, bytes[row].view(), writer);
        return;
      }
      FailRow(call, row,
              UserError({.code = "EXP-0104",
                         .what = absl::StrCat("SHA2 has no digest of ",
                                              bits[row], " bits"),
                         .fix = "Use 224, 256, 384 or 512"}));
    });
    call.out->AddChunks(writer.TakeChunks());
  });
}

}  // namespace

void RegisterHashFunctions(FunctionRegistry& registry) {
  AddHash(registry, "MD5", EVP_md5());
  AddHash(registry, "SHA1", EVP_sha1());
  AddHash(registry, "SHA224", EVP_sha224());
  AddHash(registry, "SHA256", EVP_sha256());
  AddHash(registry, "SHA384", EVP_sha384());
  AddHash(registry, "SHA512", EVP_sha512());
  const LogicalType number = LogicalType::BigInt();
  const LogicalType digest = LogicalType::VarChar(128);
  registry.Add(PreparedEntry("SHA2", "SHA2(string, length)",
                             {{{LogicalType::String(), number}, digest},
                              {{LogicalType::Bytes(), number}, digest}},
                             Sha2Factory));
}

}  // namespace millrace
