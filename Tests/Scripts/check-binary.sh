#!/bin/sh
# Checks an unstripped binary: no Foundation, no ICU, known libraries only, and small.
# Usage: check-binary.sh BINARY [LIMIT], the limit in bytes of its stripped copy.
set -eu

binary=$1
limit=${2:-10000000}
libraries='isal yaml-0 xxhash curl z m c gcc_s stdc++'
failed=0

fail() {
    echo "check-binary: $*" >&2
    failed=1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

nm "$binary" >"$work/symbols" 2>"$work/errors" || fail "nm: $(cat "$work/errors")"
[ "$(wc -l <"$work/symbols")" -gt 1000 ] || fail "$binary has no symbols to check"
# The runtime itself mentions the word: only mangled names of the modules, and ICU's functions, count.
for symbol in s10Foundation s20FoundationEssentials ucal_ s17_StringProcessing; do
    count=$(grep -c -F "$symbol" "$work/symbols" || true)
    [ "$count" -eq 0 ] || fail "$count symbols of $symbol"
done

readelf -d "$binary" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' >"$work/needed"
[ -s "$work/needed" ] || fail "$binary names no shared library"
echo "needs: $(tr '\n' ' ' <"$work/needed")"
while read -r needed; do
    case $needed in
    ld-linux*) continue ;;
    esac
    name=${needed#lib}
    name=${name%%.so*}
    case " $libraries " in
    *" $name "*) ;;
    *) fail "$needed is not among the libraries the agent may need" ;;
    esac
done <"$work/needed"

strip -o "$work/stripped" "$binary"
size=$(stat -c %s "$work/stripped")
echo "size: $size bytes stripped, $(stat -c %s "$binary") as built, limit $limit stripped"
[ "$size" -le "$limit" ] || fail "$size bytes are more than $limit"

exit $failed
