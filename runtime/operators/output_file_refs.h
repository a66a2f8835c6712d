#pragma once

#include "runtime/connector/output_files.h"
#include "state/storage/manifest.h"

namespace millrace {

// The same file of sealed output, as connectors name it and as checkpoints do.

inline FileRef RefOf(const OutputFile& file) {
  return {.name = file.name,
          .size_bytes = file.size_bytes,
          .crc32c = file.crc32c};
}

inline OutputFile OutputFileOf(const FileRef& ref) {
  return {.name = ref.name, .size_bytes = ref.size_bytes, .crc32c = ref.crc32c};
}

}  // namespace millrace
