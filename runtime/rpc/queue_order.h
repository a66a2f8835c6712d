#pragma once

#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#endif

namespace millrace {

// Tells ThreadSanitizer what a completion queue orders: what was done before an
// operation was started comes before what is done when one is taken out. The
// packaged gRPC is built without it, and would have it report races where there
// are none.
inline void SeeStarted([[maybe_unused]] void* queue) {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(queue);
#endif
}
inline void SeeTakenOut([[maybe_unused]] void* queue) {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(queue);
#endif
}

}  // namespace millrace
