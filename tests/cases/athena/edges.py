"""The overloads of Trino's functions and the edge values that generate_edges.py combines.

An entry of CALLS: "name(letter,…)" and, by the argument's place, values of its own.
"""

POOLS = {
    "v": ["'hello'", "''", "'héllo wörld'", "'  a b  '", "cast(null as varchar)", "'aXbXc'", "'😀x😀'"],
    "i": ["3", "-1", "0", "cast(null as integer)", "2147483647"],
    "b": ["bigint '5'", "bigint '-12'", "bigint '9223372036854775807'", "bigint '-9223372036854775808'", "cast(null as bigint)", "0"],
    "d": ["2.5e0", "-0.75e0", "0e0", "nan()", "infinity()", "-infinity()", "cast(null as double)", "1e-5", "123456.789e0"],
    "r": ["real '2.5'", "real '-0.1'", "cast(nan() as real)", "cast(null as real)"],
    "n": ["2.567", "-12.50", "decimal '0.5'", "decimal '99999999999999999999.99'", "cast(null as decimal(10,2))"],
    "D": ["date '2024-02-29'", "date '2023-12-31'", "date '1969-12-31'", "date '0001-01-01'", "date '2024-03-31'", "cast(null as date)"],
    "T": ["timestamp '2024-02-29 23:59:59.999'", "timestamp '2024-12-30 04:05:06'", "timestamp '1969-12-31 23:59:59.123456'",
          "timestamp '2024-03-10 02:30:00'", "cast(null as timestamp)"],
    "Z": ["timestamp '2024-02-29 23:59:59.999 UTC'", "timestamp '2024-07-01 00:00:00 America/New_York'", "timestamp '2024-03-05 00:00:00.123 +09:00'"],
    "O": ["time '00:00:00'", "time '23:59:59.999'", "time '12:34:56.123456'"],
    "x": ["X'68656c6c6f'", "X''", "cast(null as varbinary)", "X'ff00'", "to_utf8('héllo')"],
    "a": ["array[3,1,2]", "array[1,null,1]", "cast(array[] as array(integer))", "cast(null as array(integer))", "array[5]"],
    "A": ["array['b','a']", "array['a',null,'']", "cast(array[] as array(varchar))", "array['a','a','c']"],
    "m": ["map(array['a','b'],array[1,2])", "map()", "map(array['z','a'],array[null,7])", "cast(null as map(varchar,integer))"],
    "t": ["true", "false", "cast(null as boolean)"],
    "u": ["'second'", "'minute'", "'hour'", "'day'", "'week'", "'month'", "'quarter'", "'year'", "'millisecond'", "'MONTH'"],
    "U": ["'day'", "'week'", "'month'", "'quarter'", "'year'"],
    "S": ["'second'", "'minute'", "'hour'", "'millisecond'"],
    "j": ["json '{\"a\":{\"b\":[1,2.50,\"x\"]},\"c\":null,\"d\":true}'", "json '[1,\"two\",null,{\"k\":3}]'", "json '\"text\"'", "json '12'", "cast(null as json)"],
    "J": ["'{\"a\":{\"b\":[1,2.50,\"x\"]},\"c\":null}'", "'[1,\"two\",null]'", "'not json'", "''"],
    "p": ["'$'", "'$.a'", "'$.a.b[1]'", "'$.c'", "'$[0]'", "'$[\"a\"]'", "'$.a.b'", "'$.nope'", "'$[3].k'", "'$.d'"],
    "l": ["'http://user@example.com:8080/p/a%20th?k=v%20w&z=1&k=2&e=#frag'", "'https://www.ex.com'", "'not a url'", "'ftp://[::1]/x?q'", "''", "'mailto:a@b.c'", "'/relative?x=1'", "'http://ex.com/?a=1;b=2'"],
    "e": ["'[a-z]+'", "'(\\w)(\\d*)'", "'X'", "''", "'l{2}'", "'(?i)HELLO'", "'^.'", "'(\\w)\\1'", "'(?<=a)X'", "'o\\b'"],
    "F": ["x -> x * 2", "x -> cast(x as varchar)", "x -> null"],
    "P": ["x -> x > 1", "x -> x is null", "x -> true", "x -> null"],
    "I": ["interval '1' day", "interval '-36' hour", "interval '1.5' second"],
    "M": ["interval '1' month", "interval '-14' month", "interval '3' year"],
}
MYSQL = ["'%Y-%m-%d'", "'%Y-%m-%d %H:%i:%s'", "'%W %M %e %Y'", "'%a %b %c %d %f'", "'%h:%i %p'", "'%j %k %l %r %T'", "'%v %x %y %%'", "'no letters'", "'%D'"]
JODA = ["'yyyy-MM-dd'", "'yyyy-MM-dd HH:mm:ss.SSS'", "'EEEE, d MMMM yy'", "'E MMM h:mm a'", "'D w e x'", "'K k H S s m'", "'''quoted'' yyyy'", "'YYYY Q'", "'yyyyMMdd''T''HHmmss'", "'G C y'", "'z Z ZZ ZZZ'"]
DATES = {0: ["'2024-02-29'", "'2023-02-29'", "' 2024-02-29 '", "'2024-2-9'", "'20240229'", "''", "'2024-02-29 00:00:00'"]}
UNITS_BY_PLACE = {0: ["'minute'"]}
ISO = ["'2024-02-29'", "'2024-02-29T12:34:56Z'", "'2024-02-29T12:34:56.789+09:00'", "'2024-02-29T12:34'", "'2024-W09-4'", "'2024-060'", "'2024'", "'2024-02'", "'x'", "'2024-02-29T12:34:56.123456789'", "'20240229T123456Z'"]
SMALL = ["2", "0", "-1", "null"]
BASES = ["16", "2", "10", "36", "7", "1"]

