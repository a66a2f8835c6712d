#include "cli/rest_client.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <unistd.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "cli/cluster_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

TEST(RestClientTest, TakesAddressesAsPeopleWriteThem) {
  struct Case {
    const char* target;
    const char* url;
  };
  for (const Case& c : {Case{"http://h:9", "http://h:9"},
                        Case{"http://h:9/", "http://h:9"},
                        Case{"h:9", "http://h:9"},
                        Case{"h", "http://h:8081"},
                        Case{"http://[::1]:9", "http://[::1]:9"},
                        Case{"http://[::1]", "http://[::1]:8081"}}) {
    const auto client = RestClient::Make(c.target);
    ASSERT_TRUE(client.ok()) << c.target;
    EXPECT_EQ(client->url(), c.url);
  }
}

TEST(RestClientTest, RefusesWhatIsNoAddressOfHttp) {
  struct Case {
    const char* target;
    const char* why;
  };
  for (const Case& c : {Case{"https://h:9", "HTTPS is not spoken yet"},
                        Case{"ftp://h", "only http:// is spoken"},
                        Case{"http://h:x", "'x' is no port"},
                        Case{"http://h:70000", "is no port"},
                        Case{"http://h/jobs", "it has a path"},
                        Case{"http://:1", "it has no host"}}) {
    const auto client = RestClient::Make(c.target);
    EXPECT_THAT(client.status().message(), HasSubstr("CLI-0020"));
    EXPECT_THAT(client.status().message(), HasSubstr(c.why));
  }
}

// A listener that says `answer` to whoever comes first, and then closes; with
// none it is a port that nobody listens at.
class Stranger {
 public:
  Stranger() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Stranger() {
    if (thread_.joinable()) thread_.join();
    close(socket_);
  }
  void Answer(std::string answer) {
    listen(socket_, 1);
    thread_ = std::thread([this, answer = std::move(answer)] {
      const int accepted = accept(socket_, nullptr, nullptr);
      char request[4096];
      recv(accepted, request, sizeof(request), 0);
      send(accepted, answer.data(), answer.size(), MSG_NOSIGNAL);
      close(accepted);
    });
  }
  ClusterClient Client() const {
    return ClusterClient(
        *RestClient::Make(absl::StrCat("http://127.0.0.1:", port_)));
  }

 private:
  const int socket_;
  int port_ = 0;
  std::thread thread_;
};

TEST(RestClientTest, APortThatNobodyListensAtIsNamed) {
  const Stranger nobody;
  const absl::Status status = nobody.Client().CheckVersion("1");
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(status.message(), HasSubstr("CLI-0021"));
  EXPECT_THAT(status.message(), HasSubstr(nobody.Client().url()));
  EXPECT_THAT(status.message(), HasSubstr("millrace jobmanager"));
}

TEST(RestClientTest, WhatSpeaksNoHttpIsSuspected) {
  Stranger stranger;
  stranger.Answer("\x15\x03\x03");
  EXPECT_THAT(stranger.Client().CheckVersion("1").message(),
              HasSubstr("server of HTTPS"));
}

TEST(RestClientTest, WhatIsNoJobManagerIsSaidToBeNone) {
  struct Case {
    const char* answer;
    const char* why;
  };
  for (const Case& c :
       {Case{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<ht>",
             "it answers 200 without JSON"},
        Case{"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}",
             "it answers 404"},
        Case{"HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n"
             "{\"flink-version\":\"1.20\"} ",
             "it is one of Flink"},
        Case{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
             "it says no version"}}) {
    Stranger stranger;
    stranger.Answer(c.answer);
    const absl::Status status = stranger.Client().CheckVersion("1");
    EXPECT_THAT(status.message(), HasSubstr("CLI-0022"));
    EXPECT_THAT(status.message(), HasSubstr(c.why));
  }
}

}  // namespace
}  // namespace millrace
