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

migrations() {
    folder=$(mktemp -d)
    KB_DATABASE_URL="sqlite:///$folder/kb.db"
    export KB_DATABASE_URL
    "$bin/alembic" upgrade head && "$bin/alembic" check
    result=$?
    rm -rf "$folder"
    return $result
}

check "ruff" "$PY" -m ruff check .
check "ruff format" "$PY" -m ruff format --check .
check "mypy" "$PY" -m mypy
check "layers" "$bin/lint-imports"
check "migrations" migrations

if [ -n "$failed" ]; then
    echo "[lint] failed:$failed"
    exit 1
fi
