#!/usr/bin/env python3
"""Writes functions_*.txt: functions of Trino over ordinary and edge values, by kind. Answers that a file has are kept.

Usage: generate_functions.py [FOLDER]; then record.py --new FOLDER/*.txt. Volatile functions are left out.
"""
import itertools
import os
import sys

import record

TEXTS = ["'Hello World'", "''", "null", "'äÖ€𝄞'", "'  pad  '"]
INTS = ["0", "1", "-1", "null", "3", "100"]
NUMBERS = ["0", "1", "-1", "null", "2.5", "-2.5", "0.5e0", "-7.75e0", "1e300", "nan()", "infinity()", "tinyint '-128'", "bigint '-9223372036854775808'", "decimal '99999999999999999999999999999999999.95'"]
DOUBLES = ["0e0", "1e0", "-1e0", "0.5e0", "2", "null", "nan()", "infinity()", "-infinity()", "1e-10", "100", "3.7"]
DATES = ["date '2024-01-31'", "date '2024-02-29'", "date '2023-12-31'", "date '1969-12-31'", "date '1900-03-01'", "date '9999-12-31'", "cast(null as date)"]
STAMPS = ["timestamp '2024-03-05 04:05:06.789'", "timestamp '2024-02-29 00:00:00.000'", "timestamp '2023-12-31 23:59:59.999'", "timestamp '1969-12-31 23:59:59.001'", "timestamp '2024-01-01 12:00:00'",
          "cast(null as timestamp)"]
ZONED = ["timestamp '2024-03-10 06:59:59.000 UTC'", "timestamp '2024-11-03 01:30:00.000 America/New_York'", "timestamp '2024-07-01 12:00:00 +09:00'"]
LISTS = ["array[3, 1, 2]", "array[1, null, 3]", "array[]", "cast(null as array(integer))", "array['b', 'a', 'b']", "array[array[1], array[2, 3]]", "array[1.5, 2.25]", "array[null]", "array[nan(), 1e0]"]
MAPS = ["map(array['a', 'b'], array[1, 2])", "map(array[2, 1], array['x', null])", "map()", "cast(null as map(varchar, integer))", "map(array[1.5], array[array[1]])"]
JSONS = ["'{\"a\": 1, \"b\": [1, 2, {\"c\": null}], \"d\": {\"e\": \"x\\ny\"}}'", "'[1, \"two\", null, true, 1.50, {}]'", "'\"text\"'", "'12.0'", "'null'", "''", "'{bad'", "null", "'{\"a b\": {\"ü\": 1e2}}'"]


def each(form, *lists):
    for values in itertools.product(*lists):
        yield form.format(*values)


def some(*lines):
    yield from lines


