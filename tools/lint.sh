# Every check that reads the code without running the service; all of them run, then the worst result counts.
set -u
PY=${PY:-.venv/bin/python}
bin=$(dirname "$PY")
failed=""

check() {
    name=$1
    shift
    printf '[lint] %-16s ' "$name"
    if output=$("$@" 2>&1); then
        echo "ok"
    else
        echo "FAILED"
        printf '%s\n' "$output"
        failed="$failed $name"
    fi
}

check "ruff" "$PY" -m ruff check .
check "ruff format" "$PY" -m ruff format --check .
check "mypy" "$PY" -m mypy
check "layers" "$bin/lint-imports"
check "migrations" "$PY" -m tools.migrations check

if [ -n "$failed" ]; then
    echo "[lint] failed:$failed"
    exit 1
fi
