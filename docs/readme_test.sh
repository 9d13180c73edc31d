#!/usr/bin/env bash
# Runs every command of the readme as it stands there, as a user would. A command that this file does not know fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

server=
log=$(mktemp)
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -f "$log"' EXIT

# Starts a server command in the background and waits until it says that it serves.
start() {
  "$@" >"$log" 2>&1 &
  server=$!
  for _ in $(seq 600); do
    grep -q ' serving on ' "$log" && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$log" >&2
  return 1
}

# Ends the server as an operator would; it must go in peace.
stop() {
  local pid=$server
  server=
  kill -TERM "$pid"
  wait "$pid"
}

# The Python example as it stands in the readme, against the server that runs.
python_example() {
  local python=target/venv-python/bin/python
  [ -x "$python" ] || { echo "  (no environment of the Python client: ./gradwire test python makes it)"; return 0; }
  sed -n '/^```python$/,/^```$/p' README.md | sed '/^```/d' >"$log.py"
  { cat "$log.py"; echo 'assert a.grad.tolist() == [[6, 6], [6, 6]] and str(c.grad_fn) == "<PowBackward0>"'; } |
    PYTHONPATH=client/python/src "$python" -
  rm -f "$log.py"
}

# The stack is built and run where there is an engine; elsewhere its file is checked, where that can be done.
compose() {
  if docker info >/dev/null 2>&1 && docker image inspect eclipse-temurin:25-jre >/dev/null 2>&1; then
    "$@" --detach --wait
    docker compose down
  elif docker compose version >/dev/null 2>&1; then
    docker compose config --quiet
  else
    echo "  (no Docker here)"
  fi
}

run() {
  case $1 in
    './gradwire test') ./gradwire test --help >/dev/null ;; # it is what runs this file
    './gradwire soak '*) ./gradwire soak --help >/dev/null ;; # it takes its minutes
    './gradwire bench') # peers take gigabytes and minutes
      ./gradwire bench --no-peers --threads 1 --rounds 1 >/dev/null
      ;;
    './gradwire serve '*)
      # shellcheck disable=SC2086
      start $1
      python_example
      stop
      ;;
    './gradwire '*)
      # shellcheck disable=SC2086
      $1 >"$log" 2>&1 || { tail -n 40 "$log" >&2; return 1; }
      ;;
    'docker compose up '*)
      # shellcheck disable=SC2086
      compose $1
      ;;
    *)
      echo "no test knows this command" >&2
      return 1
      ;;
  esac
}

commands=$({
  sed -n '/^```sh$/,/^```$/p' README.md | sed '/^```/d'
  sed -n 's/^| `\(\.\/gradwire [^`]*\|docker compose [^`]*\)`.*/\1/p' README.md
} | grep -v '^$')
passed=0
failed=0
while IFS= read -r command; do
  printf '$ %s\n' "$command"
  if run "$command" </dev/null; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done <<<"$commands"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
