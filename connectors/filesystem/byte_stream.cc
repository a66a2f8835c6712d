#include "connectors/filesystem/byte_stream.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// What is read at a time of a compressed file.
constexpr size_t kCompressedBytes = 128 << 10;

class PlainStream final : public ByteStream {
 public:
  PlainStream(std::string path, int file, int64_t offset)
      : path_(std::move(path)), file_(file), offset_(offset) {}
  ~PlainStream() override { close(file_); }

  absl::StatusOr<size_t> Read(char* out, size_t size_bytes) override {
    while (true) {
      const ssize_t got = pread(file_, out, size_bytes, offset_);
      if (got >= 0) {
        offset_ += got;
        return static_cast<size_t>(got);
      }
      if (errno != EINTR) {
        return UserError({.code = "SRC-0201",
                          .what = absl::StrCat("cannot read '", path_, "'"),
                          .where = absl::StrCat("byte ", offset_),
                          .why = std::strerror(errno)});
      }
    }
  }

 private:
  const std::string path_;
  const int file_;
  int64_t offset_;
};

absl::Status Broken(absl::string_view path, absl::string_view why) {
  return UserError({.code = "SRC-0203",
                    .what = absl::StrCat("cannot decompress '", path, "'"),
                    .why = std::string(why)});
}

// Compressed bytes, read piece by piece.
class CompressedInput {
 public:
  explicit CompressedInput(std::unique_ptr<ByteStream> file)
      : file_(std::move(file)), buffer_(kCompressedBytes) {}

  // Makes sure that unread bytes are there; false at the end of the file.
  absl::StatusOr<bool> Fill() {
    if (used_ < filled_) return true;
    used_ = 0;
    ASSIGN_OR_RETURN(filled_, file_->Read(buffer_.data(), buffer_.size()));
    return filled_ > 0;
  }
  char* data() { return buffer_.data() + used_; }
  size_t size() const { return filled_ - used_; }
  void Use(size_t bytes) { used_ += bytes; }

 private:
  std::unique_ptr<ByteStream> file_;
  std::vector<char> buffer_;
  size_t used_ = 0;
  size_t filled_ = 0;
};

class GzipStream final : public ByteStream {
 public:
  GzipStream(std::string path, std::unique_ptr<ByteStream> file)
      : path_(std::move(path)), input_(std::move(file)) {
    // 15 bits of window, and 16 asks for gzip's own header.
    inflateInit2(&state_, 15 + 16);
  }
  ~GzipStream() override { inflateEnd(&state_); }

  absl::StatusOr<size_t> Read(char* out, size_t size_bytes) override {
    state_.next_out = reinterpret_cast<Bytef*>(out);
    state_.avail_out = static_cast<uInt>(size_bytes);
    while (state_.avail_out == size_bytes) {
      ASSIGN_OR_RETURN(const bool more, input_.Fill());
      if (!more) {
        if (inside_) return Broken(path_, "it ends in the middle");
        return 0;
      }
      state_.next_in = reinterpret_cast<Bytef*>(input_.data());
      state_.avail_in = static_cast<uInt>(input_.size());
      inside_ = true;
      const int result = inflate(&state_, Z_NO_FLUSH);
      input_.Use(input_.size() - state_.avail_in);
      if (result == Z_STREAM_END) {
        // Files may be put behind one another.
        inflateReset(&state_);
        inside_ = false;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return Broken(path_, state_.msg ? state_.msg : "not gzip");
      }
    }
    return size_bytes - state_.avail_out;
  }

 private:
  const std::string path_;
  CompressedInput input_;
  z_stream state_ = {};
  bool inside_ = false;  // Between a member's header and its end.
};

class ZstdStream final : public ByteStream {
 public:
  ZstdStream(std::string path, std::unique_ptr<ByteStream> file)
      : path_(std::move(path)),
        input_(std::move(file)),
        state_(ZSTD_createDStream()) {}
  ~ZstdStream() override { ZSTD_freeDStream(state_); }

  absl::StatusOr<size_t> Read(char* out, size_t size_bytes) override {
    ZSTD_outBuffer to = {out, size_bytes, 0};
    while (to.pos == 0) {
      ASSIGN_OR_RETURN(const bool more, input_.Fill());
      if (!more && !inside_) return 0;
      ZSTD_inBuffer from = {input_.data(), input_.size(), 0};
      const size_t result = ZSTD_decompressStream(state_, &to, &from);
      input_.Use(from.pos);
      if (ZSTD_isError(result)) {
        return Broken(path_, ZSTD_getErrorName(result));
      }
      inside_ = result != 0;
      if (!more && to.pos == 0 && inside_) {
        return Broken(path_, "it ends in the middle");
      }
    }
    return to.pos;
  }

 private:
  const std::string path_;
  CompressedInput input_;
  ZSTD_DStream* state_;
  bool inside_ = false;  // Between a frame's header and its end.
};

absl::StatusOr<std::unique_ptr<ByteStream>> OpenPlain(const std::string& path,
                                                      int64_t offset) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return UserError({.code = "SRC-0201",
                      .what = absl::StrCat("cannot read '", path, "'"),
                      .why = std::strerror(errno)});
  }
  posix_fadvise(file, offset, 0, POSIX_FADV_SEQUENTIAL);
  return std::make_unique<PlainStream>(path, file, offset);
}

}  // namespace

bool IsCompressed(const std::string& path) {
  return absl::EndsWith(path, ".gz") || absl::EndsWith(path, ".gzip") ||
         absl::EndsWith(path, ".zst") || absl::EndsWith(path, ".zstd");
}

absl::StatusOr<std::unique_ptr<ByteStream>> OpenByteStream(
    const std::string& path, int64_t offset) {
  if (!IsCompressed(path)) return OpenPlain(path, offset);
  ASSIGN_OR_RETURN(std::unique_ptr<ByteStream> file, OpenPlain(path, 0));
  std::unique_ptr<ByteStream> stream;
  if (absl::EndsWith(path, ".gz") || absl::EndsWith(path, ".gzip")) {
    stream = std::make_unique<GzipStream>(path, std::move(file));
  } else {
    stream = std::make_unique<ZstdStream>(path, std::move(file));
  }
  std::vector<char> skipped(kCompressedBytes);
  while (offset > 0) {
    const size_t most = std::min<size_t>(skipped.size(), offset);
    ASSIGN_OR_RETURN(const size_t got, stream->Read(skipped.data(), most));
    if (got == 0) break;
    offset -= static_cast<int64_t>(got);
  }
  return stream;
}

}  // namespace millrace
