# shellcheck shell=bash
# A PostgreSQL server of our own in a temporary folder. Sourced by bin/test; needs bin/common.sh.
# start_postgres sets pg_url; stop_postgres removes every trace.

pg_home=
pg_url=
pg_bin=
pg_user=

find_postgres() { # sets pg_bin to the folder of initdb and pg_ctl, the newest first
  local found
  if found="$(command -v initdb)" && found="$(dirname "$(readlink -f "$found")")" && [ -x "$found/pg_ctl" ]; then
    pg_bin="$found"
    return 0
  fi
  for found in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -rV); do
    if [ -x "$found/initdb" ] && [ -x "$found/pg_ctl" ]; then
      pg_bin="$found"
      return 0
    fi
  done
  return 1
}

# The server refuses to run as root.
as_pg_user() { # command...
  if ! is_root; then
    (cd -- "$pg_home" && "$@")
  elif setpriv --reuid="$pg_user" --regid="$(id -g "$pg_user")" --clear-groups true 2>/dev/null; then
    (cd -- "$pg_home" && HOME="$pg_home" setpriv --reuid="$pg_user" --regid="$(id -g "$pg_user")" --clear-groups -- "$@")
  else
    (cd -- "$pg_home" && HOME="$pg_home" su -s /bin/sh "$pg_user" -c '"$0" "$@"' -- "$@")
  fi
}

start_postgres() {
  local port secret locale
  # A socket's whole path may have 107 bytes only, and that user must be able to walk to it: /tmp, not TMPDIR.
  pg_home="$(mktemp -d /tmp/helper-pg.XXXXXX)" || return 1
  if is_root; then
    for pg_user in postgres nobody; do id "$pg_user" >/dev/null 2>&1 && break; done
  fi
  secret="$("$py" -c 'import secrets; print(secrets.token_hex(16))')"
  port="$("$py" -c 'import socket
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    print(free.getsockname()[1])')"
  (umask 077 && printf '%s\n' "$secret" >"$pg_home/secret")
  if is_root; then chown -R "$pg_user" "$pg_home"; fi
  for locale in C.UTF-8 C; do
    if as_pg_user "$pg_bin/initdb" -D "$pg_home/data" -U helper -A scram-sha-256 --pwfile="$pg_home/secret" \
      -E UTF8 --locale="$locale" >"$pg_home.log" 2>&1; then
      break
    fi
    as_pg_user rm -rf "$pg_home/data"
  done
  if ! [ -f "$pg_home/data/postgresql.conf" ]; then
    tail -n 20 "$pg_home.log" >&2
    return 1
  fi
  printf '%s\n' "listen_addresses = '127.0.0.1'" "port = $port" "unix_socket_directories = '$pg_home'" \
    "max_connections = 200" >>"$pg_home/data/postgresql.conf"
  if ! as_pg_user "$pg_bin/pg_ctl" -D "$pg_home/data" -l "$pg_home/server.log" -w -t 60 start >"$pg_home.log" 2>&1 </dev/null; then
    tail -n 20 "$pg_home.log" "$pg_home/server.log" >&2
    return 1
  fi
  pg_url="postgresql+psycopg://helper:$secret@127.0.0.1:$port/postgres"
}

stop_postgres() {
  if [ -z "$pg_home" ]; then return 0; fi
  if [ -f "$pg_home/data/postmaster.pid" ]; then
    as_pg_user "$pg_bin/pg_ctl" -D "$pg_home/data" -m immediate -w -t 30 stop >/dev/null 2>&1 || true
  fi
  rm -rf "$pg_home" "$pg_home.log"
  pg_home=
}
