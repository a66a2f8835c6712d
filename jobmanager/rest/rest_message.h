#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace millrace {

// What came over HTTP, and what goes back, without the library that carries
// it.
struct RestRequest {
  std::string method = "GET";
  std::string path;  // "/jobs/overview": decoded, without the query.
  std::map<std::string, std::string> query;
  std::string content_type;
  std::string body;

  // Of the query; `otherwise` where it is not there.
  std::string Param(const std::string& name,
                    absl::string_view otherwise = "") const;
};

struct RestResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json; charset=UTF-8";
  std::string allow = {};  // With 405, and for OPTIONS: "GET, PATCH".
};

// Called once, on any thread.
using Respond = std::function<void(RestResponse)>;

// {"errors":["<message>"]}, with the status that HTTP has for the code.
RestResponse ErrorResponse(const absl::Status& status);
RestResponse ErrorResponse(int http_status, absl::string_view message);

}  // namespace millrace
