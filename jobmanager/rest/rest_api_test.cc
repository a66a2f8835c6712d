#include "jobmanager/rest/rest_api.h"

#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "jobmanager/rest/fake_job_gateway_test.h"
#include "jobmanager/rest/sample_cluster_test.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// The API over a cluster to show, ten seconds after it began.
class RestApiTest : public testing::Test {
 protected:
  RestApiTest() { gateway_.SetView(SampleCluster()); }

  RestResponse Call(RestRequest request) {
    const size_t query = request.path.find('?');
    if (query != std::string::npos) {
      const std::string text = request.path.substr(query + 1);
      for (const absl::string_view pair : absl::StrSplit(text, '&')) {
        const std::pair<std::string, std::string> one =
            absl::StrSplit(pair, '=');
        request.query.insert(one);
      }
      request.path.resize(query);
    }
    RestResponse response = {.status = -1};
    api_.Handle(std::move(request),
                [&](RestResponse given) { response = std::move(given); });
    return response;
  }
  RestResponse Get(std::string path) {
    return Call({.path = std::move(path)});
  }
  RestResponse Post(std::string path, std::string body) {
    return Call({.method = "POST",
                 .path = std::move(path),
                 .body = std::move(body)});
  }
  // What the answer of a trigger says the id is.
  static std::string TriggerOf(const RestResponse& response) {
    EXPECT_EQ(response.status, 202) << response.body;
    return response.body.substr(std::string("{\"request-id\":\"").size(), 32);
  }

  FakeJobGateway gateway_;
  ManualClock clock_{AtSecond(10)};
  RestApi api_{&gateway_, &clock_,
               {.version = "0.1.0",
                .revision = "abc",
                .config = {{"rest.port", "8081"}, {"s3.secret-key", "x"}}}};
};

const std::string kJob = absl::StrCat("/jobs/", kRunningJob);

TEST_F(RestApiTest, EveryPathIsThereBelowV1Too) {
  EXPECT_EQ(Get("/v1/jobs").body, Get("/jobs").body);
  EXPECT_EQ(Get("/v1/jobs/").status, 200);
}

TEST_F(RestApiTest, SaysWhichPathWasMeant) {
  struct Case {
    const char* path;
    const char* nearest;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"/overviw", "Did you mean '/overview'?"},
           {"/jobs/x/checkpoint", "Did you mean '/jobs/x/checkpoints'?"},
           {"/no/such/thing", "There are /overview"}}) {
    const RestResponse response = Get(c.path);
    EXPECT_EQ(response.status, 404);
    EXPECT_THAT(response.body, HasSubstr(c.nearest));
    EXPECT_THAT(response.body, HasSubstr("{\"errors\":[\"JOB-0100"));
  }
}

TEST_F(RestApiTest, SaysWhichMethodsAPathTakes) {
  const RestResponse refused = Call({.method = "DELETE", .path = kJob});
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.allow, "GET, PATCH");
  const RestResponse asked = Call({.method = "OPTIONS", .path = kJob});
  EXPECT_EQ(asked.status, 200);
  EXPECT_EQ(asked.allow, "GET, PATCH");
  EXPECT_EQ(Call({.method = "HEAD", .path = kJob}).status, 200);
}

TEST_F(RestApiTest, WhoDoesNotLeadIsAliveAndNotReady) {
  gateway_.SetView({.leads = false});
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_EQ(Get("/config").status, 200);
  EXPECT_EQ(Get("/readyz").status, 503);
  EXPECT_EQ(Get("/jobs").status, 503);
  EXPECT_THAT(Get("/overview").body, HasSubstr("JOB-0109"));
}

