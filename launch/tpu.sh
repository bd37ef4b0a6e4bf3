#!/usr/bin/env bash
# Runs a grid on a TPU VM of Google Cloud. It has never been run on one: see docs/clusters.md.
#
#   launch/tpu.sh [--dry-run] NAME ZONE [options of create] -- [flags of run]
#   launch/tpu.sh grid us-west4-a --accelerator-type=v5litepod-4 --version=v2-alpha-tpuv5-lite --spot \
#     -- --config=configs/mnist_lenet.py --workdir=runs/mnist
#
# The VM is made unless it is there. The project is copied to it and installed, and the run is
# started in the background; one process divides its networks over all chips of the VM. Started
# again, also on a new VM, the same command goes on, if the workdir lies where that VM finds it.
# --dry-run prints the commands instead.
set -u
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

dry=
if [ "${1:-}" = --dry-run ]; then
  dry=1
  shift
fi
usage="NAME ZONE [options of create] -- [flags of run]: see the head of $0"
[ $# -ge 2 ] || wrong "$usage"
name=$1
zone=$2
shift 2
options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  options+=("$1")
  shift
done
[ "${1:-}" = -- ] || wrong "$usage"
shift
read_flags "$@"

do_or_print() {
  if [ -n "$dry" ]; then
    print_command "$@"
  else
    "$@" || exit
  fi
}

there() {
  [ -z "$dry" ] && gcloud compute tpus tpu-vm describe "$name" --zone="$zone" >/dev/null 2>&1
}

on_it() {
  do_or_print gcloud compute tpus tpu-vm ssh "$name" --zone="$zone" --command="$1"
}

# The system's Python may be too old, so that uv brings one.
# shellcheck disable=SC2016  # the VM expands it
install='cd pruning_jax && python3 -m pip install -q --user uv && export PATH="$HOME/.local/bin:$PATH"'
install+=' && { [ -x .venv/bin/python ] || uv venv -q --python 3.12 .venv; }'
install+=" && uv pip install -q -e '.[tpu]'"
start="cd pruning_jax && nohup launch/local.sh $(print_command 1 "$@") >local.log 2>&1 </dev/null &"

there || do_or_print gcloud compute tpus tpu-vm create "$name" --zone="$zone" \
  ${options[@]+"${options[@]}"}
on_it 'mkdir -p pruning_jax'
do_or_print gcloud compute tpus tpu-vm scp --recurse --zone="$zone" \
  "$root"/{pruning_jax,configs,launch,setup.py,README.md} "$name:pruning_jax/"
on_it "$install"
on_it "$start"
ask="cd pruning_jax && .venv/bin/python -m pruning_jax.status $(print_command --workdir="$workdir")"
printf '# How far it is:\n'
print_command gcloud compute tpus tpu-vm ssh "$name" --zone="$zone" --command="$ask"
