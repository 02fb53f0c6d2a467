"""What answering loads: neither torch nor ray nor xarray, and nothing is executed or written."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "ray", "xarray", "scipy", "sklearn", "matplotlib"}
SERVE = """
import json, sys
from pathlib import Path
from ddspec.server.serve import make_server
from ddspec.server import completion, diagnostics, hints, hover
server = make_server()
for path in sorted(Path(sys.argv[1]).glob("*.dd")):
    project, text = server.project, path.read_text()
    project.put(str(path), text)
    diagnostics.by_file(project, str(path))
    assert hints.hints(project, str(path), 0, len(text))
    for site in project.index.sites[str(path)]:
        hover.page(project, str(path), site)
    for site in project.index.sites[str(path)][::9]:
        completion.complete(project.places(str(path)), site.span.end, project.index)
print(json.dumps(sorted(sys.modules)))
"""


def test_no_heavy_package_is_loaded_by_any_answer():
    command = [sys.executable, "-c", SERVE, str(ROOT / "specs")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & HEAVY
    assert {"ddspec", "pygls"} <= loaded
