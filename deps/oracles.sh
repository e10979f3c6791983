#!/bin/bash
# Installs the real servers that tests ask, in .deps/dynamodblocal and the like: those of oracles.txt, each file
# of which is checked. A test whose server cannot be had is skipped and says so, so nothing here is fatal.
#   deps/oracles.sh          seconds when all is there
#   deps/oracles.sh --hash   print the hashes of the pinned versions as they are served now
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(dirname "$here")/.deps
mode=${1:-}
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.6.1

say() { printf 'oracles: %s\n' "$*"; }

need() { # PROGRAM PACKAGE…: installs Debian's packages when the program is not there
    local program=$1
    shift
    command -v "$program" >/dev/null && return
    say "installing Debian packages: $*"
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    "${as_root[@]}" apt-get update -qq >/dev/null 2>&1
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
    command -v "$program" >/dev/null
}

hash_of() { (cd "$1" && sha256sum -- * | sort | sha256sum | cut -d' ' -f1); }

fetch_maven() { # GROUP:ARTIFACT VERSION FOLDER: with all that it needs at run time
    need java openjdk-17-jre-headless && need mvn maven || return 1
    cat > "$3/pom.xml" <<P
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>o</groupId><artifactId>o</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>${1%%:*}</groupId><artifactId>${1##*:}</artifactId><version>$2</version></dependency></dependencies></project>
P
    (cd "$3" && mvn -q -B -Dstyle.color=never "$plugin:copy-dependencies" -DoutputDirectory=lib -DincludeScope=runtime) >/dev/null 2>&1 &&
        rm "$3/pom.xml" && [ -d "$3/lib" ]
}

fetch_wheels() { # NAME VERSION FOLDER: those of NAME.txt
    grep -v '^#' "$here/$1.txt" > "$3/list" &&
        python3 -m pip download -q --no-deps --only-binary :all: --python-version 311 --platform manylinux_2_28_x86_64 \
            --platform manylinux2014_x86_64 -d "$3/lib" -r "$3/list" >/dev/null 2>&1 && rm "$3/list"
}

fetch_go() { # PACKAGE VERSION FOLDER
    command -v go >/dev/null && GOBIN=$3/lib go install "$1@$2" >/dev/null 2>&1
}

install_one() { # REGISTRY NAME VERSION HASH
    local folder got work
    folder=$(basename "${2##*:}" | tr '[:upper:]' '[:lower:]')
    [ "$mode" = --hash ] || [ "$(cat "$out/$folder/stamp" 2>/dev/null)" != "$3 $4" ] || return 0
    work=$(mktemp -d)
    say "fetching $2 $3 ($1)"
    if ! "fetch_$1" "$2" "$3" "$work"; then
        say "cannot have $2 $3: the tests that ask it will be skipped. Check the network, then run 'make deps' again"
    elif got=$(hash_of "$work/lib") && [ "$mode" = --hash ]; then
        printf '%s %s %s %s\n' "$1" "$2" "$3" "$got"
    elif [ "$4" != - ] && [ "$got" != "$4" ]; then
        say "$2 $3: SHA-256 is $got, pinned is $4; nothing of it was used"
    else
        echo "$3 $4" > "$work/stamp"
        [ "$1" != wheels ] || for wheel in "$work"/lib/*.whl; do unzip -q -o "$wheel" -d "$work/site"; done
        mkdir -p "$out" && rm -rf "${out:?}/$folder" && mv "$work" "$out/$folder" && say "laid out in .deps/$folder"
    fi
    rm -rf "$work"
}

while read -r registry name version hash; do
    case $registry in ''|'#'*) continue ;; esac
    install_one "$registry" "$name" "$version" "$hash"
done < "$here/oracles.txt"
exit 0
