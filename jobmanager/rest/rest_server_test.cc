#include "jobmanager/rest/rest_server.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "jobmanager/rest/fake_job_gateway_test.h"
#include "jobmanager/rest/loopback_http_test.h"
#include "jobmanager/rest/sample_cluster_test.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A server over a cluster to show.
class RestServerTest : public testing::Test {
 protected:
  RestServerTest() { gateway_.SetView(SampleCluster()); }

  int Open(RestServer::Options options = {}) {
    options.port = 0;
    auto server = RestServer::Open(&gateway_, &clock_, std::move(options));
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    return server_->port();
  }

  FakeJobGateway gateway_;
  ManualClock clock_{AtSecond(10)};
  std::unique_ptr<RestServer> server_;
};

TEST_F(RestServerTest, ServesAPageToAnyOrigin) {
  const std::string response =
      LoopbackHttp::Ask(Open(), "GET /v1/jobs HTTP/1.1");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(response, HasSubstr("Access-Control-Allow-Origin: *"));
  EXPECT_THAT(response, HasSubstr("application/json; charset=UTF-8"));
  EXPECT_THAT(response, HasSubstr(kRunningJob));
}

TEST_F(RestServerTest, AConnectionServesOneRequestAfterTheOther) {
  LoopbackHttp connection(Open());
  for (int i = 0; i < 3; ++i) {
    connection.Send("GET /overview HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(connection.Receive(), HasSubstr("\"slots-total\":2"));
  }
}

TEST_F(RestServerTest, HeadHasNoBody) {
  LoopbackHttp connection(Open());
  connection.Send(
      "HEAD /jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string response = connection.Receive();
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(response, Not(HasSubstr("{")));
}

TEST_F(RestServerTest, AMethodThatIsNotTakenIsToldWhichAre) {
  const std::string response =
      LoopbackHttp::Ask(Open(), "DELETE /jobs HTTP/1.1");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(response, HasSubstr("Allow: GET, POST"));
}

TEST_F(RestServerTest, PatchAndPostNeedNoLengthWhereTheyHaveNoBody) {
  const int port = Open();
  const std::string job = absl::StrCat("/jobs/", kRunningJob);
  EXPECT_THAT(LoopbackHttp::Ask(
                  port, absl::StrCat("PATCH ", job, "?mode=cancel HTTP/1.1")),
              StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(
      LoopbackHttp::Ask(port, absl::StrCat("POST ", job, "/stop HTTP/1.1")),
      HasSubstr("request-id"));
}

TEST_F(RestServerTest, ABodyIsReadAndItsLimitKept) {
  const int port = Open({.body_limit_bytes = 100});
  const std::string post =
      absl::StrCat("POST /jobs/", kRunningJob, "/savepoints HTTP/1.1\r\n");
  const std::string fits = R"({"target-directory":"/a"})";
  EXPECT_THAT(
      LoopbackHttp::Ask(
          port, absl::StrCat(post, "Content-Length: ", fits.size()), fits),
      HasSubstr("request-id"));
  EXPECT_THAT(gateway_.Asked()[0], HasSubstr("to /a"));
  const std::string long_one(101, ' ');
  EXPECT_THAT(
      LoopbackHttp::Ask(port, absl::StrCat(post, "Content-Length: 101"),
                        long_one),
      HasSubstr("JOB-0115"));
  EXPECT_THAT(
      LoopbackHttp::Ask(port, absl::StrCat(post, "Transfer-Encoding: chunked"),
                        absl::StrCat("65\r\n", long_one, "\r\n0\r\n\r\n")),
      HasSubstr("JOB-0115"));
}

TEST_F(RestServerTest, AJavaGraphIsToldWhatToDo) {
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"jobGraph\"; "
      "filename=\"g\"\r\n\r\n\xac\xed\r\n--b--\r\n";
  const std::string response = LoopbackHttp::Ask(
      Open(),
      absl::StrCat("POST /v1/jobs HTTP/1.1\r\nContent-Type: "
                   "multipart/form-data; boundary=b\r\nContent-Length: ",
                   form.size()),
      form);
  EXPECT_THAT(response, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(response, HasSubstr("millrace run FILE.sql --target"));
}

TEST_F(RestServerTest, WhatIsNoRequestIsRefusedInJson) {
  const int port = Open();
  EXPECT_THAT(LoopbackHttp::Ask(port, "NONSENSE"), HasSubstr("\"errors\""));
  EXPECT_THAT(LoopbackHttp::Ask(port, absl::StrCat("GET /",
                                                   std::string(3000, 'a'),
                                                   " HTTP/1.1")),
              HasSubstr("JOB-0117"));
}

TEST_F(RestServerTest, WhoWaitsForTheGatewayIsSentAwayInTheEnd) {
  gateway_.HoldAnswers();
  LoopbackHttp connection(Open());
  connection.Send(
      absl::StrCat("PATCH /jobs/", kRunningJob,
                   " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  gateway_.AwaitAsked(1);
  server_.reset();
  EXPECT_THAT(connection.Receive(), HasSubstr("JOB-0114"));
}

TEST_F(RestServerTest, AGatewayThatNeverAnswersIsGivenUp) {
  gateway_.HoldAnswers();
  const int port = Open({.answer_timeout = absl::Milliseconds(1)});
  EXPECT_THAT(LoopbackHttp::Ask(port, absl::StrCat("PATCH /jobs/", kRunningJob,
                                                   " HTTP/1.1")),
              HasSubstr("JOB-0113"));
}

TEST_F(RestServerTest, MoreRequestsThanThreadsAreServed) {
  const int port = Open({.threads = 2});
  std::vector<std::thread> askers;
  std::atomic<int> served = 0;
  for (int i = 0; i < 8; ++i) {
    askers.emplace_back([&] {
      served += LoopbackHttp::Ask(
                    port, "GET /jobs HTTP/1.1\r\nConnection: close")
                    .find("200") != std::string::npos;
    });
  }
  for (std::thread& asker : askers) asker.join();
  EXPECT_EQ(served, 8);
}

TEST_F(RestServerTest, APortThatIsTakenIsSaidByItsKey) {
  const int port = Open();
  const auto second =
      RestServer::Open(&gateway_, &clock_, {.port = port});
  EXPECT_THAT(second.status().message(),
              HasSubstr(absl::StrCat("CFG-0050: port ", port)));
  EXPECT_THAT(second.status().message(), HasSubstr("rest.port"));
}

TEST_F(RestServerTest, BeyondLoopbackOnlyWhereOneInsists) {
  const auto refused =
      RestServer::Open(&gateway_, &clock_, {.host = "0.0.0.0", .port = 0});
  EXPECT_THAT(refused.status().message(), HasSubstr("CFG-0043"));
  EXPECT_THAT(refused.status().message(), HasSubstr("--insecure"));
  const int port = Open({.host = "0.0.0.0", .insecure = true});
  EXPECT_THAT(LoopbackHttp::Ask(port, "GET /healthz HTTP/1.1"),
              HasSubstr("ok"));
  const auto nowhere = RestServer::Open(
      &gateway_, &clock_,
      {.host = "192.0.2.1", .port = 0, .insecure = true});
  EXPECT_THAT(nowhere.status().message(), HasSubstr("CFG-0052"));
}

}  // namespace
}  // namespace millrace
