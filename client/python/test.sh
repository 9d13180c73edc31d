#!/usr/bin/env bash
# Tests the Python client in an environment of its own under target/; works offline once that is up to date.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=$root/target
venv=$target/venv-python
readonly here root target venv

command -v python3 >/dev/null || {
  echo 'python3 is absent: skipped' >&2
  exit 77
}
cd "$here"
mkdir -p "$target"
if ! cmp -s pyproject.toml "$venv/pyproject.toml"; then
  python3 -m venv "$venv"
  # The dependencies only: the package is used from src/.
  "$venv/bin/python" - <<'PY' >"$venv/requirements.txt"
import re
text = open("pyproject.toml").read()
for name in ("dependencies", "test"):
    print(*re.findall(r'"([^"]+)"', re.search(rf"^{name} = \[(.*?)\]", text, re.M | re.S)[1]), sep="\n")
PY
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$venv/requirements.txt"
  cp pyproject.toml "$venv/pyproject.toml"
fi
"${GRADWIRE:-$root/gradwire}" build # writes the catalogue
"$venv/bin/python" generate.py
status=0
"$venv/bin/python" -m mypy || status=1
"$venv/bin/python" -m pytest "$@" || status=1
exit "$status"