def text():
    yield "## One text"
    for name in ["length", "lower", "upper", "reverse", "trim", "ltrim", "rtrim", "to_utf8", "normalize", "soundex", "url_encode", "char2hexint"]:
        yield from each(name + "({})", TEXTS)
    yield from each("{0}('Straße ǅ ΑΣ İI')", ["lower", "upper", "reverse", "length", "normalize", "url_encode"])
    yield "## Parts"
    yield from each("substr({}, {})", TEXTS[:4], INTS + ["-3", "12"])
    yield from each("substr('hello', {}, {})", ["0", "1", "2", "5", "6", "-2", "-5", "-6", "null"], ["0", "1", "3", "100", "-1", "null"])
    yield from each("substring({} from {} for {})", ["'hello'", "'äÖ€𝄞'"], ["1", "2", "-2"], ["2", "9"])
    yield from each("split_part({}, {}, {})", ["'a-b-c'", "''", "'abc'", "null", "'-a--b-'"], ["'-'", "''", "'--'"], ["0", "1", "2", "4", "-1"])
    yield from each("split({}, {})", ["'a,b,,c,'", "''", "null", "','", "'äxö'"], ["','", "'x'", "',,'", "''"])
    yield from each("split('a,b,c,d', ',', {})", ["0", "1", "2", "4", "9", "-1", "null"])
    yield from each("strpos({}, {})", ["'hello'", "''", "null", "'ééa'"], ["'l'", "''", "'a'", "'hello'", "null"])
    yield from each("strpos('hello world', 'o', {})", ["1", "2", "3", "-1", "-2", "-3", "0"])
    yield from each("position({} in 'hello')", ["'l'", "''", "'x'"])
    yield from each("index({}, 'l')", ["'hello'", "''", "null"])
    yield from each("starts_with({}, {})", ["'hello'", "''", "null"], ["'he'", "''", "'hello!'", "null"])
    yield "## Pads and replacements"
    yield from each("{}({}, {}, {})", ["lpad", "rpad"], ["'abc'", "''", "'äö€'", "null"], ["5", "2", "0", "-1"], ["'*'", "'xy'", "''"])
    yield from each("replace({}, {}, {})", ["'hello'", "''", "null", "'ääb'"], ["'l'", "''", "'ä'"], ["'L'", "''", "'xyz'"])
    yield from each("replace({}, {})", ["'hello'", "null"], ["'l'", "''", "'x'"])
    yield from each("translate({}, {}, {})", ["'hello'", "''", "null", "'áéí'"], ["'el'", "'áé'", "''", "'ll'"], ["'ip'", "''", "'x'"])
    yield from each("trim({} from {})", ["both 'x'", "leading 'xy'", "trailing 'x'", "both"], ["'xxaxyx'", "''", "'xxx'", "null"])
    yield from each("concat({}, {})", ["'a'", "''", "null", "array[1]", "x'61'"], ["'b'", "null", "array[2]", "x'62'"])
    yield from some("concat('a', 'b', 'c', '')", "concat_ws(',', 'a', null, 'b', '')", "concat_ws(',', array['a', null, 'b'])", "concat_ws(null, 'a', 'b')", "concat_ws(',')", "concat_ws('', array[])")
    yield from each("repeat({}, {})", ["'ab'", "1", "null", "array[1]"], ["0", "3", "-1", "null"])
    yield from each("chr({})", ["65", "233", "8364", "119070", "0", "-1", "1114112", "null"])
    yield from each("codepoint({})", ["'a'", "'é'", "'€'", "'𝄞'", "''", "'ab'", "null"])
    yield from each("levenshtein_distance({}, {})", ["'kitten'", "''", "null", "'äb'"], ["'sitting'", "''", "'ab'"])
    yield from each("hamming_distance({}, {})", ["'karolin'", "''", "'äöü'"], ["'kathrin'", "''", "'aou'"])
    yield from each("luhn_check({})", ["'79927398713'", "'79927398714'", "''", "null", "'12a'", "'0'"])
    yield from each("normalize({}, {})", ["'é'", "'e\u0301'", "'ﬁ①'", "''", "null"], ["NFC", "NFD", "NFKC", "NFKD"])
    yield from each("soundex({})", ["'Robert'", "'Rupert'", "'Tymczak'", "'Pfister'", "'Honeyman'", "'a'", "'123'", "'Ashcraft'", "'Lloyd'", "'O''Hara'"])
    yield from each("word_stem({})", ["'running'", "'flies'", "''", "null", "'generously'", "'cats'", "'university'"])
    yield from some("word_stem('continuará', 'es')", "word_stem('laufen', 'de')", "word_stem('x', 'xx')", "word_stem('chevaux', 'fr')")
    yield "## LIKE"
    yield from each("{} like {}", ["'hello'", "''", "'a_c'", "'a%c'", "null", "'äö'", "'a\\nb'"], ["'h%'", "'%'", "''", "'a_c'", "'__'", "'%l_o'", "null"])
    yield from each("'a_c%' like {} escape {}", ["'a!_c!%'", "'a#_%'", "'a!'", "'%!%'", "'a!!'"], ["'!'", "'#'", "''", "'ab'"])
    yield from some("'abc' not like 'a%'", "'a\\b' like 'a\\b'", "'A' like 'a'", "'x' like 'x' escape null", "cast('ab' as char(4)) like 'ab'", "cast('ab' as char(4)) like 'ab  '")
    yield "## Formats"
    yield from each("format('{}', {})", ["%d", "%5d", "%05d", "%,d", "%x", "%+d", "%-5d|", "%s", "%10s|", "%-10s|"], ["42", "-1234567", "bigint '9000000000'", "null"])
    yield from each("format('{}', {})", ["%f", "%.2f", "%10.3f", "%e", "%,.2f", "%s", "%g", "%.0f", "%+.1f"], ["1234.5678", "0.5e0", "-2.5e0", "1e10", "null"])
    yield from some("format('%s %s', 'a', 'b')", "format('%2$s %1$s', 'a', 'b')", "format('%%')", "format('%%', 1)", "format('%b', true)", "format('%s', date '2024-01-02')", "format('%s', array[1, 2])", "format('%tY', date '2024-01-02')",
                    "format('%c', 'x')", "format('%S', 'abc')", "format('%d', 'x')", "format('%s')", "format('%.3s', 'abcdef')", "format('%08.2f', -3.14159)", "format('%1$tF %1$tT', timestamp '2024-01-02 03:04:05')",
                    "format('%s', timestamp '2024-01-02 03:04:05.678')", "format('%s', 1.50)", "format('%s', map(array[1], array[2]))", "format('%s', true)", "format('%x', 255)", "format('%o', 8)", "format('%X', 255)", "format('%n')")
    yield from each("format_number({})", ["1234567", "999", "1000", "1500.5", "-1234567", "1e15", "0", "null", "1e20"])
    yield from each("human_readable_seconds({})", ["96", "3762", "56363463", "0", "-1", "475.33e0", "null"])
    yield from each("parse_data_size('{}')", ["1B", "1kB", "2.3MB", "1TB", "x", "1.5"])
    yield from each("parse_presto_data_size('{}')", ["1B", "1kB", "2.3MB", "1XB"])
    yield from each("from_utf8({})", ["x'6162'", "x''", "x'ff61'", "x'c3a4'", "null"])
    yield from some("from_utf8(x'ff61', '?')", "from_utf8(x'ff61', 63)", "from_utf8(x'6180', '')", "typeof(length('a'))", "bar(0.5, 4)", "render(true)", "color('red')", "typeof(codepoint('a'))")
    yield "## Regular expressions"
    subjects = ["'1a 2b 14m'", "''", "null", "'foobar'", "'äöü X'"]
    patterns = ["'\\d+'", "'(\\d+)([a-z]+)'", "''", "'^f'", "'(?i)FOO'", "'[äö]+'", "'(o)\\1'", "'foo(?=bar)'", "'(?<!a)b'", "'x*'", "'('"]
    yield from each("regexp_like({}, {})", subjects, patterns)
    yield from each("regexp_extract({}, {})", subjects, patterns)
    yield from each("regexp_extract_all({}, {})", subjects[:4], patterns)
    yield from each("regexp_count({}, {})", subjects[:4], patterns)
    yield from each("regexp_split({}, {})", subjects[:4], patterns)
    yield from each("regexp_replace({}, {})", subjects[:4], patterns)
    yield from each("regexp_position({}, {})", subjects[:4], patterns)
    yield from each("regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', {})", ["0", "1", "2", "3", "-1", "null"])
    yield from each("regexp_extract_all('1a 2b 14m', '(\\d+)([a-z]+)', {})", ["0", "1", "2", "3"])
    yield from each("regexp_replace('1a 2b 14m', '(\\d+)([a-z]+)', '{}')", ["$2$1", "<$0>", "\\\\$1", "x\\y", "$3", "${name}", "", "$1$", "$10"])
    yield from some("regexp_replace('new york', '(\\w)(\\w*)', x -> upper(x[1]) || lower(x[2]))", "regexp_replace('a1b2', '\\d', m -> '<' || m[0] || '>')", "regexp_replace('abc', '(?<first>a)', '${first}x')",
                    "regexp_extract('ab', '(a)|(x)', 2)", "regexp_extract_all('ab', '(a)|(b)', 2)", "regexp_position('9 abc 9 abc', '[a-z]+', 5)", "regexp_position('9 abc 9 abc', '[a-z]+', 1, 2)",
                    "regexp_like('a\nb', 'a.b')", "regexp_like('a\nb', '(?s)a.b')", "regexp_like('a\nb', '^b')", "regexp_like('a\nb', '(?m)^b')", "regexp_split('a1b22c', '\\d+')", "regexp_replace('aaa', 'a{2}', 'b')",
                    "regexp_extract('ключ=значение', '(\\w+)=')", "regexp_extract('ключ', '\\p{L}+')", "regexp_like('é', '\\w')", "regexp_like('ab', 'ab\\z')", "regexp_extract('aXbX', '.*?X')", "regexp_extract('foo.bar', '\\Q.\\E')",
                    "regexp_like('abc', '[a-c&&[^b]]+')", "regexp_extract('aaab', 'a++b')", "regexp_extract('(a(b)c)', '\\([^()]*\\)')", "regexp_replace('x', 'x', '\\$')", "regexp_like('\t', '\\h')", "regexp_extract('a-b_c', '[[:alpha:]]+')",
                    "regexp_extract('key: \"v1\"', '\"([^\"]*)\"', 1)", "regexp_extract('2024-01-02', '(\\d{4})-(\\d{2})-(\\d{2})', 2)", "regexp_count('a,b,c', ',')", "regexp_count('aaa', '')", "regexp_replace('abc', '', '-')")
    yield "## URLs"
    urls = ["'https://user@ex.com:81/p/a?k=v%20w&z=1&k=2&e=&f#frag'", "'http://ex.com'", "''", "'not a url'", "'mailto:a@b.c'", "'http://[::1]:80/x'", "'http://ex.com/ä?ü=1'", "'/rel?x=1'", "null", "'http://a b/'", "'HTTP://EX.com/%7Ea?'", "'http://ex.com:/p?a=b+c'"]
    for part in ["protocol", "host", "port", "path", "query", "fragment"]:
        yield from each("url_extract_" + part + "({})", urls)
    yield from each("url_extract_parameter({}, '{}')", urls, ["k", "z", "e", "f"])
    yield from each("url_encode({})", ["'a b&c=ü/~*-_.!'", "'€'", "'+'"])
    yield from each("url_decode({})", ["'a+b%26c%C3%BC'", "''", "null", "'%'", "'%zz'", "'100%25'"])


def binary():
    yield "## Texts of bytes"
    blobs = ["x'68656c6c6f'", "x''", "null", "x'00ff10'"]
    for name in ["to_hex", "to_base64", "to_base64url", "to_base32", "md5", "sha1", "sha256", "sha512", "xxhash64", "murmur3", "crc32", "spooky_hash_v2_32", "spooky_hash_v2_64", "length", "reverse"]:
        yield from each(name + "({})", blobs)
    for name in ["hmac_md5", "hmac_sha1", "hmac_sha256", "hmac_sha512"]:
        yield from each(name + "({}, {})", blobs, ["x'6b'", "to_utf8('key')", "x''"])
    yield from each("from_hex('{}')", ["6162", "", "6g", "616", "FFaa"])
    yield from each("from_base64('{}')", ["YWJj", "", "YQ==", "YQ", "!!", "Y W"])
    yield from each("from_base64url('{}')", ["YT9iPg==", "YT9iPg", "_-8=", ""])
    yield from each("from_base32('{}')", ["ME======", "ME", "", "mfrgg", "1"])
    yield from each("to_big_endian_32({}), to_big_endian_64({})", ["1"], ["-1", "0", "258"])
    yield from some("from_big_endian_32(x'00000102')", "from_big_endian_64(x'0000000000000102')", "from_big_endian_64(x'01')", "to_ieee754_32(real '1.5')", "to_ieee754_64(1.5e0)", "from_ieee754_32(x'3fc00000')", "from_ieee754_64(x'3ff8000000000000')",
                    "substr(x'68656c6c6f', 2)", "substr(x'68656c6c6f', 2, 2)", "substr(x'68656c6c6f', -2)", "lpad(x'61', 3, x'30')", "rpad(x'61', 3, x'3031')", "x'61' || x'62'", "x'61' = x'61'", "x'61' < x'62'", "concat(x'61', x'62', x'63')",
                    "cast('a' as varbinary)", "starts_with('abc', 'ab')", "length(x'c3a4')", "to_hex(to_utf8('ä'))", "from_utf8(from_hex('c3a4'))", "hash_counts(make_set_digest(1))")


