"""A driver to be stopped: trains slow cells through Ray into a store, saying what is committed."""

import signal
import sys
import time
from contextlib import closing
from pathlib import Path

from ddspec.execution.events import Finished
from ddspec.execution.execute import execute
from ddspec.execution.options import Options
from ddspec.results.store import open_store
from tests.execution.batches import cells, read, split


def slow(batch, pools, device):
    time.sleep(0.3)
    return tuple(map(read, batch.cells))


def say(word, number):
    sys.stdout.write(f"{word} {number}\n")
    sys.stdout.flush()


def main(folder, count):
    asked = cells(count)
    with open_store(Path(folder)) as store:
        held = store.held(cell.id for cell in asked)
        batches = split([cell for cell in asked if cell.id not in held], 2)
        say("pending", sum(map(len, batches)))
        try:
            with closing(execute(batches, Options(workers=1), fit=slow)) as events:
                for event in events:
                    if isinstance(event, Finished):
                        store.write(event.records)
                        say("committed", len(store))
        except KeyboardInterrupt:
            say("stopped", len(store))


if __name__ == "__main__":
    # a shell lets what runs in its background ignore Ctrl-C, and that is inherited
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main(sys.argv[1], int(sys.argv[2]))
