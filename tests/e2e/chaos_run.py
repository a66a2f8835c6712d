"""What tests that disturb a cluster have in common, from their arguments to their
exit status."""
import argparse
import pathlib
import shutil
import sys
import tempfile

from cluster_processes import Cluster
from kafka_broker import Unavailable


def cluster(options, folder, task_managers=4):
    """Two JobManagers and some TaskManagers of one slot, one more than jobs
    take."""
    return Cluster(options.binary.resolve(), folder,
                   task_managers=task_managers, job_managers=2, config=[
                       f"high-availability.lease-duration={options.lease} s"])


def arguments(description, kills, rate_of):
    """The parser of what all such tests are told."""
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=kills)
    parser.add_argument("--stops", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=0,
                        help="after which nothing more is done; 0: all is")
    parser.add_argument("--lease", type=int, default=3,
                        help="of the lead, in seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=1000,
                        help=f"{rate_of} a second")
    parser.add_argument("--keep", action="store_true",
                        help="leave the folder where it is, for a look")
    return parser


def in_folder(options, prefix, run, right):
    """The exit status of `run(folder)`, which says what is wrong."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
    print(f"seed {options.seed}, in {folder}", flush=True)
    try:
        wrong = run(folder)
    except Unavailable as missing:
        sys.exit(f"cannot test against a real broker: {missing}")
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(wrong or right)
    return 1 if wrong else 0
