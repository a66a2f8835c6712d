#pragma once

#include "proto/checkpoint.pb.h"
#include "state/storage/manifest.h"

namespace millrace {

// A FileRef as manifests and records of jobs carry it.
inline void WriteFileRef(const FileRef& file, proto::FileRef& to) {
  to.set_name(file.name);
  to.set_size_bytes(file.size_bytes);
  to.set_crc32c(file.crc32c);
}

inline FileRef ReadFileRef(const proto::FileRef& from) {
  return {.name = from.name(),
          .size_bytes = from.size_bytes(),
          .crc32c = from.crc32c()};
}

}  // namespace millrace
