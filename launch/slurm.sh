#!/usr/bin/env bash
#SBATCH --job-name=pruning_jax
#SBATCH --time=12:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
#
# Runs a grid as a SLURM array whose jobs share it by themselves; a last job writes its report.
#
#   launch/slurm.sh [--dry-run] SHARES [options of sbatch] -- [flags of run]
#   launch/slurm.sh 8 --partition=gpu --gpus=1 -- --config=configs/mnist_lenet.py --workdir=runs/mnist
#
# First `plan` shows what would run, so that mistakes are seen before anything is submitted. Then
# SHARES jobs are submitted, and one that follows when they have ended, however they have: it says
# what is left, writes the report and verifies the run. --dry-run prints these commands instead.
#
# A job that is preempted, or near its time limit, saves where it stands and is queued again, at most
# 100 times. Submitted again, the same command does what is missing. No number of CPUs is asked for:
# --cpus-per-task=4 among the options asks for four.
set -u
most=100

# A job of the array: one or more processes that share the grid with those of the other jobs.
task() {
  local python=$1 status=0 options=(--kill-on-bad-exit=0)  # a process that fails stops no other
  shift
  if [ -n "${SLURM_CPUS_PER_TASK:-}" ]; then  # which srun does not inherit since 22.05
    options+=(--cpus-per-task="$SLURM_CPUS_PER_TASK")
  fi
  srun "${options[@]}" "$python" -m pruning_jax.run "$@" || status=$?
  case $status in
    75 | 143)  # stopped; 143 if the signal came before Python could note it, or after
      if [ "${SLURM_RESTART_COUNT:-0}" -lt "$most" ]; then
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
      else
        echo "stopped for the ${most}th time: submit the same command again, it goes on" >&2
      fi
      ;;
  esac
  exit "$status"
}

# The last job: what is left, the report, and whether all is sound.
finish() {
  local python=$1 workdir=$2 worst=0 status
  for command in status report verify; do
    status=0
    "$python" -m "pruning_jax.$command" --workdir="$workdir" || status=$?
    [ "$status" -le "$worst" ] || worst=$status
  done
  exit "$worst"
}

submit() {
  local here dry='' shares options=() job
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  # shellcheck source-path=SCRIPTDIR source=common.sh
  source "$here/common.sh"
  if [ "${1:-}" = --dry-run ]; then
    dry=1
    shift
  fi
  [[ ${1:-} =~ ^[1-9][0-9]*$ ]] || wrong "${1:-nothing} is no number of jobs; see the head of $0"
  shares=$1
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in -a* | --array*) wrong "$1: the array is made from SHARES" ;; esac
    options+=("$1")
    shift
  done
  [ "${1:-}" = -- ] || wrong "-- is missing, between the options of sbatch and the flags of run"
  shift
  read_flags "$@"
  set -- --shares="$shares" "$@"
  local plan=("$python" -m pruning_jax.plan --shares="$shares" ${config[@]+"${config[@]}"})
  local array=(sbatch --parsable --array="1-$shares" ${options[@]+"${options[@]}"})
  array+=("$here/slurm.sh" task "$python" "$@")
  local last=(${options[@]+"${options[@]}"} --job-name=pruning_jax_report)
  last+=("$here/slurm.sh" finish "$python" "$workdir")
  if [ -n "$dry" ]; then
    print_command "${plan[@]}"
    # shellcheck disable=SC2016  # what is printed is a command
    printf 'job=$(%s)\nsbatch --parsable --dependency=afterany:"${job%%%%;*}" %s\n' \
      "$(print_command "${array[@]}")" "$(print_command "${last[@]}")"
    exit
  fi
  "${plan[@]}" || exit
  job=$("${array[@]}") || exit
  job=${job%%;*}  # the cluster's name may follow
  printf 'submitted %s jobs: %s\n' "$shares" "$job"
  job=$(sbatch --parsable --dependency="afterany:$job" "${last[@]}") || exit
  printf 'and one that reports when they have ended: %s\n' "${job%%;*}"
}

case ${1:-} in
  task | finish) "$@" ;;
  *) submit "$@" ;;
esac