TEXT = [("length(v)", None), ("length(x)", None), ("lower(v)", None), ("upper(v)", {0: ["'straße'", "'ÄÖ'", "'abc'", "null", "'ǅ'"]}), ("substr(v,i)", {1: ["2", "-2", "0", "99", "null"]}),
    ("substr(v,i,i)", {1: ["2", "-3", "0", "99"], 2: ["2", "0", "-1", "99", "null"]}), ("substring(v,i)", {1: ["2", "-2"]}), ("substr(x,i)", {1: ["2", "-2", "0"]}),
    ("strpos(v,v)", {1: ["'l'", "''", "'zz'", "null", "'ö'"]}), ("strpos(v,v,i)", {1: ["'l'", "'X'", "''"], 2: ["1", "2", "-1", "9", "0"]}),
    ("split(v,v)", {1: ["'X'", "'l'", "' '", "''"]}), ("split(v,v,i)", {1: ["'X'", "'l'"], 2: ["1", "2", "9", "0"]}), ("split_part(v,v,i)", {1: ["'X'", "'l'", "''"], 2: ["1", "2", "9", "0", "-1"]}),
    ("split_to_map(v,v,v)", {0: ["'a=1;b=2'", "'a=1;a=2'", "''", "'a'", "'a=1;b='", "'=1'", "'a=1=2'"], 1: ["';'"], 2: ["'='"]}),
    ("split_to_multimap(v,v,v)", {0: ["'a=1;b=2;a=3'", "''", "'a'", "'a=1;;b=2'"], 1: ["';'"], 2: ["'='"]}),
    ("lpad(v,i,v)", {1: ["8", "2", "0", "-1"], 2: ["'*'", "'ab'", "''", "'é'"]}), ("rpad(v,i,v)", {1: ["8", "2", "0", "-1"], 2: ["'*'", "'ab'", "''"]}),
    ("lpad(x,i,x)", {1: ["7", "2"], 2: ["X'00'"]}), ("rpad(x,i,x)", {1: ["7", "2"], 2: ["X'00'"]}),
    ("reverse(v)", None), ("reverse(x)", None), ("reverse(a)", None), ("replace(v,v)", {1: ["'l'", "''", "'ö'"]}), ("replace(v,v,v)", {1: ["'l'", "''", "'X'"], 2: ["'-'", "''", "'ll'"]}),
    ("concat(v,v)", None), ("concat(v,v,v)", None), ("concat(a,a)", None), ("concat(a,i)", None), ("concat_ws(v,v,v)", None), ("concat_ws(v,A)", None),
    ("chr(i)", {0: ["65", "233", "128512", "0", "-1", "1114112"]}), ("codepoint(v)", {0: ["'a'", "'é'", "'😀'", "cast(substr('xyz',2,1) as varchar(1))"]}),
    ("trim(v)", None), ("ltrim(v)", None), ("rtrim(v)", None), ("trim(v,v)", {1: ["'h'", "'ad '", "''"]}), ("ltrim(v,v)", {1: ["'h'", "' a'"]}), ("rtrim(v,v)", {1: ["'od'", "'b '"]}),
    ("starts_with(v,v)", {1: ["'he'", "''", "'héllo wörld!'", "null"]}), ("translate(v,v,v)", {1: ["'helo'", "'lé'", "'aa'", "''"], 2: ["'HE'", "''", "'xyzw'"]}),
    ("levenshtein_distance(v,v)", {1: ["'hallo'", "''", "'world'"]}), ("hamming_distance(v,v)", {1: ["'hallo'", "''", "'wörld'"]}),
    ("soundex(v)", {0: ["'Robert'", "'Rupert'", "'Ashcraft'", "'Tymczak'", "'Pfister'", "'Honeyman'", "''", "'a1'", "'é'"]}),
    ("normalize(v)", {0: ["'é'", "'ﬁ'", "'ｱ'", "'Å'"]}), ("word_stem(v)", {0: ["'running'", "'flies'", "'generously'", "'cats'", "'national'", "''"]}),
    ("word_stem(v,v)", {0: ["'continué'", "'häuser'"], 1: ["'fr'", "'de'", "'en'", "'xx'"]}),
    ("luhn_check(v)", {0: ["'79927398713'", "'79927398710'", "''", "'a'", "null", "'0'"]}),
    ("to_utf8(v)", None), ("from_utf8(x)", {0: ["X'68c3a9'", "X'ff'", "X''", "X'e282'", "X'f09f9880'"]}), ("from_utf8(x,v)", {0: ["X'68ff69'"], 1: ["'?'", "''", "'ab'"]}),
    ("bar(d,i)", {0: ["0.5e0", "0e0", "1e0"], 1: ["5"]}),
    ("format_number(d)", {0: ["1234567e0", "999e0", "-1234e0", "1e15", "0.5e0", "1234.5e0", "nan()"]}), ("format_number(b)", {0: ["1234567", "999", "-1234", "bigint '9223372036854775807'", "0", "1000", "12345"]}),
    ("human_readable_seconds(d)", {0: ["96e0", "0e0", "3762e0", "56363463e0", "-61e0", "0.4e0", "86400e0", "604800e0"]}), ("parse_duration(v)", {0: ["'1.5d'", "'42.8ms'", "'3.81 d'", "'5m'", "'10h'", "'1ns'", "'x'", "'2 weeks'"]}),
    ("parse_data_size(v)", {0: ["'1B'", "'1kB'", "'2.5MB'", "'1 GB'", "'x'", "'3TB'", "'1YB'"]}),
    ("to_milliseconds(I)", None)]
