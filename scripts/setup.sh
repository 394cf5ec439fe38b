# Set-up code that ./plimsoll and ./scripts/test share; sourced by them, never run by itself.
#
# It installs what scripts/packages.txt lists, looks for the Swift toolchain and builds the program
# when its sources changed. Every message goes to stderr, so that standard output stays the
# program's own. Nothing here leaves a half-made state behind: package installation ignores Ctrl-C
# until it is done, and a build counts only once its stamp, written last, is in place.
#
# The sourcing script sets `root` (the checkout) and uses `set -euo pipefail`.

state="$root/.build/plimsoll"
binary="$root/.build/release/plimsoll"

say() { printf '%s\n' "plimsoll: $*" >&2; }

# Ends the set-up with a message; further arguments are more lines of it.
give_up() {
  say "$1"
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# Makes sure that the folder for logs, lock and stamp can be written.
need_writable_checkout() {
  mkdir -p "$state" 2>/dev/null && [ -w "$state" ] || give_up "cannot write to $root/.build" \
    "The program is not built for the present sources, and building needs a writable checkout." \
    "Make the folder writable, or copy the checkout to a place that is and run it there."
}

# The packages of scripts/packages.txt for `$1` (run or test) that are not installed.
missing_packages() {
  while read -r package use _; do
    case "$package" in '' | '#'*) continue ;; esac
    [ "$1" = test ] || [ "$use" = run ] || continue
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] \
      || echo "$package"
  done <"$root/scripts/packages.txt"
}

# Installs the missing packages for `$1` (run or test), saying which and why.
install_packages() {
  local missing as_root=() log="$state/packages.log"
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system; see scripts/packages.txt for the libraries that must be present"
    return
  fi
  missing=$(missing_packages "$1" | tr '\n' ' ')
  missing=${missing% }
  [ -n "$missing" ] || return 0
  say "installing system packages that are missing (list: scripts/packages.txt)"
  while read -r package _ why; do
    case " $missing " in *" $package "*) printf '  %-18s %s\n' "$package" "$why" >&2 ;; esac
  done <"$root/scripts/packages.txt"
  local by_hand="By hand, as an administrator: apt-get install $missing"
  command -v apt-get >/dev/null || give_up "apt-get is not available here" "$by_hand"
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || give_up "installing needs root or sudo" "$by_hand"
    as_root=(sudo)
    [ -t 0 ] || as_root=(sudo -n)
  fi
  # shellcheck disable=SC2086  # the list is meant to split into words
  if ! (
    trap '' INT
    get() {
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=300 "$@"
    }
    get install --no-install-recommends $missing \
      || { get update && get install --no-install-recommends $missing; }
  ) >"$log" 2>&1 </dev/null; then
    tail -n 8 "$log" | sed 's/^/  | /' >&2
    give_up "apt-get could not install: $missing" "$by_hand" "Whole log: $log"
  fi
}

# Refuses to go on without a Swift toolchain that can read Package.swift.
need_swift() {
  local wanted found
  wanted=$(sed -n '1s/.*swift-tools-version: *\([0-9.]*\).*/\1/p' "$root/Package.swift")
  local where="Plimsoll needs Swift $wanted or newer (6.3 is what it is tested with)."
  where+=" Get it from https://www.swift.org/install/linux"
  command -v swift >/dev/null || give_up "the Swift toolchain is not on the PATH" "$where"
  found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | sed 1q)
  [ -n "$found" ] || give_up "'swift --version' does not answer" "$where"
  [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1)" = "$wanted" ] \
    || give_up "Swift $found is too old" "$where"
}

# One line each for the contents of all sources, the toolchain and the binary: equal stamps mean
# that the binary is the one built from these sources. Contents rather than times, because a
# checkout may set times backwards; the binary, because `swift build` may be run by hand.
# The toolchain line is the file's identity: asking swift itself would cost 0.1 s on every run.
# Without a toolchain the old line stands, for a program that is built runs without one.
source_stamp() {
  (
    cd "$root"
    find Package.swift Sources -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
  )
  stat -Lc '%n %s %Y' "$(command -v swift)" 2>/dev/null || sed -n 2p "$state/stamp"
}
binary_stamp() { stat -Lc '%s %Y' "$binary" 2>/dev/null || echo "no binary"; }
is_current() {
  [ -x "$binary" ] && [ -f "$state/stamp" ] \
    && [ "$(cat "$state/stamp")" = "$(source_stamp; binary_stamp)" ]
}

# Shows compiler output on stderr: one line that is rewritten on a terminal, else a line now and
# then. Everything also goes to the log file `$1`.
show_progress() {
  local line last=$SECONDS
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    case "$line" in '['*/*']'*) ;; *) continue ;; esac
    if [ -t 2 ]; then
      printf '\r\033[K  %.76s' "$line" >&2
    elif [ $((SECONDS - last)) -ge 20 ]; then
      printf '  %.76s\n' "$line" >&2
      last=$SECONDS
    fi
  done
  [ ! -t 2 ] || printf '\r\033[K' >&2
}

# Builds the release binary unless it is the one for the present sources.
set_up_binary() {
  ! is_current || return 0
  need_writable_checkout
  if command -v flock >/dev/null; then
    exec 9>"$state/lock"
    flock -n 9 || { say "another set-up is at work in this checkout; waiting for it" && flock 9; }
    ! is_current || { exec 9>&- && return 0; }
  fi
  trap 'printf "\n" >&2; say "interrupted; the next run takes up the set-up again"; exit 130' INT
  install_packages run
  need_swift
  build_binary
  trap - INT
  [ ! -e "$state/lock" ] || exec 9>&-
}

build_binary() {
  local stamp log="$state/build.log" start=$SECONDS
  rm -f "$state/stamp"
  stamp=$(source_stamp)
  : >"$log"
  say "building the program (a few minutes the first time, seconds after a change)"
  if ! swift build --package-path "$root" -c release --product plimsoll 2>&1 </dev/null 9>&- \
    | show_progress "$log"; then
    cat "$log" >&2
    give_up "the build failed; its log is above and in $log"
  fi
  [ -x "$binary" ] || give_up "the build ended without $binary" "Log: $log"
  { printf '%s\n' "$stamp" && binary_stamp; } >"$state/stamp.new"
  mv -f "$state/stamp.new" "$state/stamp"
  say "built in $((SECONDS - start)) s"
}
