#!/bin/sh
# Makes, completes or mends the Python environment in .venv, for `make`:
#
#   requirements/install.sh demo|test
#
# With uv where there is one, else with python3's own venv and pip. Installs what
# requirements/*.txt lock, by hash, wheels only, and then Hanse itself, editable.
# An environment that a set-up left unfinished, or that was made elsewhere, is made
# anew; one that was not made here is completed and never removed.
set -eu
what=$1
cd "$(dirname "$0")/.."
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV

log=.venv/set-up.log
python=${PYTHON:-python3}
uv=$(command -v uv || true)

say() { printf 'hanse: %s\n' "$*" >&2; }
stop() {
  say "$*"
  exit 1
}

# One set-up at a time, where the system has flock.
if [ -z "${HANSE_SET_UP_LOCKED:-}" ] && command -v flock >/dev/null; then
  HANSE_SET_UP_LOCKED=1 exec flock .venv.lock "$0" "$@"
fi

is_sound() {
  [ -x .venv/bin/python ] || return 1
  [ ! -e .venv/unfinished ] || [ ! -e .venv/made-in ] || return 1
  [ ! -e .venv/made-in ] || [ "$(cat .venv/made-in)" = "$PWD" ] || return 1
  .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || return 1
  [ -n "$uv" ] || .venv/bin/python -c 'import pip' 2>/dev/null
}

require_python() {
  [ -z "$uv" ] || return 0
  command -v "$python" >/dev/null ||
    stop "Python is missing. Install it: apt install python3 python3-venv"
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "this is Python $version, and Hanse needs 3.11 or newer. Install one and name it: make PYTHON=python3.12 (or install uv)"
  "$python" -c 'import venv, ensurepip' 2>/dev/null ||
    stop "Python's venv is missing. Install it: apt install $(basename "$python")-venv"
}

# Runs a step quietly; what it said is kept and shown only if it fails.
step() {
  "$@" >>"$log" 2>&1 && return
  tail -n 15 "$log" >&2
  stop "the set-up stopped; all of what was said is in $log. Is the package index reachable, is there space? The same command tries again."
}

install() {
  if [ -n "$uv" ]; then
    "$uv" pip install --python .venv/bin/python "$@"
  else
    .venv/bin/python -m pip install --disable-pip-version-check --no-input \
      --progress-bar off --root-user-action ignore --no-compile "$@"
  fi
}

if ! is_sound; then
  require_python
  if [ -e .venv ] && [ ! -e .venv/made-in ]; then
    stop "the environment in .venv was not made by make and does not serve; move it away"
  fi
  # By renaming, so that an interruption leaves no folder without its marks.
  rm -rf .venv.away .venv.new
  mkdir .venv.new
  : >.venv.new/unfinished
  printf '%s\n' "$PWD" >.venv.new/made-in
  [ ! -e .venv ] || mv .venv .venv.away
  mv .venv.new .venv
  rm -rf .venv.away
  say "1/3 making a Python environment in .venv"
  if [ -n "$uv" ]; then
    # Allowed because the folder is ours and empty but for the log.
    step "$uv" venv --allow-existing --python "${PYTHON:->=3.11}" .venv
  else
    step "$python" -m venv .venv
  fi
fi

: >.venv/unfinished
count=$(cat "requirements/$what.txt" requirements/build.txt | grep -c '==')
say "2/3 installing $count locked packages, a minute or two the first time"
step install --no-deps --require-hashes --only-binary :all: \
  -r requirements/build.txt -r "requirements/$what.txt"
say "3/3 building Hanse; the first time this fetches what its pages load"
step install --no-deps --no-build-isolation --editable .
rm -f .venv/unfinished

touch .venv/ready-demo
[ "$what" = demo ] || touch .venv/ready-test
