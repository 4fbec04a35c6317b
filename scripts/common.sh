# What the other scripts share. Sourced, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n==> %s\n' "$*"; }

# Print a Python that is new enough: $PYTHON, or the first one found.
find_python() {
  local candidate
  for candidate in "${PYTHON:-python3}" python3.{11..15} ~/.pyenv/versions/3.1[1-5]*/bin/python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  echo "Python 3.11 or later is needed; say where it is: PYTHON=/path/to/python $0" >&2
  return 1
}

# Print the Python of one minor version ("3.13"), or nothing.
find_version() {
  local candidate
  for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
    if "$candidate" -c 'import sys; print(sys.executable)' 2>/dev/null; then return; fi
  done
}

# install VENV PYTHON EXTRA: a virtual environment with the compiled core. Quick if nothing
# has changed since.
install() {
  local venv=$1 python=$2 extra=$3
  [ -x "$venv/bin/pip" ] || "$python" -m venv "$venv"
  if [ -e "$venv/built" ] && [ -z "$(find src/aquavit setup.py pyproject.toml -newer "$venv/built" -print -quit)" ]; then
    echo "$venv is up to date"
    return
  fi
  touch "$venv/building"
  AQUAVIT_REQUIRE_COMPILED=1 \
    "$venv/bin/pip" install -qq --disable-pip-version-check ".[$extra]" || return
  mv "$venv/building" "$venv/built"
}

# variant NAME VARIABLE: another build of the package, for PYTHONPATH, in build/variants/NAME.
variant() {
  local target=build/variants/$1
  rm -rf "$target"
  env "$2=1" .venv/bin/pip install -qq --disable-pip-version-check --no-deps --target "$target" .
}