FORMATS = [("format(v,d)", {0: ["'%.2f'", "'%8.3f|'", "'%e'", "'%g'", "'%-9.1f|'", "'%+.1f'", "'%,.2f'", "'%05.1f'", "'%s'", "'%(.1f'"], 1: ["1234.5678e0", "-0.05e0", "nan()"]}),
    ("format(v,b)", {0: ["'%d'", "'%5d|'", "'%05d'", "'%-5d|'", "'%,d'", "'%x'", "'%X'", "'%o'", "'%+d'", "'%c'", "'%s'", "'%,8d'", "'%%%d'"], 1: ["1234567", "bigint '-42'", "65"]}),
    ("format(v,n)", {0: ["'%.1f'", "'%s'", "'%,.2f'", "'%10.3f'"]}), ("format(v,v)", {0: ["'%s'", "'%10s|'", "'%-10s|'", "'%.2s'", "'%S'", "'%5.1s|'"]}),
    ("format(v,t)", {0: ["'%b'", "'%s'", "'%B'"]}), ("format(v,D)", {0: ["'%s'", "'%tY-%<tm'", "'%1$tA, %1$tB %1$tY'"]}), ("format(v,T)", {0: ["'%s'", "'%1$tH:%1$tM'"]}),
    ("format(v,v,i)", {0: ["'%2$d %1$s'", "'%s-%s'", "'%s %s %s'", "'%s'", "'%d'"]})]
