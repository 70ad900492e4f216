#!/usr/bin/env bash
# SQLCipher needs OpenSSL's libcrypto, and Windows has none. Builds it with the runner's vcpkg, to be linked in, and prints the
# variables that cargo wants, for GITHUB_ENV.
set -euo pipefail
root=${VCPKG_INSTALLATION_ROOT:?"this is for a machine with vcpkg"}
"$root/vcpkg" install openssl:x64-windows-static-md >&2
echo "OPENSSL_DIR=$root/installed/x64-windows-static-md"
# What libcrypto takes from the system when it is linked in; nothing else of ours names these.
echo "RUSTFLAGS=-lcrypt32 -lws2_32 -luser32 -ladvapi32"
