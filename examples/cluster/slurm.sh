#!/bin/bash
# One Ray node on each node of a Slurm job, and ddspec on the first of them.
#
#   sbatch slurm.sh specs/mnist1d.dd
#
# The folder of submission must lie on a file system that all nodes share. When the job is preempted
# or its time is nearly over, cells under way may finish, what is finished is kept, and the job goes
# back to the queue and continues. (For preemption with a grace time the cluster's slurm.conf wants
# PreemptParameters=send_user_signal.)
#SBATCH --job-name=ddspec
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@120
# For graphics cards:
##SBATCH --gpus-per-node=4
set -euo pipefail

spec=${1:?usage: sbatch slurm.sh SPEC [options of ddspec run]}
shift

mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
head=${nodes[0]}
ip=$(getent hosts "$head" | awk '{ print $1; exit }')
port=${RAY_PORT:-$((20000 + SLURM_JOB_ID % 20000))}
address=$ip:$port
resources=(--num-cpus "${SLURM_CPUS_PER_TASK:-1}")
if [[ -n ${SLURM_GPUS_ON_NODE:-} ]]; then
  resources+=(--num-gpus "$SLURM_GPUS_ON_NODE")
fi
common=(--block --disable-usage-stats "${resources[@]}")

steps=()
leave() {
  for step in "${steps[@]}"; do
    kill -TERM "$step" 2>/dev/null || true
  done
  wait
}
trap leave EXIT

srun --nodes=1 --ntasks=1 --overlap --nodelist="$head" \
  ray start --head --node-ip-address="$ip" --port="$port" --include-dashboard=false \
  "${common[@]}" &
steps+=($!)
until ray health-check --address "$address" >/dev/null 2>&1; do
  kill -0 "${steps[0]}" # the head node has ended: so does this script
  sleep 2
done

if ((${#nodes[@]} > 1)); then
  others=$(IFS=,; echo "${nodes[*]:1}")
  srun --nodes=$((${#nodes[@]} - 1)) --ntasks=$((${#nodes[@]} - 1)) --overlap \
    --nodelist="$others" ray start --address="$address" "${common[@]}" &
  steps+=($!)
fi

# Nodes that are late are used as they join.
ddspec run "$spec" --address "$address" --grace 90 "$@" &
run=$!

preempted=
preempt() {
  preempted=yes
  kill -TERM "$run" 2>/dev/null || true
}
trap preempt TERM

code=0
wait "$run" || code=$?
if [[ $preempted ]]; then # the signal ended the first wait: the run still finishes its cells
  code=0
  wait "$run" || code=$?
  if ((code == 143)); then
    scontrol requeue "$SLURM_JOB_ID"
    exit 0
  fi
fi
exit "$code"