REGEXP = [("regexp_like(v,e)", None), ("regexp_extract(v,e)", None), ("regexp_extract(v,e,i)", {1: ["'(\\w)(\\d*)'", "'(l)(z)?'", "'X(.)'"], 2: ["0", "1", "2", "3"]}), ("regexp_extract_all(v,e)", None),
    ("regexp_extract_all(v,e,i)", {1: ["'(\\w)(\\d*)'", "'(.)(l)?'"], 2: ["0", "1", "2", "3"]}), ("regexp_replace(v,e)", None), ("regexp_replace(v,e,v)", {1: ["'(\\w)(\\w)'", "'[lX]'", "''", "'(?<n>\\w)'", "'l*'"], 2: ["'$2$1'", "'-'", "'\\$'", "'$0$0'", "'${n}!'", "'$9'"]}),
    ("regexp_split(v,e)", {1: ["'X'", "'\\s+'", "''", "'[lo]'", "'(l)'"]}), ("regexp_count(v,e)", None), ("regexp_position(v,e)", None), ("regexp_position(v,e,i)", {2: ["1", "3", "99", "0"]}), ("regexp_position(v,e,i,i)", {2: ["1"], 3: ["1", "2"]})]
BINARY = [("to_hex(x)", None), ("from_hex(v)", {0: ["'68656C'", "'6'", "'zz'", "''", "'aB'"]}), ("to_base64(x)", None), ("from_base64(v)", {0: ["'aGVsbG8='", "''", "'a'", "'aGVsbG8'", "'!!'"]}), ("to_base64url(x)", None),
    ("from_base64url(v)", {0: ["'_wA='", "'_wA'", "''"]}), ("to_base32(x)", None), ("from_base32(v)", {0: ["'NBSWY3DP'", "''", "'1'"]}), ("md5(x)", None), ("sha1(x)", None), ("sha256(x)", None), ("sha512(x)", None), ("xxhash64(x)", None), ("murmur3(x)", None),
    ("spooky_hash_v2_32(x)", None), ("spooky_hash_v2_64(x)", None), ("crc32(x)", None), ("hmac_md5(x,x)", {1: ["X'6b6579'", "X''"]}), ("hmac_sha1(x,x)", {1: ["X'6b6579'"]}), ("hmac_sha256(x,x)", {1: ["X'6b6579'"]}), ("hmac_sha512(x,x)", {1: ["X'6b6579'"]}),
    ("to_big_endian_32(i)", None), ("to_big_endian_64(b)", None), ("from_big_endian_32(x)", {0: ["X'00000100'", "X'ffffffff'", "X'00'"]}), ("from_big_endian_64(x)", {0: ["X'0000000000000100'", "X'ffffffffffffffff'", "X'00'"]}),
    ("to_ieee754_32(r)", None), ("to_ieee754_64(d)", None), ("from_ieee754_32(x)", {0: ["X'40200000'", "X'00'"]}), ("from_ieee754_64(x)", {0: ["X'4004000000000000'"]}), ("concat(x,x)", None)]
URL = [("url_extract_protocol(l)", None), ("url_extract_host(l)", None), ("url_extract_port(l)", None), ("url_extract_path(l)", None), ("url_extract_query(l)", None), ("url_extract_fragment(l)", None), ("url_extract_parameter(l,v)", {1: ["'k'", "'e'", "'q'", "'nope'", "'x'"]}),
    ("url_encode(v)", {0: ["'a b&c'", "'é*-._~'", "'😀'", "''", "'+/='"]}), ("url_decode(v)", {0: ["'a+b%26c'", "'%C3%A9'", "'%'", "'%zz'", "''"]})]
