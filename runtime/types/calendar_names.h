#pragma once

#include "absl/strings/string_view.h"

namespace millrace {

// The English words of date patterns; the first three letters are the short
// form.
inline constexpr absl::string_view kMonthNames[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
inline constexpr absl::string_view kDayNames[] = {  // ISO order.
    "Monday", "Tuesday", "Wednesday", "Thursday",
    "Friday", "Saturday", "Sunday"};

}  // namespace millrace
