# Makes a virtual environment that holds uv. Usage: venv.sh PYTHON FOLDER
set -eu
python=${1:-}
venv=$2
version='import sys; raise SystemExit(sys.version_info < (3, 11))'

if [ -z "$python" ] || ! "$python" -c "$version" 2>/dev/null; then
    echo "Python 3.11 or newer is needed. Install it, or name it: make run PYTHON=/path/to/python3.11" >&2
    exit 1
fi
if [ ! -x "$venv/bin/python" ]; then
    echo "[install] virtual environment in $venv"
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv" >&2
        exit 1
    fi
    "$python" -m venv "$venv"
fi
echo "[install] uv, which installs the rest"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