MATH = [(f"{name}({kind})", None) for name in ("abs", "ceil", "ceiling", "floor", "round", "sign", "truncate") for kind in "bdnri"] + [
    (f"{name}(d)", None) for name in ("sqrt", "cbrt", "exp", "ln", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "degrees", "radians", "is_nan", "is_infinite", "is_finite")] + [
    ("round(d,i)", {1: ["2", "0", "-2", "20"]}), ("round(n,i)", {1: ["1", "0", "-1", "5"]}), ("round(b,i)", {1: ["0", "-1", "-2", "2"]}), ("round(r,i)", {1: ["1"]}), ("truncate(n,i)", {1: ["1", "-1", "0"]}), ("truncate(d,i)", {1: ["1"]}),
    ("power(d,d)", {1: ["2e0", "0.5e0", "-1e0", "0e0"]}), ("pow(i,i)", {1: ["2", "-1", "0"]}), ("atan2(d,d)", {1: ["1e0", "-1e0"]}), ("log(d,d)", {0: ["2e0", "10e0", "0e0"], 1: ["8e0", "0e0", "-1e0"]}), ("mod(b,b)", {1: ["bigint '7'", "bigint '-5'", "bigint '0'"]}),
    ("mod(n,n)", {1: ["0.7", "decimal '-3'", "0.0"]}), ("mod(d,d)", {1: ["2e0", "0e0"]}), ("pi()", None), ("e()", None), ("nan()", None), ("infinity()", None), ("greatest(i,i,i)", None), ("least(d,d)", None), ("greatest(v,v)", None), ("least(D,D)", None), ("greatest(d,d)", None),
    ("width_bucket(d,d,d,i)", {1: ["0e0"], 2: ["10e0", "-10e0", "0e0"], 3: ["5", "1", "0"]}), ("width_bucket(d,a)", {0: ["2.5e0", "-1e0", "99e0", "nan()"], 1: ["array[1e0,2e0,4e0]", "array[0e0]", "cast(array[] as array(double))", "array[3e0,1e0]"]}),
    ("bitwise_and(b,b)", None), ("bitwise_or(b,b)", None), ("bitwise_xor(b,b)", None), ("bitwise_not(b)", None), ("bitwise_left_shift(b,i)", {1: ["1", "63", "64", "0"]}), ("bitwise_left_shift(i,i)", {1: ["1", "31", "32"]}), ("bitwise_right_shift(b,i)", {1: ["1", "63", "64"]}), ("bitwise_right_shift(i,i)", {1: ["1", "31", "32"]}),
    ("bitwise_right_shift_arithmetic(b,i)", {1: ["1", "63", "64"]}), ("bit_count(b,i)", {1: ["64", "8", "32", "1"]}), ("from_base(v,i)", {0: ["'ff'", "'101'", "'-7'", "'zz'", "''"], 1: BASES}), ("to_base(b,i)", {1: BASES}),
    ("normal_cdf(d,d,d)", {0: ["0e0"], 1: ["1e0"], 2: ["1.96e0", "-1e0", "nan()"]}), ("inverse_normal_cdf(d,d,d)", {0: ["0e0"], 1: ["1e0"], 2: ["0.3e0", "0.975e0"]}), ("beta_cdf(d,d,d)", {0: ["3e0"], 1: ["3.6e0"], 2: ["0.1e0", "0e0", "1e0"]}), ("inverse_beta_cdf(d,d,d)", {0: ["3e0"], 1: ["3.6e0"], 2: ["0.3e0"]}),
    ("t_cdf(d,d)", {0: ["1e0", "-1e0"], 1: ["5e0"]}), ("t_pdf(d,d)", {0: ["1e0"], 1: ["5e0"]}), ("wilson_interval_lower(b,b,d)", {0: ["1250"], 1: ["1310"], 2: ["1.96e0"]}), ("wilson_interval_upper(b,b,d)", {0: ["1250"], 1: ["1310"], 2: ["1.96e0"]}),
    ("cosine_similarity(m,m)", {0: ["map(array['a','b'],array[1e0,2e0])"], 1: ["map(array['a'],array[2e0])", "map(array['z'],array[1e0])"]}), ("cosine_similarity(a,a)", {0: ["array[1e0,2e0]"], 1: ["array[3e0,4e0]", "array[0e0,0e0]"]}), ("cosine_distance(a,a)", {0: ["array[1e0,2e0]"], 1: ["array[3e0,4e0]"]}), ("euclidean_distance(a,a)", {0: ["array[1e0,2e0]"], 1: ["array[3e0,4e0]", "array[1e0]"]}), ("dot_product(a,a)", {0: ["array[1e0,2e0]"], 1: ["array[3e0,4e0]"]}),
    ("great_circle_distance(d,d,d,d)", {0: ["36.12e0"], 1: ["-86.67e0"], 2: ["33.94e0", "36.12e0"], 3: ["-118.40e0"]})]