def numbers():
    yield "## One number"
    for name in ["abs", "ceil", "ceiling", "floor", "round", "truncate", "sign"]:
        yield from each(name + "({})", NUMBERS + ["real '2.5'", "real '-0.4'", "decimal '0.5'", "decimal '-0.5'", "decimal '9.99'", "smallint '-5'"])
    for name in ["sqrt", "cbrt", "exp", "ln", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "degrees", "radians", "is_nan", "is_finite", "is_infinite"]:
        yield from each(name + "({})", DOUBLES)
    yield "## Two numbers"
    yield from each("{}({}, {})", ["round", "truncate"], ["1234.5678", "-2.5e0", "2.675e0", "1.005e0", "12345", "null", "real '1.25'", "decimal '0.05'", "bigint '-1255'", "nan()", "infinity()", "1e300", "decimal '99.99'"], ["0", "1", "2", "-1", "-2", "20", "null"])
    for name in ["power", "pow", "atan2", "log"]:
        yield from each(name + "({}, {})", ["2", "0", "-8", "0.5", "null", "infinity()"], ["3", "0", "-1", "0.5e0", "nan()"])
    yield from each("mod({}, {})", ["7", "-7", "7.5", "-7.5e0", "null", "bigint '5'", "decimal '1.10'"], ["3", "-3", "0", "2.5", "0.1e0", "null"])
    yield from each("{}({}, {}, {})", ["greatest", "least"], ["1", "2.5", "null", "nan()"], ["2", "-1e0"], ["3", "null"])
    yield from some("greatest('a', 'B', 'b')", "least(date '2024-01-01', timestamp '2023-01-01 00:00:00')", "greatest(array[1], array[1, 2])", "greatest(true, false)", "least(row(1, 2), row(1, 1))", "greatest(1, 'a')", "greatest(1)", "greatest()")
    yield from each("width_bucket({}, 0, 10, {})", ["5", "-1", "10", "0", "9.99", "null", "nan()"], ["5", "1", "0"])
    yield from each("width_bucket({}, array[0, 2, 4])", ["0", "2", "3.5", "9", "-1"])
    yield from each("width_bucket({}, 10, 0, 5)", ["5", "0", "10", "11"])
    for name in ["bitwise_and", "bitwise_or", "bitwise_xor"]:
        yield from each(name + "({}, {})", ["6", "-1", "null", "bigint '9223372036854775807'"], ["3", "0", "-8"])
    yield from each("bitwise_not({})", ["0", "-1", "5", "tinyint '7'", "null"])
    for name in ["bitwise_left_shift", "bitwise_right_shift", "bitwise_right_shift_arithmetic"]:
        yield from each(name + "({}, {})", ["1", "-8", "bigint '9223372036854775807'", "tinyint '7'", "smallint '-1'"], ["0", "3", "31", "64"])
    yield from each("bit_count({}, {})", ["7", "-7", "0", "24", "null"], ["64", "32", "8", "1"])
    yield from each("from_base({}, {})", ["'ff'", "'-11'", "'z'", "''", "'7'", "null"], ["2", "8", "16", "36", "1"])
    yield from each("to_base({}, {})", ["255", "-255", "0", "null", "bigint '9223372036854775807'"], ["2", "8", "16", "36", "37"])
    yield from some("pi(), e(), nan(), infinity(), -infinity()", "cosine_similarity(array[1e0, 2e0], array[3e0, 4e0])", "cosine_similarity(map(array['a'], array[1.0]), map(array['a', 'b'], array[2.0, 3.0]))", "cosine_distance(array[1e0, 2e0], array[3e0, 4e0])",
                    "euclidean_distance(array[1e0, 2e0], array[4e0, 6e0])", "dot_product(array[1e0, 2e0], array[3e0, 4e0])", "normal_cdf(0, 1, 1.96)", "inverse_normal_cdf(0, 1, 0.975)", "beta_cdf(2, 3, 0.5)", "inverse_beta_cdf(2, 3, 0.5)", "t_cdf(1.0, 5)", "t_pdf(1.0, 5)",
                    "wilson_interval_lower(5, 10, 1.96)", "wilson_interval_upper(5, 10, 1.96)", "great_circle_distance(36.12, -86.67, 33.94, -118.40)", "normal_cdf(0, 0, 1)", "random(0)", "0x1F, 0b101, 0o17, 1_000_000", "1e400", "1.7976931348623157E308 * 10", "5e-324", "0.1e0 + 0.2e0", "1e15, 1e16, 123456789012e0, 0.00001e0")
    yield "## Conditions"
    yield from each("if({}, 'yes', 'no')", ["true", "false", "null", "1 < 2"])
    yield from each("case {} when 1 then 'one' when null then 'null' else 'other' end", ["1", "2", "null", "1.0"])
    yield from each("nullif({}, {})", ["1", "null", "'a'", "1.0"], ["1", "null", "2.0"])
    yield from each("coalesce({}, {}, {})", ["null", "1"], ["null", "2.5", "3e0"], ["null", "4"])
    yield from some("try(1/0)", "try(cast('x' as integer))", "try(array[1][5])", "try(json_parse('{'))", "coalesce(try(1/0), -1)", "try(date '2024-01-01' + interval '1' day)", "try(map(array[1, 1], array[1, 2]))", "try(9223372036854775807 + 1)", "try(fail('x'))",
                    "if(true, 1/1, 1/0)", "case when false then 1/0 else 2 end", "coalesce(1, 1/0)", "1 = 1 or 1/0 = 1", "false and 1/0 = 1", "typeof(if(true, 1))", "typeof(null)", "typeof(coalesce(1, 2.5))", "true and null, false and null, true or null, false or null, not null",
                    "null is null, 1 is not null", "1 < 2 = true", "not 1 = 2", "not true and false", "2 + 3 * 4 - 1", "-2 * -3", "10 / 3 * 3", "2 * 3 % 4", "1 - -1", "- - 1", "1 between 0 and 2 and true", "'a' || 'b' = 'ab'", "1 in (1, 2) = true", "1 + 1 in (2)", "not null is null",
                    "-3 % 2, 3 % -2", "5 - 3 - 1, 100 / 10 / 5", "interval '1' day + date '2024-01-01'", "1 <> 2, 1 != 2", "(1, 2) = (1, 2), (1, 2) < (1, 3), (1, null) = (1, 2), (1, null) = (2, 2)", "(1, 2) in ((1, 2), (3, 4))", "row(1, 2) = row(1, 2)", "array[1, null] = array[1, null]", "array[1, 2] < array[1, 3]",
                    "1 = 1.0, 1 = 1e0, 1.0 = 1e0", "nan() = nan()", "nan() > infinity()", "nan() is distinct from nan()", "infinity() = infinity()", "0.0e0 = -0.0e0", "array[nan()] = array[nan()]", "'a' < 'B', 'Z' < 'a', 'ä' > 'z'", "'a' = 'a ', cast('a' as char(2)) = 'a'", "true > false")


