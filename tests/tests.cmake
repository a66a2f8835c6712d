# The tests that are not a room's own: rules of the house, whole jobs, bad
# input, and, labelled `real`, those that start real systems.

add_test(NAME tidy COMMAND python3 ${PROJECT_SOURCE_DIR}/tests/tidy/check_tidy.py)

# Whole jobs and bad input: what the program computes and what it says.
add_test(NAME golden COMMAND python3 ${PROJECT_SOURCE_DIR}/tests/golden/check.py
         --binary $<TARGET_FILE:millrace>)

# The benchmark's queries against the rows that real Flink gives.
add_test(NAME nexmark COMMAND python3 ${PROJECT_SOURCE_DIR}/tests/nexmark/check.py
         --binary $<TARGET_FILE:millrace>)

# The pages of docs/ and the tour of the README, held to the program.
set(docs_tests ${PROJECT_SOURCE_DIR}/tests/docs)
add_test(NAME error_codes COMMAND python3 ${docs_tests}/error_codes.py)
add_test(NAME option_tables COMMAND python3 ${docs_tests}/option_tables.py)
add_test(NAME sql_support COMMAND python3 ${docs_tests}/sql_support.py
         --binary $<TARGET_FILE:millrace>)
add_test(NAME tour COMMAND python3 ${docs_tests}/tour.py
         --binary $<TARGET_FILE:millrace>)
add_test(NAME links COMMAND python3 ${docs_tests}/links.py)

# Flink's own cases.
add_test(NAME semantics COMMAND python3 ${PROJECT_SOURCE_DIR}/tests/semantics/check.py
         --binary $<TARGET_FILE:millrace>)
set_tests_properties(semantics PROPERTIES TIMEOUT 600)

# The Kafka client that tests look through, and the test with a real broker.
add_executable(millrace_kafka_probe tests/e2e/kafka_probe.cc
               tests/e2e/kafka_pace.cc tests/e2e/probe_client.cc)
set_target_properties(millrace_kafka_probe PROPERTIES UNITY_BUILD OFF)
target_link_libraries(millrace_kafka_probe PkgConfig::PC_rdkafka
                      Threads::Threads)
add_test(NAME kafka_e2e COMMAND python3 ${PROJECT_SOURCE_DIR}/tests/e2e/kafka_test.py
         --binary $<TARGET_FILE:millrace>
         --probe $<TARGET_FILE:millrace_kafka_probe>)
set_tests_properties(kafka_e2e PROPERTIES LABELS real TIMEOUT 900)
add_test(NAME kafka_exactly_once COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/kafka_exactly_once_test.py
         --binary $<TARGET_FILE:millrace>
         --probe $<TARGET_FILE:millrace_kafka_probe>)
set_tests_properties(kafka_exactly_once PROPERTIES LABELS real TIMEOUT 1200
                     RUN_SERIAL TRUE)
add_test(NAME kafka_sink_limits COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/kafka_sink_limits_test.py
         --binary $<TARGET_FILE:millrace>
         --probe $<TARGET_FILE:millrace_kafka_probe>)
set_tests_properties(kafka_sink_limits PROPERTIES LABELS real TIMEOUT 900
                     RUN_SERIAL TRUE)
add_test(NAME kafka_security COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/kafka_security_test.py
         --binary $<TARGET_FILE:millrace>
         --probe $<TARGET_FILE:millrace_kafka_probe>)
set_tests_properties(kafka_security PROPERTIES LABELS real TIMEOUT 600)
add_test(NAME kafka_poison COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/kafka_poison_test.py
         --binary $<TARGET_FILE:millrace>
         --probe $<TARGET_FILE:millrace_kafka_probe>)
set_tests_properties(kafka_poison PROPERTIES LABELS real TIMEOUT 900 RUN_SERIAL TRUE)
add_test(NAME kafka_tour COMMAND python3 ${PROJECT_SOURCE_DIR}/tests/e2e/kafka_tour_test.py
         --binary $<TARGET_FILE:millrace>)
set_tests_properties(kafka_tour PROPERTIES LABELS real TIMEOUT 300 RUN_SERIAL TRUE)

