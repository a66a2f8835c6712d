#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Asks an HTTP server, one connection a request. Blocks; owned by one thread.
class RestClient {
 public:
  // `target` is "http://HOST:PORT"; "http://" and the port (8081) may be left
  // out. CLI-0020: it is no such address, or one of HTTPS.
  static absl::StatusOr<RestClient> Make(absl::string_view target);

  // "http://HOST:PORT".
  const std::string& url() const { return url_; }

  struct Reply {
    int status = 0;
    std::string body;
  };
  // Whatever the server says. CLI-0021 (kUnavailable): it says nothing; the
  // message names the address, why, and what to try.
  absl::StatusOr<Reply> Call(const std::string& method,
                             const std::string& path,
                             const std::string& body = "") const;

 private:
  RestClient(std::string host, int port);

  std::string host_;
  int port_;
  std::string url_;
};

}  // namespace millrace
