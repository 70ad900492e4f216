# The part of ./dev that measures; read by it, with its words. docs/benchmarks.md and docs/performance.md hold the tables.

bench() {
    case "${1:-}" in
        '') measure ;;
        peer) measure_peer ;;
        *) usage; exit 2 ;;
    esac
}

# What is measured is what people get: release, with the same profile as the package. RINGSIDE_BENCH_QUICK=1 only shows that
# the bench itself runs.
measure() {
    prepare
    need_telephony
    step "Building for release (the first time takes many minutes)"
    bench_packages='-p ringside-desktop -p ringside-benches --features ringside-desktop/custom-protocol,ringside-desktop/bench'
    # shellcheck disable=SC2086 # words on purpose
    for_people cargo build --quiet --locked --release $bench_packages --bins || stop "the release build failed" "look at the first error above"
    # shellcheck disable=SC2086 # words on purpose
    for_people cargo bench --quiet --locked $bench_packages --bench store --no-run || stop "the bench of the store did not build" "look at the first error above"
    mkdir -p target/bench
    [ -z "${RINGSIDE_BENCH_QUICK:-}" ] || export RINGSIDE_BENCH_PEOPLE="${RINGSIDE_BENCH_PEOPLE:-3000}"
    step "Measuring; leave the machine alone until the table is there"
    # `percentiles` names no bench of divan's: the figures printed before those are wanted.
    # shellcheck disable=SC2086 # words on purpose
    for_people cargo bench --quiet --locked $bench_packages --bench store -- percentiles >target/bench/store.txt ||
        stop "the bench of the store failed" "look at the message above"
    commit=$(git rev-parse --short HEAD 2>/dev/null) || commit='none yet'
    [ -z "$(git status --porcelain 2>/dev/null)" ] || commit="$commit, with changes"
    release="$CARGO_TARGET_DIR/release"
    RINGSIDE_COMMIT="$commit" RINGSIDE_DESKTOP="$release/ringside-desktop" RINGSIDE_EMPTY="$release/ringside-empty" \
        RINGSIDE_SEED="$release/ringside-seed" RINGSIDE_STORE_FIGURES="$ROOT/target/bench/store.txt" \
        tests/e2e/session.sh node benches/desktop.mjs >target/bench/table.md ||
        stop "the bench broke off" "look at the message above"
    cat target/bench/table.md
    [ -z "${RINGSIDE_BENCH_QUICK:-}" ] || return 0
    step "A night of 10,000 calls, accelerated: memory and work for each thousand"
    telephony --ignored --nocapture many::ten_thousand_calls_in_a_night >target/bench/night.txt 2>&1 ||
        { cat target/bench/night.txt; stop "the night grew" "look at the figures above"; }
    grep -i 'kib\|thousand\|test result' target/bench/night.txt
}

# The peer and Ringside ask the same CRM for the same number, in turns.
measure_peer() {
    need_tools
    step "Building for release (the first time takes many minutes)"
    cargo build --quiet --locked --release -p ringside-benches --bin ringside-peer || stop "the release build failed" "look at the first error above"
    mkdir -p target/bench
    step "Measuring; leave the machine alone until the table is there"
    missed=0
    RINGSIDE_PEER="$CARGO_TARGET_DIR/release/ringside-peer" node benches/peer/run.mjs >target/bench/peer.md || missed=$?
    cat target/bench/peer.md
    [ "$missed" = 0 ] || stop "the bench broke off, or a goal was missed" "look at the end of the table, or at the message above"
}
