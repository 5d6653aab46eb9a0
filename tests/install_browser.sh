#!/bin/sh
# A Chromium for the browser tests: the system's if there is one, else Playwright's own,
# else the distribution's package.
set -u
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
"$1" -m playwright install --with-deps chromium && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium && exit 0
fi
echo "No Chromium could be installed: install one and run make test again." >&2
exit 1