def time():
    patterns = "aAbBcdDeEfHhIijklMmprSsTUuVvWwXxYyZz%"
    yield "## date_format and date_parse"
    for letter in patterns:
        yield f"date_format(timestamp '2024-03-05 14:05:06.789', '%{letter}')"
    yield from each("date_format({}, '%Y-%m-%d %H:%i:%s.%f %W %j %v %x %y')", DATES + STAMPS + ZONED[:1])
    yield from each("date_format({}, '%e/%c %k:%l %p %r %T %b %a')", STAMPS)
    yield from some("date_format(date '2024-03-05', '')", "date_format(date '2024-03-05', 'plain text 100')", "date_format(timestamp '2024-03-05 00:00:00', p) from (values '%Y', '%m') t(p)", "date_format(null, '%Y')", "date_format('2024-01-01', '%Y')", "date_format(timestamp '2024-03-05 00:00:00', '%')", "date_format(date '2024-01-01', '%Y年%m月')")
    for text, pattern in [("2024-03-05", "%Y-%m-%d"), ("2024/3/5", "%Y/%m/%d"), ("2024/3/5", "%Y/%c/%e"), ("05.03.24", "%d.%m.%y"), ("05.03.70", "%d.%m.%y"), ("05.03.69", "%d.%m.%y"), ("20240305", "%Y%m%d"), ("2024-03-05 14:05:06", "%Y-%m-%d %H:%i:%s"), ("2024-03-05 14:05:06.789", "%Y-%m-%d %H:%i:%s.%f"),
                          ("2024-03-05 14:05:06.789123", "%Y-%m-%d %H:%i:%s.%f"), ("2024-03-05 2:05:06 PM", "%Y-%m-%d %h:%i:%s %p"), ("2024-03-05 02:05:06 pm", "%Y-%m-%d %I:%i:%S %p"), ("March 5, 2024", "%M %e, %Y"), ("Mar 5 2024", "%b %d %Y"), ("mar 5 2024", "%b %d %Y"), ("14:05:06", "%T"), ("02:05:06 PM", "%r"), ("2024-065", "%Y-%j"),
                          ("2024-02-30", "%Y-%m-%d"), ("2024-03-05x", "%Y-%m-%d"), ("", "%Y"), ("2024", "%Y"), ("12", "%H"), ("2024-13-01", "%Y-%m-%d"), (" 2024-03-05", "%Y-%m-%d"), ("Tue Mar 5 2024", "%a %b %e %Y"), ("Mon Mar 5 2024", "%a %b %e %Y"), ("1709647506", "%s"), ("2024-03-05 25:00:00", "%Y-%m-%d %H:%i:%s"), ("2024-10 2", "%x-%v %w"), ("100%", "%y0%%"),
                          ("5/3/2024 4:5:6", "%e/%c/%Y %k:%i:%s"), ("2024-3-5 1", "%Y-%m-%d %l"), ("99", "%y"), ("00", "%y"), ("2024-03-05T14:05:06Z", "%Y-%m-%dT%H:%i:%sZ")]:
        yield f"date_parse('{text}', '{pattern}')"
    yield from some("date_parse(null, '%Y')", "date_parse('2024', null)", "date_parse(s, '%Y') from (values '2024', '2023') t(s)", "date_parse('2024-01', p) from (values '%Y-%m') t(p)", "typeof(date_parse('2024', '%Y'))")
    yield "## format_datetime and parse_datetime"
    for pattern in ["yyyy", "yy", "y", "Y", "YYYY", "x", "xxxx", "M", "MM", "MMM", "MMMM", "d", "dd", "D", "DDD", "e", "E", "EEE", "EEEE", "w", "ww", "H", "HH", "h", "hh", "k", "kk", "K", "KK", "m", "mm", "s", "ss", "S", "SS", "SSS", "SSSS", "a", "z", "zzzz", "Z", "ZZ", "ZZZ", "G", "C", "''", "'text'", "yyyy''MM",
                    "yyyy-MM-dd''T''HH:mm:ss.SSSZ", "dd/MM/yyyy hh:mm a", "EEEE, MMMM d, yyyy", "Q", "b"]:
        yield f"format_datetime(timestamp '2024-03-05 04:05:06.789', '{pattern}')"
    yield from each("format_datetime({}, 'yyyy-MM-dd HH:mm:ss.SSS EEE w')", DATES + STAMPS + ZONED)
    yield from each("format_datetime({}, 'HH:mm Z ZZ ZZZ z')", ZONED)
    for text, pattern in [("2024-03-05", "yyyy-MM-dd"), ("2024-3-5", "yyyy-MM-dd"), ("2024-03-05 04:05:06", "yyyy-MM-dd HH:mm:ss"), ("2024-03-05T04:05:06.789", "yyyy-MM-dd''T''HH:mm:ss.SSS"), ("2024-03-05 04:05 +0900", "yyyy-MM-dd HH:mm Z"), ("2024-03-05 04:05 +09:00", "yyyy-MM-dd HH:mm ZZ"), ("2024-03-05 04:05 Asia/Tokyo", "yyyy-MM-dd HH:mm ZZZ"), ("05 Mar 2024", "dd MMM yyyy"),
                          ("Tue, 05 March 2024", "EEE, dd MMMM yyyy"), ("04:05 PM", "hh:mm a"), ("240305", "yyMMdd"), ("2024", "yyyy"), ("2024-02-30", "yyyy-MM-dd"), ("x", "yyyy"), ("2024-10-2", "xxxx-ww-e"), ("2024-065", "yyyy-DDD"), ("20240305", "yyyyMMdd"), ("2024-03-05", "yyyy/MM/dd"), ("1/2/2024", "M/d/yyyy")]:
        yield f"parse_datetime('{text}', '{pattern}')"
    yield from some("typeof(parse_datetime('2024', 'yyyy'))", "format_datetime(null, 'yyyy')", "parse_datetime(null, 'yyyy')", "to_char(timestamp '2024-03-05 04:05:06', 'yyyy-mm-dd hh24:mi:ss')", "to_char(timestamp '2024-03-05 14:05:06', 'dd.mm.yy hh:mi am')", "to_date('2024/03/05', 'yyyy/mm/dd')", "to_timestamp('2024-03-05 04:05:06', 'yyyy-mm-dd hh24:mi:ss')")
    yield "## Fields"
    for name in ["year", "quarter", "month", "week", "week_of_year", "year_of_week", "yow", "day", "day_of_month", "day_of_week", "dow", "day_of_year", "doy", "last_day_of_month"]:
        yield from each(name + "({})", DATES + STAMPS[:4] + ZONED)
    for name in ["hour", "minute", "second", "millisecond"]:
        yield from each(name + "({})", STAMPS + ZONED + ["time '01:02:03.456'", "interval '1' day", "interval '90' minute", "date '2024-01-01'"])
    yield from each("{}(interval '14' month)", ["year", "month"])
    yield from each("{}(interval '-90061.5' second)", ["day", "hour", "minute", "second", "millisecond"])
    yield from each("extract({} from timestamp '2024-03-05 04:05:06.789')", ["year", "quarter", "month", "week", "day", "day_of_month", "day_of_week", "dow", "day_of_year", "doy", "year_of_week", "yow", "hour", "minute", "second", "timezone_hour"])
    yield from each("{}({})", ["timezone_hour", "timezone_minute", "timezone"], ZONED + ["timestamp '2024-01-01 00:00:00 Asia/Kolkata'", "timestamp '2024-01-01 00:00:00 -03:30'"])
    yield "## Arithmetic"
    units = ["millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"]
    yield from each("date_add('{}', {}, {})", units, ["1", "-1"], ["date '2024-01-31'", "timestamp '2024-02-29 23:59:59.999'"])
    yield from each("date_add('month', {}, {})", ["1", "-1", "12", "0", "null"], DATES)
    yield from each("date_diff('{}', {}, {})", units, ["date '2024-01-31'", "timestamp '2023-12-31 23:59:59.999'"], ["date '2024-02-29'", "timestamp '2024-03-01 00:00:00.000'"])
    yield from each("date_diff('{}', timestamp '2024-03-31 10:00:00', timestamp '2024-02-29 11:00:00')", units)
    yield from each("date_trunc('{}', {})", units, ["date '2024-08-31'", "timestamp '2024-03-05 04:05:06.789'", "timestamp '1969-12-31 23:59:59.999'"])
    yield from each("date_trunc('{}', {})", ["hour", "day", "month"], ZONED)
    yield from each("{} + interval {}", DATES[:4] + STAMPS[:4], ["'1' day", "'1' month", "'1' year", "'-1' month"])
    yield from each("{} - interval {}", STAMPS[:4] + ZONED, ["'1' hour", "'1' day", "'1.5' second", "'1' month"])
    yield from each("{} - {}", ["date '2024-03-01'", "timestamp '2024-03-01 12:00:00'", "timestamp '2024-03-01 12:00:00 UTC'", "time '10:00:00'"], ["date '2024-02-01'", "timestamp '2024-02-01 13:00:00'", "timestamp '2024-02-01 12:00:00 UTC'", "time '12:30:00'"])
    yield from some("time '23:00:00' + interval '2' hour", "time '01:00:00' - interval '2' hour", "interval '1' day * 2.5", "2 * interval '1' month", "interval '3' day / 2", "interval '1' day = interval '24' hour", "interval '1' year = interval '12' month", "interval '1' day + interval '1' month", "interval '1-2' year to month", "interval '1 2:03:04.5' day to second",
                    "interval '1 2' day to hour", "interval '2:03' hour to minute", "interval '10' week", "interval '1' quarter", "- interval '1' day", "interval -'1' day", "interval '1' day - interval '1' hour", "interval '0' day", "interval '100' day", "cast(interval '36' hour as varchar)", "cast(interval '14' month as varchar)", "to_milliseconds(interval '1' day)", "parse_duration('1.5d')",
                    "parse_duration('42.8ms'), parse_duration('3.81 d'), parse_duration('5m')", "date '2024-01-01' + 1", "date '2024-03-31' - interval '1' month", "date '2024-02-29' + interval '1' year", "timestamp '2024-03-10 01:30:00 America/New_York' + interval '1' day", "timestamp '2024-03-10 01:30:00 America/New_York' + interval '1' hour", "date_add('day', 1, timestamp '2024-03-09 12:00:00 America/New_York')",
                    "date_add('hour', 1, time '23:30:00')", "date_diff('minute', time '10:00:00', time '12:30:00')", "date_trunc('minute', time '10:20:30')", "date_diff('day', timestamp '2024-03-09 12:00:00 America/New_York', timestamp '2024-03-10 12:00:00 America/New_York')", "date_diff('hour', timestamp '2024-03-09 12:00:00 America/New_York', timestamp '2024-03-10 12:00:00 America/New_York')", "date_add('fortnight', 1, date '2024-01-01')",
                    "date_add(u, 1, date '2024-01-01') from (values 'day', 'month') t(u)", "date_diff(u, date '2024-01-01', date '2024-12-31') from (values 'day', 'month') t(u)", "date_trunc(u, timestamp '2024-05-06 07:08:09') from (values 'day', 'year') t(u)", "date_add('DAY', 1, date '2024-01-01')")
    yield "## Epoch, ISO, zones"
    yield from each("from_unixtime({})", ["0", "1700000000", "-1", "1700000000.123456", "1.7e9", "0.0005e0", "null", "-1.5e0", "253402300799"])
    yield from each("to_unixtime({})", DATES[:4] + STAMPS + ZONED)
    yield from each("from_unixtime_nanos({})", ["0", "1700000000123456789", "-1", "null"])
    yield from some("from_unixtime(1700000000, 'Asia/Tokyo')", "from_unixtime(1700000000, 9, 30)", "from_unixtime(1700000000, 'nowhere')", "typeof(from_unixtime(0))", "typeof(from_unixtime_nanos(0))", "typeof(from_unixtime(0, 'UTC'))")
    yield from each("from_iso8601_timestamp('{}')", ["2024-03-05T04:05:06Z", "2024-03-05T04:05:06.789Z", "2024-03-05T04:05:06+09:00", "2024-03-05T04:05:06", "2024-03-05T04:05", "2024-03-05", "2024-03", "2024-W10-2", "2024-065", "2024-03-05 04:05:06", "x", "", "2024-03-05T04:05:06.123456Z", "2024-03-05T24:00:00Z"])
    yield from each("from_iso8601_date('{}')", ["2024-03-05", "2024-3-5", "2024-W10-2", "2024-065", "20240305", "2024", "x", "2024-02-30", "2024-W10"])
    yield from some("from_iso8601_timestamp_nanos('2024-03-05T04:05:06.123456789Z')", "typeof(from_iso8601_timestamp('2024-03-05T04:05:06Z'))")
    yield from each("to_iso8601({})", DATES + STAMPS + ZONED + ["timestamp '2024-03-05 04:05:06.123456'"])
    yield from each("date({})", ["'2024-03-05'", "' 2024-03-05 '", "'2024-3-5'", "timestamp '2024-03-05 23:59:59.999'", "null", "timestamp '2024-03-05 23:00:00 America/New_York'"])
    zones = ["UTC", "Asia/Tokyo", "America/New_York", "+05:30", "-08:00", "Europe/London", "Nowhere/City"]
    yield from each("timestamp '2024-03-05 04:05:06.789' at time zone '{}'", zones)
    yield from each("timestamp '2024-07-05 04:05:06 UTC' at time zone '{}'", zones)
    yield from each("at_timezone(timestamp '2024-07-05 04:05:06 UTC', '{}')", zones)
    yield from each("with_timezone(timestamp '2024-07-05 04:05:06.000', '{}')", zones)
    yield from each("cast(timestamp '2024-07-05 04:05:06 UTC' at time zone '{}' as {})", zones[1:5], ["timestamp", "date", "varchar", "timestamp(0)", "time"])
    yield from each("{}(timestamp '2024-03-05 20:05:06 UTC' at time zone 'Asia/Tokyo')", ["hour", "day", "date", "to_unixtime", "timezone_hour", "to_iso8601", "year", "day_of_week", "minute"])
    yield from some("date_trunc('day', timestamp '2024-03-05 20:05:06 UTC' at time zone 'Asia/Tokyo')", "date_format(timestamp '2024-03-05 20:05:06 UTC' at time zone 'Asia/Tokyo', '%Y-%m-%d %H:%i:%s')", "timestamp '2024-03-05 20:05:06 UTC' at time zone 'Asia/Tokyo' = timestamp '2024-03-05 20:05:06 UTC'", "cast('2024-03-05 04:05:06 Asia/Tokyo' as timestamp(3) with time zone)",
                    "timestamp '2024-03-05 04:05:06 Asia/Tokyo' at time zone 'UTC'", "max(x) from (values timestamp '2024-01-01 00:00:00 Asia/Tokyo', timestamp '2024-01-01 00:00:00 UTC') t(x)", "array[timestamp '2024-01-01 00:00:00 Asia/Tokyo']", "cast(timestamp '2024-01-01 00:00:00 Asia/Tokyo' as varchar)", "x at time zone 'Europe/Paris' from (values timestamp '2024-03-31 00:30:00', timestamp '2024-03-31 01:30:00') t(x)",
                    "timestamp '2024-03-10 02:30:00 America/New_York'", "timestamp '2024-11-03 01:30:00 America/New_York'", "current_timezone()", "date_diff('hour', timestamp '2024-01-01 00:00:00 Asia/Tokyo', timestamp '2024-01-01 00:00:00 UTC')", "timestamp '2024-01-01 00:00:00 UTC' > date '2023-12-31'", "timestamp '2024-01-01 00:00:00' = timestamp '2024-01-01 00:00:00 UTC'", "timestamp '2024-01-01 00:00:00.123456', timestamp '2024-01-01 00:00:00.1'",
                    "cast(timestamp '2024-01-01 00:00:00.123456' as timestamp(3)), cast(timestamp '2024-01-01 00:00:00.5' as timestamp(0))", "cast(timestamp '2024-01-01 00:00:00.1235' as timestamp(3)), cast(timestamp '1969-12-31 23:59:59.9995' as timestamp(3))", "date '0001-01-01', date '9999-12-31', date '-0001-01-01'", "timestamp '2024-01-01'", "timestamp '2024-01-01 10:20'", "time '10:20', time '10:20:30.123456'", "date '2024-02-30'",
                    "timestamp '2024-01-01 25:00:00'", "human_readable_seconds(60)", "timestamp '2024-06-01 00:00:00' at time zone interval '5' hour", "timestamp '2012-10-31 01:00:00 UTC' at time zone 'America/Los_Angeles'")


