# Re-makes every lock file: names, versions and hashes, never a registry's address. Usage: lock.sh UV [UPGRADE]
set -eu
uv=$1
upgrade=${2:+--upgrade}

compile() {
    output=$1
    shift
    echo "[lock] $output"
    "$uv" pip compile "$@" --output-file "$output" --quiet $upgrade \
        --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate
}

compile requirements/uv.txt requirements/uv.in
compile requirements/node.txt requirements/node.in
compile requirements/base.txt pyproject.toml --group build --extra postgresql --extra elasticsearch
compile requirements/dev.txt pyproject.toml --group build --extra postgresql --extra elasticsearch --extra train --extra dev \
    --constraint requirements/base.txt
compile requirements/transformers.txt pyproject.toml --group build --extra postgresql --extra elasticsearch --extra transformers \
    --constraint requirements/base.txt
compile requirements/peers.txt pyproject.toml --group build --extra postgresql --extra elasticsearch --extra peers \
    --constraint requirements/base.txt

if command -v npm >/dev/null 2>&1; then
    echo "[lock] package-lock.json"
    [ -z "$upgrade" ] || rm -f package-lock.json
    npm install --package-lock-only --ignore-scripts --loglevel=error
    "$(dirname "$uv")/python" tools/lock_npm.py package-lock.json
else
    echo "[lock] package-lock.json is left as it is: this needs npm"
fi
