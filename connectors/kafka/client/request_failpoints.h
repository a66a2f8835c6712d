#pragma once

typedef struct rd_kafka_conf_s rd_kafka_conf_t;

namespace millrace::kafka {

// Makes the requests of a transaction failpoints: "kafka.REQUEST.sent" when one
// has been written to its broker, "kafka.REQUEST.answered" when its answer has
// come, with init_producer_id, add_partitions, produce or end_txn. On the
// library's threads: a process can be killed or stopped there; an error does
// nothing.
void InstallRequestFailpoints(rd_kafka_conf_t* conf);

}  // namespace millrace::kafka
