#!/bin/sh
# Renders the committed PNGs from the two SVGs beside this file. Run it after changing an SVG; needs rsvg-convert
# (Debian: librsvg2-bin).
set -eu
cd "$(dirname "$0")"
for size in 32 128 256 512; do
    rsvg-convert --width $size --height $size icon.svg --output "$size.png"
done
rsvg-convert --width 64 --height 64 tray.svg --output tray.png
