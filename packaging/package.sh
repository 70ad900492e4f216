# The part of ./dev that makes packages; read by it, with its words. docs/packaging.md tells the rest.

PACKAGES="$ROOT/target/package/deb"

# icons: every picture out of the SVGs.
icons() {
    need_tools
    packages packaging
    debian librsvg2-bin
    packaging/icons.sh src-tauri/icons
    git status --short src-tauri/icons
}

# package [debug|check]: builds the .deb and proves it in a fresh system. `debug` packs unoptimized programs, to try the packaging
# itself; `check` proves the package that is there.
package() {
    has dpkg-deb && has apt-get || stop "this system has no Debian packages" "./dev bundle rpm or appimage makes others"
    debian mmdebstrap
    if [ "${1:-}" != check ]; then
        prepare
        debian dpkg-dev librsvg2-bin desktop-file-utils appstream
        programs=$CARGO_TARGET_DIR/release
        if [ "${1:-}" = debug ]; then
            programs=$CARGO_TARGET_DIR/debug
            export RINGSIDE_XZ=0
            build_app
        else
            build_release
        fi
        step "Packing"
        rm -rf "$PACKAGES"
        made=$(packaging/deb.sh "$programs" "$PACKAGES") || stop "the package could not be made" "look at the message above"
        [ "${1:-}" = debug ] || repeatable "$made"
        say "$(du -h "$made" | cut -f1)  $made"
    fi
    found=$(find "$PACKAGES" -name '*.deb' 2>/dev/null | head -n1)
    [ -n "$found" ] || stop "there is no package in $PACKAGES" "run ./dev package"
    step "Installing, ringing and removing it in a fresh system"
    packaging/check.sh "$found" || stop "the package did not hold" "the line above says at what"
}

# bundle KIND...: what Tauri's bundler makes of the same programs: appimage, rpm, dmg, msi.
bundle() {
    [ $# -gt 0 ] || stop "which packages" "./dev bundle appimage rpm, or dmg, or msi"
    case "$(uname -s)" in Linux) prepare ;; *) need_tools && build_ui ;; esac
    packages packaging
    build_release
    packaging/bundle.sh "$@" || stop "the packages could not be made" "look at the message above"
}

build_release() {
    step "Building for release (the first time takes many minutes)"
    for_people cargo build --quiet --locked --release -p ringside-desktop -p ringside-cli --features ringside-desktop/custom-protocol \
        --bin ringside-desktop --bin ringside || stop "the release build failed" "look at the first error above"
    for program in ringside ringside-desktop; do
        [ ! -f "$CARGO_TARGET_DIR/release/$program" ] || ! grep -qaF "$HOME/" "$CARGO_TARGET_DIR/release/$program" ||
            say "Note: $program names a folder of this machine ($HOME); it will not be the same bytes elsewhere"
    done
}

# repeatable PACKAGE: packing again makes the same bytes.
repeatable() {
    again=$(mktemp -d)
    twin=$(packaging/deb.sh "$programs" "$again")
    cmp "$1" "$twin" || stop "packing twice made two different packages" "compare them with diffoscope"
    rm -rf "$again"
    say "Packed twice, the same bytes: $(sha256sum "$1" | cut -d' ' -f1)"
}
