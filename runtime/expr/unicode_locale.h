#pragma once

#include <locale.h>

namespace millrace {

// Unicode's letters and simple case mappings for the wide-character functions
// of the C library, whatever the process's locale is; null on a system without
// it. Made once, safe from any thread.
inline locale_t UnicodeLocale() {
  static const locale_t locale =
      newlocale(LC_CTYPE_MASK, "C.UTF-8", static_cast<locale_t>(nullptr));
  return locale;
}

}  // namespace millrace
