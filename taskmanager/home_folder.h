#pragma once

#include <functional>
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
  // How one of that name that still lives is waited for: where processes are
  // replaced, the next may begin before the one before it has ended.
  struct Patience {
    int tries = 1;
    std::function<bool()> pause;  // Between two; false: give up.
    std::function<void(const std::string&)> say;  // Once, where one waits.
  };

  // `name` is unlike that of any other that lives, else, when the patience has
  // ended, JOB-0072. Its folder is empty. `disk` outlives the object. Blocks.
  static absl::StatusOr<std::unique_ptr<HomeFolder>> Open(
      const std::string& root, const std::string& name, Disk* disk,
      const Patience& patience);
  static absl::StatusOr<std::unique_ptr<HomeFolder>> Open(
      const std::string& root, const std::string& name, Disk* disk) {
    return Open(root, name, disk, Patience());
  }

  HomeFolder(const HomeFolder&) = delete;
  HomeFolder& operator=(const HomeFolder&) = delete;
  // Removes it.
  ~HomeFolder();

  const std::string& path() const { return path_; }

 private:
  HomeFolder(std::string path, std::unique_ptr<Disk::Lock> lock, Disk* disk);
  // Null: its lock is held.
  static absl::StatusOr<std::unique_ptr<HomeFolder>> TryOpen(
      const std::string& root, const std::string& path, Disk* disk);

  const std::string path_;
  Disk* const disk_;
  std::unique_ptr<Disk::Lock> lock_;
};

}  // namespace millrace
