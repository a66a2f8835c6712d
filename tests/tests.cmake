# The tests that are not a room's own: rules of the house, whole jobs, bad
# input, and, labelled `real`, those that start real systems.

add_test(NAME tidy COMMAND python3 ${PROJECT_SOURCE_DIR}/tests/tidy/check_tidy.py)

# The Kafka client that tests look through, and the test with a real broker.
add_executable(millrace_kafka_probe tests/e2e/kafka_probe.cc
               tests/e2e/kafka_pace.cc tests/e2e/probe_client.cc)
target_link_libraries(millrace_kafka_probe PkgConfig::PC_rdkafka
                      Threads::Threads)
add_test(NAME kafka_e2e COMMAND python3 ${PROJECT_SOURCE_DIR}/tests/e2e/kafka_test.py
         --binary $<TARGET_FILE:millrace>
         --probe $<TARGET_FILE:millrace_kafka_probe>)
set_tests_properties(kafka_e2e PROPERTIES LABELS real TIMEOUT 900)
