"""Words are loaded for checking without the numeric packages."""

import subprocess
import sys

CODE = """
import sys
from ddspec.vocabulary import registry
words = [registry.find(kind, name) for kind in registry.FOLDERS for name in registry.names(kind)]
assert len(words) >= 24 and None not in words, words
print(sorted({"numpy", "torch", "mnist1d", "ray"} & set(sys.modules)))
"""


def test_no_word_loads_a_numeric_package():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
