# test/lib.sh: what the black-box tests share. A test file sources it, defines functions test_NAME, and ends with
# `run_tests "$@"`. Each function runs in a shell of its own, in an empty directory of its own that is removed after it.
# Uses what every Debian has, bash, coreutils, grep, sed and awk, and for the console tmux.
#
# BEAVER_TUI names the program; without it the debug build is tried, then the release build.

set -uo pipefail
export LC_ALL=C.UTF-8

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BEAVER=${BEAVER_TUI:-}
if [ -z "$BEAVER" ]; then
    BEAVER=$ROOT/.build/debug/beaver-tui
    [ -x "$BEAVER" ] || BEAVER=$ROOT/bin/beaver-tui
fi
case $BEAVER in /*) ;; *) BEAVER=$ROOT/$BEAVER ;; esac

# Seconds to wait for a condition before it counts as failed. A busy machine is slow, a right program is not wrong.
PATIENCE=${BEAVER_TEST_PATIENCE:-30}

# ---- saying what is wrong

# fail TEXT: ends the test.
fail() {
    echo "$*" >&2
    for file in err out server.err; do
        [ -s "$SCRATCH/$file" ] && sed "s/^/    $file: /" "$SCRATCH/$file" | tail -n 8 >&2
    done
    exit 1
}

# expect_equal WHAT GOT WANTED
expect_equal() { [ "$2" = "$3" ] || fail "$1 is '$2', expected '$3'"; }

# expect_in WHAT FILE TEXT…: the file holds each text.
expect_in() {
    local what=$1 file=$2 text
    shift 2
    for text in "$@"; do
        grep -qF -e "$text" "$file" || fail "$what does not say '$text'"
    done
}

# expect_at_most WHAT GOT LIMIT
expect_at_most() { [ "$2" -le "$3" ] || fail "$1 is $2, expected at most $3"; }

# ---- running the program

# beaver ARGUMENT…: the program on this test's queue, never drawing, colourless, with a limit. Output in ./out and ./err,
# exit status in $STATUS.
beaver() {
    STATUS=0
    timeout -k 2 "$((PATIENCE * 2))" "$BEAVER" --no-ui --data-dir "$DATA" "$@" \
        >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || STATUS=$?
}

# expect_exit STATUS ARGUMENT…: runs the program and checks its exit status, and that its errors are for people.
expect_exit() {
    local wanted=$1
    shift
    beaver "$@"
    [ "$STATUS" -eq "$wanted" ] || fail "beaver-tui $*: exit status $STATUS, expected $wanted"
    if [ "$wanted" -ne 0 ] && grep -qE 'Fatal error|Swift\.|Optional\(|\.swift:[0-9]|Error Domain=' "$SCRATCH/err"; then
        fail "beaver-tui $*: the message shows the program's inside"
    fi
}

# ok ARGUMENT…: runs the program, which must succeed.
ok() { expect_exit 0 "$@"; }

# launch ARGUMENT…: starts `run` in the background on this test's queue, with TCP only if $HTTP names an address; its pid in $SERVER, its words in ./server.err.
launch() {
    "$BEAVER" --no-ui --data-dir "$DATA" run --http "${HTTP:-off}" "$@" \
        >>"$SCRATCH/server.out" 2>>"$SCRATCH/server.err" </dev/null &
    SERVER=$!
    echo "$SERVER" >>"$SCRATCH/.started"
}

# start ARGUMENT…: launches a server and waits until it answers. If a command on the stopped queue holds the directory for
# too long, it is launched again, as its message says.
start() {
    launch "$@"
    wait_until 'the server answers' server_answers "$@"
}

server_answers() {
    if gone "$SERVER"; then
        tail -n 1 "$SCRATCH/server.err" | grep -q 'in use by process [0-9]* (tool)' ||
            fail "the server ended before it answered"
        launch "$@"
    fi
    beaver status --json && [ "$STATUS" -eq 0 ] && [ "$(json_get state)" != stopped ] &&
        [ "$(json_get state)" != recovering ] && [ "$(json_get pid)" = "$SERVER" ]
}

# crash: SIGKILL to the server, and wait until it is gone.
crash() {
    kill -KILL "$SERVER" 2>/dev/null
    wait "$SERVER" 2>/dev/null
    SERVER=
}

# server_ends WHAT: waits for the server to end by itself; its exit status in $STATUS.
server_ends() {
    wait_until "$1" gone "$SERVER"
    STATUS=0
    wait "$SERVER" || STATUS=$?
    SERVER=
}

gone() {
    kill -0 "$1" 2>/dev/null || return 0
    local state
    state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -c 1)
    # A zombie of ours is gone too: it only waits to be asked for its status, which the shell may have done by now.
    [ "$state" = Z ] || [ -z "$state" ]
}

# ---- the console, in a terminal of tmux

# terminal COLUMNS ROWS ARGUMENT…: the program on this test's queue in a shell in a terminal; $TERMINAL begins its name.
terminal() {
    local columns=$1 rows=$2
    shift 2
    tmux -S "$SCRATCH/tmux" -f /dev/null new-session -d -s "${TERMINAL:-first}" -x "$columns" -y "$rows" \
        "env SWIFT_BACKTRACE=enable=no HTTP= BEAVER_HTTP_LISTEN=off PS1='shell> ' bash --norc" || fail "no terminal"
    wait_until 'the shell is there' on_screen 'shell>'
    keys "'$BEAVER' --data-dir '$DATA' $*" Enter
}

# keys KEY…: as tmux names them; text is typed.
keys() { tmux -S "$SCRATCH/tmux" send-keys -t "${TERMINAL:-first}" "$@"; }

screen() { tmux -S "$SCRATCH/tmux" capture-pane -p -t "${TERMINAL:-first}"; }

on_screen() { screen | grep -qF -e "$1"; }

# sees TEXT…: waits until each text is on the screen.
sees() {
    local text
    for text in "$@"; do
        [ -n "$text" ] || continue
        local end=$((SECONDS + PATIENCE))
        until on_screen "$text"; do
            [ "$SECONDS" -lt "$end" ] || fail "the screen does not show '$text':
$(screen)"
            sleep 0.05
        done
    done
}

# ---- waiting

# wait_until WHAT COMMAND…: tries the command until it succeeds, at most $PATIENCE seconds.
wait_until() {
    local what=$1 end=$((SECONDS + PATIENCE))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "waited $PATIENCE s in vain until $what"
        sleep 0.05
    done
}

# ---- JSON, as far as the program writes it

# json_get KEY|OBJECT.KEY [FILE]: a number, string (without its quotes), true, false or null of a JSON object; of its
# first level, or of an object in it. FILE is ./out if not given.
json_get() {
    local text key=$1 value
    text=$(tr -d '\n' <"${2:-$SCRATCH/out}" | sed -E ':again; s/\[[^][]*\]/0/g; t again')
    if [[ $key == *.* ]]; then
        text=$(grep -oE "\"${key%%.*}\" *: *\{[^{}]*\}" <<<"$text" | sed -E 's/^[^{]*\{//')
        key=${key#*.}
    else
        text=$(sed -E 's/^ *\{//; :again; s/\{[^{}]*\}/0/; t again' <<<"$text")
    fi
    value=$(grep -oE "\"$key\" *: *(\"([^\"\\\\]|\\\\.)*\"|[^,} ]+)" <<<"$text" | head -n 1 | sed -E 's/^"[^"]*" *: *//')
    value=${value#\"}
    echo "${value%\"}"
}

