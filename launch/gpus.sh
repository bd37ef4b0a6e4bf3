#!/usr/bin/env bash
# A grid over the GPUs of one machine, one process each:
#
#   launch/gpus.sh 4 --config=configs/mnist_lenet.py --workdir=runs/mnist
#
# One more process does in the end what had to wait for all others: networks trained without
# the examples that pruning improves most.
set -u
count=${1:?the number of GPUs}
shift
pids=()
trap 'kill -TERM "${pids[@]}" 2>/dev/null' INT TERM
for ((i = 0; i < count; i++)); do
  CUDA_VISIBLE_DEVICES=$i "${PYTHON:-.venv/bin/python}" -m pruning_jax.run "$@" \
    --group="$((i + 1))/$count" &
  pids+=($!)
done
worst=0
for pid in "${pids[@]}"; do
  status=0
  wait "$pid" || status=$?
  while kill -0 "$pid" 2>/dev/null; do  # a signal interrupts waiting, not the process
    wait "$pid" || status=$?
  done
  [ "$status" -gt "$worst" ] && worst=$status
done
if [ "$worst" = 0 ]; then
  "${PYTHON:-.venv/bin/python}" -m pruning_jax.run "$@" || worst=$?
fi
exit "$worst"
