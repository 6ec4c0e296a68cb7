# test/all/lib.sh: programs of others that tests in this folder run. They are unpacked in .build/tools and never installed,
# so that no service is started and nothing of the machine changes. What cannot be had is one line, and the test left out.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

TOOLS=$ROOT/.build/tools

# leave_out TEXT: ends the test as one that could not be tried.
leave_out() {
    echo "$*"
    exit 77
}

# need_python PACKAGE: a program of a Python package, in $TOOLS/PACKAGE/bin.
need_python() {
    local package=$1 home=$TOOLS/$1
    [ ! -x "$home/bin/$package" ] || return 0
    command -v python3 >/dev/null || leave_out "python3 is not installed"
    (
        flock 9
        [ -x "$home/bin/$package" ] || {
            python3 -m venv "$home" && "$home/bin/pip" -q install "$package"
        } >"$SCRATCH/pip.log" 2>&1
    ) 9>"$TOOLS/.$package.lock" || {
        rm -rf "$home"
        leave_out "pip cannot install $package: $(grep -v '^$' "$SCRATCH/pip.log" | tail -n 1)"
    }
}

# need_debian PACKAGE PROGRAM…: programs of a Debian package, on PATH.
need_debian() {
    local package=$1 program missing=
    shift
    PATH=$PATH:$TOOLS/debian/usr/bin
    for program in "$@"; do command -v "$program" >/dev/null || missing=$program; done
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || leave_out "$missing is not installed, and there is no apt-get"
    (
        flock 9
        cd "$SCRATCH" && apt-get -qq download "$package" && mkdir -p "$TOOLS/debian" &&
            dpkg-deb -x "$package"_*.deb "$TOOLS/debian"
    ) 9>"$TOOLS/.debian.lock" >"$SCRATCH/apt.log" 2>&1 || leave_out "cannot download $package: $(tail -n 1 "$SCRATCH/apt.log")"
    command -v "$missing" >/dev/null || leave_out "$package has no $missing"
}

mkdir -p "$TOOLS"
