#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/base/disk.h"

namespace millrace {

// The folder of one TaskManager on its machine, for what need not outlive the
// process: the files of its stores.
//
//   ROOT/lock          held while a folder is opened
//   ROOT/NAME/lock     held while its TaskManager lives
//   ROOT/NAME/...      what it writes
//
// Folders of dead ones are removed by the next that opens one.
class HomeFolder {
 public:
  // `name` is unlike that of any other that lives, else JOB-0072. Its folder is
  // empty. `disk` outlives the object. Blocks.
  static absl::StatusOr<std::unique_ptr<HomeFolder>> Open(
      const std::string& root, const std::string& name, Disk* disk);

  HomeFolder(const HomeFolder&) = delete;
  HomeFolder& operator=(const HomeFolder&) = delete;
  // Removes it.
  ~HomeFolder();

  const std::string& path() const { return path_; }

 private:
  HomeFolder(std::string path, std::unique_ptr<Disk::Lock> lock, Disk* disk);

  const std::string path_;
  Disk* const disk_;
  std::unique_ptr<Disk::Lock> lock_;
};

}  // namespace millrace
