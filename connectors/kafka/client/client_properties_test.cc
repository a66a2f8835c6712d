#include "connectors/kafka/client/client_properties.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

TEST(ClientPropertiesTest, PassesSharedNamesThrough) {
  const auto result = TranslateProperties(
      {{"bootstrap.servers", "a:1"}, {"linger.ms", "5"}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->values, Contains(Pair("linger.ms", "5")));
  EXPECT_THAT(result->notices, IsEmpty());
}

TEST(ClientPropertiesTest, TakesUserAndPasswordOutOfJaas) {
  const auto result = TranslateProperties(
      {{"sasl.mechanism", "SCRAM-SHA-256"},
       {"sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required "
        "username=\"ann\" password=\"s3 cret\";"}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->values, Contains(Pair("sasl.username", "ann")));
  EXPECT_THAT(result->values, Contains(Pair("sasl.password", "s3 cret")));
}

TEST(ClientPropertiesTest, TranslatesPemAndPkcs12Stores) {
  const auto result = TranslateProperties(
      {{"ssl.truststore.location", "/ca.pem"},
       {"ssl.keystore.location", "/me.p12"},
       {"ssl.keystore.type", "PKCS12"},
       {"ssl.keystore.password", "pw"}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->values, Contains(Pair("ssl.ca.location", "/ca.pem")));
  EXPECT_THAT(result->values,
              Contains(Pair("ssl.keystore.location", "/me.p12")));
}

TEST(ClientPropertiesTest, SaysWhatOnlyJavaHas) {
  const auto result = TranslateProperties({{"max.poll.records", "8192"}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->values, IsEmpty());
  ASSERT_THAT(result->notices, SizeIs(1));
  EXPECT_THAT(result->notices[0], HasSubstr("max.poll.records"));
}

TEST(ClientPropertiesTest, RefusesWithAWayOut) {
  const struct {
    TableOptions properties;
    const char* message;
  } kCases[] = {
      {{{"ssl.keystore.location", "/a.jks"}}, "keytool -importkeystore"},
      {{{"linger.mss", "5"}}, "Did you mean 'properties.linger.ms'?"},
      {{{"linger.ms", "soon"}}, "SQL-0312"},
      {{{"sasl.jaas.config", "com.sun.Krb5LoginModule required;"}},
       "PlainLoginModule"},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(TranslateProperties(test.properties).status().message(),
                HasSubstr(test.message));
  }
}

TEST(ClientPropertiesTest, ShowsNoSecret) {
  EXPECT_EQ(Redacted("sasl.password", "x"), "***");
  EXPECT_EQ(Redacted("sasl.jaas.config", "x"), "***");
  EXPECT_EQ(Redacted("linger.ms", "5"), "5");
}

}  // namespace
}  // namespace millrace::kafka
