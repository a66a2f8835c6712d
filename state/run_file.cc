#include "state/run_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "state/run_format.h"

namespace millrace {
namespace {

// The least that a state and a group of it take in the footer.
constexpr size_t kStateBytes = 28;
constexpr size_t kGroupBytes = 28;
// What is read of a run's end at first: the footer of most.
constexpr int64_t kFirstRead = 64 << 10;

// Reads the footer's numbers and strings; after the first that is not there,
// none is, and `ok` stays false.
struct FooterReader {
  template <typename Number>
  Number Take() {
    Number value = 0;
    ok = ok && run_format::Take(bytes, &value);
    return ok ? value : 0;
  }
  std::string TakeString() {
    const auto length = Take<uint32_t>();
    absl::string_view taken;
    ok = ok && run_format::TakeBytes(bytes, length, &taken);
    return ok ? std::string(taken) : std::string();
  }
  // A count of things of at least `least_bytes` each.
  uint32_t TakeCount(size_t least_bytes) {
    const auto count = Take<uint32_t>();
    ok = ok && count <= bytes.size() / least_bytes;
    return ok ? count : 0;
  }

  absl::string_view bytes;
  bool ok = true;
};

}  // namespace

absl::Status RunFile::Damaged(absl::string_view what) const {
  return MakeError(absl::StatusCode::kDataLoss,
                   {.code = "JOB-0042",
                    .what = "a file of a checkpoint is damaged",
                    .where = name_,
                    .why = std::string(what),
                    .fix = "Bring the file back from a copy, or start from "
                           "another checkpoint with --from-savepoint"});
}

absl::StatusOr<RunFile> RunFile::Open(std::string name, int64_t size_bytes,
                                      Fetch fetch) {
  RunFile run(std::move(name), std::move(fetch));
  const auto head_bytes = static_cast<int64_t>(run_format::kHead.size());
  if (size_bytes < head_bytes + run_format::kTailBytes) {
    return run.Damaged("too short");
  }
  const int64_t end_offset = std::max<int64_t>(0, size_bytes - kFirstRead);
  ASSIGN_OR_RETURN(std::string end,
                   run.fetch_(end_offset, size_bytes - end_offset));
  if (static_cast<int64_t>(end.size()) != size_bytes - end_offset) {
    return run.Damaged("cut off");
  }
  FooterReader tail{absl::string_view(end).substr(
      end.size() - run_format::kTailBytes)};
  const int64_t footer_offset = tail.Take<int64_t>();
  const int64_t footer_length = tail.Take<int64_t>();
  const uint32_t crc32c = tail.Take<uint32_t>();
  if (tail.bytes != run_format::kTailMark || footer_offset < head_bytes ||
      footer_length < 0 ||
      footer_offset > size_bytes - run_format::kTailBytes ||
      footer_length != size_bytes - run_format::kTailBytes - footer_offset) {
    return run.Damaged("its end is not that of a run of version 1");
  }
  std::string footer;
  if (footer_offset >= end_offset) {
    footer = end.substr(footer_offset - end_offset, footer_length);
  } else {
    ASSIGN_OR_RETURN(footer, run.fetch_(footer_offset, footer_length));
  }
  if (static_cast<int64_t>(footer.size()) != footer_length ||
      Crc32c(footer) != crc32c) {
    return run.Damaged("the checksum of its index differs");
  }
  RETURN_IF_ERROR(run.TakeFooter(footer, footer_offset));
  return run;
}

absl::Status RunFile::TakeFooter(absl::string_view footer,
                                 int64_t entries_end) {
  FooterReader reader{footer};
  for (uint32_t states = reader.TakeCount(kStateBytes); states > 0; --states) {
    State state;
    state.schema.id = reader.Take<int32_t>();
    state.schema.version = reader.Take<int32_t>();
    state.schema.name = reader.TakeString();
    state.schema.key_type = reader.TakeString();
    state.schema.value_type = reader.TakeString();
    for (uint32_t count = reader.TakeCount(4); count > 0; --count) {
      state.dropped.push_back(reader.TakeString());
    }
    for (uint32_t count = reader.TakeCount(kGroupBytes); count > 0; --count) {
      Group group;
      group.group = KeyGroup(reader.Take<int32_t>());
      group.entries = reader.Take<uint32_t>();
      group.offset = reader.Take<int64_t>();
      group.length = reader.Take<int64_t>();
      group.crc32c = reader.Take<uint32_t>();
      const bool ascends = state.groups.empty() ||
                           state.groups.back().group < group.group;
      if (!ascends || group.offset < 0 || group.length < 0 ||
          group.offset > entries_end ||
          group.length > entries_end - group.offset) {
        return Damaged("its index makes no sense");
      }
      state.groups.push_back(group);
    }
    states_.push_back(std::move(state));
  }
  if (!reader.ok || !reader.bytes.empty()) {
    return Damaged("its index makes no sense");
  }
  return absl::OkStatus();
}

const RunFile::State* RunFile::Find(int32_t state_id) const {
  for (const State& state : states_) {
    if (state.schema.id == state_id) return &state;
  }
  return nullptr;
}

absl::StatusOr<std::unique_ptr<RunFile::Groups>> RunFile::Read(
    const State& state, size_t first, size_t limit) const {
  auto read = std::make_unique<Groups>();
  if (first >= limit) return read;
  const int64_t begin = state.groups[first].offset;
  const Group& last = state.groups[limit - 1];
  ASSIGN_OR_RETURN(read->bytes,
                   fetch_(begin, last.offset + last.length - begin));
  const absl::string_view bytes = read->bytes;
  int64_t expected = begin;
  for (size_t i = first; i < limit; ++i) {
    const Group& group = state.groups[i];
    const int64_t at = group.offset - begin;
    if (group.offset != expected ||
        at + group.length > static_cast<int64_t>(bytes.size())) {
      return Damaged("entries are missing");
    }
    expected += group.length;
    read->groups.push_back(bytes.substr(at, group.length));
    if (Crc32c(read->groups.back()) != group.crc32c) {
      return Damaged(absl::StrCat("the checksum of key group ",
                                  group.group.value(), " of ",
                                  state.schema.name, " differs"));
    }
  }
  return read;
}

}  // namespace millrace