def collections():
    yield "## One array"
    for name in ["cardinality", "array_distinct", "array_max", "array_min", "array_sort", "reverse", "flatten", "array_histogram"]:
        yield from each(name + "({})", LISTS)
    yield from some("array_sort(array['b', null, 'A'])", "array_sort(array[true, false])", "array_sort(array[row(2, 'a'), row(1, 'b')])", "array_sort(array[nan(), -infinity(), 1e0])", "array_sort(array[3, 2, 5, 1, 2], (x, y) -> if(x < y, 1, if(x = y, 0, -1)))", "array_sort(array['bc', 'ab', 'dc'], (x, y) -> if(x < y, 1, if(x = y, 0, -1)))", "array_sort(array['aaa', 'b', 'cc'], (x, y) -> if(length(x) < length(y), -1, if(length(x) = length(y), 0, 1)))",
                    "array_sort(array[3, null, 1], (x, y) -> case when x is null then -1 when y is null then 1 when x < y then 1 when x = y then 0 else -1 end)", "flatten(array[array[1], null, array[2, null]])", "flatten(array[array[array[1]], array[array[2]]])")
    yield "## Array and element"
    for name in ["contains", "array_position", "array_remove"]:
        yield from each(name + "({}, {})", ["array[3, 1, 2]", "array[1, null, 3]", "cast(null as array(integer))", "cast(array[] as array(integer))"], ["1", "9", "null", "1.0"])
    yield from each("element_at({}, {})", ["array[3, 1, 2]", "array[1, null]", "null"], ["1", "-1", "0", "4", "-4", "null"])
    yield from each("array[3, 1, 2][{}]", ["1", "3", "4", "0", "-1", "null"])
    yield from each("slice(array[1, 2, 3, 4], {}, {})", ["1", "2", "-2", "4", "5", "-5", "0"], ["0", "1", "2", "10", "-1"])
    yield from each("trim_array({}, {})", ["array[1, 2, 3]", "array[]"], ["0", "1", "3", "4", "-1"])
    yield from each("array_position(array[1, 2, 1, 2], 2, {})", ["1", "2", "3", "-1", "0"])
    yield "## Two arrays"
    for name in ["array_union", "array_intersect", "array_except", "arrays_overlap", "concat"]:
        yield from each(name + "({}, {})", ["array[3, 1, 3]", "array[1, null]", "cast(array[] as array(integer))"], ["array[1, 2]", "array[null, 3]", "null", "array[1.5]", "cast(array[] as array(integer))"])
    yield from some("array_union(array['a'], array['b', 'a'])", "array_union(array[array[1]], array[array[1], array[2]])", "arrays_overlap(array['a', null], array['b'])", "array_intersect(array[row(1, 'a')], array[row(1, 'a')])", "array_except(array[nan(), 1e0], array[nan()])", "array_distinct(array[1.0, 1.00])", "array[1] || array[2] || array[3]", "array[1, 2] || 3", "0 || array[1]", "array['a'] || 'b'", "array[1] || null", "contains_sequence(array[1, 2, 3], array[2, 3])",
                    "array_union(array[2, 1], array[1, 5], array[7])", "array[array[1]] || array[2]", "array[1] || 2.5")
    yield from each("array_join({}, {})", ["array[1, null, 3]", "array['a', 'b', '']", "array[]", "array[1.5e0, 2e10]", "array[true, null]", "array[date '2024-01-01']", "array[timestamp '2024-01-01 00:00:00']", "array[1.50]"], ["','", "''"])
    yield from each("array_join({}, '-', 'N')", ["array[1, null, 3]", "array[null]", "array[]"])
    yield from each("repeat({}, {})", ["5", "'x'", "null"], ["3", "0"])
    yield from some("sequence(1, 5)", "sequence(5, 1)", "sequence(1, 10, 3)", "sequence(10, 1, -3)", "sequence(1, 5, -1)", "sequence(1, 5, 0)", "sequence(3, 3)", "sequence(null, 3)", "sequence(date '2024-01-30', date '2024-02-02')", "sequence(date '2024-02-02', date '2024-01-30')", "sequence(date '2024-01-01', date '2024-01-10', interval '3' day)", "sequence(date '2024-01-31', date '2024-05-31', interval '1' month)", "sequence(timestamp '2024-01-01 00:00:00', timestamp '2024-01-01 03:00:00', interval '1' hour)",
                    "sequence(date '2024-03-01', date '2024-01-01', interval '-1' month)", "sequence(timestamp '2024-01-01 00:00:00', timestamp '2024-01-03 00:00:00', interval '1' day)", "sequence(1, 20000)", "cardinality(sequence(1, 10000))", "combinations(array[1, 2, 3], 2)", "combinations(array['a', 'b', 'c'], 3)", "combinations(array[1, 2], 3)", "combinations(array[1, 2], 0)", "combinations(array[1, 2, 3, 4, 5], 6)", "ngrams(array['a', 'b', 'c', 'd'], 2)", "ngrams(array['a', 'b'], 5)", "ngrams(array['a', 'b'], 0)", "ngrams(array[1, 2, 3], 1)",
                    "zip(array[1, 2], array['a'])", "zip(array[1], array[2], array[3])", "zip(array[], array[1])", "zip(null, array[1])", "cardinality(shuffle(array[1, 2, 3]))", "cardinality(array_agg(1))")
    yield "## Lambdas"
    yield from each("transform({}, x -> x + 1)", ["array[1, null, 3]", "array[]", "null", "array[1.5]"])
    yield from each("filter({}, x -> x > 1)", ["array[1, null, 3]", "cast(array[] as array(integer))", "null", "array[1.5]"])
    for name in ["any_match", "all_match", "none_match"]:
        yield from each(name + "({}, x -> x > 1)", ["array[1, 2]", "array[2, null]", "array[1, null]", "cast(array[] as array(integer))", "cast(null as array(integer))", "array[null, null]"])
    yield from some("reduce(array[1, 2, 3], 0, (s, x) -> s + x, s -> s)", "reduce(array[5, 20, null, 50], 0, (s, x) -> s + coalesce(x, 0), s -> s)", "reduce(array[5, null], 0, (s, x) -> s + x, s -> s)", "reduce(array[], 7, (s, x) -> s, s -> s)", "reduce(array[5, 20, 50], cast(row(0.0, 0) as row(sum double, count integer)), (s, x) -> cast(row(x + s.sum, s.count + 1) as row(sum double, count integer)), s -> if(s.count = 0, null, s.sum / s.count))",
                    "reduce(array['a', 'b'], '', (s, x) -> s || x, s -> upper(s))", "reduce(array[1, 2], array[0], (s, x) -> s || x, s -> s)", "reduce(null, 0, (s, x) -> s + x, s -> s)", "zip_with(array[1, 2], array['a', 'b', 'c'], (x, y) -> row(x, y))", "zip_with(array[1, 2], array[10, 20], (x, y) -> x * y)", "zip_with(array[1], array[null], (x, y) -> coalesce(x, 0) + coalesce(y, 0))", "transform(array[1, 2], x -> transform(array[x, 10], y -> x * y))", "transform(array['a', 'b'], x -> upper(x) || '!')",
                    "transform(array[row(1, 'a')], r -> r[1])", "filter(array['a', 'bb', null], s -> length(s) > 1)", "transform(array[1, 2], x -> null)", "transform(array[1], x -> (x, x + 1))", "transform(filter(array[1, 2, 3, 4], x -> x % 2 = 0), x -> x * x)", "transform(array[1, 2, 3], x -> if(x > 1, 'big', 'small'))", "map_filter(map(array['a', 'b'], array[1, 2]), (k, v) -> v > 1)", "map_filter(map(), (k, v) -> true)", "transform_keys(map(array['a', 'b'], array[1, 2]), (k, v) -> k || cast(v as varchar))", "transform_keys(map(array['a', 'b'], array[1, 2]), (k, v) -> 'x')",
                    "transform_values(map(array['a', 'b'], array[1, null]), (k, v) -> coalesce(v, 0) * 10)", "map_zip_with(map(array['a', 'b'], array[1, 2]), map(array['b', 'c'], array[3, 4]), (k, v1, v2) -> coalesce(v1, 0) + coalesce(v2, 0))", "map_zip_with(map(array[1], array['a']), map(array[1], array['b']), (k, v, w) -> v || w)", "transform_values(map(array[1, 2], array['a', 'b']), (k, v) -> k)", "transform(array[1, 2], x -> x / 0)", "transform(array[1, 2], (x, y) -> x)", "array_sort(transform(array[3, 1], x -> -x))",
                    "x + reduce(array[1, 2], 0, (s, e) -> s + e + x, s -> s) from (values 10, 20) t(x)", "transform(a, e -> e + b) from (values (array[1, 2], 10)) t(a, b)")
    yield "## Maps"
    for name in ["cardinality", "map_keys", "map_values", "map_entries"]:
        yield from each(name + "({})", MAPS)
    yield from each("element_at({}, {})", ["map(array['a', 'b'], array[1, null])"], ["'a'", "'b'", "'c'", "null"])
    yield from each("map(array['a', 'b'], array[1, null])[{}]", ["'a'", "'b'", "'c'", "null"])
    yield from some("map(array[1, 2], array['x', 'y'])[1]", "map(array[1, 2], array['x', 'y'])[3]", "map(array[1, 1], array['x', 'y'])", "map(array[null], array[1])", "map(array[1, 2], array['x'])", "map(null, array[1])", "map_concat(map(array['a'], array[1]), map(array['a', 'b'], array[2, 3]))", "map_concat(map(), map(array[1], array[2]))", "map_concat(map(array[1], array[2]), null)", "map_from_entries(array[row('a', 1), row('b', 2)])", "map_from_entries(array[row('a', 1), row('a', 2)])", "map_from_entries(array[])", "map_from_entries(array[row(null, 1)])",
                    "multimap_from_entries(array[row('a', 1), row('b', 2), row('a', 3)])", "split_to_map('a=1;b=2', ';', '=')", "split_to_map('a=1;a=2', ';', '=')", "split_to_map('', ';', '=')", "split_to_map('a', ';', '=')", "split_to_map('a=1=2', ';', '=')", "split_to_map('a=1;;b=2', ';', '=')", "split_to_map('a=1;a=2', ';', '=', (k, v1, v2) -> concat(v1, v2))", "split_to_multimap('a=1;a=2;b=3', ';', '=')", "map(array['a'], array[1]) = map(array['a'], array[1])", "map(array['a', 'b'], array[1, 2]) = map(array['b', 'a'], array[2, 1])", "map(array['a'], array[null]) = map(array['a'], array[null])",
                    "map(array[array[1]], array['x'])[array[1]]", "map(array[row(1, 2)], array['x'])", "map(array[1.5], array['x'])[1.5]", "map(array[1, 2], array[map(array['x'], array[1]), null])", "typeof(map())", "typeof(map_entries(map(array['a'], array[1])))", "map_agg(k, v) from (values ('a', 1), ('b', 2)) t(k, v)", "exclude_columns(1)")
    yield "## Rows"
    yield from some("row(1, 'a', null)", "row(1, 2)[1]", "row(1, 2)[3]", "cast(row(1, 'x') as row(a integer, b varchar)).a", "cast(row(1, row(2)) as row(a integer, b row(c integer))).b.c", "row(1, 2) = row(1, 2), row(1, 2) < row(2, 1)", "row(1, null) = row(1, null)", "row(1, null) is not distinct from row(1, null)", "cast(row(1, 2) as row(a varchar, b double))", "cast(null as row(a integer)).a", "row(row(1), array[row(2)])", "r.a from (values cast(row(1, 'q') as row(a integer, b varchar))) t(r)", "r from (values row(1, 2)) t(r)", "row(1) in (row(1), row(2))", "typeof(row(1, 'a'))", "typeof(cast(row(1, 'x') as row(a integer, b varchar)))",
                    "array[row(1, 'a'), row(2, 'b')]", "row(1, 2) is null", "row(null, null) is null", "(1, 2)", "array[array[1, 2], array[3]][2][1]", "array[map(array['a'], array[row(1, 'x')])][1]['a'][2]", "array[1, 'a']", "array[1, 2.5, 3e0]", "array[null, 1]", "array[]", "typeof(array[])", "typeof(array[1, null])", "typeof(array[1, 2.5])", "typeof(array[array[1]])", "cast(array[1, 2] as array(varchar))", "cast(array['1', 'x'] as array(integer))", "try_cast(array['1', 'x'] as array(integer))", "cast(map(array['1'], array['2']) as map(integer, double))", "cast(map(array['1', '01'], array['2', '3']) as map(integer, integer))",
                    "cast(array[array[1]] as array(array(double)))", "cast(array[row(1, 2)] as array(row(x bigint, y varchar)))", "cast(row(1, 2) as row(a integer))", "array[1, 2] = array[1, 2], array[1] <> array[2]", "array[1, null] = array[1, 2]", "array[1, null] = array[2, 2]", "array[] = array[]", "array[1, 2] is distinct from array[1, null]")