# count KEY: a number of `status --json`, asked now.
count() {
    beaver status --json
    [ "$STATUS" -eq 0 ] || fail "status: exit status $STATUS"
    json_get "$1"
}

# counted WANTED KEY: true if the number is as wanted, for wait_until.
counted() { [ "$(count "$2")" = "$1" ]; }

# state_is STATE: the server says that it is in this state.
state_is() { beaver status --json && [ "$(json_get state)" = "$1" ]; }

# idle: nothing is pending, scheduled or running.
idle() {
    beaver status --json
    [ "$STATUS" -eq 0 ] && [ "$(json_get jobs.pending)$(json_get jobs.scheduled)$(json_get jobs.in_flight)" = 000 ]
}

# expect_books: every job accepted is in exactly one place.
expect_books() {
    beaver status --json
    [ "$STATUS" -eq 0 ] || fail "status: exit status $STATUS"
    local sum=0 key
    for key in pending scheduled parked in_flight completed dead cancelled purged forgotten; do
        sum=$((sum + $(json_get "jobs.$key")))
    done
    expect_equal "the sum of the states" "$sum" "$(json_get jobs.enqueued_total)"
}

# now_ms: milliseconds since 1970.
now_ms() {
    local now=${EPOCHREALTIME/[.,]/}
    echo "${now%???}"
}

# random_ms LOW HIGH: seconds with three digits, for sleep.
random_ms() {
    local ms=$(($1 + RANDOM % ($2 - $1 + 1)))
    printf '%d.%03d' $((ms / 1000)) $((ms % 1000))
}

# ---- the runner of one file

clean_up() {
    local pid
    [ ! -S "$SCRATCH/tmux" ] || tmux -S "$SCRATCH/tmux" kill-server 2>/dev/null
    if [ -e "$SCRATCH/.started" ]; then
        while read -r pid; do
            # Only what is still a child of this shell: the number may belong to someone else by now.
            [ "$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 2)" = "$BASHPID" ] && kill -KILL "$pid"
        done <"$SCRATCH/.started"
    fi
    wait 2>/dev/null
    cd / && rm -rf "$SCRATCH"
}

run_one() {
    # A short name: screens of tests have 80 columns for it.
    local place=${BEAVER_TEST_DIRECTORY:+$BEAVER_TEST_DIRECTORY/XXXX}
    SCRATCH=$(mktemp -d "${place:-${TMPDIR:-/tmp}/beaver-test.XXXXXX}") || exit 1
    DATA=$SCRATCH/data
    SERVER=
    cd "$SCRATCH" || exit 1
    trap clean_up EXIT
    trap 'exit 143' TERM INT
    "$1"
}

# run_tests [--list | --one NAME]: called at the end of each file, by test/run.
run_tests() {
    case ${1:-} in
    --list) declare -F | sed -n 's/^declare -f \(test_.*\)/\1/p' ;;
    --one) run_one "$2" ;;
    *) exec "$ROOT/test/run" "$(basename "$0")" ;;
    esac
}