# A whole cluster in one thread from a seed.
file(GLOB sim_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/sim/*.cc
     ${PROJECT_SOURCE_DIR}/tests/sim/nodes/*.cc)
add_executable(millrace_sim ${sim_sources})
set_target_properties(millrace_sim PROPERTIES UNITY_BUILD ON
                      UNITY_BUILD_BATCH_SIZE 12)
target_link_libraries(millrace_sim PRIVATE millrace_jobmanager_cluster
                      millrace_jobmanager millrace_taskmanager
                      millrace_sql
                      millrace_tests_sim_storage
                      millrace_connectors_filesystem
                      millrace_connectors_changelog_out
                      millrace_connectors_formats_json)
# An exactly-once sink against a model of Kafka.
file(GLOB sim_kafka_sources CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/tests/sim/kafka/*.cc)
add_executable(millrace_sim_kafka ${sim_kafka_sources}
               tests/sim/scheduler.cc tests/sim/seed_arguments.cc
               tests/sim/seed_processes.cc)
set_target_properties(millrace_sim_kafka PROPERTIES UNITY_BUILD ON
                      UNITY_BUILD_BATCH_SIZE 12)
target_link_libraries(millrace_sim_kafka PRIVATE
                      millrace_connectors_kafka
                      millrace_connectors_formats
                      millrace_jobmanager
                      millrace_runtime_operators
                      millrace_runtime_worker)
# The model held to a real broker.
file(GLOB conformance_sources CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/tests/e2e/conformance/*.cc)
add_executable(millrace_kafka_conformance ${conformance_sources}
               tests/sim/kafka/model_session.cc tests/sim/kafka/kafka_cluster.cc
               tests/sim/kafka/partition_log.cc tests/sim/kafka/broker_link.cc
               tests/sim/scheduler.cc)
set_target_properties(millrace_kafka_conformance PROPERTIES UNITY_BUILD ON
                      UNITY_BUILD_BATCH_SIZE 12)
target_link_libraries(millrace_kafka_conformance PRIVATE
                      millrace_connectors_kafka_client)
add_test(NAME kafka_conformance COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/kafka_conformance_test.py
         --program $<TARGET_FILE:millrace_kafka_conformance>)
set_tests_properties(kafka_conformance PROPERTIES LABELS real TIMEOUT 300)
set(sim_tests ${PROJECT_SOURCE_DIR}/tests/sim)
add_test(NAME sim_kafka COMMAND millrace_sim_kafka --seeds 5000 --processes 2
         --corpus ${sim_tests}/seeds.txt)
set_tests_properties(sim_kafka PROPERTIES TIMEOUT 900)
add_test(NAME sim COMMAND millrace_sim --seeds 2000 --processes 2
         --corpus ${sim_tests}/seeds.txt)
add_test(NAME sim_cluster COMMAND millrace_sim --cluster --seeds 2000
         --processes 2 --corpus ${sim_tests}/seeds.txt)
set_tests_properties(sim sim_cluster PROPERTIES TIMEOUT 900)
# The mistakes that it must find still fit the source they are made in.
add_test(NAME mutants COMMAND python3 ${sim_tests}/mutants.py --check-only
         --build ${PROJECT_BINARY_DIR})

# Jobs killed after each of their checkpoints, and one killed again and again.
add_test(NAME restores COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/golden/restore.py
         --backends memory,rocksdb --cache 1mb
         --binary $<TARGET_FILE:millrace>)
add_test(NAME golden_restores COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/golden/restore.py
         --suite golden --restores 4 --backends memory,rocksdb --cache 1mb
         --binary $<TARGET_FILE:millrace>)
set_tests_properties(restores golden_restores PROPERTIES TIMEOUT 900)
add_test(NAME kill_files COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/kill_files.py
         --binary $<TARGET_FILE:millrace>)
set_tests_properties(kill_files PROPERTIES LABELS real TIMEOUT 600)
# What a bad disk does to a run: calls that fail, file systems that fill up. The
# latter wants to be root, to mount one.
add_library(millrace_disk_faults MODULE tests/e2e/disk_faults.cc)
target_link_libraries(millrace_disk_faults PRIVATE ${CMAKE_DL_LIBS})
add_test(NAME disk_faults COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/disk_faults_test.py
         --binary $<TARGET_FILE:millrace>
         --faults $<TARGET_FILE:millrace_disk_faults>)
add_test(NAME disk_full COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/disk_full_test.py
         --binary $<TARGET_FILE:millrace>)
set_tests_properties(disk_faults disk_full PROPERTIES LABELS real TIMEOUT 1800
                     SKIP_RETURN_CODE 77)

# Savepoints of a real process, and the verbs around them.
add_test(NAME savepoints COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/savepoint_test.py
         --binary $<TARGET_FILE:millrace>)
set_tests_properties(savepoints PROPERTIES TIMEOUT 300)
# Dead letters of a real process, and the verbs that give them back.
add_test(NAME dlq COMMAND python3 ${PROJECT_SOURCE_DIR}/tests/e2e/dlq_test.py
         --binary $<TARGET_FILE:millrace>)
# What every version of the formats left behind is restored.
add_test(NAME formats COMMAND python3 ${PROJECT_SOURCE_DIR}/tests/formats/check.py
         --binary $<TARGET_FILE:millrace>)

add_test(NAME kill_one COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/kill_one.py --kills 60
         --binary $<TARGET_FILE:millrace>
         --probe $<TARGET_FILE:millrace_kafka_probe>)
set_tests_properties(kill_one PROPERTIES LABELS real TIMEOUT 900
                     RUN_SERIAL TRUE)

# What processes of a cluster serve to Prometheus; the chart: its scripts, the
# whole of it, where helm is, on a real node.
set(k8s_tests ${PROJECT_SOURCE_DIR}/tests/k8s)
add_test(NAME metrics COMMAND python3 ${k8s_tests}/metrics_test.py
         --binary $<TARGET_FILE:millrace>)
set_tests_properties(metrics PROPERTIES LABELS real SKIP_RETURN_CODE 77
                     RUN_SERIAL TRUE)
add_test(NAME k8s_scripts COMMAND python3 ${k8s_tests}/scripts_test.py)
add_test(NAME k8s_chart COMMAND python3 ${k8s_tests}/chart_test.py)
add_test(NAME k8s_node COMMAND ${k8s_tests}/node.sh
         --binary $<TARGET_FILE:millrace>)
set_tests_properties(k8s_chart PROPERTIES LABELS real SKIP_RETURN_CODE 77)
set_tests_properties(k8s_node PROPERTIES LABELS real SKIP_RETURN_CODE 77
                     TIMEOUT 1200 RUN_SERIAL TRUE)

# A cluster of real processes: what it computes and says, and its processes
# killed and stopped while a job runs.
add_test(NAME cluster COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/cluster_test.py
         --binary $<TARGET_FILE:millrace>)
add_test(NAME cluster_kill COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/cluster_kill.py --kills 20 --stops 4
         --binary $<TARGET_FILE:millrace>)
add_test(NAME cluster_errors COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/cluster_errors_test.py
         --binary $<TARGET_FILE:millrace>)
set_tests_properties(cluster cluster_kill cluster_errors PROPERTIES
                     TIMEOUT 1200 RUN_SERIAL TRUE)
# An outage longer than every time-out, at each step of the sink's protocol.
add_test(NAME outage COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/outage.py
         --binary $<TARGET_FILE:millrace>
         --probe $<TARGET_FILE:millrace_kafka_probe>)
set_tests_properties(outage PROPERTIES LABELS real TIMEOUT 900 RUN_SERIAL TRUE)
# Exactly once from Kafka to Kafka, on a cluster and three brokers.
add_test(NAME ledger COMMAND python3
         ${PROJECT_SOURCE_DIR}/tests/e2e/ledger.py --kills 40 --brokers 3
         --binary $<TARGET_FILE:millrace>
         --probe $<TARGET_FILE:millrace_kafka_probe>)
set_tests_properties(ledger PROPERTIES LABELS real TIMEOUT 1200
                     RUN_SERIAL TRUE)
