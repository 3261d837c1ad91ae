# shellcheck shell=bash
# What bin/serve and bin/test share. Sourced, never run; expects $root to be the project's folder.

py="$root/.venv/bin/python"

say() { printf '%s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

is_root() { [ "$(id -u)" = 0 ]; }
may_apt() { is_root && command -v apt-get >/dev/null 2>&1; }

apt_updated=
apt_install() { # package...
  if [ -z "$apt_updated" ]; then
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 update -qq >&2 </dev/null || return 1
    apt_updated=1
  fi
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y -qq \
    --no-install-recommends "$@" >&2 </dev/null
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11 python; do
    if command -v "$name" >/dev/null 2>&1 && new_enough "$name"; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

has_pip() { "$py" -m pip --version >/dev/null 2>&1; }

# Debian ships python3 without ensurepip: then pip comes from the system's own pip, or from apt.
make_venv() {
  if new_enough "$py" && has_pip; then return 0; fi
  local base
  base="$(find_python)" || die "Cần Python 3.11 trở lên / Python 3.11 or newer is needed (Debian, Ubuntu: apt install python3 python3-venv)"
  say "Tạo .venv / Making .venv ($base)"
  rm -rf "$root/.venv"
  if "$base" -m venv "$root/.venv" >/dev/null 2>&1 && has_pip; then return 0; fi
  rm -rf "$root/.venv"
  if "$base" -m venv --without-pip "$root/.venv" >/dev/null 2>&1 &&
    "$base" -m pip --python "$py" install -q --disable-pip-version-check pip >/dev/null 2>&1 && has_pip; then
    return 0
  fi
  rm -rf "$root/.venv"
  if may_apt; then
    say "Cài python3-venv / Installing python3-venv"
    if apt_install python3-venv && "$base" -m venv "$root/.venv" >&2 && has_pip; then return 0; fi
    rm -rf "$root/.venv"
  fi
  die "Không tạo được .venv: thiếu ensurepip / Cannot make .venv: ensurepip is missing." \
    "Cài đặt / Install: apt install python3-venv (Fedora: dnf install python3-pip)"
}

digest() { # file...
  "$py" -c 'import hashlib, sys
seen = hashlib.sha256(sys.version.encode())
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        seen.update(file.read())
print(seen.hexdigest())' "$@"
}

# The stamp is written last, so that an installation cut short is done again.
install_requirements() { # stamp requirements-file [files it includes...]
  local stamp="$root/.venv/$1" now
  shift
  now="$(digest "$@")"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then return 0; fi
  say "Cài thư viện / Installing $(basename "$1")"
  "$py" -m pip install -qq --disable-pip-version-check -r "$1" </dev/null >&2 ||
    die "Cài thư viện không thành công / Installing $(basename "$1") failed"
  printf '%s\n' "$now" >"$stamp"
}
