"""Records {"id": n, "k": n % KEYS} of one partition, and what has to be true of a
copy of them by key: each is there once, and of every key in order."""
import collections
import dataclasses

KEYS = 7


class Wrong(AssertionError):
    """What a job wrote, or did, is against the rules of its sink: nothing that a
    slow machine, a time-out or a broken test could bring about."""


@dataclasses.dataclass
class Copy:
    """What is wrong with one, by the records' numbers."""
    lost: list
    double: list
    disorder: list  # Behind a later one of its key, or in another partition.

    def __bool__(self):
        """Whether anything is."""
        return bool(self.lost or self.double or self.disorder)

    def __str__(self):
        return ", ".join(
            f"{len(numbers)} {what}" + (f" ({numbers[:5]} ...)" if numbers else "")
            for what, numbers in (("lost", self.lost), ("double", self.double),
                                  ("out of order", self.disorder)))


def check_copy(rows, count):
    """Of (partition, record), as they stand in their partitions, for the records
    0 to count - 1."""
    times, last, places, disorder = collections.Counter(), {}, {}, []
    for partition, row in rows:
        number, key = row["id"], row["k"]
        times[number] += 1
        if (number < last.get(key, -1)
                or places.setdefault(key, partition) != partition):
            disorder.append(number)
        last[key] = max(number, last.get(key, -1))
    return Copy([n for n in range(count) if n not in times],
                [n for n, found in times.items() if found > 1], disorder)


def gaps(rows):
    """Numbers that are not there though a later one of their key is."""
    last, found = {}, set()
    for _, row in rows:
        found.add(row["id"])
        last[row["k"]] = max(row["id"], last.get(row["k"], 0))
    return [n for key, most in last.items() for n in range(key, most, KEYS)
            if n not in found]


def expect_no_gaps(rows):
    """Raises Wrong for what is lost in between, double or out of order, whatever
    is still to come."""
    found = check_copy(rows, 0)
    found.lost = gaps(rows)
    if found:
        raise Wrong(str(found))


def expect_whole(rows, count):
    """Raises Wrong unless they are the records 0 to count - 1, each once, in order
    by key."""
    found = check_copy(rows, count)
    if found or len(rows) != count:
        raise Wrong(f"{len(rows)} of {count}: {found}")
