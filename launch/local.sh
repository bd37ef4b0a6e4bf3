#!/usr/bin/env bash
# Runs a grid with one process for each GPU of this machine, or of what a scheduler gave us of it.
# The processes share the grid by themselves; then its report is written, and it is verified.
#
#   launch/local.sh --config=configs/mnist_lenet.py --workdir=runs/mnist
#   launch/local.sh 2 --config=configs/mnist_lenet.py --workdir=runs/mnist     two processes
#
# CUDA_VISIBLE_DEVICES says which GPUs; without it they are those that nvidia-smi lists. Without any
# there is one process, which uses all cores. What a process prints goes to <workdir>/logs/.
#
# Exit status: 75 if something was stopped by a signal, and then the same command goes on; else the
# worst of all.
set -u
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

count=
if [[ ${1:-} =~ ^[1-9][0-9]*$ ]]; then
  count=$1
  shift
fi
read_flags "$@"

devices=()
if [ -n "${CUDA_VISIBLE_DEVICES+set}" ]; then
  IFS=, read -r -a devices <<<"$CUDA_VISIBLE_DEVICES"
  case ${devices[0]:-} in -1 | NoDevFiles) devices=() ;; esac
elif command -v nvidia-smi >/dev/null; then
  while read -r number; do
    devices+=("$number")
  done < <(nvidia-smi -L 2>/dev/null | sed -n 's/^GPU \([0-9][0-9]*\):.*/\1/p')
fi
count=${count:-${#devices[@]}}
[ "$count" -gt 0 ] || count=1

# Processes that share a GPU share its memory; JAX alone would take three quarters of it for each.
if [ ${#devices[@]} -gt 0 ] && [ "$count" -gt ${#devices[@]} ]; then
  each=$(((count + ${#devices[@]} - 1) / ${#devices[@]}))
  export XLA_PYTHON_CLIENT_MEM_FRACTION=${XLA_PYTHON_CLIENT_MEM_FRACTION:-$(printf '0.%02d' $((90 / each)))}
fi

pids=()
stopped=
# shellcheck disable=SC2317  # it is called by a signal
stop() {
  stopped=1
  for pid in ${pids[@]+"${pids[@]}"}; do
    kill -TERM "$pid" 2>/dev/null
  done
}
trap stop INT TERM HUP

worst=0
# Takes an exit status into account. Those of a signal that came before Python could note it, or
# after, are those of a process that was stopped.
count_status() {
  case $1 in
    75 | 129 | 130 | 143) stopped=1 ;;
    *) [ "$1" -le "$worst" ] || worst=$1 ;;
  esac
}

# The exit status of a process. A signal interrupts waiting, not the process.
wait_for() {
  while kill -0 "$1" 2>/dev/null; do
    wait "$1"
  done
  wait "$1"
}

logs=$workdir/logs
mkdir -p "$logs" || wrong "$logs cannot be made"
shares=()
[ "$count" = 1 ] || shares=(--shares="$count")
for ((i = 1; i <= count; i++)); do
  [ -z "$stopped" ] || break
  log=$logs/${HOSTNAME%%.*}_$i.log
  device=
  if [ ${#devices[@]} -gt 0 ]; then
    device=${devices[(i - 1) % ${#devices[@]}]}
    printf 'process %s, GPU %s: %s\n' "$i" "$device" "$log"
    CUDA_VISIBLE_DEVICES=$device "$python" -m pruning_jax.run ${shares[@]+"${shares[@]}"} "$@" \
      >>"$log" 2>&1 &
  else
    printf 'process %s: %s\n' "$i" "$log"
    "$python" -m pruning_jax.run ${shares[@]+"${shares[@]}"} "$@" >>"$log" 2>&1 &
  fi
  pids+=($!)
done

for ((i = 1; i <= ${#pids[@]}; i++)); do
  wait_for "${pids[i - 1]}"
  status=$?
  count_status "$status"
  log=$logs/${HOSTNAME%%.*}_$i.log
  case $status in
    0) ;;
    75) printf 'process %s was stopped\n' "$i" ;;
    *) printf 'process %s ended with status %s: %s\n' "$i" "$status" "$(tail -n 1 "$log")" >&2 ;;
  esac
done

for stage in report verify; do
  [ -z "$stopped" ] || break
  "$python" -m "pruning_jax.$stage" --workdir="$workdir" &
  pids=($!)
  wait_for "${pids[0]}"
  count_status $?
done

if [ -n "$stopped" ]; then
  echo "stopped by a signal; the same command goes on"
  exit 75
fi
exit "$worst"
