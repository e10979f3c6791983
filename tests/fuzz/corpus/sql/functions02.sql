select json_extract_scalar('{"a":{"b":1}}', '$.a.b'), json_extract_scalar('{"a":[1]}', '$.a'), json_extract_scalar('x', '$.a'), json_extract('{"a": [1, 2]}', '$.a[1]'),
json_extract_scalar('{"a b":{"c":true}}', '$["a b"].c'), json_size('[1,2,3]', '$'), json_array_length('{}'),
cast(json '{"a":1}' as map(varchar, integer)), cast(json '"x"' as varchar), json_format(cast('x' as json)),
date_parse('2024-03-05 04:05:06','%Y-%m-%d %H:%i:%s'),
date_parse('2024-03-05','%Y-%m-%d'),
date_format(timestamp '2024-03-05 04:05:06.789','%Y/%m/%d %H:%i:%s'),
date_format(timestamp '2024-03-05 04:05:06.789','%M %e %y %W %a %b %j %p %h %k %l %f %v %x'),
date_format(timestamp '2024-03-05 04:05:06','%T %r'),
format_datetime(timestamp '2024-03-05 04:05:06','yyyy-MM-dd HH:mm:ss'),
format_datetime(timestamp '2024-03-05 04:05:06','EEE, dd MMM yyyy hh:mm a'),
parse_datetime('2024-03-05 04:05','yyyy-MM-dd HH:mm'),
from_unixtime(1700000000)
from t
