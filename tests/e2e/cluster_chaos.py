"""What is done to a cluster while a job runs on it, and what of it is counted:
kills, kills at failpoints, stops, savepoints, and changes of the parallelism."""
import collections
import json
import pathlib
import re
import signal
import subprocess
import time

from failpoints import FAILPOINTS
from kafka_broker import die_with_parent

FENCES = ["millrace_taskmanager_fenced_messages",
          "millrace_exchange_stale_frames"]
BACKENDS = ("rocksdb", "memory")
PARALLELISM, OTHERS = 3, (2, 1)
ONCE_A_LIFE = (".restore.", ".init_producer_id.", ".leader.")
REACHED_WITHIN_S = 30
# So many times in vain, and a failpoint gives way to others as if it were hit.
MISSES_A_HIT = 3
WINDOWS_WITHIN_S = 5  # Of the last number.
PROGRESS_WITHIN_S = 180  # A leader that stands still for 70 s included.
COMMAND_WITHIN_S = 150
# Beyond the lease and the quarter more that is waited for clocks' sake.
TAKEOVER_SLACK_S = 5
MOST_STOPPED = 2
MOST_TOLD = 8000  # Characters of one page.


class Chaos:
    FAILPOINTS = FAILPOINTS  # Another job has others.

    def __init__(self, cluster, dice, script, longest_stop, lease_s):
        """`script` gives the job's SQL for a state backend."""
        self.cluster, self.dice, self.script = cluster, dice, script
        self.longest_stop, self.lease_s = longest_stop, lease_s
        self.job, self.parallelism = None, PARALLELISM
        self.began = time.monotonic()
        self.stopping = False  # Nothing more is to be disturbed.
        self.awake_at = {}  # Of those that are stopped.
        self.in_vain = collections.Counter()
        self.done = collections.Counter()
        self.at_failpoint = collections.Counter()
        self.fences = collections.Counter()
        self.fences_seen = collections.defaultdict(collections.Counter)
        self.savepoints = 0
        self.slowest_s = 0  # To the next checkpoint, as far as was looked.
        self.slowest_takeover_s = 0  # From a leader that is stopped.

    def say(self, text):
        print(f"{time.monotonic() - self.began:8.1f} {text}", flush=True)

    # The job.

    def begin(self, savepoint=None, *more):
        """Submits it, from a savepoint maybe."""
        path = self.cluster.folder / "job.sql"
        path.write_text(self.script(self.dice.choice(BACKENDS)),
                        encoding="utf-8")
        more = (["--from-savepoint", savepoint] if savepoint else []) + [*more]
        self.job = self.submit(path, self.parallelism, *more)
        self.say(f"job {self.job[:6]} at parallelism {self.parallelism}")

    def submit(self, path, parallelism, *more):
        """The id of the job, also where nobody answered."""
        before = set(self.jobs())
        until = time.monotonic() + COMMAND_WITHIN_S
        while True:
            said = self.verb("run", str(path), "-p", str(parallelism), "-d",
                             *more)
            if found := re.search(r"JobID ([0-9a-f]{32})", said):
                return found[1]
            self.say(f"submission: {said.strip()[-200:]}")
            if time.monotonic() > until:
                raise RuntimeError(f"the job cannot be submitted: {said}")
            self.wait_for_leader()
            if new := set(self.jobs()) - before:
                return new.pop()

    def jobs(self):
        found = self.cluster.try_get("/jobs")
        return {job["id"]: job["status"] for job in found["jobs"]} if found else {}

    def state(self):
        """FINISHED of a job that is known no more, once somebody leads."""
        return self.cluster.state(self.job)

    def completed(self):
        """The newest checkpoint's number."""
        found = self.cluster.try_get(f"/jobs/{self.job}/checkpoints")
        latest = found and found["latest"]["completed"]
        return latest["id"] if latest else 0

    def wait_for_progress(self):
        """Whatever was done before: a checkpoint completes again."""
        start = self.completed()
        try:
            took = self.wait(
                lambda: self.completed() > start or self.has_ended(),
                "another checkpoint", PROGRESS_WITHIN_S)
        except TimeoutError as late:
            raise TimeoutError(f"{late}\n{self.told_of_job()}") from late
        self.done["checked"] += 1
        self.slowest_s = max(self.slowest_s, took)

    def told_of_job(self):
        """What the leader shows of it, for who reads of a failure later."""
        pages = [f"/jobs/{self.job}/{page}" for page in ("exceptions", "checkpoints")]
        return "\n".join(
            f"--- {page}\n{json.dumps(self.cluster.try_get(page))[:MOST_TOLD]}"
            for page in pages)

    def has_ended(self):
        return self.state() in ("FINISHED", "FAILED", "CANCELED")

    def has_open_epoch(self):
        """Whether all of it runs, and so has read rows, and written some, since
        its last barrier."""
        found = self.job and self.cluster.try_get(f"/jobs/{self.job}")
        return bool(found) and all(vertex["status"] == "RUNNING"
                                   for vertex in found["vertices"])

    # Processes.

    def is_task_manager(self, name):
        return name in self.cluster.task_managers

    def leader(self):
        return self.cluster.leader()

    def wait(self, holds, what, limit_s):
        def looks():
            self.wake_due()
            return holds()
        return self.cluster.wait_until(looks, what, limit_s)

    def wait_for_leader(self):
        return self.wait(self.leader, "a leader", PROGRESS_WITHIN_S)

    def kill(self, name):
        self.read_fences(name)
        self.done["of kills in an open epoch"] += self.has_open_epoch()
        self.awake_at.pop(name, None)
        self.cluster.kill(name)
        role = "TaskManager" if self.is_task_manager(name) else "JobManager"
        self.done[f"kill {role}"] += 1

    def start(self, name, failpoint=None):
        counts = self.cluster.folder / f"{name}.counts"
        self.cluster.start(name, {"MILLRACE_FAILPOINTS": failpoint or "",
                                  "MILLRACE_FAILPOINT_COUNTS": str(counts)})

    def read_fences(self, name):
        """A process counts from 0; what it has counted is kept here."""
        if not self.is_task_manager(name) or name in self.awake_at:
            return
        for metric in FENCES:
            count = self.cluster.metric(name, metric)
            if count is not None:
                seen = self.fences_seen[self.cluster.processes[name].pid]
                self.fences[metric] += count - seen[metric]
                seen[metric] = count

    def wake_due(self):
        for name, until in list(self.awake_at.items()):
            if time.monotonic() >= until:
                self.wake(name)

    def wake(self, name):
        del self.awake_at[name]
        self.cluster.signal(name, signal.SIGCONT)
        self.say(f"woke {name}")

    def wake_all(self):
        for name in list(self.awake_at):
            self.wake(name)

    def pause(self, seconds):
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
            self.wake_due()

    # Disturbances.

    def do(self, action):
        """Whether there is still a job to disturb."""
        self.pause(self.dice.uniform(0.2, 2))
        if self.dice.random() < 0.15:
            self.wait_for_progress()
        if self.stopping or self.has_ended():
            return False
        getattr(self, "do_" + action)()
        return True

    def victim(self):
        names = (self.cluster.task_managers * 2 + self.cluster.job_managers * 2)
        return self.dice.choice(names)

    def do_kill(self):
        name = self.victim()
        self.say(f"kill {name}" + (" (stopped)" if name in self.awake_at else "")
                 + (" (leads)" if name == self.leader() else ""))
        self.kill(name)
        self.pause(self.dice.choice([0, 0, 0.5, 2]))
        self.start(name)

    def do_stop(self):
        if len(self.awake_at) >= MOST_STOPPED:
            self.pause(max(0, min(self.awake_at.values()) - time.monotonic()))
            self.wake_due()
        name = self.dice.choice([name for name in self.cluster.names
                                 if name not in self.awake_at])
        seconds = self.longest_stop ** self.dice.random()
        self.say(f"stop {name} for {seconds:.1f} s")
        self.read_fences(name)
        self.cluster.signal(name, signal.SIGSTOP)
        self.awake_at[name] = time.monotonic() + seconds
        role = "TaskManager" if self.is_task_manager(name) else "JobManager"
        self.done[f"stop {role}"] += 1
        self.done["seconds stopped"] += round(seconds)

    def do_stop_leader(self):
        """It keeps all its locks and connections, and is replaced all the same."""
        self.wake_all()
        self.wait_for_leader()
        name = self.leader()
        if name is None:
            return
        self.say(f"stop {name} (leads) until another one does")
        self.cluster.signal(name, signal.SIGSTOP)
        self.awake_at[name] = float("inf")
        took = self.wait(lambda: self.leader() not in (None, name),
                         f"another one leads than {name}, which is stopped",
                         1.25 * self.lease_s + TAKEOVER_SLACK_S)
        self.say(f"another one leads after {took:.1f} s")
        self.slowest_takeover_s = max(self.slowest_takeover_s, took)
        self.done["stop JobManager"] += 1
        self.done["takeover from a leader that stood still"] += 1
        self.pause(self.dice.uniform(0, 2))
        self.wake(name)

    def do_failpoint(self):
        # The one that was hit least, but none that is hard to reach for ever.
        name = min(self.FAILPOINTS, key=lambda name: (
            self.at_failpoint[name] + self.in_vain[name] // MISSES_A_HIT))
        once = any(part in name for part in ONCE_A_LIFE)
        at = 1 if once else self.dice.randint(1, 3)
        of_leader = name.startswith(("jm.", "files."))
        if not of_leader and self.parallelism != PARALLELISM:
            self.do_rescale()  # Else most TaskManagers have nothing to do.
        armed = (self.arm_leader if of_leader else self.arm_task_manager)(
            f"{name}=kill@{at}")
        process = self.cluster.processes[armed]
        self.reach(armed, lambda: process.poll() is not None, not of_leader)
        reached = process.poll() == -signal.SIGKILL
        self.say(f"{name}@{at} in {armed}: "
                 f"{'died there' if reached else 'not reached'}")
        if reached:
            self.at_failpoint[name] += 1
            self.done["kill at a failpoint"] += 1
        else:
            self.in_vain[name] += 1
            self.kill(armed)
        self.start(armed)

    def reach(self, armed, is_there, may_replace=True):
        """Waits for what an armed process comes to, for some time."""
        until = time.monotonic() + REACHED_WITHIN_S
        while not is_there() and time.monotonic() < until:
            for _ in range(50):
                self.pause(0.1)
                if is_there():
                    break
            else:
                if self.has_ended():
                    break
                if may_replace:
                    self.replace_other(armed)

    def replace_other(self, armed):
        """What the armed one does not run it gets when another one dies."""
        others = [name for name in self.cluster.task_managers if name != armed]
        name = self.dice.choice(others)
        self.kill(name)
        self.start(name)

    def arm_task_manager(self, failpoint):
        name = self.dice.choice(self.cluster.task_managers)
        self.kill(name)
        self.start(name, failpoint)
        return name

    def arm_leader(self, failpoint):
        """The one that stands by, which then takes over."""
        self.wait_for_leader()
        leads = self.leader() or self.cluster.job_managers[0]
        armed = next(name for name in self.cluster.job_managers if name != leads)
        self.kill(armed)
        self.start(armed, failpoint)
        self.pause(0.5)  # It waits for its turn.
        self.kill(leads)
        # One that is started at once takes the lead before it is seen to be free.
        self.wait(lambda: self.cluster.processes[armed].poll() is not None or
                  self.leader() == armed, f"{armed} to lead", REACHED_WITHIN_S)
        self.start(leads)
        return armed

    # Savepoints.

    def verb(self, *words, disturbed=False):
        """What a verb says, `disturbed` while one process is killed."""
        self.wait_for_leader()
        target = self.cluster.target
        process = subprocess.Popen(
            [self.cluster.binary, *words, "--target", target],
            cwd=self.cluster.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            preexec_fn=die_with_parent)
        if disturbed:
            self.pause(self.dice.uniform(0, 1.5))
            self.do_kill()
        until = time.monotonic() + COMMAND_WITHIN_S
        while process.poll() is None and time.monotonic() < until:
            self.pause(0.05)
        if process.poll() is None:
            self.say(f"{words[0]} had no end")
            process.kill()
        return process.communicate()[0]

    def do_savepoint(self):
        self.savepoints += 1
        folder = self.cluster.folder / f"savepoints/{self.savepoints}"
        said = self.verb("savepoint", self.job, str(folder),
                         disturbed=self.dice.random() < 0.5)
        path = re.search(r"^Savepoint completed\. Path: (.*)$", said, re.M)
        self.say(f"savepoint: {path[1] if path else said.strip()[-200:]}")
        if path and not (pathlib.Path(path[1]) / "manifest").exists():
            raise RuntimeError(f"there is no savepoint in {path[1]}")
        self.done["savepoint" if path else "savepoint that failed"] += 1

    def do_rescale(self):
        """Stops the job with a savepoint, and goes on from it."""
        self.savepoints += 1
        folder = self.cluster.folder / f"savepoints/{self.savepoints}"
        said = self.verb("stop", self.job, "-p", str(folder),
                         disturbed=self.dice.random() < 0.5)
        self.wait_for_leader()
        states = ("FINISHED", "RUNNING", "FAILED")
        self.wait(lambda: self.state() in states, "a state after the stop",
                  PROGRESS_WITHIN_S)
        state = self.state()
        paths = [path.parent for path in folder.glob("*/manifest")]
        self.say(f"stop: {state}, {said.strip().splitlines()[-1:]}")
        if state == "RUNNING":
            self.done["rescale that failed"] += 1
            return
        if state != "FINISHED" or len(paths) != 1:
            exceptions = self.cluster.try_get(f"/jobs/{self.job}/exceptions")
            raise RuntimeError(f"stopped job is {state} with {paths}: {said}\n"
                               + json.dumps(exceptions)[:2000])
        self.parallelism = (self.dice.choice(OTHERS)
                            if self.parallelism == PARALLELISM else PARALLELISM)
        self.done[f"rescale to {self.parallelism}"] += 1
        self.begin(str(paths[0]))

    # The end.

    def end(self, is_whole, limit_s):
        """Waits for the output; a job that has no end is stopped."""
        until = time.monotonic() + limit_s
        while not self.has_ended() and not is_whole():
            if time.monotonic() > until:
                raise TimeoutError(f"the output is not whole within {limit_s} s; "
                                   f"the job is {self.state()}\n"
                                   f"{self.told_of_job()}")
            time.sleep(1)
        if not self.has_ended():
            time.sleep(WINDOWS_WITHIN_S)
            self.stop(self.job)
        self.expect_finished(self.job)
        for name in self.cluster.names:
            self.read_fences(name)

    def stop(self, job):
        folder = self.cluster.folder / f"savepoints/last-{job}"
        self.say(self.verb("stop", job, "-p", str(folder)).strip())

    def expect_finished(self, job):
        self.cluster.wait_for_state(job, "FINISHED", "FAILED", "CANCELED")
        if self.cluster.state(job) != "FINISHED":
            exceptions = self.cluster.try_get(f"/jobs/{job}/exceptions")
            raise RuntimeError(f"the job is {self.cluster.state(job)}: "
                               + json.dumps(exceptions)[:2000])

    def kills(self):
        return sum(count for what, count in self.done.items()
                   if what.startswith("kill"))

    def report(self):
        assert set(self.fences) == set(FENCES), "no TaskManager serves them"
        reached = collections.Counter()
        for path in self.cluster.folder.glob("*.counts"):
            for line in path.read_text().splitlines():
                name, count = line.split()
                reached[name] += int(count)
        kills = self.kills()
        stops = sum(count for what, count in self.done.items()
                    if what.startswith("stop"))
        lines = [f"{kills} kills, {stops} stops"]
        lines += [f"  {what}: {count}" for what, count in sorted(self.done.items())]
        lines.append(f"  fenced: {dict(self.fences)}")
        lines.append(f"  longest wait for a checkpoint: {self.slowest_s:.0f} s")
        lines.append("  longest takeover from a leader that stood still: "
                     f"{self.slowest_takeover_s:.1f} s")
        lines.append("failpoints: died there, reached")
        lines += [f"  {name}: {self.at_failpoint[name]}, {reached[name]}"
                  for name in self.FAILPOINTS]
        return "\n".join(lines)

    # The whole.

    def disturb(self, actions, source, outcome, whole_within_s, minutes=0):
        """Does all of it while the job runs, or as much as there are minutes
        for (0: all), ends the input and then the job, and prints what was done
        and what the output is like. `outcome()` looks at the output: its
        is_whole() and faults(). What is wrong, in words."""
        wrong = ""
        signal.signal(signal.SIGTERM,
                      lambda *_: setattr(self, "stopping", True))
        try:
            self.begin()
            for action in actions:
                late = time.monotonic() - self.began > 60 * minutes > 0
                if late or not self.do(action):
                    break
            self.wake_all()
            source.finish()
            print("the last disturbance is over", flush=True)
            found = outcome()
            self.end(found.is_whole, whole_within_s)
        except (TimeoutError, RuntimeError) as error:
            wrong = str(error)
            self.wake_all()
            source.finish()
            found = outcome()
        print(self.report())
        said, right = found.faults()
        print(said)
        return wrong if right else wrong + "\nthe output differs"

    def missed(self):
        """What is wrong if a failpoint was hit less than twice."""
        names = [name for name in self.FAILPOINTS
                 if self.at_failpoint[name] < 2]
        return f"hit less than twice: {', '.join(names)}" if names else ""
