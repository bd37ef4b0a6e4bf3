# shellcheck shell=bash
# What the launchers share; they read this file with `source`.

# The root of the project.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The Python that has the package: PYTHON, else that of the project's environment.
python=${PYTHON:-$root/.venv/bin/python}
if [ -z "${PYTHON:-}" ] && [ ! -x "$python" ]; then
  python=python3
fi

# Says what is wrong in a line, and ends with the status of wrong use.
wrong() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit 2
}

# Prints a command so that a shell would read it back as it is.
print_command() {
  local line
  printf -v line '%q ' "$@"
  printf '%s\n' "${line% }"
}

# Sets `workdir` to what the flags of `run` say, and `config` to those of them that `plan` has, too.
read_flags() {
  workdir=
  config=()
  while [ $# -gt 0 ]; do
    case $1 in
      --workdir=* | -workdir=*) workdir=${1#*=} ;;
      --workdir | -workdir) workdir=${2:-} ;;
      --config=* | -config=* | --config.* | -config.* | --noconfig.* | -noconfig.*) config+=("$1") ;;
      --config | -config) config+=("$1" "${2:-}") ;;
    esac
    shift
  done
  [ -n "$workdir" ] || wrong "--workdir is missing, as in --workdir=runs/digits"
}
