"""What every test gets: one thread, no colors, quiet Hypothesis."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: stacks are small
os.environ["NO_COLOR"] = "1"
os.environ.pop("DDSPEC_DATA", None)

from hypothesis import settings

settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")
