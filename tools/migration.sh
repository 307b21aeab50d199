# Writes a migration by comparing the tables with a base migrated so far. Usage: migration.sh NAME
set -eu
alembic=$(dirname "${PY:-.venv/bin/python}")/alembic
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
KB_DATABASE_URL="sqlite:///$folder/kb.db"
export KB_DATABASE_URL
"$alembic" upgrade head
"$alembic" revision --autogenerate --message "$1"
