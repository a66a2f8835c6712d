#pragma once

#include <string>
#include <vector>

namespace millrace::e2e {

// Measures the way IN -> a job -> OUT: sends records to topic `args[0]`,
// `args[2]` a second for `args[3]` seconds, each with the time at which it was
// due, and waits for them in topic `args[1]`. Prints one line,
//
//   records 300000 missing 0 p50_ms 3.1 p99_ms 7.9 p999_ms 12.0 max_ms 20.4
//
// of the times from when a record was due, not from when it was sent: a
// sender held up by the system under test counts against it. The first five
// seconds are left out.
//
// A record is {"id": n, "due": ns, "pass": 0 or 1, "text": "..."}; the job
// passes on id and due of those with pass = 1, which is every second one.
void Pace(const std::string& brokers, const std::vector<std::string>& args);

}  // namespace millrace::e2e
