#!/usr/bin/env bash
# Builds the C kernels with the address and undefined-behaviour sanitizers and runs their tests and a fuzzing under them.
#   bash tests/extract/sanitize.sh [seconds of fuzzing, 20 unless told] [seed, 0 unless told]
# PYTHON names the interpreter (else .venv/bin/python, else python3), CC the compiler. Nothing in the tree is changed.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
python=${PYTHON:-$([ -x .venv/bin/python ] && echo "$root/.venv/bin/python" || echo python3)}
seconds=${1:-20} seed=${2:-0}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The package again, with the instrumented library in place of the installed one. The data folders stand beside it.
mkdir "$work/tree"
cp -r audit "$work/tree/audit"
rm -f "$work"/tree/audit/_kernels*
for folder in rules reports fixtures tests; do ln -s "$root/$folder" "$work/tree/$folder"; done

include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
build() { # output, further flags
    "${CC:-cc}" -shared -fPIC -std=c11 -g -O1 -Wall -Wextra -Werror -fno-omit-frame-pointer \
        -fsanitize=address,undefined -fno-sanitize-recover=all -DPy_LIMITED_API=0x030B0000 \
        -I"$include" "${@:2}" audit/extract/native/*.c -o "$1"
}
library() { "${CC:-cc}" -print-file-name="$1"; }

export LD_PRELOAD="$(library libasan.so) $(library libubsan.so)"
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
export PYTHONPATH="$work/tree" PYTHONDONTWRITEBYTECODE=1 PYTHONMALLOC=malloc
unset AUDIT_KERNELS

others="tests/read/containers/test_scanner.py tests/certificate/test_rows.py tests/certificate/test_merkle.py"
# The work tree comes first on the path: `python -m` puts the folder it runs in there.
check() {
    cd "$work/tree"
    "$python" -c "import sys; from audit import _kernels as k; sys.exit(not k.__file__.startswith('$work'))"
    "$python" -m tests.extract.fuzz_kernels --seconds "$seconds" --seed "$seed"
    "$python" -m tests.extract.fuzz_rows --seconds "$seconds" --seed "$seed"
    "$python" -m pytest -q -p no:cacheprovider -p no:randomly \
        -c "$root/pyproject.toml" tests/extract --ignore=tests/extract/test_private.py $others -m "not slow" -k "not environment"
    cd "$root"
}

echo "-- this machine's instructions"
LD_PRELOAD= build "$work/tree/audit/_kernels.abi3.so"
check
echo "-- portable C"
LD_PRELOAD= build "$work/tree/audit/_kernels.abi3.so" -DAUDIT_PORTABLE
check
