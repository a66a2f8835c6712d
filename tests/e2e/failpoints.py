"""The failpoints that tests arm; kept by docs/verification.md."""
import pathlib

# Those that a job from numbers to files reaches, in one process and on a cluster.
FAILPOINTS = """jm.trigger.before_rpc jm.trigger.after_rpc jm.ack.before_record
  jm.complete.before_metadata_put jm.complete.after_metadata_put
  jm.complete.before_cas jm.complete.after_cas jm.complete.before_notify
  jm.subsume.before_delete tm.barrier.first tm.barrier.last tm.snapshot.sync
  tm.snapshot.before_upload tm.snapshot.before_ack
  tm.restore.before_download tm.restore.before_open tm.restore.after_open
  src.before_offset_capture src.after_offset_capture sink.before_seal
  sink.after_seal sink.before_ack sink.before_commit sink.after_commit
  tm.snapshot.mid_upload tm.restore.mid_download files.ref_dec
  files.before_unlink""".split()

# Those of an exactly-once sink to Kafka, in the order of its protocol, and of the
# requests of its client.
SINK_STEPS = tuple(f"sink.{step}" for step in (
    "before_seal", "after_seal", "before_begin", "mid_produce", "before_marker",
    "before_commit", "after_commit"))
REQUESTS = tuple(f"kafka.{request}.{when}" for request in (
    "init_producer_id", "add_partitions", "produce", "end_txn")
                 for when in ("sent", "answered"))


def stands_still(pid):
    """Whether a process has stopped, as at a failpoint; one that is gone has not."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] == "T"
