# The test suite: everything on SQLite, then what uses a database again on PostgreSQL.
# KB_CI=1 says that everything is meant to be at hand: what is lacking then fails instead of being skipped.
set -u
PY=${PY:-.venv/bin/python}
failed=""

# Databases, indexes and the servers' data lie in memory where there is room: no test asks what outlives the power,
# and the many files of a database cost most on a disk. Servers that run as another user must get through the folder.
room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 {print $4}')
if [ -z "${TMPDIR:-}" ] && [ "${room:-0}" -ge 4194304 ] && [ -w /dev/shm ]; then
    TMPDIR=$(mktemp -d -p /dev/shm)
    chmod 711 "$TMPDIR"
    export TMPDIR
    trap 'rm -rf "$TMPDIR"' EXIT
    trap 'exit 130' INT TERM
fi

round() {
    KB_TEST_DATABASE=$1
    export KB_TEST_DATABASE
    shift
    echo "[test] round on $KB_TEST_DATABASE"
    # In the order of the folders: the unit tests come last, short enough that no worker waits long for another.
    "$PY" -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder "$@"
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
