// Loaded before the C library (LD_PRELOAD): makes calls that change files fail,
// those on paths that hold DISK_FAULTS_UNDER.
//
//   DISK_FAULTS_AT      the number of the first call that fails, from 1;
//                       0: none, they are only counted
//   DISK_FAULTS_LASTS   "once", or "on" for all calls from that one
//   DISK_FAULTS_CALLS   "sync" for fsync and fdatasync alone, or "all"
//   DISK_FAULTS_COUNT   a file that gets the number of calls at the exit
//
// Syncs fail with EIO, other calls with ENOSPC: what a bad and a full disk say.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

enum class Kind { kSync, kOther };

struct Settings {
  const char* under = getenv("DISK_FAULTS_UNDER");
  bool lasts = Is("DISK_FAULTS_LASTS", "on");
  bool only_syncs = Is("DISK_FAULTS_CALLS", "sync");
  int64_t at = Number("DISK_FAULTS_AT");

  static bool Is(const char* name, const char* value) {
    const char* const found = getenv(name);
    return found != nullptr && strcmp(found, value) == 0;
  }
  static int64_t Number(const char* name) {
    const char* const found = getenv(name);
    return found == nullptr ? 0 : atoll(found);
  }
};

const Settings& TheSettings() {
  static const Settings settings;
  return settings;
}

int64_t calls = 0;

// Whether this call is to fail; sets errno.
bool Fails(const char* path, Kind kind) {
  const Settings& settings = TheSettings();
  if (settings.under == nullptr || path == nullptr ||
      strstr(path, settings.under) == nullptr ||
      (settings.only_syncs && kind != Kind::kSync)) {
    return false;
  }
  const int64_t number = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  const bool hit = settings.lasts ? number >= settings.at
                                  : number == settings.at;
  if (settings.at == 0 || !hit) return false;
  errno = kind == Kind::kSync ? EIO : ENOSPC;
  return true;
}

bool Fails(int file, Kind kind) {
  const int before = errno;
  char link[64];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
  char path[4096];
  const ssize_t length = readlink(link, path, sizeof(path) - 1);
  errno = before;
  if (length < 0) return false;
  path[length] = '\0';
  return Fails(path, kind);
}

template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

__attribute__((destructor)) void WriteCount() {
  const char* const path = getenv("DISK_FAULTS_COUNT");
  if (path == nullptr) return;
  if (FILE* const file = fopen(path, "w")) {
    fprintf(file, "%lld\n", static_cast<long long>(calls));
    fclose(file);
  }
}

bool Creates(int flags) { return (flags & (O_CREAT | O_TRUNC)) != 0; }

}  // namespace

extern "C" {

#define MILLRACE_OPEN(name)                                   \
  int name(const char* path, int flags, ...) {                \
    static auto* const real = Real<int(const char*, int, ...)>(#name); \
    va_list more;                                             \
    va_start(more, flags);                                    \
    const mode_t mode = Creates(flags) ? va_arg(more, mode_t) : 0; \
    va_end(more);                                             \
    if (Creates(flags) && Fails(path, Kind::kOther)) return -1; \
    return real(path, flags, mode);                           \
  }
MILLRACE_OPEN(open)
MILLRACE_OPEN(open64)

#define MILLRACE_CALL(result, name, kind, parameters, arguments, of) \
  result name parameters {                                    \
    static auto* const real = Real<result parameters>(#name); \
    if (Fails(of, Kind::kind)) return -1;                     \
    return real arguments;                                    \
  }
MILLRACE_CALL(ssize_t, write, kOther,
              (int file, const void* bytes, size_t size), (file, bytes, size),
              file)
MILLRACE_CALL(ssize_t, pwrite, kOther,
              (int file, const void* bytes, size_t size, off_t at),
              (file, bytes, size, at), file)
MILLRACE_CALL(ssize_t, pwrite64, kOther,
              (int file, const void* bytes, size_t size, off64_t at),
              (file, bytes, size, at), file)
MILLRACE_CALL(int, fsync, kSync, (int file), (file), file)
MILLRACE_CALL(int, fdatasync, kSync, (int file), (file), file)
MILLRACE_CALL(int, ftruncate, kOther, (int file, off_t size), (file, size),
              file)
MILLRACE_CALL(int, rename, kOther, (const char* from, const char* to),
              (from, to), to)
MILLRACE_CALL(int, link, kOther, (const char* from, const char* to),
              (from, to), to)
MILLRACE_CALL(int, mkdir, kOther, (const char* path, mode_t mode),
              (path, mode), path)
MILLRACE_CALL(int, unlink, kOther, (const char* path), (path), path)

}  // extern "C"