CONDITION = [("if(t,i,i)", None), ("if(t,v)", None), ("if(t,n,d)", None), ("coalesce(i,b)", None), ("coalesce(v,v)", None), ("coalesce(n,i,d)", None), ("nullif(i,b)", None), ("nullif(v,v)", {1: ["'hello'", "''"]}), ("try(i)", {0: ["1/0", "cast('x' as integer)", "array[1][2]", "1", "2147483647 + 1"]}), ("typeof(n)", None), ("typeof(T)", None), ("typeof(a)", None), ("typeof(m)", None)]
TIME = [(f"{name}({kind})", None) for name in ("year", "quarter", "month", "week", "day", "day_of_week", "day_of_year", "year_of_week", "last_day_of_month") for kind in "DTZ"] + [
    (f"{name}({kind})", None) for name in ("hour", "minute", "second", "millisecond") for kind in "TOZI"] + [
    (f"{name}(D)", None) for name in ("day_of_month", "dow", "doy", "week_of_year", "yow")] + [("year(M)", None), ("month(M)", None), ("day(I)", None), ("timezone_hour(Z)", None), ("timezone_minute(Z)", None), ("timezone(Z)", None),
    ("date(v)", DATES), ("date(T)", None), ("date(Z)", None), ("date_add(u,i,T)", {1: ["1", "-13", "0", "100"]}), ("date_add(U,i,D)", {1: ["1", "-13", "11"]}), ("date_add(S,i,O)", {1: ["1", "-13"]}), ("date_add(u,i,Z)", {1: ["1", "-13"]}),
    ("date_diff(u,T,T)", None), ("date_diff(U,D,D)", None), ("date_diff(S,O,O)", None), ("date_diff(u,Z,Z)", None), ("date_trunc(u,T)", None), ("date_trunc(U,D)", None), ("date_trunc(S,O)", None), ("date_trunc(u,Z)", None), ("date_diff(u,D,T)", None), ("date_trunc(u,D)", None), ("date_add(u,i,D)", {1: ["5"]}),
    ("date_format(T,v)", {1: MYSQL}), ("date_format(Z,v)", {1: MYSQL}), ("date_format(D,v)", {1: MYSQL[:4]}), ("format_datetime(T,v)", {1: JODA}), ("format_datetime(Z,v)", {1: JODA}), ("format_datetime(D,v)", {1: JODA[:3]}),
    ("date_parse(v,v)", {0: ["'2024-02-29'", "'2024-02-29 12:34:56'", "'2024-2-9'", "'x'", "'2023-02-29'", "''", "'2024-02-29 extra'"], 1: ["'%Y-%m-%d'", "'%Y-%m-%d %H:%i:%s'", "'%Y-%c-%e'"]}),
    ("date_parse(v,v)", {0: ["'Feb 5 2024 3:04 PM'", "'February 5 24'", "'2024060'", "'12:34:56.123456'"], 1: ["'%b %e %Y %l:%i %p'", "'%M %d %y'", "'%Y%j'", "'%H:%i:%s.%f'"]}),
    ("parse_datetime(v,v)", {0: ["'2024-02-29'", "'2024-02-29 12:34:56'", "'x'", "'2023-02-29'", "'2024-02-29 12:34:56 +09:00'"], 1: ["'yyyy-MM-dd'", "'yyyy-MM-dd HH:mm:ss'", "'yyyy-MM-dd HH:mm:ss Z'"]}),
    ("from_unixtime(d)", {0: ["0", "1700000000", "-1", "1700000000.5e0", "1.7e9", "nan()", "1e12", "0.0005e0"]}), ("from_unixtime(d,v)", {0: ["1700000000"], 1: ["'Asia/Tokyo'", "'UTC'", "'+05:30'", "'Nope'"]}), ("from_unixtime(d,i,i)", {0: ["1700000000"], 1: ["9", "-5"], 2: ["30", "0"]}), ("from_unixtime_nanos(b)", {0: ["1700000000123456789", "0", "-1"]}),
    ("to_unixtime(T)", None), ("to_unixtime(Z)", None), ("from_iso8601_timestamp(v)", {0: ISO}), ("from_iso8601_date(v)", {0: ISO}), ("from_iso8601_timestamp_nanos(v)", {0: ISO}), ("to_iso8601(D)", None), ("to_iso8601(T)", None), ("to_iso8601(Z)", None),
    ("at_timezone(Z,v)", {1: ["'Asia/Tokyo'", "'America/New_York'", "'UTC'", "'+05:30'"]}), ("with_timezone(T,v)", {1: ["'Asia/Tokyo'", "'America/New_York'", "'UTC'"]}), ("current_timezone()", None)]
