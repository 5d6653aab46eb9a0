#!/bin/sh
# PostgreSQL's server for the tests that start one. Without it they are skipped, and say so.
set -u
command -v postgres >/dev/null 2>&1 && exit 0
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends postgresql && exit 0
fi
echo "No PostgreSQL server could be installed: the tests that need one will be skipped." >&2
exit 0