TEST_F(RestApiTest, UnknownIdsAreNotFound) {
  EXPECT_THAT(Get("/jobs/0").body, HasSubstr("JOB-0101: there is no job '0'"));
  EXPECT_THAT(Get("/taskmanagers/x").body, HasSubstr("JOB-0105"));
  const RestResponse vertex = Get(absl::StrCat(kJob, "/vertices/1"));
  EXPECT_EQ(vertex.status, 404);
  EXPECT_THAT(vertex.body, HasSubstr("Source: bids"));
  EXPECT_THAT(Get(absl::StrCat(kJob, "/checkpoints/details/9")).body,
              HasSubstr("JOB-0104"));
  EXPECT_THAT(Get(absl::StrCat(kJob, "/savepoints/9")).body,
              HasSubstr("JOB-0106"));
}

TEST_F(RestApiTest, CancelIsAcceptedWithAnEmptyBody) {
  const RestResponse response =
      Call({.method = "PATCH", .path = absl::StrCat(kJob, "?mode=cancel")});
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(Get(absl::StrCat(kJob, "/yarn-cancel")).status, 202);
  const std::string asked = absl::StrCat("Cancel ", kRunningJob);
  EXPECT_THAT(gateway_.Asked(), ElementsAre(asked, asked));
  EXPECT_EQ(Call({.method = "PATCH", .path = kJob + "?mode=stop"}).status,
            400);
}

TEST_F(RestApiTest, TheGatewaysErrorsHaveTheirStatusOfHttp) {
  struct Case {
    absl::Status status;
    int http;
  };
  for (const Case& c : std::initializer_list<Case>{
           {absl::NotFoundError("a"), 404},
           {absl::FailedPreconditionError("b"), 409},
           {absl::UnavailableError("c"), 503},
           {absl::InternalError("d"), 500}}) {
    gateway_.SetAnswers({.cancel = c.status});
    const RestResponse response = Call({.method = "PATCH", .path = kJob});
    EXPECT_EQ(response.status, c.http);
    EXPECT_EQ(response.body, absl::StrCat("{\"errors\":[\"",
                                          c.status.message(), "\"]}"));
  }
}

TEST_F(RestApiTest, ASavepointIsPolledByItsTrigger) {
  gateway_.HoldAnswers();
  const std::string waiting = TriggerOf(
      Post(kJob + "/savepoints", R"({"target-directory":"/a"})"));
  EXPECT_EQ(Get(absl::StrCat(kJob, "/savepoints/", waiting)).body,
            R"({"status":{"id":"IN_PROGRESS"},"operation":null})");
  EXPECT_THAT(gateway_.Asked(),
              ElementsAre(absl::StrCat("Savepoint ", kRunningJob,
                                       " to /a then 0")));
}

TEST_F(RestApiTest, ASavepointEndsWithItsPathOrItsFailure) {
  const std::string done = TriggerOf(
      Post(kJob + "/stop", R"({"targetDirectory":"/b","drain":"true"})"));
  EXPECT_EQ(Get(absl::StrCat(kJob, "/savepoints/", done)).body,
            R"({"status":{"id":"COMPLETED"},"operation":)"
            R"({"location":"/sp/savepoint-1"}})");
  gateway_.SetAnswers({.savepoint = absl::AbortedError("disk full")});
  const std::string failed =
      TriggerOf(Post(kJob + "/savepoints", R"({"cancel-job":true})"));
  EXPECT_EQ(Get(absl::StrCat(kJob, "/savepoints/", failed)).body,
            R"({"status":{"id":"COMPLETED"},"operation":{"failure-cause":)"
            R"({"class":"ABORTED","stack-trace":"disk full",)"
            R"("serialized-throwable":""}}})");
  EXPECT_THAT(gateway_.Asked(),
              ElementsAre(HasSubstr("to /b then 3"), HasSubstr(" then 1")));
}

TEST_F(RestApiTest, TheSameTriggerIsTheSameRequest) {
  const std::string body =
      R"({"triggerId":"0123456789abcdef0123456789abcdef"})";
  EXPECT_EQ(TriggerOf(Post(kJob + "/checkpoints", body)),
            "0123456789abcdef0123456789abcdef");
  TriggerOf(Post(kJob + "/checkpoints", body));
  EXPECT_EQ(gateway_.Asked().size(), 1u);
  EXPECT_EQ(Get(kJob + "/checkpoints/0123456789abcdef0123456789abcdef").body,
            R"({"status":{"id":"COMPLETED"},"operation":{"checkpointId":7}})");
}

