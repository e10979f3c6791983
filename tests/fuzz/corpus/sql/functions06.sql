select json_array_get('["a","b"]',1),
json_size('{"x":{"a":1,"b":2}}','$.x'),
json_format(cast(map(array['a','b'],array[1,2]) as json)),
json_format(cast(row(1,'a') as json)),
cast(json_parse('[1,2,3]') as array(integer)),
cast(json_parse('{"a":1}') as map(varchar,integer)),
is_json_scalar('[1]'),
json_query('{"a":[1,2]}', 'lax $.a'),
json_value('{"a":"x"}', 'lax $.a'),
json_exists('{"a":1}', 'lax $.a'),
json_object('a': 1),
json_array(1,'x')
from t
