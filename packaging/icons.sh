#!/bin/sh
# Makes every picture in src-tauri/icons out of the two SVGs there: ringside.svg is the program's mark, tray.svg the same mark
# for panels, with its four states as classes. `./dev icons` runs this; tests/package/icons.test.mjs holds that the committed
# pictures are the SVGs'.
#
#   packaging/icons.sh FOLDER      needs rsvg-convert (Debian: librsvg2-bin) and, for .ico and .icns, Tauri's CLI
set -eu
out=$1
here=$(cd "$(dirname "$0")" && pwd)
icons="$here/../src-tauri/icons"

for size in 16 22 24 32 48 64 128 256 512; do
    rsvg-convert --width $size --height $size "$icons/ringside.svg" --output "$out/$size.png"
done

# 44 pixels: a panel of 22 on a screen with double density. Linux and macOS scale it down.
for state in normal attention quiet trouble; do
    sed "s/class=\"normal\"/class=\"$state\"/" "$icons/tray.svg" |
        rsvg-convert --width 44 --height 44 --output "$out/tray-$state.png"
done

bundler="$here/node_modules/.bin/tauri"
[ -x "$bundler" ] || { echo "icons: no .ico and .icns without Tauri's CLI: ./dev icons installs it" >&2; exit 0; }
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
"$bundler" icon "$icons/ringside.svg" --output "$made" >/dev/null 2>&1
cp "$made/icon.ico" "$out/ringside.ico"
# Its elements come in another order every time; each is four letters, the length of all of it, and data.
node --input-type=module - "$made/icon.icns" "$out/ringside.icns" <<'JS'
import { readFileSync, writeFileSync } from 'node:fs';
const [from, to] = process.argv.slice(2);
const bytes = readFileSync(from);
const elements = [];
for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at + 4)) elements.push(bytes.subarray(at, at + bytes.readUInt32BE(at + 4)));
writeFileSync(to, Buffer.concat([bytes.subarray(0, 8), ...elements.sort(Buffer.compare)]));
JS