JSON = [("json_extract(j,p)", None), ("json_extract(J,p)", None), ("json_extract_scalar(j,p)", None), ("json_extract_scalar(J,p)", None), ("json_size(j,p)", None), ("json_parse(v)", {0: ["'{\"b\": 1, \"a\": [1, 2.50, 1e3]}'", "'x'", "'\"a\\u0041\"'", "''", "' [ ] '", "'{\"a\":1,\"a\":2}'", "'1.10'", "'-0'", "'1E400'", "'12345678901234567890'"]}),
    ("json_format(j)", None), ("json_array_length(j)", None), ("json_array_length(J)", None), ("json_array_contains(j,i)", {1: ["1", "2"]}), ("json_array_contains(j,v)", {1: ["'two'", "'x'"]}), ("json_array_contains(J,d)", {1: ["1e0"]}), ("json_array_contains(j,t)", None), ("json_array_get(j,i)", {1: ["0", "1", "-1", "9"]}), ("json_array_get(J,i)", {1: ["0", "-1"]}), ("is_json_scalar(j)", None), ("is_json_scalar(J)", None),
    ("json_value(J,v)", {1: ["'$.a.b[1]'", "'lax $.a.b[1]'", "'strict $.nope'", "'lax $.a'", "'$.a.b.size()'"]}), ("json_query(J,v)", {1: ["'$.a'", "'lax $.a.b'", "'lax $.a.b[0]'", "'lax $.a.b[*]'"]}), ("json_exists(J,v)", {1: ["'$.a'", "'lax $.nope'", "'strict $.nope'", "'lax $.a.b[*] ? (@ > 1)'"]})]
