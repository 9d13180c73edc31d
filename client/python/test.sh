#!/usr/bin/env bash
# Tests the Python client in an environment of its own under target/; works offline once that is up to date.
# With "models" as first argument: what needs PyTorch, in another environment, which takes 6 GB.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=$root/target
if [ "${1:-}" = models ]; then
  shift
  echo 'importing PyTorch modules: ten architectures, loss and every gradient against PyTorch' >&2
  venv=$target/venv-models extras='test torch models'
  set -- tests/models "$@"
else
  venv=$target/venv-python extras=test
fi
readonly here root target venv extras

command -v python3 >/dev/null || {
  echo 'python3 is absent: skipped' >&2
  exit 77
}
cd "$here"
mkdir -p "$target"
if ! cmp -s pyproject.toml "$venv/pyproject.toml"; then
  python3 -m venv "$venv"
  # The dependencies only: the package is used from src/.
  # shellcheck disable=SC2086
  "$venv/bin/python" - dependencies $extras <<'PY' >"$venv/requirements.txt"
import re, sys
text = open("pyproject.toml").read()
for name in sys.argv[1:]:
    print(*re.findall(r'"([^"]+)"', re.search(rf"^{name} = \[(.*?)\]", text, re.M | re.S)[1]), sep="\n")
PY
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$venv/requirements.txt"
  cp pyproject.toml "$venv/pyproject.toml"
fi
"${GRADWIRE:-$root/gradwire}" build # writes the catalogue
"$venv/bin/python" generate.py
status=0
[ "$extras" != test ] || "$venv/bin/python" -m mypy || status=1
"$venv/bin/python" -m pytest "$@" || status=1
exit "$status"
