#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "jobmanager/cluster/job_gateway.h"
#include "jobmanager/rest/rest_page.h"
#include "runtime/base/clock.h"

namespace millrace {

// Serves RestApi over HTTP/1.1, with keep-alive, until it is destroyed.
//
// Threads: `threads` of the HTTP library, each with one connection; more wait
// to be accepted. A connection that says nothing for two seconds is closed, so
// that a few idle ones keep nobody out for long.
//
// The end: no new connection is taken, whoever waits for the gateway is told
// so (503), idle connections are closed, and the threads are joined: within the
// time of one page, and of the two seconds.
class RestServer {
 public:
  static constexpr int kDefaultPort = 8081;  // Flink's rest.port.

  struct Options {
    std::string host = "127.0.0.1";  // rest.bind-address
    int port = kDefaultPort;         // rest.port; 0: any free one.
    // Listens beyond loopback, though nobody there is asked who they are.
    bool insecure = false;
    int threads = 16;
    // Plans with thousands of columns are a few MiB.
    int64_t body_limit_bytes = int64_t{64} << 20;
    // For what the gateway answers; savepoints are not waited for.
    absl::Duration answer_timeout = absl::Seconds(30);
    RestSettings settings;
  };

  // Listens once it is there. CFG-0050: another process has the port;
  // CFG-0051: the address is beyond loopback, and not `insecure`; CFG-0052: it
  // cannot be listened at. `gateway` and `clock` outlive the server.
  static absl::StatusOr<std::unique_ptr<RestServer>> Open(
      JobGateway* gateway, const Clock* clock, Options options);

  ~RestServer();

  int port() const;

 private:
  struct Http;
  explicit RestServer(std::unique_ptr<Http> http);

  const std::unique_ptr<Http> http_;
};

}  // namespace millrace