COLLECTION = [("cardinality(a)", None), ("cardinality(m)", None), ("element_at(a,i)", {1: ["1", "-1", "9", "0", "null"]}), ("element_at(m,v)", {1: ["'a'", "'nope'", "null"]}), ("contains(a,i)", {1: ["1", "9", "null"]}), ("array_distinct(a)", None), ("array_distinct(A)", None), ("array_join(a,v)", {1: ["','", "''"]}), ("array_join(A,v,v)", {1: ["', '"], 2: ["'NULL'", "''"]}),
    ("array_max(a)", None), ("array_min(a)", None), ("array_max(A)", None), ("array_max(x)", {0: ["array[1e0,nan()]", "array[nan(),1e0,null]", "array[2.5,1.5]"]}), ("array_min(x)", {0: ["array[1e0,nan()]"]}), ("array_position(a,i)", {1: ["1", "9", "null"]}), ("array_remove(a,i)", {1: ["1", "null"]}), ("array_sort(a)", None), ("array_sort(A)", None), ("array_sort(a,F)", {1: ["(x,y) -> if(x < y, 1, if(x = y, 0, -1))", "(x,y) -> case when x is null then -1 when y is null then 1 when x < y then -1 when x = y then 0 else 1 end"]}),
    ("array_union(a,a)", None), ("array_intersect(a,a)", None), ("array_except(a,a)", None), ("arrays_overlap(a,a)", None), ("array_union(A,A)", None), ("array_histogram(a)", None), ("flatten(a)", {0: ["array[array[1],array[2,null]]", "array[null,array[1]]", "array[array[array[1]]]"]}), ("slice(a,i,i)", {1: ["1", "-2", "0", "9"], 2: ["2", "0", "-1", "99"]}),
    ("sequence(i,i)", {0: ["1", "3", "0"], 1: ["3", "1", "-2"]}), ("sequence(i,i,i)", {0: ["1"], 1: ["9", "-5"], 2: ["2", "-2", "0"]}), ("sequence(D,D)", {0: ["date '2024-02-27'"], 1: ["date '2024-03-02'", "date '2024-02-25'"]}), ("sequence(D,D,M)", {0: ["date '2024-01-31'"], 1: ["date '2024-05-31'"], 2: ["interval '1' month", "interval '7' day", "interval '-1' day"]}), ("sequence(T,T,I)", {0: ["timestamp '2024-01-01 00:00:00'"], 1: ["timestamp '2024-01-02 00:00:00'"], 2: ["interval '6' hour"]}),
    ("repeat(i,i)", {1: ["2", "0", "-1"]}), ("repeat(v,i)", {1: ["2"]}), ("zip(a,A)", None), ("zip(a,a,a)", None), ("contains_sequence(a,a)", None), ("trim_array(a,i)", {1: ["1", "0", "9", "-1"]}), ("combinations(a,i)", {1: ["2", "0", "1", "9"]}), ("ngrams(A,i)", {1: ["2", "9", "0"]}), ("concat(a,a,a)", None),
    ("map(a,a)", {0: ["array['a','b']", "array['a','a']", "array['a',null]", "array['a']"], 1: ["array[1,2]", "array[1]"]}), ("map_keys(m)", None), ("map_values(m)", None), ("map_entries(m)", None), ("map_concat(m,m)", None), ("map_from_entries(a)", {0: ["array[('a',1),('b',2)]", "array[('a',1),('a',2)]", "array[(null,1)]", "array[null,('a',1)]"]}), ("multimap_from_entries(a)", {0: ["array[('a',1),('b',2),('a',null)]", "array[(null,1)]"]}),
    ("map_filter(m,P)", {1: ["(k,v) -> v > 1", "(k,v) -> k = 'a'", "(k,v) -> null"]}), ("transform_values(m,F)", {1: ["(k,v) -> v + 1", "(k,v) -> k || cast(v as varchar)"]}), ("transform_keys(m,F)", {1: ["(k,v) -> k || 'x'", "(k,v) -> 'same'", "(k,v) -> v"]}), ("map_zip_with(m,m,F)", {2: ["(k,a,b) -> coalesce(a,0) + coalesce(b,0)", "(k,a,b) -> k"]}),
    ("transform(a,F)", None), ("filter(a,P)", None), ("any_match(a,P)", None), ("all_match(a,P)", None), ("none_match(a,P)", None), ("reduce(a,i,F,F)", {1: ["0"], 2: ["(s,x) -> s + x", "(s,x) -> s + coalesce(x,0)", "(s,x) -> greatest(s, x)"], 3: ["s -> s", "s -> s * 10"]}), ("zip_with(a,a,F)", {2: ["(x,y) -> x + y", "(x,y) -> coalesce(x,y)"]}), ("cardinality(j)", {0: ["array[array[1],null]"]})]

GEO = [("ST_AsText(v)", {0: ["ST_Point(1,2)", "ST_GeometryFromText('POLYGON((0 0,1 0,1 1,0 0))')"]}), ("ST_Distance(v,v)", {0: ["ST_Point(0,0)"], 1: ["ST_Point(3,4)"]}), ("ST_Contains(v,v)", {0: ["ST_Polygon('POLYGON((0 0,4 0,4 4,0 4,0 0))')"], 1: ["ST_Point(1,1)"]}), ("ST_X(v)", {0: ["ST_Point(1,2)"]})]
CALLS = TEXT + FORMATS + REGEXP + BINARY + URL + MATH + CONDITION + TIME + JSON + COLLECTION + GEO
