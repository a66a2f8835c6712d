"""Numbers that are written while a test disturbs what reads them."""
import threading
import time


class NumberedInput(threading.Thread):
    """Writes 0, 1, 2 ... at a rate, in order and each once, until stop(). Who
    inherits says how: put(numbers), and there(), those that are there already.

    A write that fails may have left a part. It is tried again with what is missing;
    one that still fails at the end is raised by stop().
    """
    EVERY_S = 0.5

    def __init__(self, rate):
        super().__init__(daemon=True)
        self.rate = rate
        self.count = self.due = 0  # Written for sure; begun.
        self.failed = None  # Why the last write did.
        self.stopping = threading.Event()
        self.turn = threading.Lock()  # Taken: it writes nothing.
        self.held = False

    def run(self):
        begin = time.monotonic()
        while not self.stopping.wait(self.EVERY_S):
            with self.turn:
                if self.held:
                    continue
                try:
                    self.write(int((time.monotonic() - begin) * self.rate))
                except Exception as error:  # Whatever it is: told by stop().
                    self.failed = error

    def write(self, due):
        numbers, self.due = range(self.count, due), due
        if self.failed is not None:
            there = set(self.there())
            numbers = [n for n in numbers if n not in there]
        self.put(numbers)
        self.count, self.failed = due, None

    def hold(self):
        """Writes nothing from now on, as while no broker is there, until
        go_on()."""
        with self.turn:
            self.held = True

    def go_on(self):
        self.held = False

    def stop(self):
        """Idempotent."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self.join()
        if self.failed is not None:
            self.write(self.due)
