"""The recipes of examples/cluster name what there is, and the one for Slurm is run for real."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr
import yaml

from ddspec.commands.run import command
from ddspec.execution.profile import SETTINGS, read_profile
from tests.execution.test_joining import SPEC

RECIPES = Path(__file__).parent.parent / "examples" / "cluster"
BIN = Path(sys.executable).parent
FAKES = {
    # On every "node", which is this machine, with an address of its own.
    "srun": """
        while [[ $1 == --* ]]; do
          [[ $1 == --nodelist=* ]] && nodes=${1#--nodelist=}
          shift
        done
        echo "srun $nodes: $*" >> "$FAKES/log"
        for node in ${nodes//,/ }; do
          "${@//--block/--node-name=$node --block}" > "$FAKES/$node.log" 2>&1 &
          echo $! >> "$FAKES/pids"
        done
        trap 'kill $(jobs -p) 2>/dev/null' TERM
        wait
        wait""",
    "scontrol": """
        echo "scontrol $*" >> "$FAKES/log"
        if [[ $1 == show ]]; then printf '127.0.0.1\\n%s\\n' "$OTHERS"; fi""",
}


def options_known(words, known):
    return {word.split("=")[0] for word in words if word.startswith("--")} - known


KNOWN = {name for parameter in command.params for name in parameter.opts}


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_example_profiles_are_profiles(path):
    assert read_profile(path)


def test_the_table_of_keys_has_every_key():
    text = (RECIPES / "README.md").read_text()
    rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    keys = [key for row in rows for key in re.findall(r"`(\w+)`", row)]
    assert sorted(keys) == sorted(SETTINGS)
    for link in re.findall(r"\]\((.+?)\)", text):
        assert (RECIPES / link).exists()


def test_the_job_of_kuberay_has_what_kuberay_wants():
    job = yaml.safe_load((RECIPES / "kuberay.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    spec = job["spec"]
    words = shlex.split(spec["entrypoint"])
    assert words[:2] == ["ddspec", "run"]
    assert not options_known(words, KNOWN)
    assert (RECIPES / Path(words[words.index("--profile") + 1]).name).exists()
    cluster = spec["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    for group in groups:
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        assert re.fullmatch(r"[\w./-]+:[\w.-]+", container["image"])
        assert container["resources"]["limits"] == container["resources"]["requests"]
        mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounted.keys() == {volume["name"] for volume in pod["volumes"]}
        folders = [word for word in words if word.startswith("/")]
        assert all(any(w.startswith(f"{at}/") for at in mounted.values()) for w in folders)
    (workers,) = cluster["workerGroupSpecs"]
    profile = read_profile(RECIPES / "kuberay.toml")
    assert workers["maxReplicas"] >= profile.autoscale
    assert workers["template"]["spec"]["terminationGracePeriodSeconds"] > profile.settings["grace"]


@pytest.fixture
def slurm(tmp_path):
    """Runs the recipe as Slurm would: (spec, options) to the process; commands of Slurm are fake,
    and what they were asked is in `log`.
    """
    fakes = tmp_path / "fakes"
    fakes.mkdir()
    for name, text in FAKES.items():
        (fakes / name).write_text(f"#!/bin/bash\n{text}\n")
        (fakes / name).chmod(0o755)
    (fakes / "log").touch()
    env = {n: v for n, v in os.environ.items() if not n.startswith(("RAY_", "SLURM_"))}
    port = 20000 + os.getpid() % 9000
    env |= {
        "PATH": f"{fakes}:{BIN}:{env['PATH']}", "FAKES": str(fakes), "OTHERS": "node-b",
        "HOME": str(tmp_path), "SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "node-[a-b]",
        "SLURM_CPUS_PER_TASK": "1", "RAY_PORT": str(port),
    }  # fmt: skip
    started = []

    def sbatch(*words):
        started.append(
            subprocess.Popen(
                ["bash", RECIPES / "slurm.sh", *words],
                cwd=tmp_path, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
        )  # fmt: skip
        return started[-1]

    yield sbatch
    for process in started:
        process.kill()
        process.communicate()
    pids = (fakes / "pids").read_text().split() if (fakes / "pids").exists() else []
    left = [pid for pid in map(int, pids) if Path(f"/proc/{pid}").exists()]
    for pid in left:
        os.kill(pid, signal.SIGTERM)
    assert not left  # the recipe ends what it has started


@pytest.mark.slow
def test_slurm_starts_ray_on_every_node_and_the_run_on_the_first(slurm, tmp_path):
    (tmp_path / "joined.dd").write_text(SPEC)
    job = slurm("joined.dd", "--out", "out")
    output, _ = job.communicate(timeout=200)
    assert job.returncode == 0, output
    assert "6 done" in output
    with xr.open_dataset(tmp_path / "out" / "joined.nc") as risk:
        assert (risk.status == 1).all()
    log = (tmp_path / "fakes" / "log").read_text()
    assert re.search(r"^srun 127\.0\.0\.1: ray start --head .*--num-cpus 1$", log, re.MULTILINE)
    assert re.search(r"^srun node-b: ray start --address=127\.0\.0\.1:\d+ ", log, re.MULTILINE)
    assert "Ray runtime started" in (tmp_path / "fakes" / "node-b.log").read_text()
    assert "requeue" not in log


@pytest.mark.parametrize(
    ("after", "code", "requeued"),
    [("exit 143", 0, True), ("exit 0", 0, False), ("exit 1", 1, False)],
)
def test_a_preempted_job_waits_for_its_cells_and_is_queued_again(
    slurm, tmp_path, after, code, requeued
):
    """The run itself is a fake that needs a moment after SIGTERM."""
    ddspec = tmp_path / "fakes" / "ddspec"
    ddspec.write_text(f"""#!/bin/bash
        trap 'echo ended; sleep 0.5; echo "$@" >> "$FAKES/log"; {after}' TERM
        echo training
        while :; do sleep 0.1; done""")
    (tmp_path / "fakes" / "ray").write_text("""#!/bin/bash
        [[ $1 == health-check ]] && exit
        trap exit TERM
        while :; do sleep 0.1; done""")
    for name in ("ddspec", "ray"):
        (tmp_path / "fakes" / name).chmod(0o755)
    job = slurm("spec.dd", "--retries", "3")
    assert job.stdout.readline() == "training\n"
    job.send_signal(signal.SIGTERM)
    output, _ = job.communicate(timeout=30)
    assert (job.returncode, output) == (code, "ended\n")
    log = (tmp_path / "fakes" / "log").read_text()
    words = re.search(r"^run spec.dd .*--retries 3$", log, re.MULTILINE)[0].split()
    assert not options_known(words, KNOWN)
    assert ("scontrol requeue 7" in log) == requeued


def test_slurm_without_a_spec_says_how_it_is_called(slurm):
    job = slurm()
    output, _ = job.communicate(timeout=30)
    assert job.returncode == 1
    assert "usage: sbatch slurm.sh SPEC" in output