def json():
    yield "## Paths"
    paths = ["$", "$.a", "$.b", "$.b[0]", "$.b[9]", "$.d.e", "$[1]", "$.x", "$.b[2].c", "$[\"a b\"]", "$[\"a b\"].ü", "a", "$.", "$.b[*]", "$..e", "$[-1]", "$.*", ""]
    for name in ["json_extract", "json_extract_scalar"]:
        yield from each(name + "({}, '{}')", JSONS, paths[:11])
    yield from each("json_extract({}, '{}')", JSONS[:2], paths[11:])
    yield from each("json_extract_scalar({}, '{}')", JSONS[:2], paths[11:])
    yield from each("json_size({}, '{}')", JSONS, ["$", "$.b", "$.a", "$.d"])
    yield "## Other functions"
    for name in ["json_array_length", "is_json_scalar", "json_parse"]:
        yield from each(name + "({})", JSONS)
    yield from each("json_format(json_parse({}))", JSONS)
    yield from each("json_array_contains({}, {})", ["'[1, 2.0, \"a\", true, null]'", "'{}'", "'[]'", "'x'", "null", "'[[1]]'"], ["1", "2", "2e0", "'a'", "true", "null", "'1'"])
    yield from each("json_array_get({}, {})", ["'[1, \"a\", [2], null]'", "'{}'", "null"], ["0", "1", "2", "3", "4", "-1", "-5", "null"])
    yield "## Casts"
    values = ["1", "true", "'a\"b\\c'", "1.50", "1.5e0", "1e10", "nan()", "null", "date '2024-01-02'", "timestamp '2024-01-02 03:04:05.678'", "array[1, null]", "map(array['b', 'a'], array[1, 2])", "row(1, 'x')", "cast(row(1, 'x') as row(a integer, b varchar))", "array[array['x']]", "map(array[1], array[true])", "bigint '9007199254740993'", "real '1.1'", "time '01:02:03'",
              "timestamp '2024-01-02 03:04:05 UTC'", "x'61'", "json '{\"z\": 1, \"a\": 2}'", "uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59'", "'ü\u2028\u0001/'", "map(array[null], array[1])", "array[date '2024-01-01']"]
    yield from each("json_format(cast({} as json))", values)
    yield from each("cast({} as json)", values[:14])
    texts = ["1", "1.5", "\"x\"", "\"12\"", "true", "null", "[1, 2, null]", "{\"a\": 1, \"b\": 2}", "{\"a\": \"x\"}", "[[1], [2]]", "1e2", "\"2024-01-02\"", "[]", "{}", "[1, \"a\"]", "99999999999999999999"]
    for target in ["boolean", "tinyint", "integer", "bigint", "double", "decimal(10,2)", "varchar", "date", "array(integer)", "array(varchar)", "map(varchar,integer)", "row(a integer,b varchar)", "array(json)", "map(varchar,json)", "array(array(bigint))"]:
        yield from each("try_cast(json '{}' as " + target + ")", texts)
    yield "## SQL/JSON"
    yield from each("json_value('{{\"a\": 1, \"b\": [1, 2], \"c\": \"x\", \"d\": null}}', '{}')", ["lax $.a", "lax $.b", "lax $.b[0]", "lax $.c", "lax $.d", "lax $.x", "strict $.x", "strict $.a", "lax $.b[*]", "lax $.b.size()", "lax $.a + 1", "lax $.c.type()", "lax $.b[last]", "x"])
    yield from each("json_query('{{\"a\": 1, \"b\": [1, 2], \"c\": \"x\"}}', '{}')", ["lax $.a", "lax $.b", "lax $.c", "lax $.x", "strict $.b", "lax $.b[*]", "lax $"])
    yield from each("json_exists('{{\"a\": 1, \"b\": [1, 2]}}', '{}')", ["lax $.a", "lax $.x", "strict $.x", "lax $.b[5]", "lax $.b[*] ? (@ > 1)", "lax $.a ? (@ > 5)"])
    yield from some("json_value('{\"a\": 1}', 'lax $.a' returning integer)", "json_value('{\"a\": \"x\"}', 'lax $.a' returning bigint default 7 on error)", "json_value('{}', 'lax $.a' default 'none' on empty)", "json_value('{}', 'strict $.a' error on error)", "json_value('{bad', 'lax $.a')", "json_value('{bad', 'lax $.a' default 'e' on error)", "json_value(null, 'lax $.a')", "json_query('{\"a\": [1]}', 'lax $.a[*]' with array wrapper)", "json_query('{\"a\": 1}', 'lax $.a' with conditional array wrapper)",
                    "json_query('{\"a\": [1, 2]}', 'lax $.a[*]' with wrapper)", "json_query('{\"c\": \"x\"}', 'lax $.c' omit quotes)", "json_query('{}', 'lax $.a' empty array on empty)", "json_query('{}', 'lax $.a' empty object on empty)", "json_exists('{bad', 'lax $.a')", "json_exists('{bad', 'lax $.a' error on error)", "json_object('a': 1, 'b': 'x')", "json_object(key 'a' value 1, key 'n' value null)", "json_object('a': null absent on null)", "json_object()", "json_array(1, 'a', true, null)", "json_array(1, null null on null)", "json_array()", "json_array(array[1])", "json_object('x': json_array(1, 2) format json)",
                    "json_object('a': 1.5, 'b': 2e0, 'c': true, 'd': date '2024-01-01')", "json_format(json '{\"b\": 1, \"a\": {\"d\": [ ], \"c\": \"x\"}}')", "json_parse('{\"a\":1,\"a\":2}')", "json_parse('1.0'), json_parse('1e5'), json_parse('100000000000000000000'), json_parse('-0'), json_parse('0.10')", "json_parse('\"\\u00e4\\/\\n\"')", "json_parse('[1,]')", "json_parse('nul')", "json_parse('{\"a\":1} x')", "json '[1, 2]' = json '[1,2]'", "json '1' < json '2'", "typeof(json_extract('{}', '$.a'))", "json_extract_scalar(json '{\"a\": 1.50}', '$.a')", "json_extract('{\"a\": 1.50}', '$.a')",
                    "cast(json_extract('{\"a\": [1, 2]}', '$.a') as array(integer))", "cast(json_parse('[{\"k\": 1, \"v\": \"x\"}]') as array(row(k integer, v varchar)))", "json_extract_scalar('{\"a\": \"\\u00e9\\n\"}', '$.a')", "json_extract_scalar('{\"a\": 10000000000}', '$.a'), json_extract_scalar('{\"a\": 1e10}', '$.a'), json_extract_scalar('{\"a\": 1.0}', '$.a')", "json_extract_scalar('{\"A\": 1}', '$.a')", "json_extract_scalar('{\"a.b\": 1}', '$[\"a.b\"]')", "json_extract('{\"b\": 2, \"a\": {\"y\": 1, \"x\": [ 1 , 2 ]}}', '$')")