TEST_F(RestApiTest, BodiesAreReadStrictly) {
  struct Case {
    const char* path;
    const char* body;
    const char* says;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"/savepoints", "{", "no JSON object"},
           {"/savepoints", "[]", "no JSON object"},
           {"/savepoints", R"({"target-directry":""})",
            "Did you mean 'target-directory'?"},
           {"/savepoints", R"({"cancel-job":1})", "neither true nor false"},
           {"/savepoints", R"({"triggerId":"x"})", "'triggerId' is no id"},
           {"/stop", R"({"targetDirectory":1})", "is no text"},
           {"/stop", R"({"formatType":"XML"})", "CANONICAL, NATIVE"},
           {"/checkpoints", R"({"checkpointType":"ALL"})", "FULL"}}) {
    const RestResponse response = Post(kJob + c.path, c.body);
    EXPECT_EQ(response.status, 400) << c.body;
    EXPECT_THAT(response.body, HasSubstr("JOB-0110"));
    EXPECT_THAT(response.body, HasSubstr(c.says));
  }
  EXPECT_THAT(gateway_.Asked(), ElementsAre());
}

// What reads it calls itself for each level.
TEST_F(RestApiTest, ABodyThatIsNestedTooDeepIsRefusedUnread) {
  const std::string deep = absl::StrCat(
      R"({"plan":)", std::string(1'000'000, '['), std::string(1'000'000, ']'),
      "}");
  const RestResponse response = Post("/millrace/v1/jobs", deep);
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("JOB-0110"));
  EXPECT_THAT(response.body, HasSubstr("levels deep"));
  // What only stands in a text is not deep.
  EXPECT_THAT(Post("/millrace/v1/jobs",
                   absl::StrCat(R"({"plan":")", std::string(1000, '['), "\"}"))
                  .body,
              Not(HasSubstr("levels deep")));
}

TEST_F(RestApiTest, AJavaGraphIsToldWhatToDo) {
  const RestResponse response = Post("/jobs", "");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("millrace run FILE.sql --target"));
}

TEST_F(RestApiTest, APlanIsSubmitted) {
  const std::string plan =
      R"({"plan":{"version":1,"name":"x","vertices":[]}})";
  // What the codec says of a plan is handed on.
  EXPECT_THAT(Post("/millrace/v1/jobs", plan).body, HasSubstr("JOB-001"));
  EXPECT_THAT(Post("/millrace/v1/jobs", "{}").body,
              HasSubstr("there is no 'plan'"));
}

// Pages by path and text, compared with the file beside this test.
TEST_F(RestApiTest, PagesAreAsTheGoldenFileHasThem) {
  std::ifstream file(std::string(MILLRACE_SOURCE_DIR) +
                     "/jobmanager/rest/pages.golden");
  std::string path;
  std::string wanted;
  std::string now;
  int count = 0;
  bool same = true;
  while (std::getline(file, path) && std::getline(file, wanted)) {
    std::string line = path;
    const size_t job = line.find("RUNNING_JOB");
    if (job != std::string::npos) line.replace(job, 11, kRunningJob);
    const size_t failed = line.find("FAILED_JOB");
    if (failed != std::string::npos) line.replace(failed, 10, kFailedJob);
    const std::string body = Get(line.substr(4)).body;
    EXPECT_EQ(body, wanted) << path;
    same &= body == wanted;
    absl::StrAppend(&now, path, "\n", body, "\n");
    ++count;
  }
  EXPECT_GE(count, 20);
  // For who changed a page on purpose.
  if (!same) {
    std::ofstream("pages.golden.new") << now;
  }
}

}  // namespace
}  // namespace millrace
