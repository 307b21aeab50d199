# The test suite: everything on SQLite, then what uses a database again on PostgreSQL.
# KB_CI=1 says that everything is meant to be at hand: what is lacking then fails instead of being skipped.
set -u
PY=${PY:-.venv/bin/python}
failed=""

round() {
    KB_TEST_DATABASE=$1
    export KB_TEST_DATABASE
    shift
    echo "[test] round on $KB_TEST_DATABASE"
    "$PY" -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile "$@"
    result=$?
    # 5: a choice of tests left nothing for this round.
    if [ $result -ne 0 ] && [ $result -ne 5 ]; then
        failed="$failed $KB_TEST_DATABASE"
    fi
}

round sqlite "$@"
if [ -n "${KB_TEST_POSTGRESQL:-}" ] || "$PY" -c '
from tests.support.postgresql import find_binaries
raise SystemExit(find_binaries() is None)'; then
    round postgresql -m "database or postgresql" "$@"
elif [ "${KB_CI:-}" = 1 ]; then
    failed="$failed postgresql-is-lacking"
else
    echo "[test] lacking: PostgreSQL, so the round on it is left out. Install its server" \
        "(on Debian: apt-get install postgresql) or set KB_TEST_POSTGRESQL to the address of one."
fi

if [ -n "$failed" ]; then
    echo "[test] failed:$failed"
    exit 1
fi
echo "[test] passed"