def aggregates():
    rows = "(values (1, 'a', 1.5, true, 2e0), (2, 'b', 2.25, false, -1e0), (3, 'a', null, null, 4.5e0), (null, null, 0.25, true, null), (2, 'c', 2.25, false, 0e0)) t(i, s, p, b, x)"
    yield "## Over five rows"
    for argument in "ispbx":
        for name in ["count", "min", "max", "arbitrary", "any_value", "array_agg", "histogram", "approx_distinct", "checksum", "count_if", "sum", "avg"]:
            yield f"select {name}({argument}) from (select * from {rows} order by i nulls last) t"
    for name in ["stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp", "kurtosis", "skewness", "geometric_mean", "bitwise_and_agg", "bitwise_or_agg", "bitwise_xor_agg", "sum", "avg", "min", "max"]:
        for argument in "ipx":
            for condition in ["true", "i < 3", "i = 1", "false"]:
                yield f"select {name}({argument}) from {rows} where {condition}"
    for name in ["corr", "covar_pop", "covar_samp", "regr_slope", "regr_intercept", "regr_count", "regr_r2"]:
        for condition in ["true", "i < 3", "i = 1", "false"]:
            yield f"select {name}(x, i) from {rows} where {condition}"
    for name in ["bool_and", "bool_or", "every", "count_if"]:
        for condition in ["true", "b", "not b", "false"]:
            yield f"select {name}(b) from {rows} where {condition}"
    for name in ["min_by", "max_by"]:
        yield from each("select " + name + "({}, {}) from " + rows, ["s", "i", "p"], ["i", "x"])
        yield from each("select " + name + "(s, x, {}) from " + rows, ["1", "2", "10", "0"])
    yield from each("select {}(i, {}) from " + rows, ["min", "max"], ["1", "2", "10", "0"])
    yield from each("select approx_percentile({}, {}) from " + rows, ["i", "x", "cast(p as double)"], ["0.5", "0", "1", "array[0.25, 0.75]", "1.5"])
    yield from each("select approx_percentile(i, {}, 0.5) from " + rows + " where i is not null", ["1", "i", "4 - i"])
    yield from each("select listagg({}) within group (order by s) from " + rows, ["s", "s, ','", "distinct s, ','", "coalesce(s, '?'), '-'"])
    yield from each("select array_agg({}) from " + rows, ["i order by i", "i order by i desc nulls first", "s order by x desc", "distinct s order by s", "i order by i) filter (where b", "distinct i order by i"])
    yield from some(f"select map_agg(s, i) from {rows} where s is not null", f"select map_agg(i, s) from {rows} where i is not null", f"select map_agg(s, i) from {rows} where false", f"select multimap_agg(s, i) from {rows} where s is not null", "select map_union(m) from (values map(array['a'], array[1]), map(array['b'], array[2])) t(m)", "select map_union(m) from (values map(array['a'], array[1]), map(array['a'], array[2]), null) t(m)",
                    f"select reduce_agg(i, 0, (a, b) -> a + b, (a, b) -> a + b) from {rows} where i is not null", f"select numeric_histogram(2, x) from {rows}", f"select approx_most_frequent(2, s, 10) from {rows} where s is not null", f"select cardinality(approx_set(i)) from {rows}", f"select sum(distinct i), avg(distinct i), count(distinct s), min(distinct i) from {rows}", f"select sum(i) filter (where b), count(*) filter (where s = 'a') from {rows}", f"select count(*), count(1), count(null), count(distinct b) from {rows}",
                    f"select s, count(*), sum(i) from {rows} group by s order by s", f"select b, max(p), array_agg(s order by s) from {rows} group by b order by b nulls first", "select sum(x) from (values tinyint '100', tinyint '100') t(x)", "select sum(x), avg(x) from (values real '1.5', real '2.25') t(x)", "select avg(x) from (values 1, 2) t(x)", "select sum(x), avg(x) from (values decimal '99999999999999999999999999999999999999', decimal '1') t(x)", "select avg(x), sum(x) from (values interval '1' day, interval '3' day) t(x)", "select sum(x) from (values interval '1' month, interval '3' month) t(x)", "select max(x), min(x) from (values nan(), 1e0, infinity()) t(x)",
                    "select max(x), min(x) from (values array[1, 2], array[1, 3]) t(x)", "select max(x), min(x) from (values date '2024-01-01', null, date '2023-01-01') t(x)", "select max(x) from (values row(1, 'b'), row(1, 'c')) t(x)", "select max(x), min(x) from (values 'a', 'B', '', 'ä') t(x)", "select max(x) from (values true, false) t(x)", "select max(x) from (values x'61', x'62') t(x)", "select sum('a')", "select avg(true)", "select max(map(array[1], array[2]))", "select sum(x) from (values 9223372036854775807, 1) t(x)", "select count(*) from (values 1) t(x) having count(*) > 5", "select max(sum(x)) from (values 1) t(x)",
                    "select array_agg(x) from (values 1) t(x) where false", "select array_agg(null)", "select histogram(x) from (values 1, 1, 2) t(x)", "select entropy(c) from (values 1, 2) t(c)", "select merge(h) from (select approx_set(x) h from (values 1, 2) t(x)) u", "select value_at_quantile(tdigest_agg(x), 0.5) from (values 1e0, 2e0, 3e0) t(x)", "select value_at_quantile(qdigest_agg(x), 0.5) from (values 1e0, 2e0, 3e0) t(x)", "select approx_distinct(x, 0.01) from (values 1, 2, 2) t(x)", "select learn_classifier(1, features(1.0))")


def files():
    return [("functions_text.txt", text()), ("functions_binary.txt", binary()), ("functions_math.txt", numbers()), ("functions_time.txt", time()), ("functions_collection.txt", collections()), ("functions_json.txt", json()), ("functions_aggregate.txt", aggregates())]


def write(folder, name, lines):
    path = os.path.join(folder, name)
    known = {line: answer for line, answer in record.read(path) if line} if os.path.exists(path) else {}
    seen = set()
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Made by generate_functions.py, answered by record.py.\n")
        for line in lines:
            if line.startswith("##"):
                file.write("\n" + line + "\n")
            elif line not in seen:
                seen.add(line)
                file.write(line + "\n" + "".join(row + "\n" for row in known.get(line, [])))


def main():
    for name, lines in files():
        write(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)), name, lines)


if __name__ == "__main__":
    main()
