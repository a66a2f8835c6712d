"""The failpoints that a job from numbers to files reaches, in one process and
on a cluster; kept by docs/verification.md."""

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
